"""The whole product over tiny corpora: many readers, sources that change and vanish, citations that resolve."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from whence.answer.citations import verify
from whence.embedding.onnx import EmbeddingOptions, OnnxEmbedder
from whence.errors import SourceError, StoreError, UnknownIndexError, UsageError, WhenceError
from whence.interface import Whence
from whence.sources.git import GitSource
from whence.store.scope import Filters
from whence.types import Document

Open = Callable[..., Whence]
PAGES = {
    "install.md": "# Install\n\nThe installer copies the walrus binary to the tusk folder.\n\nIt needs forty megabytes.\n",  # noqa: E501
    "flags.md": "# Flags\n\nThe walrus flag is set by the tusk option.\n\nThe default of the tusk option is nine.\n",
    "errors.md": "# Errors\n\nA TuskError is raised when the walrus folder is missing.\n",
    "src/walrus.py": 'def open_walrus(path, depth=9):\n    """Opens the walrus at a path."""\n    return path\n',
}
QUESTIONS = [
    "what sets the walrus flag?",
    "what is the default of the tusk option?",
    "when is a TuskError raised?",
    "where is open_walrus defined?",
    "where does the installer copy the walrus binary?",
    "how many megabytes does it need?",
]


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbedder:
    return OnnxEmbedder(options=EmbeddingOptions(threads=1))


@pytest.fixture
def open_whence(tmp_path: Path, embedder: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WHENCE_CONFIG", raising=False)
    opened: list[Whence] = []

    def make(data: str = "data", **options: Any) -> Whence:
        whence = Whence(tmp_path / data, **options)
        whence._parts.__dict__["embedder"] = embedder
        opened.append(whence)
        return whence

    yield make
    for whence in opened:
        whence.close()


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def git(folder: Path, *arguments: str) -> str:
    named = {f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **named, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def repository(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet", "-b", "main")
    return commit(folder, files)


def commit(folder: Path, files: dict[str, str]) -> Path:
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "change")
    return folder


def resolve_all(whence: Whence, questions: list[str], **options: Any) -> int:
    """Asks, checks every claim and citation of every answer at its source, and counts the citations."""
    n_cited = 0
    for question in questions:
        answer = whence.ask(question, **options)
        assert answer.abstained == (not answer.citations)
        for claim in answer.claims:
            assert 0 <= claim.start < claim.end <= len(answer.answer)
            assert claim.citations
            assert all(1 <= number <= len(answer.citations) for number in claim.citations)
        for citation in answer.citations:
            text = whence.read(citation)
            assert text is not None
            assert verify(citation, text)
            assert "\n".join(text.split("\n")[citation.start_line - 1 : citation.end_line]).count(
                citation.quote.split("\n")[0]
            )
            n_cited += 1
    return n_cited


def test_every_citation_resolves_in_a_folder_and_in_a_repository(open_whence: Open, tmp_path: Path) -> None:
    whence = open_whence()
    whence.index(write(tmp_path / "pages", PAGES))
    whence.index(repository(tmp_path / "project", PAGES))
    assert resolve_all(whence, QUESTIONS, name="pages") >= len(QUESTIONS) - 2
    assert resolve_all(whence, QUESTIONS, name="project") >= len(QUESTIONS) - 2


def test_a_claim_whose_file_changed_is_dropped_and_said_so(open_whence: Open, tmp_path: Path) -> None:
    whence, pages = open_whence(), write(tmp_path / "pages", PAGES)
    whence.index(pages)
    question = QUESTIONS[0]
    cited = whence.ask(question).citations[0]
    assert cited.path == "flags.md"
    (pages / "flags.md").write_text("# Flags\n\nThere are none.\n")
    answer = whence.ask(question)
    assert "flags.md" not in {citation.path for citation in answer.citations}
    assert any("no longer resolve" in words for words in answer.skipped)
    whence.sync()
    again = whence.ask(question)
    assert not any("no longer resolve" in words for words in again.skipped)


def test_a_repository_is_cited_at_its_commit_whatever_happens_to_the_clone(open_whence: Open, tmp_path: Path) -> None:
    whence, project = open_whence(), repository(tmp_path / "project", PAGES)
    whence.index(project)
    commit(project, {"flags.md": "# Flags\n\nThere are none.\n"})
    (project / "install.md").write_text("uncommitted\n")
    assert resolve_all(whence, QUESTIONS) >= len(QUESTIONS) - 2
    shutil.rmtree(project)
    assert resolve_all(whence, QUESTIONS) >= len(QUESTIONS) - 2
    with pytest.raises(SourceError, match="does not exist"):
        whence.sync()
    assert resolve_all(whence, QUESTIONS) >= len(QUESTIONS) - 2


def test_a_vanished_folder_answers_without_citing_what_cannot_be_read(open_whence: Open, tmp_path: Path) -> None:
    whence, pages = open_whence(), write(tmp_path / "pages", PAGES)
    whence.index(pages)
    shutil.rmtree(pages)
    answer = whence.ask(QUESTIONS[0])
    assert answer.abstained
    assert any("no longer resolve" in words for words in answer.skipped)
    assert answer.hits
    assert whence.search("walrus").hits
    with pytest.raises(SourceError, match="does not exist"):
        whence.sync()
    assert whence.search("walrus").hits


def test_one_source_that_cannot_be_read_does_not_stop_the_others(open_whence: Open, tmp_path: Path) -> None:
    whence = open_whence()
    for name in ("a", "b", "c"):
        whence.index(write(tmp_path / name, {"x.md": f"# X\n\nwalrus {name}\n"}))
        write(tmp_path / name, {"new.md": f"# New\n\nheron {name}\n"})
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(SourceError, match="does not exist"):
        whence.sync()
    assert {name: status.documents for name, status in zip("abc", whence.status(), strict=True)} == {
        "a": 1,
        "b": 2,
        "c": 2,
    }
    shutil.rmtree(tmp_path / "b")
    with pytest.raises(WhenceError, match=r"(?s)/a .*\n.*/b "):
        whence.sync()


def test_a_repository_is_followed_through_edits_renames_and_deletions(open_whence: Open, tmp_path: Path) -> None:
    whence, project = open_whence(), repository(tmp_path / "project", PAGES)
    whence.index(project)
    git(project, "mv", "flags.md", "options.md")
    commit(project, {"install.md": PAGES["install.md"].replace("forty", "fifty")})
    git(project, "rm", "--quiet", "errors.md")
    commit(project, {"new/page.md": "# New\n\nThe heron option is new.\n"})
    (report,) = whence.sync()
    assert (report.written, report.removed) == (3, 2)
    clean = open_whence("clean")
    clean.index(project)
    for question in [*QUESTIONS, "what is the heron option?"]:
        one, two = whence.search(question), clean.search(question)
        assert [(hit.chunk, round(hit.score, 5)) for hit in one.hits] == [
            (hit.chunk, round(hit.score, 5)) for hit in two.hits
        ]
    assert resolve_all(whence, QUESTIONS) >= 3


def test_eight_threads_ask_while_an_index_is_published(open_whence: Open, tmp_path: Path) -> None:
    whence, pages = open_whence(), write(tmp_path / "pages", PAGES)
    whence.index(pages)
    whence.__dict__["_askers"].clear()
    stop, failures, asked = threading.Event(), list[Exception](), list[int]()

    def ask(number: int) -> None:
        try:
            while not stop.is_set():
                answer = whence.ask(QUESTIONS[number % len(QUESTIONS)])
                assert answer.hits
                assert all(hit.chunk.path in {*PAGES, "more.md"} for hit in answer.hits)
                asked.append(answer.snapshot)
        except Exception as error:  # noqa: BLE001 - whatever it is
            failures.append(error)

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    writer = open_whence()
    for n in range(2):
        write(pages, {"more.md": f"# More\n\nMore about the walrus, part {n}.\n"})
        writer.sync()
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(asked) >= 8
    assert len(set(asked)) > 1


def test_filters_reach_every_leg(open_whence: Open, tmp_path: Path) -> None:
    whence = open_whence()
    whence.index(write(tmp_path / "pages", PAGES))
    for question in [*QUESTIONS, "open_walrus", "flags.md"]:
        code = whence.search(question, filters=Filters(kinds=("code",))).hits
        assert {hit.chunk.path for hit in code} <= {"src/walrus.py"}
        below = whence.search(question, filters=Filters(paths=("src",))).hits
        assert {hit.chunk.path for hit in below} <= {"src/walrus.py"}


def test_two_sources_in_one_index_and_removal_of_the_last_copy(open_whence: Open, tmp_path: Path) -> None:
    whence = open_whence()
    project = repository(tmp_path / "project", PAGES)
    whence.index(project, write(tmp_path / "pages", {"more.md": "# More\n\nlichen\n"}), name="both")
    whence.index(project, name="alone")
    mirror = GitSource(str(project), whence.folder.mirrors).mirror.folder
    assert whence.status()[1].documents == len(PAGES) + 1
    assert whence.remove("both", purge=True) == len(PAGES) + 1
    assert mirror.is_dir()
    assert resolve_all(whence, QUESTIONS[:2], name="alone") >= 1
    whence.remove("alone", purge=True)
    assert not mirror.exists()
    assert [path for path in whence.folder.root.rglob("*") if b"TuskError" in _bytes(path)] == []
    with pytest.raises(UnknownIndexError, match="Nothing is indexed yet"):
        whence.ask("anything?")


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_the_remedies_of_doctor_work(open_whence: Open, tmp_path: Path) -> None:
    whence = open_whence()
    whence.index(write(tmp_path / "pages", PAGES), until="text")
    (finding,) = [finding for finding in whence.doctor() if not finding.ok]
    assert finding.text == "0 of 4 chunks have vectors"
    assert finding.remedy == "run `whence sync pages`"
    whence.sync("pages")
    assert [finding for finding in whence.doctor() if not finding.ok] == []
    shutil.rmtree(whence.folder.lance)
    reopened = open_whence()
    with pytest.raises(StoreError, match="whence doctor --rebuild"):
        reopened.ask(QUESTIONS[0])
    assert "run `whence doctor --rebuild --in pages`" in {finding.remedy for finding in reopened.doctor()}
    reopened.rebuild("pages")
    assert [finding for finding in reopened.doctor() if not finding.ok] == []
    assert resolve_all(reopened, QUESTIONS) >= 3


def test_the_first_source_that_fails_leaves_no_index_behind(open_whence: Open, tmp_path: Path) -> None:
    whence = open_whence()
    with pytest.raises(SourceError):
        whence.index(tmp_path / "absent")
    assert whence.ledger.index_names() == []


def test_lines_are_cited_as_they_are_counted(open_whence: Open, tmp_path: Path) -> None:
    whence = open_whence()
    whence.index(write(tmp_path / "pages", PAGES))
    citation = whence.cite_lines("flags.md", 3, 3)
    assert citation.quote == "The walrus flag is set by the tusk option."
    text = whence.read(citation)
    assert text is not None
    assert verify(citation, text)


def test_the_end_of_a_path_names_the_one_file_that_has_it(open_whence: Open, tmp_path: Path) -> None:
    whence = open_whence()
    pages = {"a/flags.md": "# A\n\nheather\n", "b/flags.md": "# B\n\nmoss\n", "b/more.md": "# C\n\nlichen\n"}
    whence.index(write(tmp_path / "ends", pages))
    citation = whence.cite_lines("more.md", 3, 3)
    assert (citation.path, citation.quote) == ("b/more.md", "lichen")
    assert whence.cite_lines("b/flags.md", 3, 3).quote == "moss"
    with pytest.raises(UsageError, match="2 files of ends end so, a/flags"):
        whence.cite_lines("flags.md", 3, 3)
    with pytest.raises(UsageError, match="has no file"):
        whence.cite_lines("ore.md", 3, 3)


def test_lines_of_a_source_that_is_being_added_are_cited(open_whence: Open, tmp_path: Path) -> None:
    """Its documents are acknowledged before a snapshot names the source."""
    whence = open_whence()
    whence.index(write(tmp_path / "pages", PAGES), name="both")
    added = Document(
        id="docs:more-1:more.md",
        source_id="docs:more-1",
        revision="1",
        kind="doc",
        path="more.md",
        text="# More\n\nlichen\n",
        digest="1",
    )
    whence.ledger.put_source("both", added.source_id, str(tmp_path / "more"), {})
    whence.ledger.put_documents("both", [added], whence.ledger.next_generation("both"))
    citation = whence.cite_lines("more.md", 3, 3, name="both")
    assert (citation.quote, citation.url) == ("lichen", "")

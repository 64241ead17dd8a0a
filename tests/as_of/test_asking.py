"""Code, docs and commits as of a state: as if the project had been indexed then; kept, shared, removed."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.as_of.asking import found, opened
from tests.as_of.facts_at import clone_at
from tests.history.repository import Scripted, harbour
from tests.killing import ROOT, Kill, killing

from whence.errors import AsOfError, UsageError, WhenceError
from whence.interface import Whence
from whence.store.kept import kept_states
from whence.store.scope import Filters

QUESTIONS = ("how is a load lifted?", "lamp", "what does the harbour have?", "Lamp.colour", "write about left")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    made = harbour(tmp_path_factory.mktemp("asking") / "harbour")
    for n in range(3):
        made.write("src/lift.py", f"def lift(load, *, limit={n}):\n    return min(load, {n})\n")
        made.write(f"docs/youngest_{n}.md", f"# Zebra {n}\n\nA zebra came to the harbour on day {n}.\n")
        made.commit(f"Count zebras, day {n}")
    return made


@pytest.fixture(scope="module")
def indexed_once(made: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data") / "whence"
    with opened(data) as whence:
        whence.index(made.path, name="harbour", until="text")
    return data


@pytest.fixture
def data(indexed_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(indexed_once, tmp_path / "whence"))


@pytest.fixture
def whence(data: Path) -> Any:
    with opened(data) as whence:
        yield whence


@pytest.mark.parametrize("state", ["v0.1", "v0.2", "HEAD~4", "v0.2~1^2"])
def test_searching_as_of_a_commit_is_searching_an_index_of_it(
    state: str, made: Scripted, whence: Whence, tmp_path: Path
) -> None:
    revision = made.git("rev-parse", f"{state}^{{commit}}").decode().strip()
    clone = clone_at(made.git_folder, tmp_path / "clone", revision)
    with opened(tmp_path / "other") as other:
        other.index(clone, name="harbour", until="text")
        for question in QUESTIONS:
            assert found(whence, question, state, kinds=("code", "doc", "data")) == found(
                other, question, kinds=("code", "doc", "data")
            )


def test_nothing_younger_shows(made: Scripted, whence: Whence) -> None:
    line = made.lines("rev-list", "--first-parent", "HEAD")
    for back in (1, 3, 6, 9):
        older = set(made.lines("rev-list", line[back]))
        for question in ("why was the zebra counted?", "which commit changed lift?", "zebra", "lamp"):
            for hit in whence.search(question, 50, filters=Filters(as_of=line[back])).hits:
                assert hit.chunk.revision in older
                assert "youngest_2" not in hit.chunk.path
        answer = whence.ask("why was the zebra counted?", filters=Filters(as_of=line[back]))
        assert all(citation.revision in older for citation in answer.citations)
        assert answer.as_of == line[back]


def test_commits_as_of_a_state_are_those_that_had_landed(made: Scripted, whence: Whence) -> None:
    assert found(whence, "count zebras", kinds=("commit",))
    titles = {
        hit.chunk.title
        for hit in whence.search("lamp zebras", 50, filters=Filters(as_of="v0.2", kinds=("commit",))).hits
    }
    assert any("Remove the lamp" in title for title in titles)
    assert not any("zebra" in title or "back" in title for title in titles)


def test_answers_resolve_at_the_state(whence: Whence) -> None:
    answer = whence.ask("what does lift do?", filters=Filters(as_of="v0.1"))
    assert answer.index == "harbour"
    assert answer.asked_as_of == "v0.1"
    for citation in answer.citations:
        assert citation.revision == answer.as_of
        text = whence.read(citation)
        assert text is not None
        assert text[citation.start : citation.end] == citation.quote


def test_the_question_itself_may_name_the_state(whence: Whence) -> None:
    named = whence.ask("as of v0.1, how many commits are there?")
    given = whence.ask("how many commits are there?", filters=Filters(as_of="v0.1"))
    assert named.answer == given.answer
    assert named.question == "as of v0.1, how many commits are there?"
    assert named.asked_as_of == "v0.1"
    unknown = whence.ask("as of v7.7, how many commits are there?")
    assert any("v7.7" in note for note in unknown.skipped)
    assert unknown.asked_as_of == ""


def test_the_newest_state_by_its_name_makes_no_index(made: Scripted, whence: Whence) -> None:
    assert found(whence, "lamp", made.head) == found(whence, "lamp")
    assert kept_states(whence.ledger, "harbour") == []


def test_a_state_is_made_once_and_shared_by_its_names(made: Scripted, whence: Whence) -> None:
    tagged = made.git("rev-parse", "v0.1^{commit}").decode().strip()
    for state in ("v0.1", "0.1", tagged):
        found(whence, "crane", state)
    [kept] = kept_states(whence.ledger, "harbour")
    assert list(kept.revisions.values()) == [tagged]
    assert kept.wanted == ("v0.1", "0.1", tagged)
    assert whence.ledger.index_names() == ["harbour"]
    [status] = whence.status()
    assert [state.name for state in status.kept] == [kept.name]
    assert whence.choose() == "harbour"


def test_two_processes_make_one(data: Path) -> None:
    words = [sys.executable, "-m", "tests.as_of.asking", str(data), "v0.2", "lamp"]
    running = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    results = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], results
    assert results[0][0] == results[1][0]
    with opened(data) as whence:
        [kept] = kept_states(whence.ledger, "harbour")
        tables = [name for name in whence._parts.tables.names() if name.startswith(f"{kept.name}.chunks")]
        assert len(tables) == 1


@pytest.fixture(scope="module")
def kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kill]:
    """Asks in a child, until the nth call of a method of the ledger; returns the signal that ended it."""
    with killing("tests.as_of.asking", tmp_path_factory.mktemp("killed") / "log") as until:
        yield until


@pytest.mark.parametrize(("method", "nth"), [("put_documents", 1), ("mark_indexed", 1), ("publish", 1), ("publish", 2)])
def test_killed_on_the_way_it_is_made_by_the_next(data: Path, kill: Kill, method: str, nth: int) -> None:
    assert kill(data, "v0.2", "lamp", method, nth) == signal.SIGKILL
    with opened(data) as whence:
        assert found(whence, "lamp", "v0.2")
        assert len(kept_states(whence.ledger, "harbour")) == 1


def test_what_is_not_asked_any_more_goes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    monkeypatch.setattr("whence.pipelines.past_index._IN_USE", timedelta(0))
    with opened(data, n_kept=2) as whence:
        for state in ("v0.1", "v0.2", "HEAD~1", "HEAD~2"):
            assert found(whence, "crane lamp", state)
        kept = kept_states(whence.ledger, "harbour")
        assert [state.wanted for state in kept] == [("HEAD~2",), ("HEAD~1",)]
        folders = {path.name for path in whence.folder.lance.iterdir()}
        assert not [
            name for name in folders if name.startswith("_") and not name.startswith(tuple(s.name for s in kept))
        ]


def test_sync_leaves_states_alone_and_remove_takes_them(data: Path, whence: Whence) -> None:
    found(whence, "lamp", "v0.2")
    before = whence.ledger.snapshot(kept_states(whence.ledger, "harbour")[0].name)
    whence.sync("harbour", until="text")
    assert whence.ledger.snapshot(kept_states(whence.ledger, "harbour")[0].name) == before
    whence.remove("harbour", purge=True)
    assert kept_states(whence.ledger, "harbour") == []
    assert not any(path.name.startswith("_") for path in whence.folder.lance.iterdir())
    whence.close()
    traces = [path for path in data.rglob("*") if path.is_file() and b"colour = LAMP" in path.read_bytes()]
    assert traces == []
    assert [path for path in data.rglob("*") if b"crane" in path.name.encode()] == []


def test_states_made_ahead(data: Path, made: Scripted) -> None:
    with opened(data) as whence:
        with pytest.raises(AsOfError):
            whence.prepare("v0.1", "v5.0")
        assert kept_states(whence.ledger, "harbour") == []


def test_a_mirror_deleted_under_a_reader(whence: Whence) -> None:
    found(whence, "lamp", "v0.2")
    shutil.rmtree(next(whence.folder.mirrors.glob("harbour-*[!k]")))
    assert found(whence, "crane", "v0.2")
    with pytest.raises(WhenceError) as error:
        whence.ask("who last changed README.md?", filters=Filters(as_of="v0.1"))
    assert "Traceback" not in str(error.value)


def test_damage_at_the_state_is_said_and_leaves_nothing(made: Scripted, whence: Whence) -> None:
    mirror = next(whence.folder.mirrors.glob("harbour-*[!k]"))
    blob = made.git("rev-parse", "v0.1:src/crane.py").decode().strip()
    for pack in (mirror / "objects" / "pack").glob("*"):
        if pack.suffix == ".pack":
            stream = pack.read_bytes()
            pack.unlink()
            subprocess.run(["git", "unpack-objects", "-q"], cwd=mirror, input=stream, check=True)
        elif pack.exists():
            pack.unlink()
    (mirror / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(WhenceError, match="damaged or incomplete"):
        found(whence, "crane", "v0.1")
    assert kept_states(whence.ledger, "harbour") == []
    assert found(whence, "zebra")


def test_files_as_they_stood(whence: Whence) -> None:
    citation = whence.cite_lines("src/crane.py", 4, 4, as_of="v0.1")
    assert citation.quote.startswith("def lift(load, *, limit=30)")
    with pytest.raises(UsageError, match=r"did you mean src/crane\.py"):
        whence.cite_lines("crane.py", 1, 1, as_of="v0.1")
    with pytest.raises(UsageError, match=r"no text at 'src/lift\.py' as of v0\.1"):
        whence.cite_lines("src/lift.py", 1, 1, as_of="v0.1")

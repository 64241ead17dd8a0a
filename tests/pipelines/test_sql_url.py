"""The whole product with its ledger on PostgreSQL, named in whence.toml: the same answers as with SQLite."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.command import commit, make_repository
from tests.conftest import PASSWORD, Server, SqlUrl

from whence.embedding.onnx import EmbeddingOptions, OnnxEmbedder
from whence.errors import UnknownIndexError
from whence.interface import Whence

MARKER = "oystercatchergnu"
PAGES = {
    "Flags.md": "# Flags\n\nThe walrus flag is set by the tusk option.\n\nThe default of the tusk option is nine.\n",
    "errors.md": f"# Errors\n\nA TuskError is raised when the {MARKER} folder is missing.\n",
    "src/walrus.py": 'def open_walrus(path, depth=9):\n    """Opens the walrus at a path."""\n    return path\n',
}
QUESTIONS = ["what sets the walrus flag?", "when is a TuskError raised?", "where is open_walrus defined?"]


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbedder:
    return OnnxEmbedder(options=EmbeddingOptions(threads=1))


@pytest.fixture
def both(
    tmp_path: Path, embedder: OnnxEmbedder, postgres_url: SqlUrl, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Whence]]:
    """The product with either database, set by the settings file alone."""
    monkeypatch.chdir(tmp_path)
    opened = []
    for name, url in (("sqlite", ""), ("postgres", postgres_url("data"))):
        config = tmp_path / f"{name}.toml"
        config.write_text(f'[store]\nsql_url = "{url}"\n')
        whence = Whence(tmp_path / name, config=config)
        whence._parts.__dict__["embedder"] = embedder
        opened.append(whence)
    yield opened
    for whence in opened:
        whence.close()


def seen(whence: Whence) -> dict[str, Any]:
    """All that a user sees, without what differs from one run to the next."""
    (status,) = whence.status()
    answers = [whence.ask(question) for question in QUESTIONS]
    return {
        "status": (status.documents, status.pending, status.chunks, status.vectors, status.working),
        "answers": [(one.answer, one.citations, one.confidence, one.indexed) for one in answers],
        "hits": [[(hit.chunk, hit.score) for hit in whence.search(question).hits] for question in QUESTIONS],
        "lines": whence.cite_lines("Flags.md", 3, 3),
        "findings": [(one.subject, one.ok) for one in whence.doctor() if one.subject not in ("disk", "model")],
    }


def holding(folder: Path, words: str) -> list[Path]:
    """The files whose bytes hold the words."""
    return [path for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def test_indexing_asking_syncing_and_purging(both: list[Whence], tmp_path: Path, postgres: Server) -> None:
    pages, kept = tmp_path / "pages", tmp_path / "kept"
    for folder, files in ((pages, PAGES), (kept, {"a.md": "# A\n\nheron\n"})):
        for path, words in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(words)
    reports = [whence.index(pages)[0] for whence in both]
    assert [(one.n_documents, one.n_chunks, one.n_vectors, one.written) for one in reports] == [(3, 3, 3, 3)] * 2
    before = [seen(whence) for whence in both]
    assert before[0] == before[1]
    assert next(citation.path for _, found, *_ in before[1]["answers"] for citation in found) == "Flags.md"
    assert not (tmp_path / "postgres" / "whence.db").exists()

    (pages / "Flags.md").write_text(f"# Flags\n\nThe walrus flag is set by {MARKER} alone.\n")
    (pages / "errors.md").unlink()
    reports = [whence.sync()[0] for whence in both]
    assert [(one.written, one.unchanged, one.removed) for one in reports] == [(1, 1, 1)] * 2
    after = [seen(whence) for whence in both]
    assert after[0] == after[1] != before[1]
    assert [whence.rebuild("pages").n_chunks for whence in both] == [2, 2]

    for whence in both:
        whence.index(kept)
        assert whence.remove("pages", purge=True) == 2
        assert [status.name for status in whence.status()] == ["kept"]
        with pytest.raises(UnknownIndexError, match="there are: kept"):
            whence.ask("anything?", name="pages")
    postgres.execute("CHECKPOINT")
    for folder in (tmp_path / "sqlite", tmp_path / "postgres", postgres.data / "base"):
        assert holding(folder, MARKER) == []
    assert holding(tmp_path / "postgres", PASSWORD) == []


def test_facts_of_a_history(both: list[Whence], tmp_path: Path) -> None:
    project = make_repository(tmp_path / "project", {**PAGES, "a.md": "# A\n", "Zebra/b.md": "# B\n"})
    commit(project, {"a.md": "# A\n\nheron\n", "Zebra/b.md": "# B\n\nheron\n", "Flags.md": "# Flags\n"})
    questions = ["how many commits are there?", "who last changed Flags.md?", "who wrote the most commits?"]
    told = []
    for whence in both:
        whence.index(project, until="text")
        answers = [whence.ask(question) for question in questions]
        told.append([(one.kind, one.answer, one.citations) for one in answers])
    assert told[0] == told[1]
    assert [kind for kind, *_ in told[1]] == ["fact"] * 3
    assert [whence.remove("project", purge=True) for whence in both] == [5, 5]

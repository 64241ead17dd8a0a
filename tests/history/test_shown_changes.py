"""What the documents of commits say of a text is what ``git log -S`` says, or nothing."""

import random

import pytest
from tests.history.repository import Scripted, empty

from whence import Whence
from whence.pipelines.history_texts import ChangedTexts
from whence.sources.history_queries import HistoryQueries
from whence.sources.shown_changes import changes_count, is_shown
from whence.store.commit_texts import held_texts
from whence.store.folder import DataFolder
from whence.store.history import HistoryTables
from whence.store.ledger import Ledger
from whence.types import commit_id

WORDS = ("lift", "load", "limit", "lifted", "a", "(", ")", " = ", "ss", "s", "++", "--", "diff x", "@@ -1 +1 @@")
VENDORED = "vendor/lib.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scripted, Ledger]:
    """A history of random lines, with renames, binary, removed and vendored files, and its index."""
    place = tmp_path_factory.mktemp("shown")
    repository = empty(place / "harbour")
    chance = random.Random(7)
    paths = ["a.py", "docs/b c.txt", "d -> e.py", VENDORED]
    for n in range(60):
        for path in chance.sample(paths, chance.randrange(1, 3)):
            repository.write(path, "\n".join(_line(chance) for _ in range(chance.randrange(1, 9))))
        if n % 9 == 5:
            (repository.path / f"raw{n % 2}").write_bytes(b"\0\1" + _line(chance).encode())
        if n % 11 == 7 and (repository.path / "a.py").exists():
            repository.git("mv", "-f", "a.py", f"moved{n}.py")
        if n % 13 == 11 and (repository.path / VENDORED).exists():
            repository.git("rm", "-qf", VENDORED)
        repository.commit(f"Step {n}\n\nM a.py +1 -1")
    with Whence(place / "data") as whence:
        whence.index(repository.path, until="text")
    return repository, Ledger(DataFolder(place / "data"))


def _line(chance: random.Random) -> str:
    return "".join(chance.choice(WORDS) for _ in range(chance.randrange(5)))


def _texts() -> list[str]:
    chance = random.Random(11)
    return sorted({text for _ in range(150) if (text := _line(chance)).strip()} | {"ss", "lift", "nowhere"})


def test_documents_say_what_git_says(made: tuple[Scripted, Ledger]) -> None:
    repository, ledger = made
    (index,) = ledger.index_names()
    (row,) = ledger.sources(index)
    shas = repository.lines("rev-list", "HEAD")
    held = held_texts(ledger.database, index, [commit_id(row.id, sha) for sha in shas])
    assert len(held) == len(shas)
    n_sure = 0
    for text in filter(is_shown, _texts()):
        shown = set(repository.lines("log", "--format=%H", "--no-renames", f"-S{text}", "HEAD"))
        for sha in shas:
            verdict = changes_count(*held[commit_id(row.id, sha)], text)
            assert verdict in (None, sha in shown), (sha, text)
            n_sure += verdict is not None
    assert n_sure > len(shas) * 50


def test_texts_of_an_index_are_those_of_git(made: tuple[Scripted, Ledger]) -> None:
    repository, ledger = made
    (index,) = ledger.index_names()
    (row,) = ledger.sources(index)
    tables = HistoryTables(ledger.database)
    number = tables.number(index, row.id, repository.head)
    assert number is not None
    changed = ChangedTexts(tables, number, HistoryQueries(repository.git_folder, repository.head))
    for text in ("lift", "load = ", "limitlift", "lift(", "lifted)", "nowhere"):
        shown = repository.lines("log", "--format=%H", "--no-renames", f"-S{text}", "HEAD")
        for oldest in (True, False):
            found = changed.find(text, oldest=oldest)
            assert (found.sha if found else None) == (shown[-oldest] if shown else None), text


@pytest.mark.parametrize("text", ["Größe", "two\nlines", "bell\a", ""])
def test_other_texts_are_not_told(text: str) -> None:
    assert not is_shown(text)


def test_a_document_that_lacks_lines_tells_nothing() -> None:
    document = "Subject\n\nM a.py +2 -0\n\ndiff a.py\n@@ -0,0 +1,2 @@\n+lift"
    metadata = {"patch_start": 23, "languages": ["python"]}
    assert changes_count(document, metadata, "lift") is None
    assert changes_count(f"{document}\n+load", metadata, "lift") is True
    assert changes_count(f"{document}\n+load", metadata, "crane") is False
    assert changes_count(f"{document}\n+load", {**metadata, "left_out": "too long"}, "crane") is None

"""The tables say the same on every database: order by bytes, any character kept."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conftest import SqlUrl
from tests.history.loading import load, number
from tests.history.repository import Scripted

from whence.store.folder import DataFolder
from whence.store.history import HistoryTables
from whence.store.history_tables import commits
from whence.store.ledger import Ledger
from whence.types import Change, Commit, Tag

DAY = datetime(2024, 5, 1, tzinfo=UTC)
NAMES = ["_", "Zoe", "adam", "b\x01b", "b\x00b", "Émile", "bob", "Bob", "ab", "a b"]
Open = Callable[[], HistoryTables]


@pytest.fixture
def open_tables(tmp_path: Path, sql_url: SqlUrl) -> Iterator[Open]:
    """Opens the tables of one data folder, once with each database."""
    ledgers: list[Ledger] = []

    def made() -> HistoryTables:
        folder = DataFolder(tmp_path / "data", sql_url("data"))
        folder.create()
        ledgers.append(Ledger(folder))
        return HistoryTables(ledgers[-1].database)

    yield made
    for ledger in ledgers:
        ledger.close()


def by(name: str, n: int) -> Commit:
    return Commit(
        sha=f"{n:040x}",
        parents=(),
        author=name,
        author_email="somebody@example.org",
        committer=name,
        committer_email="somebody@example.org",
        authored_at=DAY,
        committed_at=DAY,
        subject=f"Signed \x00 {name}",
        body="\x01\x02\x00",
        changes=(Change(path=f"kept/{name}", status="A", added=1, removed=0),),
    )


def filled(tables: HistoryTables) -> int:
    """One commit of each name, of a file of that name, with a tag of that name."""
    history = tables.begin("names", "git:names", "r", len(NAMES), is_cut=False)
    made = [by(name, n) for n, name in enumerate(NAMES)]
    tables.put(history, [(commit, {("issue", name)}) for commit, name in zip(made, NAMES, strict=True)])
    people = {(name, "somebody@example.org", name, "somebody@example.org") for name in NAMES}
    tagged = [Tag(name=name, sha="0" * 40, tagged_at=DAY, is_annotated=True, subject=name) for name in NAMES]
    tables.finish(history, "r", [(commit.sha, n, None, 1) for n, commit in enumerate(made, start=1)], people, tagged)
    return history


def test_equals_are_ordered_by_their_bytes(open_tables: Open) -> None:
    tables = open_tables()
    history = filled(tables)
    ordered = sorted(NAMES)
    assert tables.author_counts(history) == [(name, 1) for name in ordered]
    assert tables.names_of(history, "Somebody@Example.org") == ordered
    assert tables.paths(history) == [f"kept/{name}" for name in ordered]
    assert tables.busiest_paths(history, "kept", 4) == [(f"kept/{name}", 1) for name in ordered[:4]]
    assert [tag.name for tag in tables.tags(history)] == ordered


def test_any_character_comes_back_and_is_found(open_tables: Open) -> None:
    tables = open_tables()
    history = filled(tables)
    assert [tag.subject for tag in tables.tags(history)] == sorted(NAMES)
    assert [tables.linked(history, "issue", name) for name in NAMES] == [[f"{n:040x}"] for n in range(len(NAMES))]
    with tables._database.reading() as connection:
        rows = connection.execute(commits.select().order_by(commits.c.id)).all()
    assert [(row.subject, row.body) for row in rows] == [(f"Signed \x00 {name}", "\x01\x02\x00") for name in NAMES]


def test_a_repository_is_told_alike(open_tables: Open, harbour_once: Scripted) -> None:
    tables = open_tables()
    load(tables, harbour_once.git_folder, harbour_once.head)
    history = number(tables, harbour_once.head)
    assert [sha for sha, _ in tables.shas(history)] == harbour_once.lines("rev-list", "HEAD")
    touched = harbour_once.git("log", "-z", "--no-renames", "--name-only", "--format=", "HEAD").split(b"\0")
    assert tables.paths(history) == sorted({name.decode().lstrip("\n") for name in touched} - {""})
    assert load(open_tables(), harbour_once.git_folder, harbour_once.head) == 0

"""Histories in SQL: loaded in batches that survive a crash, complete for one revision at a time.

Rows of a commit never change but for its ``place``, which says whether and where the complete revision reaches it.
``finish`` moves all places, people and tags to a new revision in one transaction: readers see the old state or the
new one. Commits that a force push left behind keep their rows without a place, and count nowhere.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from whence.store.history_definitions import forget_definitions
from whence.store.history_reading import FORMAT_PROPERTY, SLICE, HistoryReading, is_current
from whence.store.history_tables import (
    HISTORY_FORMAT,
    HISTORY_TABLES,
    changes,
    commits,
    histories,
    links,
    paths,
    people,
    tags,
    words,
)
from whence.store.history_words import forget_merges
from whence.store.tables import metadata, properties
from whence.types import Commit, Tag

Links = Iterable[tuple[str, str]]
Placed = tuple[str, int, int | None, int]
"""(commit, place from the oldest, position along first parents or None, the position by which it landed)."""

Person = tuple[str, str, str, str]
"""(name, email, mapped name, mapped email)."""

_HELD = 5_000


class HistoryTables(HistoryReading):
    """All histories of one database. Thread-safe; each method is one transaction. Raises ``StoreError``."""

    def begin(self, index: str, source_id: str, wanted: str, n_wanted: int, *, is_cut: bool) -> int:
        """Says what will be loaded; returns the history's number. What was loaded before stays."""
        values = {"wanted": wanted, "n_wanted": n_wanted, "is_cut": is_cut, "problem": ""}
        mine = (histories.c.index_name == index) & (histories.c.source_id == source_id)
        with self._database.writing() as connection:
            if not self._is_whole:
                _make(connection)
                self._is_made = self._is_whole = True
            number = connection.execute(select(histories.c.id).where(mine)).scalar()
            if number is None:
                row = {"index_name": index, "source_id": source_id, "revision": "", "n_commits": 0, **values}
                key = connection.execute(insert(histories).values(**row)).inserted_primary_key
                assert key is not None
                return int(key[0])
            connection.execute(update(histories).where(mine).values(**values))
        return int(number)

    def known(self, history: int, among: Sequence[str] | None = None) -> set[str]:
        """Ids of the commits that need not be read again; only those ``among`` some, where they are given."""
        if among is not None:
            return set(self.committed_at(history, among))
        with self._database.reading() as connection:
            return set(connection.execute(select(commits.c.sha).where(commits.c.history_id == history)).scalars())

    def put(self, history: int, batch: Sequence[tuple[Commit, Links]]) -> None:
        """Stores commits that are not ``known``, each with what its message names; one transaction."""
        if not batch:
            return
        with self._database.writing() as connection:
            ids = _Numbers(connection, history, batch)
            last = connection.execute(select(func.coalesce(func.max(commits.c.id), 0))).scalar_one()
            rows, changed, linked = [], [], []
            for number, (commit, named) in enumerate(batch, start=int(last) + 1):
                rows.append({"id": number, "history_id": history, **_commit_row(commit, ids)})
                for change in commit.changes:
                    changed.append(
                        {
                            "commit_id": number,
                            "path_id": ids.path(change.path),
                            "status": change.status,
                            "old_path_id": ids.path(change.old_path) if change.old_path else None,
                            "added": change.added,
                            "removed": change.removed,
                        }
                    )
                linked += [{"commit_id": number, "kind": kind, "target": target} for kind, target in sorted(set(named))]
            for table, values in ((commits, rows), (changes, changed), (links, linked)):
                if values:
                    connection.execute(insert(table), values)
            total = select(func.count()).where(commits.c.history_id == history).scalar_subquery()
            connection.execute(update(histories).where(histories.c.id == history).values(n_commits=total))

    def finish(
        self, history: int, revision: str, order: Iterable[Placed], named: Iterable[Person], tagged: Sequence[Tag]
    ) -> None:
        """Makes the history complete for a revision: ``order`` has every commit that it reaches; one transaction."""
        wanted = {sha: (place, first_parent, landed) for sha, place, first_parent, landed in order}
        with self._database.writing() as connection:
            last = 0
            while held := _held(connection, history, last):
                last = held[-1].id
                moved = []
                for row in held:
                    place, first_parent, landed = wanted.get(row.sha, _NOWHERE)
                    if (row.place, row.first_parent, row.landed) != (place, first_parent, landed):
                        values = {"place_": place, "first_parent_": first_parent, "landed_": landed}
                        moved.append({"number": row.id, **values})
                if moved:
                    connection.execute(_MOVE, moved)
            _rename(connection, history, named)
            _complete(connection, history, revision, tagged, len(wanted))

    def grow(
        self,
        history: int,
        revision: str,
        moved: Iterable[Placed],
        named: Iterable[Person],
        tagged: Sequence[Tag],
        n_commits: int,
    ) -> None:
        """Makes a complete history so for a later revision of its main line; one transaction.

        ``moved`` are the new commits, and old ones that stand elsewhere now; ``named`` the people of the new ones.
        """
        rows = [
            {"in_history": history, "name": sha, "place_": place, "first_parent_": first_parent, "landed_": landed}
            for sha, place, first_parent, landed in moved
        ]
        with self._database.writing() as connection:
            if rows:
                connection.execute(_MOVE_NAMED, rows)
            _rename(connection, history, named, others=False)
            _complete(connection, history, revision, tagged, n_commits)

    def tell_problem(self, history: int, problem: str) -> None:
        """Records why the history could not be loaded, or what of a complete one could not be read."""
        with self._database.writing() as connection:
            connection.execute(update(histories).where(histories.c.id == history).values(problem=problem))

    def forget(self, index: str) -> None:
        """Removes the histories of an index; nothing happens where there are none."""
        if not self._there():
            return
        with self._database.writing() as connection:
            mine = histories.c.index_name == index
            for number in connection.execute(select(histories.c.id).where(mine)).scalars().all():
                _empty(connection, number)
            connection.execute(delete(histories).where(mine))

    def empty(self, history: int) -> None:
        """Removes all that was loaded of a history, so that it is read anew."""
        with self._database.writing() as connection:
            _empty(connection, history)
            connection.execute(update(histories).where(histories.c.id == history).values(revision="", n_commits=0))

    def roots(self, history: int) -> list[str]:
        """Ids of the commits that were read without parents."""
        mine = select(commits.c.sha).where(commits.c.history_id == history, commits.c.parents == "")
        with self._database.reading() as connection:
            return list(connection.execute(mine).scalars())


class _Numbers:
    """The numbers of a batch's people and paths, given where they have none yet."""

    def __init__(self, connection: Connection, history: int, batch: Sequence[tuple[Commit, Links]]) -> None:
        named = {(commit.author, commit.author_email) for commit, _ in batch}
        named |= {(commit.committer, commit.committer_email) for commit, _ in batch}
        touched = {change.path for commit, _ in batch for change in commit.changes}
        touched |= {change.old_path for commit, _ in batch for change in commit.changes if change.old_path}
        self._people = self._numbered_people(connection, history, named)
        self._paths = self._numbered_paths(connection, history, touched)

    def person(self, name: str, email: str) -> int:
        return self._people[name, email]

    def path(self, path: str) -> int:
        return self._paths[path]

    @staticmethod
    def _numbered_people(connection: Connection, history: int, named: set[tuple[str, str]]) -> dict[Any, int]:
        query = select(people.c.raw_name, people.c.raw_email, people.c.id).where(people.c.history_id == history)
        found = {(row.raw_name, row.raw_email): row.id for row in connection.execute(query)}
        fresh = [
            {"history_id": history, "raw_name": name, "raw_email": email, "name": name, "email": email}
            for name, email in sorted(named - found.keys())
        ]
        if fresh:
            connection.execute(insert(people), fresh)
            found = {(row.raw_name, row.raw_email): row.id for row in connection.execute(query)}
        return found

    @staticmethod
    def _numbered_paths(connection: Connection, history: int, touched: set[str]) -> dict[str, int]:
        def numbers() -> dict[str, int]:
            found: dict[str, int] = {}
            wanted = sorted(touched)
            for start in range(0, len(wanted), SLICE):
                part = wanted[start : start + SLICE]
                query = select(paths.c.path, paths.c.id).where(paths.c.history_id == history, paths.c.path.in_(part))
                found.update((row.path, row.id) for row in connection.execute(query))
            return found

        found = numbers()
        fresh = [{"history_id": history, "path": path} for path in sorted(touched - found.keys())]
        if fresh:
            connection.execute(insert(paths), fresh)
            found = numbers()
        return found


def _commit_row(commit: Commit, ids: _Numbers) -> dict[str, Any]:
    return {
        "sha": commit.sha,
        "place": None,
        "first_parent": None,
        "landed": None,
        "has_words": False,
        "parents": " ".join(commit.parents),
        "author_id": ids.person(commit.author, commit.author_email),
        "committer_id": ids.person(commit.committer, commit.committer_email),
        "authored_s": int(commit.authored_at.timestamp()),
        "committed_s": int(commit.committed_at.timestamp()),
        "subject": commit.subject,
        "body": commit.body,
        "trailers": json.dumps(commit.trailers, separators=(",", ":")),
    }


def _tag_row(history: int, tag: Tag) -> dict[str, Any]:
    return {
        "history_id": history,
        "name": tag.name,
        "sha": tag.sha,
        "tagged_s": int(tag.tagged_at.timestamp()),
        "is_annotated": tag.is_annotated,
        "subject": tag.subject,
    }


_NOWHERE: Final = (None, None, None)
_ELSEWHERE: Final = update(commits).values(
    place=bindparam("place_"), first_parent=bindparam("first_parent_"), landed=bindparam("landed_")
)
_MOVE: Final = _ELSEWHERE.where(commits.c.id == bindparam("number"))
_MOVE_NAMED: Final = _ELSEWHERE.where(
    commits.c.history_id == bindparam("in_history"), commits.c.sha == bindparam("name")
)


def _complete(connection: Connection, history: int, revision: str, tagged: Sequence[Tag], n_commits: int) -> None:
    """Says that the rows are those of a revision, whose tags these are."""
    connection.execute(delete(tags).where(tags.c.history_id == history))
    if tagged:
        connection.execute(insert(tags), [_tag_row(history, tag) for tag in tagged])
    values = {"revision": revision, "n_commits": n_commits, "n_wanted": n_commits, "problem": ""}
    connection.execute(update(histories).where(histories.c.id == history).values(**values))


def _held(connection: Connection, history: int, after: int) -> Sequence[Any]:
    """The next rows of commits, by their number; a slice at a time, so that no history is too long for memory."""
    columns = (commits.c.id, commits.c.sha, commits.c.place, commits.c.first_parent, commits.c.landed)
    mine = select(*columns).where(commits.c.history_id == history, commits.c.id > after)
    return connection.execute(mine.order_by(commits.c.id).limit(_HELD)).all()


def _empty(connection: Connection, history: int) -> None:
    of_mine = select(commits.c.id).where(commits.c.history_id == history).scalar_subquery()
    for table in (changes, links):
        connection.execute(delete(table).where(table.c.commit_id.in_(of_mine)))
    for table in (commits, paths, people, tags, words):
        connection.execute(delete(table).where(table.c.history_id == history))
    forget_merges(connection, history)
    forget_definitions(connection, history)


def _make(connection: Connection) -> None:
    """Makes the tables; those of another form are dropped, as all of it can be read from the mirrors again."""
    if not is_current(connection):
        metadata.drop_all(connection, tables=list(HISTORY_TABLES))
        connection.execute(delete(properties).where(properties.c.name == FORMAT_PROPERTY))
        connection.execute(insert(properties).values(name=FORMAT_PROPERTY, value=str(HISTORY_FORMAT)))
    metadata.create_all(connection, tables=list(HISTORY_TABLES))
    for table in (commits, changes):
        for index in table.indexes:
            index.create(connection, checkfirst=True)  # one that a table from before does not have


def _rename(connection: Connection, history: int, named: Iterable[Person], *, others: bool = True) -> None:
    """Gives everybody the name that the mailmap of the new revision says; ``others`` get back their own."""
    mapped = {(name, email): (new_name, new_email) for name, email, new_name, new_email in named}
    if not mapped and not others:
        return
    for row in connection.execute(select(people).where(people.c.history_id == history)).all():
        if not others and (row.raw_name, row.raw_email) not in mapped:
            continue
        name, email = mapped.get((row.raw_name, row.raw_email), (row.raw_name, row.raw_email))
        if (row.name, row.email) != (name, email):
            connection.execute(update(people).where(people.c.id == row.id).values(name=name, email=email))

"""Histories in SQL: loaded in batches that survive a crash, complete for one revision at a time.

Rows of a commit never change but for its ``place``, which says whether and where the complete revision reaches it.
``finish`` moves all places, people and tags to a new revision in one transaction: readers see the old state or the
new one. Commits that a force push left behind keep their rows without a place, and count nowhere.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, inspect, select, update

from whence.store.database import Database
from whence.store.history_tables import HISTORY_TABLES, changes, commits, histories, links, paths, people, tags
from whence.store.tables import metadata
from whence.types import Commit, HistoryState, Tag

Links = Iterable[tuple[str, str]]
Placed = tuple[str, int, int | None]
"""(commit, place from the oldest, position along first parents or None)."""

Person = tuple[str, str, str, str]
"""(name, email, mapped name, mapped email)."""

_SLICE = 500


class HistoryTables:
    """All histories of one database. Thread-safe; each method is one transaction. Raises ``StoreError``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_made = False

    # ---- loading

    def begin(self, index: str, source_id: str, wanted: str, n_wanted: int, *, is_cut: bool) -> int:
        """Says what will be loaded; returns the history's number. What was loaded before stays."""
        values = {"wanted": wanted, "n_wanted": n_wanted, "is_cut": is_cut, "problem": ""}
        mine = (histories.c.index_name == index) & (histories.c.source_id == source_id)
        with self._database.writing() as connection:
            metadata.create_all(connection, tables=list(HISTORY_TABLES))
            self._is_made = True
            number = connection.execute(select(histories.c.id).where(mine)).scalar()
            if number is None:
                row = {"index_name": index, "source_id": source_id, "revision": "", "n_commits": 0, **values}
                key = connection.execute(insert(histories).values(**row)).inserted_primary_key
                assert key is not None
                return int(key[0])
            connection.execute(update(histories).where(mine).values(**values))
        return int(number)

    def known(self, history: int) -> set[str]:
        """Ids of the commits that need not be read again."""
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
        self, history: int, revision: str, order: Sequence[Placed], named: Iterable[Person], tagged: Sequence[Tag]
    ) -> None:
        """Makes the history complete for a revision: ``order`` has every commit that it reaches; one transaction."""
        wanted = {sha: (place, first_parent) for sha, place, first_parent in order}
        with self._database.writing() as connection:
            held = connection.execute(
                select(commits.c.id, commits.c.sha, commits.c.place, commits.c.first_parent).where(
                    commits.c.history_id == history
                )
            ).all()
            moved = []
            for row in held:
                place, first_parent = wanted.get(row.sha, (None, None))
                if (row.place, row.first_parent) != (place, first_parent):
                    moved.append((place, first_parent, row.id))
            if moved:
                _move(connection, moved)
            _rename(connection, history, named)
            connection.execute(delete(tags).where(tags.c.history_id == history))
            if tagged:
                connection.execute(insert(tags), [_tag_row(history, tag) for tag in tagged])
            connection.execute(
                update(histories)
                .where(histories.c.id == history)
                .values(revision=revision, n_commits=len(wanted), n_wanted=len(wanted), problem="")
            )

    def give_up(self, history: int, problem: str) -> None:
        """Records why the history could not be loaded."""
        with self._database.writing() as connection:
            connection.execute(update(histories).where(histories.c.id == history).values(problem=problem))

    def forget(self, index: str) -> None:
        """Removes the histories of an index; nothing happens where there are none."""
        if not self._there():
            return
        with self._database.writing() as connection:
            mine = select(histories.c.id).where(histories.c.index_name == index).scalar_subquery()
            of_mine = select(commits.c.id).where(commits.c.history_id.in_(mine)).scalar_subquery()
            for table in (changes, links):
                connection.execute(delete(table).where(table.c.commit_id.in_(of_mine)))
            for table in (commits, paths, people, tags):
                connection.execute(delete(table).where(table.c.history_id.in_(mine)))
            connection.execute(delete(histories).where(histories.c.index_name == index))

    # ---- reading

    def state(self, index: str, source_id: str) -> HistoryState | None:
        """How far a history is loaded, or None where loading has never begun."""
        row = self._row(index, source_id)
        if row is None:
            return None
        return HistoryState(
            revision=row.revision,
            wanted=row.wanted,
            n_commits=row.n_commits,
            n_wanted=row.n_wanted,
            is_cut=row.is_cut,
            problem=row.problem,
        )

    def number(self, index: str, source_id: str, revision: str) -> int | None:
        """The history's number if it is complete for the revision, else None."""
        row = self._row(index, source_id)
        return row.id if row is not None and revision and row.revision == revision else None

    def author_counts(self, history: int) -> list[tuple[str, int]]:
        """(name, commits) over all commits, most first, ties by name."""
        query = (
            select(people.c.name, func.count())
            .join(commits, commits.c.author_id == people.c.id)
            .where(commits.c.history_id == history, commits.c.place.is_not(None))
            .group_by(people.c.name)
        )
        with self._database.reading() as connection:
            counted = [(str(name), int(n)) for name, n in connection.execute(query)]
        return sorted(counted, key=lambda pair: (-pair[1], pair[0]))

    def names_of(self, history: int, email: str) -> list[str]:
        """Mapped names of the authors who have this address, before or after mapping; letter case does not count."""
        query = (
            select(people.c.name)
            .join(commits, commits.c.author_id == people.c.id)
            .where(
                people.c.history_id == history,
                commits.c.place.is_not(None),
                (func.lower(people.c.email) == email.lower()) | (func.lower(people.c.raw_email) == email.lower()),
            )
            .distinct()
            .order_by(people.c.name)
        )
        with self._database.reading() as connection:
            return [str(name) for name in connection.execute(query).scalars()]

    def paths(self, history: int) -> list[str]:
        """Every path that a commit which counts has touched, by path."""
        touched = select(changes.c.path_id).join(commits, commits.c.id == changes.c.commit_id)
        left = select(changes.c.old_path_id).join(commits, commits.c.id == changes.c.commit_id)
        counts = (commits.c.history_id == history) & commits.c.place.is_not(None)
        wanted = touched.where(counts).union(left.where(counts, changes.c.old_path_id.is_not(None)))
        query = select(paths.c.path).where(paths.c.id.in_(wanted)).order_by(paths.c.path)
        with self._database.reading() as connection:
            return [str(path) for path in connection.execute(query).scalars()]

    def busiest_paths(self, history: int, folder: str, n_max: int) -> list[tuple[str, int]]:
        """(path, commits that changed it) under a folder ("" for all), most first, ties by path."""
        counted = func.count()
        query = (
            select(paths.c.path, counted)
            .join(changes, changes.c.path_id == paths.c.id)
            .join(commits, commits.c.id == changes.c.commit_id)
            .where(paths.c.history_id == history, commits.c.place.is_not(None))
            .group_by(paths.c.path)
            .order_by(counted.desc(), paths.c.path)
            .limit(n_max)
        )
        if folder:
            query = query.where(paths.c.path.startswith(folder.rstrip("/") + "/", autoescape=True))
        with self._database.reading() as connection:
            return [(str(path), int(n)) for path, n in connection.execute(query)]

    def linked(self, history: int, kind: str, target: str) -> list[str]:
        """Ids of the commits whose message names a target, newest first."""
        query = (
            select(commits.c.sha)
            .join(links, links.c.commit_id == commits.c.id)
            .where(
                commits.c.history_id == history,
                commits.c.place.is_not(None),
                links.c.kind == kind,
                links.c.target == target,
            )
            .order_by(commits.c.place.desc())
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def shas(self, history: int) -> list[tuple[str, int]]:
        """(id, position along first parents or 0) of every commit that counts, newest first."""
        query = (
            select(commits.c.sha, commits.c.first_parent)
            .where(commits.c.history_id == history, commits.c.place.is_not(None))
            .order_by(commits.c.place.desc())
        )
        with self._database.reading() as connection:
            return [(str(sha), int(position or 0)) for sha, position in connection.execute(query)]

    def tags(self, history: int) -> list[Tag]:
        """Tags by date, then name; those of other branches too."""
        query = select(tags).where(tags.c.history_id == history).order_by(tags.c.tagged_s, tags.c.name)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Tag(
                name=row.name,
                sha=row.sha,
                tagged_at=datetime.fromtimestamp(row.tagged_s, UTC),
                is_annotated=row.is_annotated,
                subject=row.subject,
            )
            for row in rows
        ]

    def _row(self, index: str, source_id: str) -> Any:
        if not self._there():
            return None
        mine = (histories.c.index_name == index) & (histories.c.source_id == source_id)
        with self._database.reading() as connection:
            return connection.execute(select(histories).where(mine)).one_or_none()

    def _there(self) -> bool:
        """Whether any history was ever loaded into this database."""
        if not self._is_made:
            with self._database.reading() as connection:
                self._is_made = inspect(connection).has_table(tags.name)
        return self._is_made


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
            for start in range(0, len(wanted), _SLICE):
                part = wanted[start : start + _SLICE]
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


def _move(connection: Connection, moved: Sequence[tuple[int | None, int | None, int]]) -> None:
    from sqlalchemy import bindparam

    statement = (
        update(commits)
        .where(commits.c.id == bindparam("number"))
        .values(place=bindparam("new_place"), first_parent=bindparam("new_position"))
    )
    rows: list[Mapping[str, Any]] = [
        {"number": number, "new_place": place, "new_position": position} for place, position, number in moved
    ]
    connection.execute(statement, rows)


def _rename(connection: Connection, history: int, named: Iterable[Person]) -> None:
    """Gives everybody the name that the mailmap of the new revision says."""
    mapped = {(name, email): (new_name, new_email) for name, email, new_name, new_email in named}
    for row in connection.execute(select(people).where(people.c.history_id == history)).all():
        name, email = mapped.get((row.raw_name, row.raw_email), (row.raw_name, row.raw_email))
        if (row.name, row.email) != (name, email):
            connection.execute(update(people).where(people.c.id == row.id).values(name=name, email=email))

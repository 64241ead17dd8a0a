"""What the tables of histories say of one that is loaded; how they are filled is in ``store/history.py``.

Readers count the commits that the complete revision reaches; with ``at``, those that had landed on its main line by
that first-parent position, which are the ancestors of the commit there.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, inspect, select

from whence.store.database import Database
from whence.store.history_tables import HISTORY_FORMAT, changes, commits, histories, links, paths, people, tags
from whence.store.tables import properties
from whence.types import HistoryState, Tag

FORMAT_PROPERTY = "history_format"
SLICE = 500
"""Values that are named in one statement."""


def is_current(connection: Connection) -> bool:
    """Whether the tables are there in the form that this whence writes."""
    if not inspect(connection).has_table(tags.name):
        return False
    found = connection.execute(select(properties.c.value).where(properties.c.name == FORMAT_PROPERTY)).scalar()
    return found == str(HISTORY_FORMAT)


def counted_commits(history: int, at: int | None) -> ColumnElement[bool]:
    """The condition on rows of ``commits`` that a reader counts."""
    conditions = [commits.c.history_id == history, commits.c.place.is_not(None)]
    if at is not None:
        conditions.append(commits.c.landed <= at)
    return and_(*conditions)


def counted_among(history: int, at: int | None = None) -> ColumnElement[bool]:
    """The same condition for commits that the rest of a query names.

    It has no form that an index could serve: a database without statistics else takes all commits of a history, one by
    one, before the few that are named.
    """
    conditions = [commits.c.history_id + 0 == history, (commits.c.place + 0).is_not(None)]
    if at is not None:
        conditions.append(commits.c.landed + 0 <= at)
    return and_(*conditions)


def _written_by(history: int, author: str) -> ColumnElement[bool]:
    """All commits that count, or those of one author: what landed has a place, and an index has it with its author."""
    counts = (commits.c.history_id == history) & commits.c.landed.is_not(None)
    if not author:
        return counts
    theirs = select(people.c.id).where(people.c.history_id == history, people.c.name == author)
    return and_(counts, commits.c.author_id.in_(theirs))


Bounds = tuple[datetime | None, datetime | None]
"""The first and the last committer date that counts."""

ALWAYS: Final[Bounds] = (None, None)


def _dated(within: Bounds) -> list[ColumnElement[bool]]:
    since, until = within
    conditions = [commits.c.committed_s >= int(since.timestamp())] if since is not None else []
    return [*conditions, commits.c.committed_s <= int(until.timestamp())] if until is not None else conditions


class PathCommit(NamedTuple):
    """A commit that changed a path, how, and its author's mapped name; ``place`` is that of the table."""

    sha: str
    place: int
    status: str
    author: str


def _told_commits(connection: Connection, history: int, statuses: Mapping[int, str]) -> list[PathCommit]:
    """The commits of these numbers that count, newest first."""
    query = select(commits.c.id, commits.c.sha, commits.c.place, people.c.name).where(counted_among(history))
    query = query.join(people, people.c.id == commits.c.author_id)
    found: list[PathCommit] = []
    numbers = sorted(statuses)
    for start in range(0, len(numbers), SLICE):
        for row in connection.execute(query.where(commits.c.id.in_(numbers[start : start + SLICE]))):
            found.append(PathCommit(row.sha, row.place, statuses[row.id], row.name))
    return sorted(found, key=lambda row: -row.place)


class PlacedCommit(NamedTuple):
    """A commit that counts, and where it stands: see ``history_tables.commits``."""

    sha: str
    place: int
    first_parent: int | None
    landed: int
    parents: tuple[str, ...]


class HistoryReading:
    """All histories of one database, to be read. Thread-safe; each method is one transaction. Raises ``StoreError``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_made = self._is_whole = False

    @property
    def database(self) -> Database:
        """The database that the tables are in."""
        return self._database

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

    def author_counts(self, history: int, at: int | None = None, within: Bounds = ALWAYS) -> list[tuple[str, int]]:
        """(name, commits) over all commits whose committer date lies within bounds, most first, ties by name."""
        until = commits.c.landed.is_not(None) if at is None else commits.c.landed <= at
        counted = (
            select(commits.c.author_id, func.count())
            .where(commits.c.history_id == history, until, *_dated(within))
            .group_by(commits.c.author_id)
        )
        named = select(people.c.id, people.c.name).where(people.c.history_id == history)
        with self._database.reading() as connection:
            rows = connection.execute(counted).all()
            names = {number: str(name) for number, name in connection.execute(named)}
        counts: dict[str, int] = {}
        for number, n in rows:
            counts[names[number]] = counts.get(names[number], 0) + int(n)
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def count(self, history: int, author: str = "", *, merges: bool | None = None, within: Bounds = ALWAYS) -> int:
        """Commits in all, or by the author of this mapped name; only merges, or none of them."""
        query = select(func.count()).select_from(commits).where(_written_by(history, author), *_dated(within))
        if merges is not None:
            is_merge = commits.c.parents.contains(" ")
            query = query.where(is_merge if merges else ~is_merge)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def ends(self, history: int, author: str = "") -> tuple[str, str] | None:
        """Ids of the newest and the oldest commit, in all or by the author of this mapped name; None for none."""
        places = select(func.max(commits.c.place), func.min(commits.c.place)).where(_written_by(history, author))
        named = select(commits.c.place, commits.c.sha).where(commits.c.history_id == history)
        with self._database.reading() as connection:
            newest, oldest = connection.execute(places).one()
            if newest is None:
                return None
            found = connection.execute(named.where(commits.c.place.in_({newest, oldest})))
            names = {row.place: str(row.sha) for row in found}
        return names[newest], names[oldest]

    def names_of(self, history: int, email: str, at: int | None = None) -> list[str]:
        """Mapped names of the authors who have this address, before or after mapping; letter case does not count."""
        query = (
            select(people.c.name)
            .join(commits, commits.c.author_id == people.c.id)
            .where(
                counted_commits(history, at),
                (func.lower(people.c.email) == email.lower()) | (func.lower(people.c.raw_email) == email.lower()),
            )
            .distinct()
            .order_by(people.c.name)
        )
        with self._database.reading() as connection:
            return [str(name) for name in connection.execute(query).scalars()]

    def paths(self, history: int, at: int | None = None) -> list[str]:
        """Every path that a commit which counts has touched, by path."""
        touched = select(changes.c.path_id).join(commits, commits.c.id == changes.c.commit_id)
        left = select(changes.c.old_path_id).join(commits, commits.c.id == changes.c.commit_id)
        counts = counted_commits(history, at)
        wanted = touched.where(counts).union(left.where(counts, changes.c.old_path_id.is_not(None)))
        query = select(paths.c.path).where(paths.c.id.in_(wanted)).order_by(paths.c.path)
        with self._database.reading() as connection:
            return [str(path) for path in connection.execute(query).scalars()]

    def path_commits(self, history: int, path: str, before: int | None = None) -> list[PathCommit]:
        """The commits that changed a path, no merges, newest first; only those at places ``before`` one."""
        mine = select(paths.c.id).where(paths.c.history_id == history, paths.c.path == path)
        columns = select(changes.c.commit_id, changes.c.status)
        with self._database.reading() as connection:
            number = connection.execute(mine).scalar()
            if number is None:
                return []
            left = columns.where(changes.c.old_path_id == number, changes.c.status == "R")
            statuses = {row.commit_id: "D" for row in connection.execute(left)}
            statuses |= {
                row.commit_id: row.status for row in connection.execute(columns.where(changes.c.path_id == number))
            }
            found = _told_commits(connection, history, statuses)
        return [row for row in found if before is None or row.place < before]

    def committed(self, history: int) -> list[datetime]:
        """The committer dates of all commits, newest first, UTC."""
        query = select(commits.c.committed_s).where(_written_by(history, "")).order_by(commits.c.place.desc())
        with self._database.reading() as connection:
            seconds = connection.execute(query).scalars().all()
        return [datetime.fromtimestamp(second, UTC) for second in seconds]

    def busiest_paths(self, history: int, folder: str, n_max: int, at: int | None = None) -> list[tuple[str, int]]:
        """(path, commits that changed it) under a folder ("" for all), most first, ties by path."""
        counted = func.count()
        query = (
            select(paths.c.path, counted)
            .join(changes, changes.c.path_id == paths.c.id)
            .join(commits, commits.c.id == changes.c.commit_id)
            .where(counted_commits(history, at))
            .group_by(paths.c.path)
            .order_by(counted.desc(), paths.c.path)
            .limit(n_max)
        )
        if folder:
            query = query.where(paths.c.path.startswith(folder.rstrip("/") + "/", autoescape=True))
        with self._database.reading() as connection:
            return [(str(path), int(n)) for path, n in connection.execute(query)]

    def path_ages(self, history: int, *, last: bool, at: int | None = None) -> list[tuple[str, str]]:
        """(path, its oldest or its ``last`` commit that is no merge), in the order of those, the oldest foremost."""
        counts = counted_commits(history, at)
        place = (func.max if last else func.min)(commits.c.place).label("place")
        ends = (
            select(changes.c.path_id, place)
            .join(commits, commits.c.id == changes.c.commit_id)
            .where(counts)
            .group_by(changes.c.path_id)
            .subquery()
        )
        query = (
            select(paths.c.path, commits.c.sha)
            .join(ends, ends.c.path_id == paths.c.id)
            .join(commits, (commits.c.place == ends.c.place) & (commits.c.history_id == history))
            .order_by(ends.c.place, paths.c.path)
        )
        with self._database.reading() as connection:
            return [(str(path), str(sha)) for path, sha in connection.execute(query)]

    def linked(self, history: int, kind: str, target: str, at: int | None = None) -> list[str]:
        """Ids of the commits whose message names a target, newest first."""
        query = (
            select(commits.c.sha)
            .join(links, links.c.commit_id == commits.c.id)
            .where(counted_among(history, at), links.c.kind == kind, links.c.target == target)
            .order_by(commits.c.place.desc())
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def shas(self, history: int, at: int | None = None) -> list[tuple[str, int]]:
        """(id, position along first parents or 0) of every commit that counts, newest first."""
        query = (
            select(commits.c.sha, commits.c.first_parent)
            .where(counted_commits(history, at))
            .order_by(commits.c.place.desc())
        )
        with self._database.reading() as connection:
            return [(str(sha), int(position or 0)) for sha, position in connection.execute(query)]

    def placed_commits(self, history: int, n_max: int, below: int | None = None) -> list[PlacedCommit]:
        """The newest commits, or the newest of those at places ``below`` one, newest first."""
        columns = (commits.c.sha, commits.c.place, commits.c.first_parent, commits.c.landed, commits.c.parents)
        query = select(*columns).where(counted_commits(history, None)).order_by(commits.c.place.desc()).limit(n_max)
        if below is not None:
            query = query.where(commits.c.place < below)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            PlacedCommit(row.sha, row.place, row.first_parent, row.landed, tuple(row.parents.split())) for row in rows
        ]

    def committed_at(self, history: int, shas: Sequence[str]) -> dict[str, int]:
        """Committer dates by id, in seconds since 1970, of those that are there."""
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for start in range(0, len(shas), SLICE):
                part = commits.c.sha.in_(shas[start : start + SLICE])
                query = select(commits.c.sha, commits.c.committed_s).where(commits.c.history_id == history, part)
                found.update((row.sha, row.committed_s) for row in connection.execute(query))
        return found

    def tags(self, history: int, at: int | None = None) -> list[Tag]:
        """Tags by date, then name: those of other branches too, unless ``at`` is given."""
        query = select(tags).where(tags.c.history_id == history).order_by(tags.c.tagged_s, tags.c.name)
        if at is not None:
            query = query.where(tags.c.sha.in_(select(commits.c.sha).where(counted_commits(history, at))))
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

    def landed(self, history: int, sha: str) -> int | None:
        """The first-parent position, from 1, by which a commit had landed; None for one that does not count.

        The commits that landed by a position are the ancestors of the first-parent commit there.
        """
        query = select(commits.c.landed).where(counted_commits(history, None), commits.c.sha == sha)
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def at_position(self, history: int, position: int) -> str | None:
        """The first-parent commit at a position; None where there is none."""
        query = select(commits.c.sha).where(commits.c.history_id == history, commits.c.first_parent == position)
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def beginning_with(self, history: int, prefix: str, n_max: int) -> list[str]:
        """Ids that begin so, in their order."""
        after = chr(ord(prefix[-1]) + 1)
        begins = (commits.c.sha >= prefix) & (commits.c.sha < prefix[:-1] + after)
        query = select(commits.c.sha).where(counted_commits(history, None), begins).order_by(commits.c.sha)
        with self._database.reading() as connection:
            return list(connection.execute(query.limit(n_max)).scalars())

    def landings(self, history: int, shas: Sequence[str]) -> dict[str, int]:
        """The first-parent position by which each had landed, of those that count."""
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for start in range(0, len(shas), SLICE):
                part = commits.c.sha.in_(shas[start : start + SLICE])
                query = select(commits.c.sha, commits.c.landed).where(counted_commits(history, None), part)
                found.update((row.sha, row.landed) for row in connection.execute(query))
        return found

    def _row(self, index: str, source_id: str) -> Any:
        if not self._there():
            return None
        mine = (histories.c.index_name == index) & (histories.c.source_id == source_id)
        with self._database.reading() as connection:
            return connection.execute(select(histories).where(mine)).one_or_none()

    def _there(self) -> bool:
        """Whether any history was ever loaded into this database, in the form that this whence reads."""
        if not self._is_made:
            with self._database.reading() as connection:
                self._is_made = is_current(connection)
        return self._is_made

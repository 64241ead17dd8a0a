"""The words of all patches of a history, in SQL: which commits may have changed how often a text occurs.

Commits are read newest first and marked with their words in one transaction. The words of a commit never change.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, delete, func, insert, select, update

from whence.store.database import Database
from whence.store.history_reading import counted_commits
from whence.store.history_tables import commits, words
from whence.store.word_segments import MAX_COMMITS, CommitWords, Segment, TextPart, matching, merged, segment, unpacked

_SLICE: Final = 500
_MANY: Final = 2_000
_PAGE: Final = 2_000
_FEW_RANGES: Final = 8
_FAN_IN: Final = 8
_SIZES: Final = (0, 512, 4_096, 32_768)
"""Segments of a size class are merged as soon as there are eight; those of the last class stay as they are."""


class HistoryWords:
    """The words of all histories of one database. Thread-safe. Raises ``StoreError``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- loading

    def waiting(self, history: int) -> dict[str, int]:
        """Commits that count and whose words are not there: their numbers by id, newest first."""
        query = (
            select(commits.c.sha, commits.c.id)
            .where(counted_commits(history, None), commits.c.has_words.is_(False))
            .order_by(commits.c.place.desc())
        )
        with self._database.reading() as connection:
            return {str(sha): int(number) for sha, number in connection.execute(query)}

    def put(self, history: int, told: Sequence[CommitWords]) -> None:
        """Stores the words of commits, and that they are there; one transaction."""
        if not told:
            return
        with self._database.writing() as connection:
            _insert(connection, history, segment(told))
            numbers = [commit.number for commit in told]
            for start in range(0, len(numbers), _SLICE):
                part = commits.c.id.in_(numbers[start : start + _SLICE])
                connection.execute(update(commits).where(part).values(has_words=True))
            _merge(connection, history)

    # ---- reading

    def is_complete(self, history: int) -> bool:
        """Whether the words of every commit that counts are there."""
        query = select(commits.c.id).where(counted_commits(history, None), commits.c.has_words.is_(False)).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is None

    def candidates(
        self, history: int, parts: Sequence[TextPart], *, changed: bool, oldest_first: bool, at: int | None = None
    ) -> Iterator[str]:
        """Ids of the commits whose patch has all parts of a text, in the order of ``git log`` or from its end.

        With ``changed``, only those that changed how often some word with the part occurs in a file. Commits that the
        words do not tell of are among them.
        """
        with self._database.reading() as connection:
            numbers: set[int] = set()
            query = select(words.c.id, words.c.words).where(words.c.history_id == history).order_by(words.c.id)
            for row in connection.execute(query):
                numbers |= _uses(connection, row.id, row.words, parts, changed=changed)
            if len(numbers) <= _MANY:
                ordered = _placed(connection, history, numbers, at)
                return iter(ordered if oldest_first else ordered[::-1])
        return self._sought(history, numbers, oldest_first, at)

    def _sought(self, history: int, numbers: set[int], oldest_first: bool, at: int | None) -> Iterator[str]:
        """Ids of many commits, a page of the history at a time: the first ones are mostly all that is wanted."""
        columns = (commits.c.id, commits.c.sha, commits.c.place)
        query = select(*columns).where(counted_commits(history, at)).limit(_PAGE)
        query = query.order_by(commits.c.place if oldest_first else commits.c.place.desc())
        page = query
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(page).all()
            yield from (row.sha for row in rows if row.id in numbers)
            if len(rows) < _PAGE:
                return
            last = rows[-1].place
            page = query.where(commits.c.place > last if oldest_first else commits.c.place < last)


def _uses(connection: Connection, number: int, stored: bytes, parts: Sequence[TextPart], *, changed: bool) -> set[int]:
    """Numbers of the commits of one segment that have all parts."""
    found: set[int] | None = None
    row = connection.execute(
        select(words.c.doubtful, words.c.binary, words.c.commits).where(words.c.id == number)
    ).one()
    for part in parts:
        text = part.text.encode()
        places = matching(stored, text, is_open_left=part.is_open_left, is_open_right=part.is_open_right)
        having = set(unpacked("H", row.binary)) if part.is_short else set()
        for uses in _uses_of(connection, number, places):
            having.update(use >> 1 for use in uses if use & 1 or not changed)
        found = having if found is None else found & having
        if not found:
            break
    numbers = unpacked("I", row.commits)
    return {numbers[place] for place in (found or set()).union(unpacked("H", row.doubtful))}


def _uses_of(connection: Connection, number: int, places: Sequence[int]) -> Iterator[array[int]]:
    """The uses of words, by their places in order; neighbours, and many at once, are read together."""
    if not places:
        return
    low, high = places[0], places[-1]
    starts = unpacked("I", _part(connection, words.c.starts, number, 4 * low, 4 * (high + 2)))
    ranges: list[tuple[int, int]] = []
    for place in places:
        first, last = starts[place - low], starts[place - low + 1]
        if ranges and ranges[-1][1] == first:
            first = ranges.pop()[0]
        ranges.append((first, last))
    if len(ranges) <= _FEW_RANGES:
        for first, last in ranges:
            yield unpacked("H", _part(connection, words.c.uses, number, 2 * first, 2 * last))
        return
    base = ranges[0][0]
    every = unpacked("H", _part(connection, words.c.uses, number, 2 * base, 2 * ranges[-1][1]))
    for first, last in ranges:
        yield every[first - base : last - base]


def _part(connection: Connection, column: Column[bytes], number: int, start: int, end: int) -> bytes:
    query = select(func.substr(column, start + 1, end - start, type_=LargeBinary)).where(words.c.id == number)
    return bytes(connection.execute(query).scalar_one())


def _placed(connection: Connection, history: int, numbers: set[int], at: int | None) -> list[str]:
    """Ids of those commits that count, oldest first."""
    query = select(commits.c.id, commits.c.sha, commits.c.place).where(counted_commits(history, at))
    found: list[tuple[int, str]] = []
    wanted = sorted(numbers)
    for start in range(0, len(wanted), _SLICE):
        part = query.where(commits.c.id.in_(wanted[start : start + _SLICE]))
        found += [(place, sha) for _, sha, place in connection.execute(part)]
    return [sha for _, sha in sorted(found)]


def _insert(connection: Connection, history: int, made: Segment) -> None:
    values = {name: getattr(made, name) for name in ("commits", "words", "starts", "uses", "doubtful", "binary")}
    connection.execute(insert(words).values(history_id=history, n_commits=made.n_commits, **values))


def _merge(connection: Connection, history: int) -> None:
    """Keeps the number of segments small, and each of them of a size that is read in a moment."""
    for least, most in pairwise(_SIZES):
        mine = (words.c.history_id == history) & (words.c.n_commits > least) & (words.c.n_commits <= most)
        rows = connection.execute(select(words.c.id, words.c.n_commits).where(mine).order_by(words.c.id)).all()
        if len(rows) < _FAN_IN or sum(row.n_commits for row in rows) > MAX_COMMITS:
            continue
        ids = [row.id for row in rows]
        query = select(words).where(words.c.id.in_(ids)).order_by(words.c.id)
        parts = [
            Segment(row.commits, row.words, row.starts, row.uses, row.doubtful, row.binary)
            for row in connection.execute(query)
        ]
        connection.execute(delete(words).where(words.c.id.in_(ids)))
        _insert(connection, history, merged(parts))

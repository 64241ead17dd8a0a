"""The words of all patches of a history, in SQL: which commits may have changed how often a text occurs.

Commits are read newest first and marked with their words in one transaction. The words of a commit never change.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from whence.store.database import Database
from whence.store.history_reading import counted_commits
from whence.store.history_tables import commits, words
from whence.store.word_segments import MAX_COMMITS, CommitWords, OpenSegment, Segment, TextPart, merged, segment

_SLICE: Final = 500
_MANY: Final = 2_000
_PAGE: Final = 2_000
_FAN_IN: Final = 8
_SIZES: Final = (0, 512, 4_096, 32_768)
"""Segments of a size class are merged as soon as there are eight; those of the last class stay as they are."""


class HistoryWords:
    """The words of all histories of one database. Thread-safe. Raises ``StoreError``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: dict[int, OpenSegment] = {}
        self._lock = threading.Lock()

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
        numbers = set[int]()
        for opened in self._opened(history):
            numbers |= opened.commits(parts, changed=changed)
        if len(numbers) > _MANY:
            return self._sought(history, numbers, oldest_first, at)
        with self._database.reading() as connection:
            ordered = _placed(connection, history, numbers, at)
        return iter(ordered if oldest_first else ordered[::-1])

    def _opened(self, history: int) -> list[OpenSegment]:
        """The segments of a history, read where they are not held; of one history at a time."""
        with self._lock, self._database.reading() as connection:
            query = select(words.c.id).where(words.c.history_id == history).order_by(words.c.id)
            ids = list(connection.execute(query).scalars())
            held = {number: self._held[number] for number in ids if number in self._held}
            for number in ids:
                if number not in held:
                    row = connection.execute(select(words).where(words.c.id == number)).one()
                    held[number] = OpenSegment(_stored(row))
            self._held = held
        return [held[number] for number in ids]

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


def _stored(row: Row[Any]) -> Segment:
    return Segment(row.commits, row.words, row.starts, row.uses, row.doubtful, row.binary)


def _merge(connection: Connection, history: int) -> None:
    """Keeps the number of segments small, and each of them of a size that is read in a moment."""
    for least, most in pairwise(_SIZES):
        mine = (words.c.history_id == history) & (words.c.n_commits > least) & (words.c.n_commits <= most)
        rows = connection.execute(select(words.c.id, words.c.n_commits).where(mine).order_by(words.c.id)).all()
        if len(rows) < _FAN_IN or sum(row.n_commits for row in rows) > MAX_COMMITS:
            continue
        ids = [row.id for row in rows]
        query = select(words).where(words.c.id.in_(ids)).order_by(words.c.id)
        parts = [_stored(row) for row in connection.execute(query)]
        connection.execute(delete(words).where(words.c.id.in_(ids)))
        _insert(connection, history, merged(parts))

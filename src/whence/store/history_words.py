"""The words of all patches of a history, in SQL: which commits may have changed how often a text occurs.

Commits are read newest first and marked with their words in one transaction. The words of a commit never change.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from whence.store.database import Database
from whence.store.history_reading import counted_among, counted_commits
from whence.store.history_tables import commits, words
from whence.store.tables import properties
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
        query = select(commits.c.sha, commits.c.id, commits.c.place).where(_without_words(history))
        with self._database.reading() as connection:
            rows = [row for row in connection.execute(query) if row.place is not None]
        return {str(row.sha): int(row.id) for row in sorted(rows, key=lambda row: -row.place)}

    def put(self, history: int, told: Sequence[CommitWords]) -> None:
        """Stores the words of commits, and that they are there; one transaction.

        Many small segments are slower to ask and slow to join: ``merge`` does that when there is time.
        """
        if not told:
            return
        with self._database.writing() as connection:
            _insert(connection, history, segment(told))
            numbers = [commit.number for commit in told]
            for start in range(0, len(numbers), _SLICE):
                part = commits.c.id.in_(numbers[start : start + _SLICE])
                connection.execute(update(commits).where(part).values(has_words=True))

    def merge(self, history: int) -> None:
        """Keeps the number of segments small, and each of a size that is read in a moment; one transaction."""
        with self._database.reading() as connection:
            if not any(_many(connection, history, least, most) for least, most in pairwise(_SIZES)):
                return
        with self._database.writing() as connection:
            for least, most in pairwise(_SIZES):
                while ids := _many(connection, history, least, most):
                    query = select(words).where(words.c.id.in_(ids)).order_by(words.c.id)
                    parts = [_stored(row) for row in connection.execute(query)]
                    connection.execute(delete(words).where(words.c.id.in_(ids)))
                    _insert(connection, history, merged(parts))

    def waiting_merges(self, history: int) -> tuple[dict[str, int], int]:
        """Merges of which it is not known what they wrote themselves: numbers by id, oldest number first.

        Beside them the greatest number of all commits: up to there ``put_merges`` may say that all is told. Merges that
        do not count are among them, as they may count again.
        """
        is_merge = (commits.c.history_id == history) & commits.c.parents.contains(" ")
        with self._database.reading() as connection:
            query = select(commits.c.sha, commits.c.id).where(is_merge, commits.c.id > _told_until(connection, history))
            found = {str(sha): int(number) for sha, number in connection.execute(query.order_by(commits.c.id))}
            return found, _last(connection, history)

    def put_merges(self, history: int, told: Sequence[CommitWords], until: int) -> None:
        """Stores what merges wrote themselves; with that it is told of all up to a number; one transaction."""
        name = _merges_property(history)
        with self._database.writing() as connection:
            if told:
                _insert(connection, history, segment(told))
            connection.execute(delete(properties).where(properties.c.name == name))
            connection.execute(insert(properties).values(name=name, value=str(until)))

    # ---- reading

    def has_merges(self, history: int) -> bool:
        """Whether the words tell of what merges wrote themselves, too."""
        with self._database.reading() as connection:
            return _told_until(connection, history) >= _last(connection, history)

    def is_complete(self, history: int) -> bool:
        """Whether the words of every commit that counts are there."""
        query = select(commits.c.place).where(_without_words(history))
        with self._database.reading() as connection:
            return all(place is None for place in connection.execute(query).scalars())

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


def forget_merges(connection: Connection, history: int) -> None:
    """Lets nothing be known of merges, as the numbers of commits will be given anew."""
    connection.execute(delete(properties).where(properties.c.name == _merges_property(history)))


def _merges_property(history: int) -> str:
    return f"history_merges_{history}"


def _told_until(connection: Connection, history: int) -> int:
    """The number up to which merges are told of; 0 where an earlier whence stored the words."""
    query = select(properties.c.value).where(properties.c.name == _merges_property(history))
    return int(connection.execute(query).scalar() or 0)


def _last(connection: Connection, history: int) -> int:
    mine = select(commits.c.id).where(commits.c.history_id == history)
    return int(connection.execute(mine.order_by(commits.c.id.desc()).limit(1)).scalar() or 0)


def _without_words(history: int) -> ColumnElement[bool]:
    """The condition on commits whose words are not there; asking for a place, too, would be a look at them all."""
    return (commits.c.history_id == history) & commits.c.has_words.is_(False)


def _placed(connection: Connection, history: int, numbers: set[int], at: int | None) -> list[str]:
    """Ids of those commits that count, oldest first."""
    query = select(commits.c.id, commits.c.sha, commits.c.place).where(counted_among(history, at))
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


def _many(connection: Connection, history: int, least: int, most: int) -> list[int]:
    """Segments of a size class that should be one, oldest first; empty where there are few."""
    mine = (words.c.history_id == history) & (words.c.n_commits > least) & (words.c.n_commits <= most)
    rows = connection.execute(select(words.c.id, words.c.n_commits).where(mine).order_by(words.c.id)).all()
    total, ids = 0, list[int]()
    for row in rows:
        total += row.n_commits
        if total > MAX_COMMITS:
            break
        ids.append(row.id)
    return ids if len(ids) >= _FAN_IN else []

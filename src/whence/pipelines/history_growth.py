"""A history that only grew: what its new commits change of the order, without walking the old ones.

``git log`` takes commits by date from a queue. Once it has taken all the new ones, and as many old ones as stood
foremost before, and what is left in the queue is what was left in it then, the rest follows in the order it had.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from whence.errors import UnreadableError
from whence.pipelines.history_order import Order
from whence.sources.history import names_in_order, same_mailmap, walk
from whence.store.history import HistoryTables, Person, Placed
from whence.store.history_reading import PlacedCommit

MAX_MOVED: Final = 20_000
"""Old commits that new ones may stand among, beyond which all is walked."""

_PAGE: Final = 256


@dataclass(frozen=True, slots=True)
class Growth:
    """The new commits, newest first; every commit whose place changed, the new ones included; who made the new ones."""

    shas: list[str]
    placed: list[Placed]
    people: set[Person]
    n_commits: int


def growth(tables: HistoryTables, history: int, mirror: Path, before: str, revision: str) -> Growth | None:
    """What a complete history gains from one revision to a later one of its main line.

    None where old commits are left behind, landed elsewhere or have people of other names, or stand in another order
    far back: then all has to be walked. Raises ``StoreError``.
    """
    top = _Top(tables, history)
    try:
        if top.first(before) is None or not same_mailmap(mirror, before, revision):
            return None
        order = Order(walk(mirror, revision, before))
        landings = order.landings(before, top.n_commits_on_line)
        if landings is None:
            return None
        with closing(names_in_order(mirror, revision)) as names:
            foremost = _foremost(names, set(landings), order.parents_beyond(), before, top)
    except UnreadableError:
        return None
    if foremost is None:
        return None
    n_commits = top.n_commits + len(landings)
    placed: list[Placed] = []
    for n, sha in enumerate(foremost):
        place, row = n_commits - n, top.known.get(sha)
        if row is None:
            placed.append((sha, place, *landings[sha]))
        elif row.place != place:
            placed.append((sha, place, row.first_parent, row.landed))
    return Growth(list(order.shas()), placed, order.people, n_commits)


class _Top:
    """The newest commits of a complete history, read as far down as is asked for."""

    def __init__(self, tables: HistoryTables, history: int) -> None:
        self._tables = tables
        self._history = history
        self._n_next = _PAGE
        self._lowest: int | None = None
        self._dates: dict[str, int] = {}
        self.known: dict[str, PlacedCommit] = {}
        self.n_commits = self.n_commits_on_line = 0

    def first(self, revision: str) -> PlacedCommit | None:
        """The newest commit, if it is this one and stands on the line of first parents."""
        self._read_on()
        row = next(iter(self.known.values()), None)
        if row is None or row.sha != revision or row.first_parent is None:
            return None
        self.n_commits, self.n_commits_on_line = row.place, row.first_parent
        return row

    def commit(self, sha: str) -> PlacedCommit | None:
        """A commit; None where it stands too far back."""
        while sha not in self.known and len(self.known) < MAX_MOVED and self._read_on():
            continue
        return self.known.get(sha)

    def dates(self, shas: set[str]) -> list[int]:
        """Committer dates, of each commit one."""
        missing = [sha for sha in shas if sha not in self._dates]
        self._dates |= self._tables.committed_at(self._history, missing)
        return [self._dates[sha] for sha in shas if sha in self._dates]

    def _read_on(self) -> bool:
        rows = self._tables.placed_commits(self._history, self._n_next, self._lowest)
        for row in rows:
            self.known[row.sha] = row
            self._lowest = row.place
        self._n_next *= 2
        return bool(rows)


def _foremost(names: Iterator[str], new: set[str], edges: set[str], before: str, top: _Top) -> list[str] | None:
    """The commits from the newest one down to where the order is what it was; None where that is too far back.

    ``edges`` are the old parents of the new commits.
    """
    taken: list[str] = []
    n_new, taken_old = 0, set[str]()
    waiting, unseen, lowest = {before}, edges - {before}, top.n_commits + 1
    for sha in names:
        taken.append(sha)
        if sha in new:
            n_new += 1
        else:
            row = top.commit(sha)
            if row is None:
                return None
            taken_old.add(sha)
            lowest = min(lowest, row.place)
            waiting |= set(row.parents) - taken_old
            waiting.discard(sha)
            unseen -= {sha, *row.parents}
        is_same_part = n_new == len(new) and lowest == top.n_commits - len(taken_old) + 1
        if is_same_part and not unseen and len(set(top.dates(waiting))) == len(waiting):
            return taken
    return taken

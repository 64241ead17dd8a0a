"""What a commit of a loaded history reaches and what brought it, told by the tables.

The commits that landed by a position of the main line are the ancestors of the commit there. Any other commit has its
own beyond those of the last one on the line that it reaches, and these git lists.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from whence.sources.history_queries import HistoryQueries
from whence.store.history_reading import HistoryReading
from whence.types import Commit, CommitQuery, Tag

MAX_COMMITS = 10


class Reach(NamedTuple):
    """A commit's ancestors, itself included: what landed by a position (0: nothing), and what is ``beside`` that."""

    position: int
    base: str
    beside: frozenset[str]


class Ancestry:
    """Of one history at its complete revision. Raises ``UnreadableError`` and ``StoreError``."""

    def __init__(self, tables: HistoryReading, history: int, git: HistoryQueries) -> None:
        self._tables = tables
        self._history = history
        self._git = git
        self._reached: dict[str, Reach] = {}

    def authors(self, sha: str) -> list[tuple[str, int]]:
        """(mapped name, commits) of all that a commit reaches, most first, ties by name."""
        reach = self._reach(sha)
        counts = Counter(dict(self._tables.author_counts(self._history, at=reach.position)))
        if reach.beside:
            counts.update(dict(self._git.authors(CommitQuery(span=f"{reach.base}..{sha}" if reach.base else sha))))
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def tags_within(self, sha: str) -> list[Tag]:
        """Tags that a commit contains, oldest first."""
        reach, tags = self._reach(sha), self._git.tags()
        landed = self._tables.landings(self._history, sorted({tag.sha for tag in tags}))
        return [tag for tag in tags if tag.sha in reach.beside or 0 < landed.get(tag.sha, 0) <= reach.position]

    def merge_of(self, sha: str) -> Commit | None:
        """The commit of the main line that brought one; None for a commit of that line itself."""
        position = self._tables.landed(self._history, sha)
        landing = self._tables.at_position(self._history, position) if position is not None else None
        return self._git.several([landing])[0] if landing not in {None, sha} and landing else None

    def commits(self, prefix: str) -> list[Commit]:
        """Commits whose id begins so, by id, at most ten."""
        return self._git.several(self._tables.beginning_with(self._history, prefix, MAX_COMMITS))

    def _reach(self, sha: str) -> Reach:
        if sha not in self._reached:
            tip = self._tables.landed(self._history, self._git.revision) or 0
            position = tip - self._git.count(CommitQuery(span=f"{sha}..{self._git.revision}", first_parent=True))
            base = (self._tables.at_position(self._history, position) or "") if position > 0 else ""
            beside = self._git.ids(f"{base}..{sha}" if base else sha) if base != sha else []
            self._reached[sha] = Reach(max(position, 0), base, frozenset(beside))
        return self._reached[sha]

"""The commits of single files, read once: several facts about a file ask for its authors, ends, number and makers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from whence.sources.history_queries import HistoryQueries, PathStep
from whence.types import Commit, CommitQuery

_N_KEPT: Final = 50
_FEW_STATUSES: Final = frozenset({"A", "D"})


class PathLogs:
    """Of the files at one revision, which ``files`` lists. None is returned for a query that is about anything else.

    Thread-safe. Raises ``UnreadableError``.
    """

    def __init__(self, git: HistoryQueries, files: Callable[[], Collection[str]]) -> None:
        self._git = git
        self._files = files
        self._kept: dict[str, list[PathStep]] = {}
        self._lock = threading.Lock()

    def log(self, query: CommitQuery) -> list[Commit] | None:
        """The commits that added or removed the file, with that change."""
        steps = self._steps(replace(query, statuses="")) if query.statuses in _FEW_STATUSES else None
        if steps is None:
            return None
        found = []
        for step in steps:
            changes = tuple(change for change in step.changes if change.status == query.statuses)
            if changes:
                found.append((step.sha, changes))
        commits = self._git.several([sha for sha, _ in found])
        return [replace(commit, changes=changes) for commit, (_, changes) in zip(commits, found, strict=True)]

    def ends(self, query: CommitQuery) -> list[Commit] | None:
        """The newest and the oldest commit."""
        steps = self._steps(query)
        if steps is None:
            return None
        return self._git.several(list(dict.fromkeys(step.sha for step in [*steps[:1], *steps[-1:]])))

    def count(self, query: CommitQuery) -> int | None:
        """How many commits changed the file; only merges, or none of them, if the query says so.

        A file that was not read yet is left to git, which counts faster than it tells.
        """
        steps = self._steps(replace(query, merges=None)) if query.paths and query.paths[0] in self._kept else None
        if steps is None:
            return None
        return sum(query.merges is None or step.is_merge == query.merges for step in steps)

    def authors(self, query: CommitQuery) -> list[tuple[str, int]] | None:
        """(mapped name, commits), most first, ties by name."""
        steps = self._steps(query)
        if steps is None:
            return None
        counts = Counter(step.author for step in steps)
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def _steps(self, query: CommitQuery) -> list[PathStep] | None:
        if len(query.paths) != 1 or query != CommitQuery(paths=query.paths):
            return None
        path = query.paths[0]
        if path not in self._files():
            return None
        with self._lock:
            if path in self._kept:
                return self._kept[path]
        steps = self._git.path_log(path)
        with self._lock:
            while len(self._kept) >= _N_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[path] = steps
        return steps

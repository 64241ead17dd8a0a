"""A file followed through its renames as ``git log --follow`` does, without walking the whole history.

The tables say which commits changed a path. Whether a commit that made the path took it from another one is asked of
git, which looks for copies, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from whence.sources.history_queries import HistoryQueries
from whence.store.history_reading import HistoryReading
from whence.types import Commit, CommitQuery

MAX_MADE: Final = 12
"""Commits that made the path, beyond which git had better walk itself."""

_AT_ONCE: Final = 4


class FollowedFiles:
    """Files of one history at its complete revision. Raises ``UnreadableError`` and ``StoreError``."""

    def __init__(self, tables: HistoryReading, history: int, git: HistoryQueries) -> None:
        self._tables = tables
        self._history = history
        self._git = git

    def log(self, query: CommitQuery) -> list[Commit] | None:
        """Commits that made or renamed the file, newest first, for a query of those; None where git has to walk."""
        found = self._followed(query) if set(query.statuses) == {"A", "R"} else None
        return found[1] if found is not None else None

    def count(self, query: CommitQuery) -> int | None:
        """How many commits changed the file; None where git has to walk."""
        found = self._followed(query) if not query.statuses else None
        return len(found[0]) if found is not None else None

    def authors(self, query: CommitQuery) -> list[tuple[str, int]] | None:
        """(mapped name, commits), most first, ties by name; None where git has to walk."""
        found = self._followed(query) if not query.statuses else None
        if found is None:
            return None
        counts = Counter(author for _, author in found[0])
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def _followed(self, query: CommitQuery) -> tuple[list[tuple[str, str]], list[Commit]] | None:
        """(commit, mapped author) of every commit, and the commits that made or renamed the file; newest first."""
        if len(query.paths) != 1 or query != CommitQuery(paths=query.paths, statuses=query.statuses, follow=True):
            return None
        every: list[tuple[str, str]] = []
        made: list[Commit] = []
        path, before = query.paths[0], None
        while path:
            rows, path_before = self._tables.path_commits(self._history, path, before), ""
            makers = [row.sha for row in rows if row.status in {"A", "R", "C"}]
            if len(made) + len(makers) > MAX_MADE:
                return None
            told = self._all_made(makers, path)
            for row in rows:
                every.append((row.sha, row.author))
                if row.sha not in told:
                    continue
                commit = told[row.sha]
                if commit is None:
                    return None
                made.append(commit)
                if commit.changes[0].old_path:
                    path_before, before = commit.changes[0].old_path, row.place
                    break
            path = path_before
        return every, made

    def _all_made(self, shas: Sequence[str], path: str) -> dict[str, Commit | None]:
        """What git says of each of the commits that made the path; they are asked about side by side."""
        if len(shas) < 2:
            return {sha: self._made(sha, path) for sha in shas}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(shas, pool.map(lambda sha: self._made(sha, path), shas), strict=True))

    def _made(self, sha: str, path: str) -> Commit | None:
        """The commit with what git says of the path there; None where it says something unforeseen."""
        told = self._git.log(CommitQuery(paths=(path,), follow=True, span=sha, n_max=1))
        if len(told) != 1 or told[0].sha != sha or len(told[0].changes) != 1:
            return None
        change = told[0].changes[0]
        return told[0] if change.path == path and change.status in {"A", "R"} else None

"""The history of a source as it stood at an earlier commit: what that commit reaches, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from whence.pipelines.code_facts import Define
from whence.pipelines.history import StoredHistory
from whence.pipelines.history_texts import ChangedTexts
from whence.sources.as_of import AsOf
from whence.sources.history import find_links, read_commits, walk
from whence.sources.history_counts import HistoryCounts
from whence.sources.history_queries import HistoryQueries
from whence.store.history import HistoryTables
from whence.types import Commit, CommitQuery, Tag

_ALL = 10_000_000
"""More rows than any history has paths."""


class PastHistory(StoredHistory):
    """A history asked at an earlier commit of the indexed one. Satisfies ``protocols.History``.

    Git is asked at that commit, so people have the names of its own ``.mailmap``. The tables are complete for the
    indexed revision: they are read up to the last commit of its main line that the earlier one reaches, and what a
    side branch had beyond that is read from git. What no override here restricts finds no tables, and asks git.
    """

    def __init__(
        self,
        *,
        tables: HistoryTables,
        index: str,
        source_id: str,
        name: str,
        mirror: Path,
        git: HistoryQueries,
        define: Define,
        is_cut: bool,
        state: AsOf,
        newest: StoredHistory,
        web_url: str,
    ) -> None:
        super().__init__(
            tables=tables, index=index, source_id=source_id, name=name, git=git, define=define, is_cut=is_cut
        )
        self._mirror = mirror
        self._state = state
        self._newest = newest
        self._web_url = web_url

    @property
    def _loaded(self) -> int:
        """The number of the newest history. Raises ``HistoryNotLoadedError``."""
        return self._newest.number

    @cached_property
    def _order(self) -> dict[str, int]:
        """The place of each commit, the newest first."""
        return {sha: place for place, sha in enumerate(self._git.order())}

    @cached_property
    def _beside(self) -> list[Commit]:
        """Commits that are reached and that the main line did not have then: none where the commit is on it."""
        if self._state.is_on_line:
            return []
        base = self._tables.at_position(self._loaded, self._state.position)
        span = f"{base}..{self.revision}" if base else self.revision
        shas = [commit.sha for commit in self._git.log(CommitQuery(span=span))]
        return list(read_commits(self._mirror, shas, self.revision))

    @cached_property
    def _former(self) -> list[str]:
        paths = set(self._tables.paths(self._loaded, at=self._state.position))
        for commit in self._beside:
            for change in commit.changes:
                paths |= {change.path, change.old_path} - {""}
        return sorted(paths)

    def busiest_files(self, folder: str, n_max: int) -> list[tuple[str, int]]:
        """Files most often changed."""
        at = self._state.position
        if self._state.is_on_line:
            return self._tables.busiest_paths(self._loaded, folder, n_max, at=at)
        counts = Counter(dict(self._tables.busiest_paths(self._loaded, folder, _ALL, at=at)))
        inside = f"{folder.rstrip('/')}/" if folder else ""
        counts.update(
            change.path for commit in self._beside for change in commit.changes if change.path.startswith(inside)
        )
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:n_max]

    def mentions(self, number: int) -> list[Commit]:
        """Commits that name an issue, newest first."""
        shas = set(self._tables.linked(self._loaded, "issue", str(number), at=self._state.position))
        shas |= self._naming_beside(("issue", str(number)))
        ordered = sorted(shas, key=self._order.__getitem__) if len(shas) > 1 else list(shas)
        return [self._git.log(CommitQuery(span=sha, n_max=1))[0] for sha in ordered]

    def ages(self, folder: str, *, last: bool) -> list[tuple[str, str]]:
        """The files at the commit with their oldest or last commit, in the order of those."""
        if last not in self._ages:
            self._ages[last] = self._aged(last)
        present = set(self._files)
        inside = f"{folder.rstrip('/')}/" if folder else ""
        return [row for row in self._ages[last] if row[0] in present and row[0].startswith(inside)]

    def _aged(self, last: bool) -> list[tuple[str, str]]:
        rows = self._tables.path_ages(self._loaded, last=last, at=self._state.position)
        if self._state.is_on_line:
            return rows
        touched = {path: {sha} for path, sha in rows}
        for commit in self._beside:
            for change in commit.changes:
                touched.setdefault(change.path, set()).add(commit.sha)
        place = self._order.__getitem__
        ends = [(path, min(shas, key=place) if last else max(shas, key=place)) for path, shas in touched.items()]
        return sorted(ends, key=lambda end: (-place(end[1]), end[0]))

    @cached_property
    def _counts(self) -> HistoryCounts:
        return HistoryCounts(self._mirror, self._git, max_tree_bytes=0)  # many such states are kept

    @cached_property
    def _changed_texts(self) -> ChangedTexts:
        return ChangedTexts(self._tables, self._loaded, self._git, self._order)

    def naming(self, sha: str) -> list[Commit]:
        """Commits that name a commit."""
        shas = set(self._tables.linked(self._loaded, "commit", sha, at=self._state.position))
        shas |= self._naming_beside(("commit", sha))
        return super().whole(sorted(shas, key=self._order.__getitem__))

    def _naming_beside(self, target: tuple[str, str]) -> set[str]:
        return {
            commit.sha
            for commit in self._beside
            if target in find_links(f"{commit.subject}\n\n{commit.body}", self._web_url)
        }

    @cached_property
    def _everybody(self) -> list[tuple[str, int]]:
        return self._git.authors(CommitQuery())  # the tables have the names of a younger mailmap

    def names_of(self, email: str) -> Sequence[str]:
        """Names of the authors with this address."""
        wanted = email.lower()
        found = set()
        for step in walk(self._mirror, self.revision):
            _, raw, name, mapped = step.people[0]
            if wanted in (raw.lower(), mapped.lower()):
                found.add(name)
        return sorted(found)

    def tags_within(self, sha: str) -> Sequence[Tag]:
        """Tags that a commit contains and that were there, oldest first."""
        until = self._state.until
        return [tag for tag in super().tags_within(sha) if until is None or tag.tagged_at <= until]

    def other_tags(self) -> Sequence[Tag]:
        """None: which branches there were is not known."""
        return ()

    def first_tag(self, sha: str) -> Tag | None:
        """The oldest of the tags that were there and contain a commit."""
        holding = self._git.tags_with(sha)
        return next((tag for tag in self.tags() if tag.name in holding), None)

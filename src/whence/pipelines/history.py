"""The history of a git source, asked from its mirror and from the tables that ``history_loading.py`` fills."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from whence.errors import HistoryNotLoadedError
from whence.pipelines.ancestry import Ancestry
from whence.pipelines.code_facts import CodeFacts, Define
from whence.pipelines.followed import FollowedFiles
from whence.pipelines.history_definitions import ToldDefinitions
from whence.pipelines.history_texts import ChangedTexts
from whence.pipelines.path_logs import PathLogs
from whence.sources.damage import unreadable_commits
from whence.sources.history_counts import HistoryCounts
from whence.sources.history_queries import HistoryQueries, is_part_of_id, is_whole_id
from whence.sources.origins import OriginQueries
from whence.store.history import HistoryTables
from whence.types import Change, Commit, CommitQuery, Definition, LineOrigin, Origins, Tag, Use

_KEPT_TEXTS = 50
_BRINGING = 8


def _is_of_author(query: CommitQuery) -> bool:
    """Whether all commits are meant, or all of one author."""
    return query == CommitQuery(author=query.author)


class StoredHistory:
    """A history asked at one revision: git for commits, files and lines, the tables for what needs all of it.

    Satisfies ``protocols.History``. Made for one question or one snapshot; listings are kept.
    """

    def __init__(
        self,
        *,
        tables: HistoryTables,
        index: str,
        source_id: str,
        name: str,
        git: HistoryQueries,
        define: Define,
        is_cut: bool,
    ) -> None:
        self._tables = tables
        self._index = index
        self._git = git
        self._define = define
        self.source_id = source_id
        self.name = name
        self.revision = git.revision
        self.is_cut = is_cut
        self._texts: dict[str, str | None] = {}
        self._dated: dict[tuple[datetime | None, datetime | None], bool] = {}
        self._ages: dict[bool, list[tuple[str, str]]] = {}

    @cached_property
    def n_unreadable(self) -> int:
        """Commits of the loaded history with files whose contents could not be read."""
        return len(self._unreadable)

    @cached_property
    def _unreadable(self) -> list[str]:
        state = self._tables.state(self._index, self.source_id)
        return unreadable_commits(state.problem) if state is not None and state.revision == self.revision else []

    @cached_property
    def number(self) -> int:
        """The history's number in the tables. Raises ``HistoryNotLoadedError``."""
        number = self._tables.number(self._index, self.source_id, self.revision)
        if number is not None:
            return number
        state = self._tables.state(self._index, self.source_id)
        if state is not None and state.problem:
            raise HistoryNotLoadedError(f"The history of {self.name} could not be loaded: {state.problem}")
        if state is None or not state.n_wanted:
            raise HistoryNotLoadedError(
                f"The history of {self.name} is not loaded yet: run `whence sync {self._index}`, then ask again."
            )
        raise HistoryNotLoadedError(
            f"The history of {self.name} is being loaded ({state.n_commits:,} of {state.n_wanted:,} commits): "
            "ask again when it is complete."
        )

    @property
    def mirror(self) -> Path:
        """The bare repository that is asked."""
        return self._git.mirror

    @property
    def _has_tables(self) -> bool:
        return self._tables.number(self._index, self.source_id, self.revision) is not None

    def files(self) -> Sequence[str]:
        """Every path at the revision, in order."""
        return self._files

    @cached_property
    def _files(self) -> list[str]:
        return self._git.files()

    def former_files(self) -> Sequence[str]:
        """Every path that some commit touched."""
        return self._former

    @cached_property
    def _former(self) -> list[str]:
        return self._tables.paths(self.number)

    def log(self, query: CommitQuery) -> list[Commit]:
        """The commits asked for."""
        if query.author and query == CommitQuery(author=query.author, n_max=1) and self._has_tables:
            return self._git.several([*(self._tables.ends(self.number, query.author) or ())[:1]])
        if query.text and query.n_max and query == CommitQuery(text=query.text, n_max=query.n_max):
            return self._newest_changing(query)
        found = self._followed.log(query) if self._is_followed(query) else self._paths.log(query)
        return self._git.log(query) if found is None else found

    def ends(self, query: CommitQuery) -> list[Commit]:
        """The newest and the oldest of them."""
        if _is_of_author(query) and self._has_tables:
            return self._git.several(list(dict.fromkeys(self._tables.ends(self.number, query.author) or ())))
        found = self._paths.ends(query)
        return self._git.ends(query) if found is None else found

    def oldest(self, query: CommitQuery) -> Commit | None:
        """The oldest of them."""
        try:
            return self._told(query, oldest=True)
        except HistoryNotLoadedError:
            return next(reversed(self._git.ends(query)), None)

    def newest(self, query: CommitQuery) -> Commit | None:
        """The newest of them."""
        try:
            return self._told(query, oldest=False)
        except HistoryNotLoadedError:
            return next(iter(self._git.log(replace(query, n_max=1))), None)

    def _newest_changing(self, query: CommitQuery) -> list[Commit]:
        try:
            return self._changed_texts.several(query.text, query.n_max)
        except HistoryNotLoadedError:
            return self._git.log(query)

    def patched(self, groups: Sequence[Sequence[str]]) -> frozenset[str] | None:
        """Commits whose lines have all words of one of the groups, and some others."""
        try:
            return self._changed_texts.patched(groups)
        except HistoryNotLoadedError:
            return None

    def _told(self, query: CommitQuery, *, oldest: bool) -> Commit | None:
        """What the tables say of a text. Raises ``HistoryNotLoadedError`` where git has to be asked."""
        is_of_line = query == CommitQuery(text=query.text, first_parent=True)
        if query.text and is_of_line and self._changed_texts.never_occurs(query.text):
            return None
        if not query.text or query != CommitQuery(text=query.text, is_word=query.is_word):
            raise HistoryNotLoadedError("Only texts are told by words: ask git.")
        return self._changed_texts.find(query.text, oldest=oldest, is_word=query.is_word)

    @cached_property
    def _changed_texts(self) -> ChangedTexts:
        return ChangedTexts(self._tables, self.number, self._git, unreadable=self._unreadable)

    def count(self, query: CommitQuery) -> int:
        """How many there are."""
        if _is_of_author(replace(query, merges=None)) and self._has_tables:
            return self._tables.count(self.number, query.author, merges=query.merges)
        if query.author and self._is_dated(replace(query, author="", merges=None)):
            within = (query.since, query.until)
            return self._tables.count(self.number, query.author, merges=query.merges, within=within)
        found = self._followed.count(query) if self._is_followed(query) else self._paths.count(query)
        return self._git.count(query) if found is None else found

    def authors(self, query: CommitQuery) -> list[tuple[str, int]]:
        """Who wrote them, most first."""
        if query == CommitQuery():
            return self._everybody
        if query == CommitQuery(span=query.span) and is_whole_id(query.span) and self._has_tables:
            return self._ancestry.authors(query.span)
        if self._is_dated(query):
            return self._tables.author_counts(self.number, within=(query.since, query.until))
        found = self._followed.authors(query) if self._is_followed(query) else self._paths.authors(query)
        return self._git.authors(query) if found is None else found

    def _is_dated(self, query: CommitQuery) -> bool:
        """Whether only dates are asked for, and the tables have the very commits that git finds within them.

        Git does not look behind a commit that is too old, so it misses a younger one there: those of the tables are
        the same if there are as many.
        """
        within = (query.since, query.until)
        if within == (None, None) or query != CommitQuery(since=query.since, until=query.until) or not self._has_tables:
            return False
        if within not in self._dated:
            self._dated[within] = self._git.count(query) == self._tables.count(self.number, within=within)
        return self._dated[within]

    def _is_followed(self, query: CommitQuery) -> bool:
        """Whether the tables may tell of a file that is followed through renames."""
        return query.follow and self._has_tables

    @cached_property
    def _paths(self) -> PathLogs:
        return PathLogs(self._git, lambda: self._present)

    @cached_property
    def _present(self) -> frozenset[str]:
        return frozenset(self._files)

    @cached_property
    def _ancestry(self) -> Ancestry:
        return Ancestry(self._tables, self.number, self._git)

    @cached_property
    def _followed(self) -> FollowedFiles:
        return FollowedFiles(self._tables, self.number, self._git)

    @cached_property
    def _everybody(self) -> list[tuple[str, int]]:
        try:
            return self._tables.author_counts(self.number)
        except HistoryNotLoadedError:
            return self._git.authors(CommitQuery())

    def names_of(self, email: str) -> Sequence[str]:
        """Names of the authors with this address."""
        return self._tables.names_of(self.number, email)

    def command(self, query: CommitQuery, *, count: bool = False) -> str:
        """The git command for them."""
        return self._git.command(query, count=count)

    def tags_within(self, sha: str) -> Sequence[Tag]:
        """Tags that a commit contains, oldest first."""
        if self._has_tables:
            return self._ancestry.tags_within(sha)
        reached = self._git.tagged(sha)
        return [tag for tag in self._git.tags() if tag.name in reached]

    def commits(self, prefix: str) -> list[Commit]:
        """Commits whose id begins so."""
        is_told = self._has_tables and is_part_of_id(prefix)
        return self._ancestry.commits(prefix) if is_told else self._git.commits(prefix)

    def changes(self, old: str, new: str, paths: Sequence[str] = ()) -> list[Change]:
        """What differs between two commits."""
        return self._git.changes(old, new, paths)

    def tags(self) -> Sequence[Tag]:
        """Tags that the revision contains, oldest first."""
        return self._tags

    @cached_property
    def _tags(self) -> Sequence[Tag]:
        return self.tags_within(self.revision)

    def other_tags(self) -> Sequence[Tag]:
        """Tags on branches that the revision does not contain, oldest first."""
        return self._other_tags

    @cached_property
    def _other_tags(self) -> Sequence[Tag]:
        reached = {tag.name for tag in self.tags()}
        return [tag for tag in self._git.tags() if tag.name not in reached]

    def first_tag(self, sha: str) -> Tag | None:
        """The oldest tag that contains a commit."""
        holding = self._git.tags_with(sha)
        return next((tag for tag in self._git.tags() if tag.name in holding), None)

    def mentions(self, number: int) -> list[Commit]:
        """Commits that name an issue, newest first."""
        shas = self._tables.linked(self.number, "issue", str(number))
        return self._git.several(shas)

    def busiest_files(self, folder: str, n_max: int) -> list[tuple[str, int]]:
        """Files most often changed."""
        return self._tables.busiest_paths(self.number, folder, n_max)

    def blame(self, path: str, line: int) -> LineOrigin | None:
        """Where a line comes from."""
        return self._git.blame(path, line)

    def text(self, path: str) -> str | None:
        """A file at the revision."""
        if path not in self._texts:
            if len(self._texts) >= _KEPT_TEXTS:
                self._texts.clear()
            self._texts[path] = self._git.text(path)
        return self._texts[path]

    def files_with(self, text: str, revision: str = "") -> list[str]:
        """Files that hold a text."""
        return self._git.grep(text, revision or self.revision, word=False)

    def definitions(self, name: str) -> list[Definition]:
        """Where a name is defined, by path and line."""
        return self._code.definitions(name)

    @cached_property
    def _code(self) -> CodeFacts:
        return CodeFacts(self._counts, self._define, ToldDefinitions(self._tables, lambda: self.number, self.revision))

    @cached_property
    def _counts(self) -> HistoryCounts:
        return HistoryCounts(self._git.mirror, self._git)

    def outline(self, path: str) -> list[Definition]:
        """What a file defines."""
        return self._code.outline(path)

    def subclasses(self, name: str) -> list[Definition]:
        """Types that extend or implement one of this name."""
        return self._code.subclasses(name)

    def uses(self, name: str) -> list[Use]:
        """Where a plain name is used in code."""
        return self._code.uses(name)

    def line_authors(self, path: str) -> list[tuple[str, int]]:
        """Who wrote the lines of a file, most first."""
        return self._counts.line_authors(path)

    def touched(self, query: CommitQuery) -> list[tuple[str, int]]:
        """Files that the commits asked for change, most often changed first."""
        return self._counts.touched(query)

    def moments(self, query: CommitQuery) -> list[datetime]:
        """When the commits asked for were committed."""
        if query == CommitQuery() and self._has_tables:
            return self._moments
        return self._counts.moments(query)

    @cached_property
    def _moments(self) -> list[datetime]:
        return self._tables.committed(self.number)

    def ages(self, folder: str, *, last: bool) -> list[tuple[str, str]]:
        """The files at the revision with their oldest or last commit, in the order of those."""
        if last not in self._ages:
            self._ages[last] = self._tables.path_ages(self.number, last=last)
        present = self._present
        inside = f"{folder.rstrip('/')}/" if folder else ""
        return [row for row in self._ages[last] if row[0] in present and row[0].startswith(inside)]

    def merge_of(self, sha: str) -> Commit | None:
        """The merge that brought a commit."""
        return self._ancestry.merge_of(sha) if self._has_tables else self._counts.merge_of(sha)

    def trailers(self, sha: str) -> list[tuple[str, str]]:
        """The trailers of a commit's message."""
        return self._counts.trailers(sha)

    def origins(self, path: str, first: int, last: int) -> Origins | None:
        """Whence lines come."""
        return self._origins.origins(path, first, last)

    def whole(self, shas: Sequence[str]) -> list[Commit]:
        """Commits with their messages."""
        return self._origins.commits(shas)

    def sizes(self, path: str) -> list[tuple[str, int]]:
        """How much each commit changed of a file."""
        return self._origins.sizes(path)

    def naming(self, sha: str) -> list[Commit]:
        """Commits that name a commit."""
        return self._origins.commits(self._tables.linked(self.number, "commit", sha))

    def bringing(self, sha: str) -> list[Commit]:
        """The merges that brought a commit."""
        try:
            position = self._tables.landed(self.number, sha)
            landing = (self._tables.at_position(self.number, position) or "") if position is not None else ""
        except HistoryNotLoadedError:
            merge = self.merge_of(sha)
            landing = merge.sha if merge is not None else ""
        if landing in {"", sha}:
            return []
        return self._origins.commits(self._origins.bringing(sha, landing)[:_BRINGING])

    @cached_property
    def _origins(self) -> OriginQueries:
        return OriginQueries(self._git.mirror, self._git.revision, self._git.options)

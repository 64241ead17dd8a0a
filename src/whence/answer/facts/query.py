"""What a fact question asks for, taken apart; nothing in it has been looked up yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

FactKind = Literal[
    "file_last_change",
    "file_first_change",
    "file_authors",
    "file_removal",
    "file_renames",
    "introduced",
    "parameter_added",
    "removed",
    "line_author",
    "commit_details",
    "commit_changes",
    "file_changes",
    "release_changes",
    "changes_since",
    "first_commit",
    "last_commit",
    "count_commits",
    "count_authors",
    "count_files",
    "count_tags",
    "top_authors",
    "top_files",
    "mentions",
    "release_of",
    "tags",
    "last_tag",
    "tag_date",
    "definition",
    "signature",
    "default_value",
    "return_type",
    "callers",
    "usages",
    "members",
    "subclasses",
    "exceptions",
    "file_definitions",
    "file_experts",
    "file_size",
    "coupled_files",
    "person_activity",
    "commits_by_period",
    "oldest_files",
    "untouched_files",
    "unreleased",
    "release_at",
    "new_authors",
    "reviewers",
    "range_changes",
    "difference",
    "why",
    "why_line",
    "why_file",
    "why_added",
    "why_removed",
    "why_renamed",
    "why_changed",
    "why_commit",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time as a person named it: from ``start`` to just before ``end``, UTC."""

    words: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a range: a date, a commit's id or a tag, in the person's words."""

    words: str
    period: Period | None = None
    is_sha: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactQuery:
    """One fact question. Empty fields were not named.

    ``file`` is a path or part of one, ``text`` a name or an exact piece of code, ``line`` counts from 1 (the first of
    several, where there is a ``last_line``), ``sha`` and ``tags`` are as the person wrote them, ``number`` is of an
    issue or pull request, ``n_max`` the rows asked for. ``since`` and ``until`` bound the committer date, both ends
    inside.
    ``unit`` is what commits are counted by; ``only_methods`` and ``only_types`` choose among definitions. ``ends`` are
    those of a range that is not between two tags: one, if it lasts until now. ``is_guess`` says that ``text`` may be a
    plain word, so that only something defined by that name answers, and ``sha`` a plain word or number.
    """

    kind: FactKind
    file: str = ""
    text: str = ""
    parameter: str = ""
    line: int = 0
    last_line: int = 0
    sha: str = ""
    tags: tuple[str, ...] = ()
    number: int = 0
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    merges: bool | None = None
    n_max: int = 0
    unit: Literal["", "month", "year"] = ""
    only_methods: bool = False
    only_types: bool = False
    ends: tuple[End, ...] = ()
    is_guess: bool = False

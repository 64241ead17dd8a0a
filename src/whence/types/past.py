"""What git tells of a project's past: commits, tags, whence lines come, and how far all that is loaded."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file of one commit, compared with the commit's only parent (or with nothing, for a root).

    ``status`` is git's letter: A added, M modified, D deleted, R renamed, C copied, T type changed. ``old_path`` is
    set for R and C. ``added`` and ``removed`` count lines, None for binary files.
    """

    path: str
    status: str
    old_path: str = ""
    added: int | None = None
    removed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit as git tells it; names and emails are those of ``.mailmap`` where the reader says so.

    ``changes`` are empty for merges, and where they were not asked for. ``subject`` and ``body`` are redacted.
    """

    sha: str
    parents: tuple[str, ...]
    author: str
    author_email: str
    committer: str
    committer_email: str
    authored_at: datetime
    committed_at: datetime
    subject: str
    body: str = ""
    trailers: tuple[tuple[str, str], ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag that leads to a commit. ``tagged_at`` is the tagger's date, the commit's where the tag has no tagger."""

    name: str
    sha: str
    tagged_at: datetime
    is_annotated: bool
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitQuery:
    """Which commits are meant, out of those that ``span`` reaches. Order: newest first, as ``git log`` prints them.

    ``span`` is a revision or a range "A..B", "" for the indexed revision. ``since`` and ``until`` bound the committer
    date, both ends inside. ``author`` is a whole name after ``.mailmap``. ``text`` asks for commits that change how
    often it occurs (``git log -S``), with ``is_word`` where no letter, digit or underscore stands beside it.
    ``statuses`` is git's diff filter. ``follow`` goes through renames of the one path. ``n_max`` of 0 sets no limit.
    """

    span: str = ""
    paths: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    author: str = ""
    text: str = ""
    is_word: bool = False
    statuses: str = ""
    follow: bool = False
    first_parent: bool = False
    merges: bool | None = None
    n_max: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOrigin:
    """Who last wrote a line: the commit, the path and line number there, and the line's own text, redacted."""

    commit: Commit
    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Consecutive lines of a file that one commit wrote: ``start_line`` to ``end_line`` of the file asked for.

    The commit has its whole message and no changes. ``path`` and ``line`` are where the first of them stood there.
    """

    commit: Commit
    path: str
    line: int
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Whence the lines of a file come, in order of line.

    ``passed`` are commits that only laid the lines out anew, newest first; the stretches are those of the commits
    before them. ``command`` is the git command that comes nearest. ``is_whole`` is False where time ran out, so that
    lines moved from other files and new layouts were not looked through.
    """

    stretches: tuple[Stretch, ...]
    passed: tuple[Commit, ...]
    command: str
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryState:
    """How far the history of one source is loaded. ``revision`` is the one it is complete for, "" before the first.

    ``wanted`` is the revision being loaded, or the last one. ``is_cut`` says that the repository is shallow, so that
    its oldest commits are missing. ``problem`` says why loading was given up, else "".
    """

    revision: str = ""
    wanted: str = ""
    n_commits: int = 0
    n_wanted: int = 0
    is_cut: bool = False
    problem: str = ""

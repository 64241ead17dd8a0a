"""The records that stages hand to each other: frozen, without behaviour.

Spans are half-open and count characters (code points) of ``Document.text``; lines count from 1 and both ends are
inside. Times are aware and in UTC. JSON for all of them is in ``wire.py``, Arrow in ``store/arrow.py``, SQL in
``store/tables.py``. Who changes a record writes a decision page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["code", "doc", "data", "commit", "hunk"]
"""What a record is: source code, prose for people, structured text (configuration, tables), or what happened: a commit
with its message and list of files, and one hunk of its patch. No document is a hunk; its chunks are."""

FILE_KINDS: tuple[Kind, ...] = ("code", "doc", "data")
HISTORY_KINDS: tuple[Kind, ...] = ("commit", "hunk")
KINDS: tuple[Kind, ...] = (*FILE_KINDS, *HISTORY_KINDS)

Role = Literal["question", "passage"]
"""Which side of a search a text is on; some embedders treat the two differently."""

AnswerKind = Literal["fact", "extractive", "generated", "none"]

OPEN_END = 2**31 - 1
"""``valid_to`` of a row that no later revision has replaced."""


NO_EMBEDDER = "dense: no embedder"
NO_VECTORS = "dense: nothing in this scope has a vector"
DENSE_OFF = "dense: switched off"
WITHOUT_DENSE = frozenset({NO_EMBEDDER, NO_VECTORS, DENSE_OFF})
"""What ``skipped`` of a search or an answer holds where passages were found by words alone, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file, page or message as a source gave it, decoded and redacted.

    ``id`` is the source's id joined with the source's own id of the thing, so fetching twice gives the same id.
    ``digest`` identifies the content as the source holds it (a git blob id, or a hash of the bytes): equal digests
    need not be read again. ``language`` is the programming or markup language in lower case ("python", "markdown",
    "pdf"), or "text". ``metadata["page_starts"]`` holds, for paged formats, the offset at which each page begins.

    A commit is a document, too: id ``<source id>:commit/<sha>``, no path, its subject as title.
    ``metadata["position"]`` is the first-parent position at which it landed, ``metadata["patch_start"]`` the offset at
    which its patch begins, ``metadata["languages"]`` the language of each file of the patch, in its order.
    """

    id: str
    source_id: str
    revision: str
    kind: Kind
    path: str
    text: str
    digest: str
    title: str = ""
    url: str = ""
    author: str = ""
    authored_at: datetime | None = None
    committed_at: datetime | None = None
    language: str = "text"
    licence: str = ""
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A document the caller already holds in this very form."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something the source has and does not deliver, with the reason in a few words ("binary", "vendored")."""

    path: str
    reason: str


Fetched = Document | Unchanged | Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """Where a source stands: what a citation and an answer's "as of" refer to.

    ``position`` counts the first-parent commits up to ``revision`` (0 where there is no history). ``web_url`` is the
    project's page for people, without a trailing slash, or "". ``uncommitted`` counts changed files in the user's
    working tree that are not part of ``revision``.
    """

    revision: str
    committed_at: datetime | None = None
    position: int = 0
    branch: str = ""
    web_url: str = ""
    uncommitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A span of one document, the unit that is searched: ``document.text[start:end] == text``.

    ``symbol`` is the qualified name of the code it holds ("Session.request"), or "". ``title`` says where it stands:
    the path for code, "document title > heading > heading" for prose. ``text_hash`` covers title, symbol and text,
    which is all that an embedder sees. ``valid_from`` and ``valid_to`` are first-parent positions, half-open.

    Of a hunk, path, symbol and lines are those of the file after the commit (before it, where lines are only removed),
    start and end characters of the commit.
    """

    id: str
    document_id: str
    source_id: str
    revision: str
    kind: Kind
    path: str
    language: str
    symbol: str
    title: str
    start: int
    end: int
    start_line: int
    end_line: int
    text: str
    text_hash: str
    valid_from: int = 0
    valid_to: int = OPEN_END


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one request may see. Made by ``store.scope.narrow`` alone; it has no default.

    Empty filters mean "all that ``sources`` allow". ``paths`` are globs over the whole path, ``at`` is a first-parent
    position (None: the newest indexed state).
    """

    index: str
    sources: frozenset[str]
    kinds: frozenset[Kind] = frozenset()
    paths: tuple[str, ...] = ()
    languages: frozenset[str] = frozenset()
    at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One row of one leg: a chunk that matched, before its text is loaded. Higher scores are better.

    ``path`` and ``start`` are those of the chunk: they decide between equal scores, because ids depend on where a
    source lies.
    """

    chunk_id: str
    document_id: str
    score: float
    path: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one leg said of a hit: rank from 1, and the leg's own score."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that answers a search, with the leg scores from which ``score`` can be computed again."""

    chunk: Chunk
    score: float
    rank: int
    legs: Mapping[str, Leg]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A span inside a hit that a reader chose: characters of the document, and how well it supports, in 0..1.

    ``answer_start`` and ``answer_end`` bound the words in it that answer, in characters of the document; None where no
    model that reads marked any.
    """

    hit: Hit
    start: int
    end: int
    text: str
    score: float
    answer_start: int | None = None
    answer_end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader found: evidence best first, and the probability that it answers the question.

    ``skipped`` says what was left unread, each as "reading: reason".
    """

    evidence: tuple[Evidence, ...]
    confidence: float
    question_kind: str
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSpan:
    """Words of a passage that may answer, ``passage[start:end]``; ``margin``: their logit over that of "no answer"."""

    start: int
    end: int
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageReading:
    """What a model that reads question and passage together says: spans best first, none overlapping another.

    ``relevance`` is the logit that the passage answers at all. Logits have no bounds; 0 is even odds.
    """

    spans: tuple[AnswerSpan, ...]
    relevance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPassages:
    """Readings in the order of the passages, None for what was left unread.

    That is so because an earlier one answers clearly; any other reason stands in ``skipped``, in a few words.
    """

    readings: tuple[PassageReading | None, ...]
    skipped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Whence a claim comes. ``quote`` is exactly ``text[start:end]`` of the document at ``revision``.

    ``answer_start`` and ``answer_end`` bound, within it, the words that answer; None where none are marked.
    """

    document_id: str
    revision: str
    path: str
    start: int
    end: int
    start_line: int
    end_line: int
    quote: str
    symbol: str = ""
    title: str = ""
    page: int | None = None
    commit: str | None = None
    issue_id: str | None = None
    comment_id: str | None = None
    url: str = ""
    answer_start: int | None = None
    answer_end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A span of ``Answer.answer`` and the numbers (from 1) of the citations that carry it."""

    start: int
    end: int
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The whole reply. ``abstained`` means: not found, ``hits`` are the nearest passages.

    ``snapshot`` names the index state it was made from, ``as_of`` the revision, ``indexed`` the share (0..1) of the
    scope that is completely indexed, ``skipped`` the stages that did not run and why. ``asked_as_of`` is the earlier
    state in the words it was asked for ("v2.0", "2019"), "" for the newest indexed one.
    """

    id: str
    question: str
    answer: str
    kind: AnswerKind
    confidence: float
    abstained: bool
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]
    hits: tuple[Hit, ...]
    models: Mapping[str, str]
    index: str
    snapshot: int
    as_of: str
    as_of_date: datetime | None
    indexed: float
    fresh_at: datetime | None
    skipped: tuple[str, ...]
    elapsed_ms: float
    asked_as_of: str = ""


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
    often it occurs (``git log -S``). ``statuses`` is git's diff filter. ``follow`` goes through renames of the one
    path. ``n_max`` of 0 sets no limit.
    """

    span: str = ""
    paths: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    author: str = ""
    text: str = ""
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
class Definition:
    """A place where a name is defined. Lines count from 1; ``parameters`` are (name, default or None) in order.

    ``start_line`` is the line of the name. ``returns`` is the type of the result and ``bases`` are what a type extends
    or implements, both as they are written.
    """

    path: str
    symbol: str
    what: str
    start_line: int
    end_line: int
    signature: str = ""
    parameters: tuple[tuple[str, str | None], ...] = ()
    returns: str = ""
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A place in the code where a name is used: not its definition, an import, a comment or a string.

    ``within`` is the qualified name of the definition it stands in, "" at the top of a file. ``receiver`` is what
    stands before the name ("self", "session", ""), as it is written.
    """

    path: str
    line: int
    within: str
    receiver: str
    is_call: bool


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a generator is given: the rules, and the material with the question; at most ``max_tokens`` come back."""

    rules: str
    material: str
    max_tokens: int

"""What a source gives and what is searched: documents, the chunks cut from them, and what a request may see."""

import re
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

OPEN_END = 2**31 - 1
"""``valid_to`` of a row that no later revision has replaced."""


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


_COMMIT_ID = re.compile(r":commit/(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")


def commit_id(source_id: str, sha: str) -> str:
    """The id of the document that a commit is."""
    return f"{source_id}:commit/{sha}"


def is_commit_id(document_id: str) -> bool:
    """Whether the document of this id is a commit; hunks are cited by the commit that they belong to."""
    return _COMMIT_ID.search(document_id) is not None


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

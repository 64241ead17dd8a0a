"""Documents of the user's own, handed in one by one: read like files of a folder, kept in the ledger alone.

A document is acknowledged when ``put`` returns: it survives any crash from then on, can be read at once, and becomes
searchable when the holder of the writer's lock has brought it to the index.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from whence.errors import RefusedError, UnreadableError, UsageError
from whence.sources.content import Content, extract, size_limit
from whence.sources.ignore import skip_by_size
from whence.sources.options import SourceOptions
from whence.sources.redaction import redact
from whence.store.ledger import Ledger
from whence.store.pushing import push, source_of
from whence.types import Document

MAX_ID_CHARS = 500
_REVISION_CHARS = 16
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

Outcome = Literal["created", "replaced", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedDocument:
    """A document as somebody hands it in: ``data`` in any format that files may have, told by ``path``.

    ``id`` is the caller's own, unique within an index; equal ids are the same document. ``path`` "" takes the id.
    """

    id: str
    data: bytes
    path: str = ""
    title: str = ""
    url: str = ""
    author: str = ""
    authored_at: datetime | None = None
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What became of a document; ``job`` is that of its indexing, None where nothing had to be done."""

    document: Document
    outcome: Outcome
    job: int | None


def put(ledger: Ledger, index: str, given: Sequence[PushedDocument], options: SourceOptions) -> list[Acknowledged]:
    """Stores documents, all or none; durable when this returns. The same content again changes nothing.

    Raises ``UsageError`` for what cannot be an id, a path or an address, ``UnreadableError`` for what holds no text,
    ``UnknownIndexError``.
    """
    source_id = source_of(index)
    read = {one.id: _document(source_id, one, options) for one in given}
    held = {document.id: document for document in ledger.documents(index, [one.id for one in read.values()])}
    fresh = [one for one in read.values() if one.id not in held or held[one.id].digest != one.digest]
    job = push(ledger, index, fresh, ()) if fresh else None
    new = {one.id for one in fresh}
    return [
        Acknowledged(
            document=one if one.id in new else held[one.id],
            outcome="unchanged" if one.id not in new else "replaced" if one.id in held else "created",
            job=job if one.id in new else None,
        )
        for one in read.values()
    ]


def delete(ledger: Ledger, index: str, document_id: str) -> int:
    """Hides a pushed document from everyone when this returns; it is then taken out of the index. Returns the job.

    Raises ``RefusedError`` for documents of other sources: those would come back with the next sync.
    """
    source_id = source_of(index)
    if not document_id.startswith(f"{source_id}:"):
        raise RefusedError(
            f"{document_id} comes from a repository or a folder: remove it there and run `whence sync {index}`."
        )
    return push(ledger, index, (), [document_id])


def read_pushed(ledger: Ledger, source_id: str, paths_and_revisions: Sequence[tuple[str, str]]) -> list[str | None]:
    """Texts of pushed documents at their present revision, None where it is another or the document is gone."""
    index = source_id.partition(":")[2]
    wanted = {path for path, _ in paths_and_revisions}
    texts: dict[tuple[str, str], str] = {}
    for path in wanted:
        for document in ledger.at_path(index, path):
            if document.source_id == source_id:
                texts[path, document.revision] = document.text
    return [texts.get(pair) for pair in paths_and_revisions]


def _document(source_id: str, given: PushedDocument, options: SourceOptions) -> Document:
    path = given.path or given.id
    for what, text in (("id", given.id), ("path", path)):
        parts = text.replace("\\", "/").split("/")
        if not text.strip() or len(text) > MAX_ID_CHARS or _UNFIT.search(text) or {"", ".", ".."} & set(parts):
            raise UsageError(
                f"{text[:80]!r} cannot be the {what} of a document: use at most {MAX_ID_CHARS} characters, as in "
                "handbook/leave.md, without empty parts, '..' or control characters."
            )
    if given.url and (not re.match(r"https?://[^\s@]+$", given.url) or len(given.url) > 2_000):
        raise UsageError("The url of a document begins with http:// or https:// and holds no name or password.")
    read_as = path if "." in path.rpartition("/")[2] else f"{path}.txt"  # without a suffix it is prose
    content = skip_by_size(len(given.data), size_limit(read_as, options)) or extract(read_as, given.data)
    if not isinstance(content, Content):
        raise UnreadableError(f"{path} holds nothing that can be searched ({content}): it was not stored.")
    title = redact(given.title, path)[0] if given.title else content.title
    told = [path, title, given.url, given.author, str(given.authored_at or ""), given.licence]
    digest = hashlib.sha256(json.dumps(told).encode() + b"\0" + given.data).hexdigest()
    return Document(
        id=f"{source_id}:{given.id}",
        source_id=source_id,
        revision=digest[:_REVISION_CHARS],
        kind=content.kind,
        path=path,
        text=content.text,
        digest=digest,
        title=title,
        url=given.url,
        author=given.author,
        authored_at=given.authored_at,
        language=content.language,
        licence=given.licence or content.licence,
        metadata=content.metadata,
    )

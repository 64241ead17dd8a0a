"""The SQL schema and the mapping between records and rows. SQL is the truth; everything in Lance follows from it."""

import json
import zlib
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
)

from whence.types import Document, Kind

metadata = MetaData()

properties = Table("properties", metadata, Column("name", String, primary_key=True), Column("value", Text))

indexes = Table(
    "indexes",
    metadata,
    Column("name", String, primary_key=True),
    Column("snapshot", Integer),
    Column("generation", Integer, nullable=False, default=0),
    Column("build", String, nullable=False),
    Column("recipe", Text, nullable=False, default=""),
    Column("removed", Boolean, nullable=False, default=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("index_name", String, ForeignKey("indexes.name"), primary_key=True),
    Column("id", String, primary_key=True),
    Column("location", Text, nullable=False),
    Column("settings", Text, nullable=False, default="{}"),
    Column("revision", String, nullable=False, default=""),
    Column("committed_at", DateTime(timezone=True)),
    Column("position", Integer, nullable=False, default=0),
    Column("branch", String, nullable=False, default=""),
    Column("web_url", Text, nullable=False, default=""),
    Column("uncommitted", Integer, nullable=False, default=0),
    Column("skipped", Text, nullable=False, default="{}"),
    Column("redactions", Integer, nullable=False, default=0),
    Column("fetched_at", DateTime(timezone=True)),
)

documents = Table(
    "documents",
    metadata,
    Column("index_name", String, ForeignKey("indexes.name"), primary_key=True),
    Column("id", String, primary_key=True),
    Column("source_id", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("digest", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("path", Text, nullable=False),
    Column("language", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("authored_at", DateTime(timezone=True)),
    Column("committed_at", DateTime(timezone=True)),
    Column("licence", String, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("n_chars", Integer, nullable=False),
    Index("documents_by_state", "index_name", "state"),
    Index("documents_by_source", "index_name", "source_id"),
    Index("documents_by_path", "index_name", "path"),
    sqlite_with_rowid=False,
)
"""Without the texts, so that counting and comparing millions of rows reads little."""

texts = Table(
    "texts",
    metadata,
    Column("index_name", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("text", LargeBinary, nullable=False),
)
"""The text of each live document, compressed."""

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("index_name", String, ForeignKey("indexes.name"), nullable=False),
    Column("record", Text, nullable=False),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    sqlite_autoincrement=True,
)
"""Numbers are never given twice: a reader tells by them whether it still has the newest."""

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("action", String, nullable=False),
    Column("index_name", String, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("pid", Integer),
    Column("attempts", Integer, nullable=False, default=0),
    Column("result", Text),
    Column("error", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    sqlite_autoincrement=True,
)


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def aware(moment: datetime | None) -> datetime | None:
    """SQLite gives times back without a zone; all of ours are UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def document_row(index: str, document: Document, generation: int, state: str) -> dict[str, Any]:
    """The row of a document, without its text."""
    return {
        "index_name": index,
        "id": document.id,
        "source_id": document.source_id,
        "generation": generation,
        "state": state,
        "deleted": False,
        "digest": document.digest,
        "revision": document.revision,
        "kind": document.kind,
        "path": document.path,
        "language": document.language,
        "title": document.title,
        "url": document.url,
        "author": document.author,
        "authored_at": document.authored_at,
        "committed_at": document.committed_at,
        "licence": document.licence,
        "metadata": json.dumps(document.metadata, separators=(",", ":"), sort_keys=True),
        "n_chars": len(document.text),
    }


def text_row(index: str, document: Document) -> dict[str, Any]:
    """The row of a document's text. Lone surrogates, which file names and odd decoders bring, survive."""
    packed = zlib.compress(document.text.encode("utf-8", "surrogatepass"), level=1)
    return {"index_name": index, "id": document.id, "text": packed}


def document_record(row: RowMapping) -> Document:
    """The document of a joined row, equal to the one it was made from."""
    return Document(
        id=row["id"],
        source_id=row["source_id"],
        revision=row["revision"],
        kind=cast(Kind, row["kind"]),
        path=row["path"],
        text=zlib.decompress(row["text"]).decode("utf-8", "surrogatepass"),
        digest=row["digest"],
        title=row["title"],
        url=row["url"],
        author=row["author"],
        authored_at=aware(row["authored_at"]),
        committed_at=aware(row["committed_at"]),
        language=row["language"],
        licence=row["licence"],
        metadata=json.loads(row["metadata"]),
    )

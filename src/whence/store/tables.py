"""The SQL schema and the mapping between records and rows. SQL is the truth; everything in Lance follows from it."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

from whence.types import Document, Kind, SourceState


class Words(TypeDecorator[str]):
    """Text that is ordered by its bytes and may hold any character, on every database.

    PostgreSQL knows no NUL in a text and orders as its language does: there U+0000 and U+0001 are written as
    U+0001 U+0001 and U+0001 U+0002, which keeps the order and the beginnings of texts.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type."""
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is stored of a text."""
        if value is None or dialect.name != "postgresql" or ("\x00" not in value and "\x01" not in value):
            return value
        return value.replace("\x01", "\x01\x02").replace("\x00", "\x01\x01")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The text of what is stored."""
        if value is None or dialect.name != "postgresql" or "\x01" not in value:
            return value
        return value.replace("\x01\x01", "\x00").replace("\x01\x02", "\x01")


metadata = MetaData()

properties = Table("properties", metadata, Column("name", Words, primary_key=True), Column("value", Words))

indexes = Table(
    "indexes",
    metadata,
    Column("name", Words, primary_key=True),
    Column("snapshot", Integer),
    Column("generation", Integer, nullable=False, default=0),
    Column("build", Words, nullable=False),
    Column("recipe", Words, nullable=False, default=""),
    Column("removed", Boolean, nullable=False, default=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("index_name", Words, ForeignKey("indexes.name"), primary_key=True),
    Column("id", Words, primary_key=True),
    Column("location", Words, nullable=False),
    Column("settings", Words, nullable=False, default="{}"),
    Column("revision", Words, nullable=False, default=""),
    Column("committed_at", DateTime(timezone=True)),
    Column("position", Integer, nullable=False, default=0),
    Column("branch", Words, nullable=False, default=""),
    Column("web_url", Words, nullable=False, default=""),
    Column("uncommitted", Integer, nullable=False, default=0),
    Column("skipped", Words, nullable=False, default="{}"),
    Column("redactions", Integer, nullable=False, default=0),
    Column("fetched_at", DateTime(timezone=True)),
)

documents = Table(
    "documents",
    metadata,
    Column("index_name", Words, ForeignKey("indexes.name"), primary_key=True),
    Column("id", Words, primary_key=True),
    Column("source_id", Words, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("state", Words, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("digest", Words, nullable=False),
    Column("revision", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("path", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("author", Words, nullable=False),
    Column("authored_at", DateTime(timezone=True)),
    Column("committed_at", DateTime(timezone=True)),
    Column("licence", Words, nullable=False),
    Column("metadata", Words, nullable=False),
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
    Column("index_name", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("text", LargeBinary, nullable=False),
)
"""The text of each live document, compressed."""

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("index_name", Words, ForeignKey("indexes.name"), nullable=False),
    Column("record", Words, nullable=False),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    sqlite_autoincrement=True,
)
"""Numbers are never given twice: a reader tells by them whether it still has the newest."""

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("action", Words, nullable=False),
    Column("index_name", Words, nullable=False),
    Column("arguments", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("pid", Integer),
    Column("attempts", Integer, nullable=False, default=0),
    Column("result", Words),
    Column("error", Words),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One source of an index and where it stood when it was last fetched."""

    id: str
    location: str
    settings: Mapping[str, object]
    state: SourceState
    skipped: Mapping[str, int]
    redactions: int
    fetched_at: datetime | None


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def aware(moment: datetime | None) -> datetime | None:
    """The moment in UTC: SQLite gives times back without a zone, PostgreSQL in that of the session."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def source_state_row(state: SourceState) -> dict[str, Any]:
    """The columns of ``sources`` that say where a source stands."""
    return {
        "revision": state.revision,
        "committed_at": state.committed_at,
        "position": state.position,
        "branch": state.branch,
        "web_url": state.web_url,
        "uncommitted": state.uncommitted,
    }


def source_record(row: RowMapping) -> SourceRow:
    """The source of a row, and where it stood."""
    return SourceRow(
        id=row["id"],
        location=row["location"],
        settings=json.loads(row["settings"]),
        state=SourceState(
            revision=row["revision"],
            committed_at=aware(row["committed_at"]),
            position=row["position"],
            branch=row["branch"],
            web_url=row["web_url"],
            uncommitted=row["uncommitted"],
        ),
        skipped=json.loads(row["skipped"]),
        redactions=row["redactions"],
        fetched_at=aware(row["fetched_at"]),
    )


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

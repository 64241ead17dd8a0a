"""Lists documents of the ledger without their texts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from whence.store.ledger import Ledger
from whence.store.pushing import ACTION
from whence.store.queue import Queue
from whence.store.scope import glob_patterns
from whence.store.tables import aware, documents, indexes


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDocument:
    """A document without its text. ``searchable``: it can be found as it is."""

    id: str
    source_id: str
    path: str
    title: str
    kind: str
    language: str
    revision: str
    url: str
    author: str
    authored_at: datetime | None
    n_chars: int
    searchable: bool


def listed(
    ledger: Ledger,
    index: str,
    sources: Collection[str],
    *,
    paths: Sequence[str] = (),
    kinds: Sequence[str] = (),
    languages: Sequence[str] = (),
    after: str = "",
    n_max: int = 100,
) -> list[ListedDocument]:
    """Live documents of some sources of an index, by id, those after ``after``; ``paths`` are globs."""
    query = select(documents).where(
        documents.c.index_name == index,
        documents.c.id > after,
        documents.c.source_id.in_(sorted(sources)),
        documents.c.deleted.is_(False),
    )
    if kinds:
        query = query.where(documents.c.kind.in_(kinds))
    if languages:
        query = query.where(documents.c.language.in_([language.lower() for language in languages]))
    if paths:
        patterns = [pattern for glob in paths for pattern in glob_patterns(glob)]
        query = query.where(or_(*(documents.c.path.like(pattern, escape="\\") for pattern in patterns)))
    with ledger.reading() as connection:
        rows = connection.execute(query.order_by(documents.c.id).limit(n_max)).mappings().all()
    return [
        ListedDocument(
            id=row["id"],
            source_id=row["source_id"],
            path=row["path"],
            title=row["title"],
            kind=row["kind"],
            language=row["language"],
            revision=row["revision"],
            url=row["url"],
            author=row["author"],
            authored_at=aware(row["authored_at"]),
            n_chars=row["n_chars"],
            searchable=row["state"] == "indexed",
        )
        for row in rows
    ]


def n_documents(ledger: Ledger, index: str) -> dict[str, int]:
    """How many live documents each source of an index has."""
    query = (
        select(documents.c.source_id, func.count())
        .where(documents.c.index_name == index, documents.c.deleted.is_(False))
        .group_by(documents.c.source_id)
    )
    with ledger.reading() as connection:
        return {row[0]: int(row[1]) for row in connection.execute(query)}


def n_by_kind(ledger: Ledger, index: str) -> dict[str, dict[str, int]]:
    """How many live documents of each kind each source of an index has."""
    query = (
        select(documents.c.source_id, documents.c.kind, func.count())
        .where(documents.c.index_name == index, documents.c.deleted.is_(False))
        .group_by(documents.c.source_id, documents.c.kind)
    )
    counted: dict[str, dict[str, int]] = {}
    with ledger.reading() as connection:
        for source_id, kind, n in connection.execute(query):
            counted.setdefault(str(source_id), {})[str(kind)] = int(n)
    return counted


def places_of(ledger: Ledger, document_id: str) -> list[tuple[str, str]]:
    """(index, source id) of each index that has a live document of this id, by index."""
    query = (
        select(documents.c.index_name, documents.c.source_id)
        .join(indexes, indexes.c.name == documents.c.index_name)
        .where(documents.c.id == document_id, documents.c.deleted.is_(False), indexes.c.removed.is_(False))
        .order_by(documents.c.index_name)
    )
    with ledger.reading() as connection:
        return [(row[0], row[1]) for row in connection.execute(query)]


def unsearchable(ledger: Ledger, index: str, ids: Collection[str]) -> set[str]:
    """Those of a few documents that are not found as they are now: their job is not finished, or was given up."""
    waiting = {
        document_id
        for job in Queue(ledger).unfinished(index)
        if job.action == ACTION
        for document_id in job.arguments["ids"]
    }
    query = select(documents.c.id).where(
        documents.c.index_name == index, documents.c.id.in_(sorted(ids)), documents.c.state == "pending"
    )
    with ledger.reading() as connection:
        return waiting.intersection(ids) | set(connection.execute(query).scalars())

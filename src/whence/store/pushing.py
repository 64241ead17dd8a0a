"""Documents that were handed in instead of fetched: stored and queued in one transaction, which acknowledges them.

Whoever holds the writer's lock brings them to Lance. The ledger is their only source.
"""

import json
import os
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from whence.errors import UnknownIndexError
from whence.store.ledger import Ledger
from whence.store.tables import document_row, documents, indexes, jobs, now, sources, text_row, texts
from whence.types import Document

ACTION = "push"
PUSHED = "push:"
"""How the ids of these sources begin; the name of the index follows."""


def source_of(index: str) -> str:
    """Id of the source that holds what was handed in to an index."""
    return PUSHED + index


def is_pushed(source_id: str) -> bool:
    """Whether a source has no other place than the ledger."""
    return source_id.startswith(PUSHED)


def push(ledger: Ledger, index: str, put: Sequence[Document], gone: Collection[str]) -> int:
    """Stores documents, hides those that are ``gone``, and queues their indexing; durable when this returns.

    Returns the id of the job. Raises ``UnknownIndexError`` where the index was removed.
    """
    ids = sorted({document.id for document in put} | set(gone))
    with ledger.writing() as connection:
        generation = _next_generation(connection, index)
        _hold_source(connection, index)
        mine = (documents.c.index_name == index) & documents.c.id.in_(ids)
        connection.execute(delete(texts).where(texts.c.index_name == index, texts.c.id.in_(ids)))
        tombstone = {"deleted": True, "state": "pending", "generation": generation, "n_chars": 0}
        connection.execute(update(documents).where(mine, documents.c.id.in_(sorted(gone))).values(**tombstone))
        if put:
            connection.execute(delete(documents).where(mine, documents.c.id.not_in(sorted(gone))))
            connection.execute(insert(documents), [document_row(index, one, generation, "pending") for one in put])
            connection.execute(insert(texts), [text_row(index, one) for one in put])
        arguments = json.dumps({"ids": ids})
        job = {"action": ACTION, "index_name": index, "arguments": arguments, "state": "queued", "attempts": 0}
        key = connection.execute(insert(jobs).values(**job, pid=os.getpid(), created_at=now())).inserted_primary_key
    assert key is not None
    return int(key[0])


def set_pending(ledger: Ledger, index: str, ids: Sequence[str]) -> None:
    """Marks documents as not in Lance yet, and the source as read now. Only for the holder of the writer's lock.

    A writer that had begun with the version before may have marked the new one as indexed. Jobs of this kind that are
    finished go: nobody waits for their results.
    """
    with ledger.writing() as connection:
        finished = (jobs.c.action == ACTION) & jobs.c.state.in_(("done", "failed")) & (jobs.c.index_name == index)
        connection.execute(delete(jobs).where(finished))
        connection.execute(
            update(documents).where(documents.c.index_name == index, documents.c.id.in_(ids)).values(state="pending")
        )
        connection.execute(
            update(sources)
            .where(sources.c.index_name == index, sources.c.id == source_of(index))
            .values(fetched_at=now())
        )


def _next_generation(connection: Connection, index: str) -> int:
    key = (indexes.c.name == index) & indexes.c.removed.is_(False)
    if connection.execute(update(indexes).where(key).values(generation=indexes.c.generation + 1)).rowcount == 0:
        raise UnknownIndexError(f"There is no index {index!r}, or it is being removed.")
    return int(connection.execute(select(indexes.c.generation).where(key)).scalar_one())


def _hold_source(connection: Connection, index: str) -> None:
    key = (sources.c.index_name == index) & (sources.c.id == source_of(index))
    if connection.execute(select(sources.c.id).where(key)).first() is None:
        row = {"index_name": index, "id": source_of(index), "location": f"{PUSHED}//{index}", "settings": "{}"}
        connection.execute(insert(sources).values(**row))

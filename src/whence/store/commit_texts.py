"""The documents of commits, as their texts and what is known of them, for whoever looks at many of them at once."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from whence.store.database import Database
from whence.store.history_tables import histories
from whence.store.tables import documents, texts


def place_of(database: Database, history: int) -> tuple[str, str]:
    """(index, source id) of a history. Raises ``StoreError``."""
    query = select(histories.c.index_name, histories.c.source_id).where(histories.c.id == history)
    with database.reading() as connection:
        row = connection.execute(query).one()
    return str(row.index_name), str(row.source_id)


def held_texts(database: Database, index: str, ids: Sequence[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """(text, metadata) of the live documents among the ids, which are few; by id. Raises ``StoreError``."""
    both = (texts.c.index_name == documents.c.index_name) & (texts.c.id == documents.c.id)
    query = (
        select(documents.c.id, documents.c.metadata, texts.c.text)
        .join(texts, both)
        .where(documents.c.index_name == index, documents.c.id.in_(ids), documents.c.deleted.is_(False))
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return {
        row.id: (zlib.decompress(row.text).decode("utf-8", "surrogatepass"), json.loads(row.metadata)) for row in rows
    }

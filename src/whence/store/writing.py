"""Writes chunks and vectors to Lance. Only the holder of the writer's lock may use it.

Every write can be repeated: chunks are merged by document (what a document no longer has goes in the same commit),
vectors are appended only for chunks that have none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from whence.protocols import Vectors
from whence.store.arrow import CHUNKS, VECTOR_FILTERS, Analyze, chunk_rows, tokens_column, vectors_schema
from whence.store.chunks import FLAT_ROWS, Tables
from whence.store.faults import storage_faults
from whence.types import KINDS, Chunk

_REBUILD_ROWS = 200_000
"""Up to this size the full-text indexes are built anew after a change, so that scores equal those of a clean build."""

_KEEP_VERSIONS = timedelta(hours=1)
"""Older table versions go: a reader holds one for a query, and opens the newest for the next."""


class ChunkWriter:
    """Writes the tables of one index: ``<index>.chunks`` and, for each model, ``<index>.vectors.<digest>``."""

    def __init__(self, tables: Tables, index: str, analyze: Analyze) -> None:
        self._tables = tables
        self._index = index
        self._analyze = analyze
        self.chunks_table = f"{index}.chunks"

    def vectors_table(self, digest: str) -> str:
        """Name of the vector table of a model."""
        return f"{self._index}.vectors.{digest}"

    def replace_documents(self, chunks: Sequence[Chunk], document_ids: Sequence[str], generation: int) -> None:
        """Makes ``chunks`` all that the table holds of these documents, in one commit."""
        if not document_ids:
            return
        rows = chunk_rows(chunks, generation, self._analyze)
        with storage_faults(self._tables.folder):
            table = self._open(self.chunks_table, CHUNKS)
            if table.count_rows() == 0:
                table.add(rows)
                return
            listed = ", ".join("'" + item.replace("'", "''") + "'" for item in document_ids)
            (
                table.merge_insert("id")
                .when_matched_update_all()
                .when_not_matched_insert_all()
                .when_not_matched_by_source_delete(f"document_id IN ({listed})")
                .execute(rows)
            )

    def finish_text(self) -> None:
        """Builds or refreshes the full-text and look-up indexes, and lets old versions go."""
        from lancedb.index import FTS, BTree

        full_text = FTS(
            base_tokenizer="whitespace",
            stem=False,
            remove_stop_words=False,
            lower_case=False,
            ascii_folding=False,
            max_token_length=None,
        )
        with storage_faults(self._tables.folder):
            table = self._open(self.chunks_table, CHUNKS)
            table.optimize(cleanup_older_than=_KEEP_VERSIONS)
            indexed = {index.name for index in table.list_indices()}
            for column in ("names", *(tokens_column(kind) for kind in KINDS)):
                if f"{column}_idx" not in indexed or table.count_rows() <= _REBUILD_ROWS:
                    table.create_index(column, config=full_text, replace=True)
            if "id_idx" not in indexed:
                table.create_index("id", config=BTree())

    def missing_vectors(self, digest: str, dim: int, kinds: Sequence[str]) -> "Missing":
        """What the vector table lacks, and which of its rows belong to chunks that are gone."""
        with storage_faults(self._tables.folder):
            chunks = self._open(self.chunks_table, CHUNKS)
            vectors = self._open(self.vectors_table(digest), vectors_schema(dim))
            listed = ", ".join(f"'{kind}'" for kind in kinds)
            wanted = chunks.search().where(f"kind IN ({listed})").select(["id", "path"]).limit(None).to_arrow()
            held = set(vectors.search().select(["chunk_id"]).limit(None).to_arrow()["chunk_id"].to_pylist())
        order = dict(zip(wanted["id"].to_pylist(), wanted["path"].to_pylist(), strict=True))
        missing = sorted((chunk_id for chunk_id in order if chunk_id not in held), key=lambda key: (order[key], key))
        return Missing(wanted=len(order), missing=missing, stale=sorted(held - order.keys()))

    def add_vectors(
        self, digest: str, dim: int, ids: Sequence[str], embed: Callable[[list[Mapping[str, Any]]], Vectors]
    ) -> None:
        """Embeds the chunks with these ids, reusing the vectors of equal texts, and appends them in one commit.

        ``embed`` gets rows with title, symbol and text, and returns one vector for each.
        """
        with storage_faults(self._tables.folder):
            chunks = self._open(self.chunks_table, CHUNKS)
            vectors = self._open(self.vectors_table(digest), vectors_schema(dim))
            listed = ", ".join(f"'{chunk_id}'" for chunk_id in ids)
            columns = ["id", "text_hash", *VECTOR_FILTERS, "title", "symbol", "text"]
            rows = chunks.search().where(f"id IN ({listed})").select(columns).limit(len(ids)).to_arrow().to_pylist()
            known = self._known(vectors, [row["text_hash"] for row in rows])
        fresh = list({row["text_hash"]: row for row in rows if row["text_hash"] not in known}.values())
        if fresh:
            known |= dict(zip((row["text_hash"] for row in fresh), embed(fresh), strict=True))
        with storage_faults(self._tables.folder):
            vectors.add(_vector_rows(rows, known, dim))

    def finish_vectors(self, digest: str, dim: int, stale: Sequence[str]) -> None:
        """Removes vectors of chunks that are gone and builds the approximate index where there are many."""
        from lancedb.index import HnswSq

        with storage_faults(self._tables.folder):
            table = self._open(self.vectors_table(digest), vectors_schema(dim))
            for part in _parts(stale, 1000):
                listed = ", ".join(f"'{chunk_id}'" for chunk_id in part)
                table.delete(f"chunk_id IN ({listed})")
            indexed = {index.name for index in table.list_indices()}
            if table.count_rows() > FLAT_ROWS and "vector_idx" not in indexed:
                table.create_index("vector", config=HnswSq(distance_type="cosine", num_partitions=1))
            if "text_hash_idx" not in indexed and table.count_rows() > FLAT_ROWS:
                from lancedb.index import BTree

                table.create_index("text_hash", config=BTree())
            table.optimize(cleanup_older_than=_KEEP_VERSIONS)

    def version(self, name: str) -> int:
        """The newest version of a table."""
        with storage_faults(self._tables.folder):
            return int(self._tables.database.open_table(name).version)

    def count(self, name: str) -> int:
        """Rows of the newest version of a table; 0 where there is none."""
        if name not in self._tables.names():
            return 0
        with storage_faults(self._tables.folder):
            return int(self._tables.database.open_table(name).count_rows())

    def drop(self, *, keep: Sequence[str] = ()) -> None:
        """Removes the tables of this index from the disk, but those named in ``keep``."""
        with storage_faults(self._tables.folder):
            for name in self._tables.names():
                mine = name == self.chunks_table or name.startswith(f"{self._index}.vectors.")
                if mine and name not in keep:
                    self._tables.database.drop_table(name)
                    self._tables.forget(name)

    def _open(self, name: str, schema: pa.Schema) -> Any:
        return self._tables.database.create_table(name, schema=schema, exist_ok=True)

    def _known(self, vectors: Any, hashes: Sequence[str]) -> dict[str, Vectors]:
        if vectors.count_rows() == 0:
            return {}
        listed = ", ".join(f"'{item}'" for item in dict.fromkeys(hashes))
        found = (
            vectors.search().where(f"text_hash IN ({listed})").select(["text_hash", "vector"]).limit(None).to_arrow()
        )
        return {
            text_hash: np.asarray(vector, dtype=np.float32)
            for text_hash, vector in zip(found["text_hash"].to_pylist(), found["vector"].to_pylist(), strict=True)
        }


class Missing:
    """What a vector table lacks: chunk ids by path, and the ids it should no longer hold."""

    def __init__(self, *, wanted: int, missing: list[str], stale: list[str]) -> None:
        self.wanted = wanted
        self.missing = missing
        self.stale = stale


def _vector_rows(rows: Sequence[Mapping[str, Any]], vectors: Mapping[str, Vectors], dim: int) -> pa.Table:
    schema = vectors_schema(dim)
    matrix = np.stack([vectors[row["text_hash"]] for row in rows]).astype(np.float32, copy=False)  # (n, dim)
    columns: dict[str, Any] = {
        "chunk_id": [row["id"] for row in rows],
        "text_hash": [row["text_hash"] for row in rows],
        **{name: [row[name] for row in rows] for name in VECTOR_FILTERS},
    }
    arrays = [pa.array(values, schema.field(name).type) for name, values in columns.items()]
    arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel(), pa.float32()), dim))
    return pa.Table.from_arrays(arrays, schema=schema)


def _parts(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]

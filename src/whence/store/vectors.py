"""Writes vectors to Lance: one table for each model, filled in batches that survive one by one.

A text is embedded once: the vector of an equal ``text_hash``, in this table or in one that an earlier build has left,
is copied. Only for the holder of the writer's lock.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whence.errors import StoreError
from whence.protocols import Vectors
from whence.store.arrow import VECTOR_FILTERS, one_of, quoted, vectors_schema
from whence.store.chunks import Tables
from whence.store.faults import storage_faults
from whence.store.snapshot import Snapshot
from whence.store.writing import compact, parts

FLAT_ROWS = 10_000
"""Above this many vectors an approximate index is built: a flat scan costs 0.7 ms per thousand rows."""

_COPIED_ROWS = 2_000

Embed = Callable[[list[Mapping[str, Any]]], Vectors]
"""Vectors for rows with title, symbol and text: shape (n, dim)."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a vector table lacks. ``missing`` chunk ids are in order of path.

    ``stale`` rows, (chunk id, text hash), belong to no chunk any more. ``n_wanted`` chunks should have vectors.
    """

    n_wanted: int
    missing: list[str]
    stale: list[tuple[str, str]]

    @property
    def n_held(self) -> int:
        """Chunks that have their vector."""
        return self.n_wanted - len(self.missing)


class VectorWriter:
    """Writes the vectors of one model for one chunk table. ``earlier`` tables are read for equal texts only."""

    def __init__(
        self,
        tables: Tables,
        chunks: str,
        name: str,
        dim: int,
        *,
        earlier: Sequence[str] = (),
        flat_rows: int = FLAT_ROWS,
    ) -> None:
        self.name = name
        self._tables = tables
        self._chunks = chunks
        self._dim = dim
        self._earlier = earlier
        self._flat_rows = flat_rows

    def exists(self) -> bool:
        """Whether the table is there."""
        return self.name in self._tables.names()

    def count(self) -> int:
        """Rows of the newest version; 0 where there is no table."""
        if not self.exists():
            return 0
        with storage_faults(self._tables.folder):
            return int(self._open().count_rows())

    def gaps(self, kinds: Sequence[str]) -> Gaps:
        """Compares the newest chunks of these kinds with the newest vectors. Reads ids and hashes of all rows."""
        with storage_faults(self._tables.folder):
            chunks = self._tables.database.open_table(self._chunks)
            search = chunks.search().where(one_of("kind", kinds)).select(["id", "text_hash", "path"])
            wanted = search.limit(None).to_arrow()
            held = self._columns(self.name, ["chunk_id", "text_hash"]) if self.exists() else None
        if held is None or not len(held):
            return Gaps(len(wanted), _by_path(wanted), [])
        wanted_keys = pc.binary_join_element_wise(wanted["id"], wanted["text_hash"], "\0")
        held_keys = pc.binary_join_element_wise(held["chunk_id"], held["text_hash"], "\0")
        missing = wanted.filter(pc.invert(pc.is_in(wanted_keys, held_keys)))
        stale = held.filter(pc.invert(pc.is_in(held_keys, wanted_keys)))
        pairs = zip(stale["chunk_id"].to_pylist(), stale["text_hash"].to_pylist(), strict=True)
        return Gaps(len(wanted), _by_path(missing), sorted(pairs))

    def write(self, ids: Sequence[str], embed: Embed) -> None:
        """Gives the chunks with these ids their vectors, in one commit; ``embed`` sees each new text once."""
        with storage_faults(self._tables.folder):
            chunks = self._tables.database.open_table(self._chunks)
            columns = ["id", "text_hash", *VECTOR_FILTERS, "title", "symbol", "text"]
            found = chunks.search().where(one_of("id", ids)).select(columns).limit(len(ids)).to_arrow()
        rows = sorted(found.to_pylist(), key=lambda row: (row["path"], row["id"]))
        known = self._known({row["text_hash"] for row in rows})
        fresh = list({row["text_hash"]: row for row in rows if row["text_hash"] not in known}.values())
        if fresh:
            known |= dict(zip((row["text_hash"] for row in fresh), embed(fresh), strict=True))
        with storage_faults(self._tables.folder):
            self._open().add(_vector_rows(rows, known, self._dim))
        self._places.update((row["text_hash"], self.name) for row in rows)

    def copy(self, ids: Sequence[str]) -> list[str]:
        """Gives the chunks whose text is embedded already their vectors; returns the ids of the others, in order."""
        left: list[str] = []
        for part in parts(ids, _COPIED_ROWS):
            with storage_faults(self._tables.folder):
                chunks = self._tables.database.open_table(self._chunks)
                columns = ["id", "text_hash", *VECTOR_FILTERS]
                found = chunks.search().where(one_of("id", part)).select(columns).limit(len(part)).to_arrow()
            rows = {row["id"]: row for row in found.to_pylist()}
            known = self._known({row["text_hash"] for row in rows.values()})
            held = [rows[key] for key in part if key in rows and rows[key]["text_hash"] in known]
            if held:
                with storage_faults(self._tables.folder):
                    self._open().add(_vector_rows(held, known, self._dim))
                self._places.update((row["text_hash"], self.name) for row in held)
            left += [key for key in part if key in rows and rows[key]["text_hash"] not in known]
        return left

    def finish(self, stale: Sequence[tuple[str, str]], kept: Sequence[Snapshot]) -> None:
        """Removes stale rows, builds the approximate index where there are many, and lets old versions go."""
        from lancedb.index import BTree, HnswSq

        with storage_faults(self._tables.folder):
            table = self._open()
            for part in parts(stale, 200):
                rows = [f"(chunk_id = {quoted(chunk)} AND text_hash = {quoted(text)})" for chunk, text in part]
                table.delete(" OR ".join(rows))
            compact(table, self.name, kept)
            held = {index.name for index in table.list_indices()}
            if table.count_rows() > self._flat_rows:
                if "vector_idx" not in held:
                    nearest = HnswSq(distance_type="cosine", num_partitions=1, ef_construction=150)
                    table.create_index("vector", config=nearest)
                if "text_hash_idx" not in held:
                    table.create_index("text_hash", config=BTree())

    def version(self) -> int:
        """The newest version of the table."""
        with storage_faults(self._tables.folder):
            return int(self._open().version)

    def is_approximate(self) -> bool:
        """Whether the table has an approximate index."""
        with storage_faults(self._tables.folder):
            return any(index.name == "vector_idx" for index in self._open().list_indices())

    def _open(self) -> Any:
        return self._tables.database.create_table(self.name, schema=vectors_schema(self._dim), exist_ok=True)

    def _columns(self, name: str, columns: list[str]) -> Any:
        return self._tables.database.open_table(name).search().select(columns).limit(None).to_arrow()

    @cached_property
    def _places(self) -> dict[str, str]:
        """In which table the vector of a text hash is. An earlier table that cannot be read has none."""
        places: dict[str, str] = {}
        for name in [*self._earlier, *([self.name] if self.exists() else [])]:
            try:
                with storage_faults(self._tables.folder):
                    hashes = self._columns(name, ["text_hash"])["text_hash"].to_pylist()
            except StoreError as error:
                if name == self.name:
                    raise
                logger.warning("vectors of %s are not used again: %s", name, error)
            else:
                places.update(dict.fromkeys(hashes, name))
        return places

    def _known(self, hashes: set[str]) -> dict[str, Vectors]:
        by_table: dict[str, list[str]] = {}
        for text_hash in sorted(hashes & self._places.keys()):
            by_table.setdefault(self._places[text_hash], []).append(text_hash)
        known: dict[str, Vectors] = {}
        for name, listed in by_table.items():
            with storage_faults(self._tables.folder):
                search = self._tables.database.open_table(name).search().where(one_of("text_hash", listed))
                found = search.select(["text_hash", "vector"]).limit(None).to_arrow()
            matrix = found["vector"].combine_chunks().flatten().to_numpy().reshape(-1, self._dim)
            known.update(zip(found["text_hash"].to_pylist(), matrix, strict=True))
        return known


def _by_path(rows: Any) -> list[str]:
    order = pc.sort_indices(rows, sort_keys=[("path", "ascending"), ("id", "ascending")])
    ids: list[str] = rows["id"].take(order).to_pylist()
    return ids


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

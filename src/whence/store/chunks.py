"""Chunks, full text and vectors in Lance: a reader frozen at one snapshot. The writer is ``store/writing.py``.

Lance is imported when the first table is opened: importing it takes over a second, and facts never need it.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whence.errors import StoreError, UsageError, VersionError
from whence.protocols import Vectors
from whence.store.arrow import STORED_COLUMNS, chunk_record, name_token, one_of, quoted, tokens_column
from whence.store.faults import storage_faults
from whence.store.ledger import Ledger
from whence.store.scope import glob_patterns
from whence.store.snapshot import Snapshot
from whence.types import HISTORY_KINDS, OPEN_END, Chunk, Kind, Scope, Scored

if TYPE_CHECKING:
    from whence.store.frozen import FrozenTable

_REFINE = 2
"""How many times more candidates than asked for are scored with full-precision vectors."""


class Tables:
    """The Lance database of one data folder. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._database: Any = None
        self._reading: Any = None
        self._lock = threading.Lock()

    @property
    def database(self) -> Any:
        """The connection, made at first use."""
        with self._lock:
            if self._database is None:
                import lancedb

                with storage_faults(self.folder):
                    self._database = lancedb.connect(str(self.folder), read_consistency_interval=timedelta(0))
            return self._database

    def names(self) -> list[str]:
        """Names of all tables."""
        with storage_faults(self.folder):
            return list(self.database.list_tables(limit=100_000).tables)

    def are_there(self, names: Iterable[str]) -> bool:
        """Whether each table has its folder; looks without importing Lance, and not into the folders."""
        return all((self.folder / f"{name}.lance").is_dir() for name in names)

    def open(self, name: str, version: int) -> "FrozenTable":
        """A table as it was at a version, for reading. Raises ``StoreError`` when it is gone."""
        from whence.store.frozen import FrozenTable, connected

        with self._lock:
            if self._reading is None:
                with storage_faults(self.folder):
                    self._reading = connected(self.folder)
        try:
            return FrozenTable.open(self._reading, name, version)
        except (ValueError, RuntimeError, OSError) as error:
            raise StoreError(
                f"The index data of table {name}, version {version}, cannot be opened: run `whence doctor --rebuild`."
            ) from error


class LanceIndex:
    """Member of the ``Index`` seam: one snapshot, read through the ledger's tombstones. Thread-safe.

    ``dropped`` counts rows that Lance returned and the ledger no longer holds. Tables stay open as they were at first
    use, whatever is written meanwhile.
    """

    def __init__(self, tables: Tables, ledger: Ledger, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.dropped = 0
        self._tables = tables
        self._ledger = ledger
        self._opened: dict[str, FrozenTable] = {}
        self._lock = threading.Lock()

    @property
    def has_vectors(self) -> bool:
        """Whether there is a vector table at all."""
        return bool(self.snapshot.vectors_table)

    def lexical(self, tokens: Sequence[str], k: int, scope: Scope, kind: Kind, *, every: bool = False) -> list[Scored]:
        """See ``protocols.Index``. BM25 with k1 = 1.2 and b = 0.75 over the rows of the kind.

        idf = ln(1 + (N - n + 0.5) / (n + 0.5)), with N and the mean length counted over rows that have a token.
        """
        if scope.kinds and kind not in scope.kinds:
            return []
        table = self.snapshot.history_table if kind in HISTORY_KINDS else self.snapshot.chunks_table
        return self._full_text(table, " ".join(tokens), tokens_column(kind), k, scope, every=every)

    def named(self, names: Sequence[str], k: int, scope: Scope, *, history: bool = False) -> list[Scored]:
        """See ``protocols.Index``."""
        tokens = [name_token(name) for name in names]
        query = " ".join(dict.fromkeys(token for token in tokens if token))
        table = self.snapshot.history_table if history else self.snapshot.chunks_table
        return self._full_text(table, query, "names", k, scope, every=False)

    def _full_text(self, table: str, query: str, column: str, k: int, scope: Scope, *, every: bool) -> list[Scored]:
        if not table or not query or k <= 0:
            return []
        opened = self._table(table)  # first: this imports Lance under a lock, for the other threads of a search, too
        from lancedb.query import FullTextOperator, MatchQuery

        match = MatchQuery(query, column, operator=FullTextOperator.AND if every else FullTextOperator.OR)
        condition = scope_condition(scope, self.snapshot)
        columns = ["id", "document_id", "path", "start", "_score"]
        with storage_faults(self._tables.folder):
            found = opened.read(lambda query: _where(query.nearest_to_text(match), condition).limit(k).select(columns))
        return in_order(_scored(found, "id", found["_score"].to_numpy(), found["start"].to_pylist()))

    def dense(self, vector: Vectors, k: int, scope: Scope) -> list[Scored]:
        """See ``protocols.Index``."""
        if not self.has_vectors or k <= 0:
            return []
        condition = scope_condition(scope, self.snapshot)
        table = self._table(self.snapshot.vectors_table)
        row = np.asarray(vector, dtype=np.float32)

        def ask(query: Any) -> Any:
            search = _where(query.nearest_to(row), condition).column("vector").distance_type("cosine").limit(k)
            if self.snapshot.approximate:
                search = search.ef(max(4 * k, 120)).nprobes(20).refine_factor(_REFINE)
            return search.select(["chunk_id", "document_id", "path", "_distance"])

        with storage_faults(self._tables.folder):
            found = table.read(ask)
        rows = _scored(found, "chunk_id", 1.0 - found["_distance"].to_numpy(), [0] * found.num_rows)
        return in_order(self._with_starts(rows))

    def _with_starts(self, rows: Sequence[Scored]) -> list[Scored]:
        """The rows, those that only their start can tell apart with it: the table of vectors does not hold it."""
        alike = Counter((row.score, row.document_id) for row in rows)
        tied = [row.chunk_id for row in rows if alike[row.score, row.document_id] > 1]
        if not tied:
            return list(rows)
        starts = {row["id"]: row["start"] for row in self._rows(self.snapshot.chunks_table, tied)}
        return [replace(row, start=starts.get(row.chunk_id, 0)) for row in rows]

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """See ``protocols.Index``. Each chunk carries the revision its source had when the snapshot was made.

        Those of commits and hunks carry their commit.
        """
        if not ids:
            return []
        wanted = list(dict.fromkeys(ids))
        found = self._rows(self.snapshot.chunks_table, wanted)
        held = {row["id"] for row in found}
        if self.snapshot.history_table and len(held) < len(wanted):
            found += self._rows(self.snapshot.history_table, [key for key in wanted if key not in held])
        live = self._ledger.live(self.snapshot.index, (row["document_id"] for row in found))
        rows = {row["id"]: row for row in found if row["document_id"] in live}
        self.dropped += len(found) - len(rows)
        revisions = {key: source.revision for key, source in self.snapshot.sources.items() if source.committed_at}
        chunks = []
        for row in (rows[key] for key in ids if key in rows):
            own = live[row["document_id"]]
            is_history = row["kind"] in HISTORY_KINDS
            chunks.append(chunk_record(row, own if is_history else revisions.get(row["source_id"], own)))
        return chunks

    def _rows(self, table: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        condition, columns = one_of("id", ids), list(STORED_COLUMNS)
        with storage_faults(self._tables.folder):
            found = self._table(table).read(lambda query: query.where(condition).select(columns).limit(len(ids)))
        rows: list[dict[str, Any]] = found.to_pylist()
        return rows

    def document_ids(self) -> set[str]:
        """Ids of the documents that have rows, live or not."""
        found: set[str] = set()
        for table in filter(None, (self.snapshot.chunks_table, self.snapshot.history_table)):
            with storage_faults(self._tables.folder):
                rows = self._table(table).read(lambda query: query.select(["document_id"]))
            found.update(rows["document_id"].to_pylist())
        return found

    def _table(self, name: str) -> "FrozenTable":
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._tables.open(name, self.snapshot.tables[name])
            return self._opened[name]


def open_index(tables: Tables, ledger: Ledger, snapshot: Snapshot, *, analyzer: str, embedder: str) -> LanceIndex:
    """The reader of a snapshot. Raises ``VersionError`` where this program would search it wrongly.

    ``analyzer`` and ``embedder`` are what questions will be analyzed and embedded with; an empty ``embedder`` means
    that vectors will not be used.
    """
    if snapshot.analyzer != analyzer:
        raise VersionError(
            f"The index {snapshot.index} was analyzed by {snapshot.analyzer}, this whence uses {analyzer}: "
            f"run `whence sync {snapshot.index}` once to analyze it again."
        )
    if embedder and snapshot.embedder and snapshot.embedder != embedder:
        raise VersionError(
            f"The vectors of index {snapshot.index} come from another model ({snapshot.embedder}, this whence has "
            f"{embedder}): run `whence sync {snapshot.index}` once to embed it again."
        )
    return LanceIndex(tables, ledger, snapshot)


def scope_condition(scope: Scope, snapshot: Snapshot) -> str:
    """The filter of a scope as an SQL condition over a table's columns; "" where it lets everything through.

    Raises ``UsageError`` for a scope that was made for another index.
    """
    if scope.index != snapshot.index:
        raise UsageError(f"This request may see the index {scope.index}, not {snapshot.index}.")
    conditions = []
    if not scope.sources.issuperset(snapshot.sources):
        conditions.append(one_of("source_id", sorted(scope.sources)))
    if scope.kinds:
        conditions.append(one_of("kind", sorted(scope.kinds)))
    if scope.languages:
        conditions.append(one_of("language", sorted(scope.languages)))
    if scope.paths:
        likes = [f"path LIKE {quoted(pattern)}" for glob in scope.paths for pattern in glob_patterns(glob)]
        conditions.append(f"({' OR '.join(likes)})")
    if scope.at is not None:
        conditions.append(f"valid_from <= {int(scope.at)} AND valid_to > {int(scope.at)}")
    elif snapshot.has_history:
        conditions.append(f"valid_to = {OPEN_END}")
    return " AND ".join(conditions)


def _where(query: Any, condition: str) -> Any:
    """The query among the rows of a condition only, "" for all of them."""
    return query.where(condition) if condition else query


def in_order(rows: Iterable[Scored]) -> list[Scored]:
    """Best first, equal scores by path, start, document, id."""
    return sorted(rows, key=lambda row: (-row.score, row.path, row.start, row.document_id, row.chunk_id))


def _scored(found: Any, id_column: str, scores: Any, starts: Sequence[int]) -> list[Scored]:
    columns = (found[name].to_pylist() for name in (id_column, "document_id", "path"))
    return [
        Scored(chunk_id=chunk_id, document_id=document_id, score=float(score), path=path or "", start=start)
        for chunk_id, document_id, path, score, start in zip(*columns, scores.tolist(), starts, strict=True)
    ]

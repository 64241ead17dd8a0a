"""Indexing: a source's documents become acknowledged rows, chunks, full text, and then vectors.

Text comes first and is published at once, so that questions can be asked while vectors are made behind it. Every
step can be repeated: after an interruption the same call goes on where the work stopped.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from whence.pipelines.progress import Listener, Pace, Progress, silent
from whence.protocols import Chunker, Embedder, Source, Vectors
from whence.store.arrow import Analyze
from whence.store.chunks import Tables
from whence.store.ledger import Ledger
from whence.store.snapshot import Snapshot, SourceRevision
from whence.store.writing import ChunkWriter
from whence.types import Document, Skipped, SourceState, Unchanged

Until = Literal["text", "vectors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexingOptions:
    """Sizes of the batches that are made durable together, and which kinds get vectors."""

    batch_chars: int = 4_000_000
    vector_batch: int = 256
    vector_kinds: tuple[str, ...] = ("code", "doc", "data")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """What one run did. ``skipped`` counts by reason; times are seconds since the run began."""

    index: str
    source_id: str
    revision: str
    n_documents: int
    n_chunks: int
    n_vectors: int
    written: int
    unchanged: int
    removed: int
    redactions: int
    uncommitted: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    text_ready_s: float = 0.0
    vectors_ready_s: float | None = None


class Indexer:
    """Writes one index. Only for the holder of the writer's lock."""

    def __init__(
        self,
        *,
        index: str,
        ledger: Ledger,
        tables: Tables,
        chunker: Chunker,
        analyze: Analyze,
        analyzer_version: str,
        passage: Callable[[str, str, str], str],
        embedder: Callable[[], Embedder],
        options: IndexingOptions,
    ) -> None:
        self._index = index
        self._ledger = ledger
        self._chunker = chunker
        self._analyzer_version = analyzer_version
        self._passage = passage
        self._make_embedder = embedder
        self._options = options
        self.writer = ChunkWriter(tables, index, analyze)

    @cached_property
    def _embedder(self) -> Embedder:
        return self._make_embedder()

    def run(self, source: Source, until: Until, listener: Listener = silent) -> IndexReport:
        """Brings the index up to the source's present state. Raises ``SourceError`` and ``StoreError``."""
        began = time.perf_counter()
        listener(Progress(stage="fetching"))
        state = source.state()
        changes = self._fetch(source, state, listener)
        self.write_pending(listener)
        snapshot = self.publish()
        text_ready_s = time.perf_counter() - began
        listener(Progress(stage="ready", note=_ready(snapshot, state, text_ready_s)))
        vectors_ready_s = None
        if until == "vectors":
            snapshot = self.write_vectors(listener)
            vectors_ready_s = time.perf_counter() - began
        return IndexReport(
            index=self._index,
            source_id=source.id,
            revision=state.revision,
            n_documents=snapshot.n_documents,
            n_chunks=snapshot.n_chunks,
            n_vectors=snapshot.n_vectors,
            written=changes.written,
            unchanged=changes.unchanged,
            removed=changes.removed,
            redactions=changes.redactions,
            uncommitted=state.uncommitted,
            skipped=dict(changes.skipped.most_common()),
            text_ready_s=text_ready_s,
            vectors_ready_s=vectors_ready_s,
        )

    def _fetch(self, source: Source, state: SourceState, listener: Listener) -> "_Changes":
        """Acknowledges what the source has; tombstones what it no longer has, only after a complete fetch."""
        held = self._ledger.held(self._index, source.id)
        generation = self._ledger.next_generation(self._index)
        changes, seen = _Changes(), set[str]()
        pace = Pace("fetching", 0, listener)
        batch: list[Document] = []
        batch_chars = 0
        for item in source.fetch(held):
            if isinstance(item, Skipped):
                changes.skipped[item.reason] += 1
                continue
            seen.add(item.id)
            if isinstance(item, Unchanged):
                changes.unchanged += 1
                continue
            changes.add(item)
            batch.append(item)
            batch_chars += len(item.text)
            if batch_chars >= self._options.batch_chars:
                self._ledger.put_documents(self._index, batch, generation)
                pace.add(len(batch))
                batch, batch_chars = [], 0
        self._ledger.put_documents(self._index, batch, generation)
        pace.add(len(batch))
        gone = held.keys() - seen
        self._ledger.delete_documents(self._index, gone, generation)
        changes.removed = len(gone)
        redactions = changes.redactions if not changes.unchanged else self._redactions(source.id) + changes.redactions
        self._ledger.put_source_state(self._index, source.id, state, changes.skipped, redactions)
        return changes

    def _redactions(self, source_id: str) -> int:
        return next((row.redactions for row in self._ledger.sources(self._index) if row.id == source_id), 0)

    def rows(self) -> dict[str, int]:
        """Rows of the newest tables: chunks, and vectors of the present model."""
        return {
            "chunks": self.writer.count(self.writer.chunks_table),
            "vectors": self.writer.count(self.writer.vectors_table(self._embedder.digest)),
        }

    def rebuild(self, listener: Listener = silent) -> Snapshot:
        """Makes the tables anew from the ledger: chunks and full text, then vectors, known ones kept."""
        self._ledger.mark_all_pending(self._index)
        self.writer.drop(keep=[self.writer.vectors_table(self._embedder.digest)])
        self.write_pending(listener)
        self.publish()
        return self.write_vectors(listener)

    def write_pending(self, listener: Listener = silent) -> int:
        """Brings Lance up to the ledger; returns how many documents were written or removed."""
        n_pending = self._ledger.counts(self._index).pending
        if not n_pending:
            return 0
        generation = self._ledger.next_generation(self._index)
        pace = Pace("text", n_pending, listener)
        for documents, removed in self._ledger.pending(self._index, self._options.batch_chars):
            chunks = [chunk for document in documents for chunk in self._chunker.split(document)]
            ids = [document.id for document in documents]
            self.writer.replace_documents(chunks, [*ids, *removed], generation)
            self._ledger.mark_indexed(self._index, ids, removed)
            pace.add(len(ids) + len(removed))
        self.writer.finish_text()
        return n_pending

    def write_vectors(self, listener: Listener = silent) -> Snapshot:
        """Embeds what has no vector yet, keeps what is done when interrupted, and publishes the result."""
        options, embedder = self._options, self._embedder
        if not self.writer.count(self.writer.chunks_table):
            return self.publish()
        missing = self.writer.missing_vectors(embedder.digest, embedder.dim, options.vector_kinds)
        pace = Pace("vectors", len(missing.missing), listener)

        def embed(rows: Sequence[Mapping[str, Any]]) -> Vectors:
            texts = [self._passage(row["title"], row["symbol"], row["text"]) for row in rows]
            return embedder.embed(texts, "passage")

        for start in range(0, len(missing.missing), options.vector_batch):
            ids = missing.missing[start : start + options.vector_batch]
            self.writer.add_vectors(embedder.digest, embedder.dim, ids, embed)
            pace.add(len(ids))
        if missing.missing or missing.stale:
            listener(Progress(stage="finishing"))
            self.writer.finish_vectors(embedder.digest, embedder.dim, missing.stale)
        return self.publish()

    def publish(self) -> Snapshot:
        """Makes the present tables what readers see."""
        writer, ledger = self.writer, self._ledger
        if not writer.count(writer.chunks_table):
            writer.replace_documents([], [""], 0)
            writer.finish_text()
        earlier = ledger.snapshot(self._index)
        digest = self._embedder.digest
        vectors_table = writer.vectors_table(digest)
        n_vectors = writer.count(vectors_table)
        tables = {writer.chunks_table: writer.version(writer.chunks_table)}
        if n_vectors:
            tables[vectors_table] = writer.version(vectors_table)
            missing = writer.missing_vectors(digest, self._embedder.dim, self._options.vector_kinds)
            n_vectors = missing.wanted - len(missing.missing)
        snapshot = Snapshot(
            index=self._index,
            tables=tables,
            chunks_table=writer.chunks_table,
            analyzer=self._analyzer_version,
            chunker=self._chunker.version,
            vectors_table=vectors_table if n_vectors else "",
            embedder=digest if n_vectors else "",
            n_documents=ledger.counts(self._index).documents,
            n_chunks=writer.count(writer.chunks_table),
            n_vectors=n_vectors,
            sources={
                row.id: SourceRevision(
                    revision=row.state.revision,
                    committed_at=row.state.committed_at,
                    position=row.state.position,
                    web_url=row.state.web_url,
                    fetched_at=row.fetched_at,
                )
                for row in ledger.sources(self._index)
            },
        )
        if earlier is not None and earlier == replace(snapshot, id=earlier.id, created_at=earlier.created_at):
            return earlier
        return ledger.publish(snapshot)


@dataclass(slots=True)
class _Changes:
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    redactions: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, document: Document) -> None:
        self.written += 1
        redactions = document.metadata.get("redactions", 0)
        self.redactions += redactions if isinstance(redactions, int) else 0


def _ready(snapshot: Snapshot, state: SourceState, text_ready_s: float) -> str:
    revision = f" @{state.revision[:7]}" if state.revision else ""
    commits = f" · {state.position:,} first-parent commits" if state.position else ""
    files = f"{snapshot.n_documents:,} files{commits} · {snapshot.n_chunks:,} chunks"
    return f"{snapshot.index}{revision}   {files}   text ready in {text_ready_s:.1f} s: you can ask now"

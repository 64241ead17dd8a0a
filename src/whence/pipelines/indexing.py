"""Indexing: a source's documents become acknowledged rows, chunks, full text, and then vectors.

Text comes first and is published at once, so that questions can be asked while vectors are made behind it. Every
step can be repeated: after an interruption the same call goes on where the work stopped.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from whence.errors import SourceError
from whence.pipelines.commits import CommitIndexer
from whence.pipelines.options import IndexingOptions as IndexingOptions  # noqa: PLC0414
from whence.pipelines.progress import Listener, Pace, Progress, silent
from whence.pipelines.publishing import IndexParts, IndexTables
from whence.protocols import Source
from whence.store.snapshot import Snapshot
from whence.store.vectors import Gaps
from whence.types import Document, Skipped, SourceState, Unchanged

Until = Literal["text", "vectors"]

FEW_DOCUMENTS: Final = 200
FEW_CHUNKS: Final = 2_000
"""Up to so many changed documents and chunks are shown beside the full text of the others, before it is made anew."""

LARGE_CHUNKS: Final = 10_000
"""In an index of fewer chunks full text is made anew in a moment."""

LoadHistory = Callable[[CommitIndexer, str, SourceState, str, Listener], Mapping[str, int] | None]
"""(commits, source id, state, revision complete before, listener): loads the history of a source and makes its commits
searchable, after its text and before its vectors. Returns why hunks were left out, counted; None where the history
cannot be read."""

TendHistory = Callable[[str, str, SourceState, Listener], None]
"""(index, source id, state, listener): does for a loaded history what no answer has to wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """What one run did. ``skipped`` counts files by reason, ``left_out`` commits whose hunks this run left out.

    Times are seconds since the run began.
    """

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
    n_commits: int = 0
    n_hunks: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    text_ready_s: float = 0.0
    history_ready_s: float | None = None
    vectors_ready_s: float | None = None


class Indexer:
    """Writes one index. Only for the holder of the writer's lock."""

    def __init__(
        self, parts: IndexParts, load_history: LoadHistory | None = None, tend_history: TendHistory | None = None
    ) -> None:
        self.tables = IndexTables(parts)
        self._index = parts.index
        self._ledger = parts.ledger
        self._chunker = parts.chunker
        self._analyzer_version = parts.analyzer_version
        self._options = parts.options
        self._load_history = load_history
        self._tend_history = tend_history

    def run(self, source: Source, until: Until, listener: Listener = silent) -> IndexReport:
        """Brings the index up to the source's present state. Raises ``SourceError`` and ``StoreError``.

        What has changed can be asked first of all, with the word statistics of what was there; then statistics are
        made anew.
        """
        began = time.perf_counter()
        listener(Progress(stage="fetching"))
        try:
            state = source.state()
        except SourceError:
            self.go_on(until, listener)
            raise
        changes = self._fetch(source, state, listener)
        snapshot = self._show_soon(listener) or self.write_text(listener)
        text_ready_s = time.perf_counter() - began
        listener(Progress(stage="ready", note=_ready(snapshot, state, text_ready_s)))
        left_out = self._write_history(source.id, state, listener)
        snapshot = self._ledger.snapshot(self._index) or snapshot
        history_ready_s = time.perf_counter() - began if snapshot.n_commits else None
        if self.tables.shown_chunks is not None:
            snapshot = self.write_text(listener)
        if self._tend_history is not None:
            self._tend_history(self._index, source.id, state, listener)
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
            left_out=left_out,
            n_commits=snapshot.n_commits,
            n_hunks=snapshot.n_hunks,
            text_ready_s=text_ready_s,
            history_ready_s=history_ready_s,
            vectors_ready_s=vectors_ready_s,
        )

    def _write_history(self, source_id: str, state: SourceState, listener: Listener) -> dict[str, int]:
        """Makes commits and hunks searchable and publishes them; says why hunks were left out, counted."""
        commits = self._commits()
        commits.tidy()
        commits.write_pending(listener)
        left_out: Mapping[str, int] | None = None
        if self._load_history is not None:
            before = self.tables.settled().get(source_id, "")
            left_out = self._load_history(commits, source_id, state, before, listener)
        if commits.finish() or left_out is not None:
            settled = (
                self.tables.settled() if left_out is None else {**self.tables.settled(), source_id: state.revision}
            )
            self.tables.publish(commits=settled)
        return dict(left_out or {})

    def _commits(self) -> CommitIndexer:
        return CommitIndexer(
            index=self._index,
            ledger=self._ledger,
            writer=self.tables.history_writer,
            chunker=self._chunker,
            publish=self.tables.publish,
            batch_chars=self._options.batch_chars,
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

    def rebuild(self, listener: Listener = silent) -> Snapshot:
        """Makes new tables from the ledger alone; the old ones serve until they are published, then go."""
        self._ledger.begin_build(self._index)
        self.write_text(listener)
        self._go_on_with_commits(listener)
        return self.write_vectors(listener)

    def _go_on_with_commits(self, listener: Listener) -> None:
        commits = self._commits()
        commits.write_pending(listener)
        if commits.finish():
            self.tables.publish()

    def go_on(self, until: Until, listener: Listener = silent) -> None:
        """Finishes what an interrupted run has acknowledged, without asking any source."""
        if self._ledger.counts(self._index).documents:
            self.write_text(listener)
            self._go_on_with_commits(listener)
            if until == "vectors":
                self.write_vectors(listener)

    def _show_soon(self, listener: Listener) -> Snapshot | None:
        """Publishes the few documents that have changed in a large index, without making its full text anew.

        None, with nothing done, where that is not so.
        """
        ledger, index, writer = self._ledger, self._index, self.tables.writer
        published = ledger.snapshot(index)
        ledger.require_recipe(index, self._recipe)
        n_pending = ledger.n_pending(index)
        is_large = published is not None and published.n_chunks >= LARGE_CHUNKS
        is_ours = published is not None and published.chunks_table == writer.name
        if not (is_large and is_ours and 0 < n_pending <= FEW_DOCUMENTS):
            return None
        documents, removed = next(ledger.pending(index, self._options.batch_chars))
        if len(documents) + len(removed) < n_pending or self.tables.are_lost() or not writer.finished():
            return None
        chunks = [chunk for document in documents for chunk in self._chunker.split(document)]
        if len(chunks) > FEW_CHUNKS:
            return None
        ids = [document.id for document in documents]
        self.tables.shown_chunks = writer.replace_beside(chunks, [*ids, *removed], ledger.next_generation(index))
        ledger.mark_indexed(index, ids, removed)
        Pace("text", n_pending, listener).add(n_pending)
        return self.tables.publish()

    @property
    def _recipe(self) -> str:
        return f"{self._chunker.version} {self._analyzer_version}"

    def write_text(self, listener: Listener = silent) -> Snapshot:
        """Brings chunks and full text up to the ledger and publishes them.

        All is made anew where another chunker or analyzer made it, or where the tables are gone.
        """
        ledger, index = self._ledger, self._index
        ledger.require_recipe(index, self._recipe)
        if self.tables.are_lost():
            ledger.begin_build(index)
        writer, n_pending = self.tables.writer, ledger.n_pending(index)
        if n_pending or not writer.finished():
            generation = ledger.next_generation(index)
            are_new = writer.begin()
            pace = Pace("text", n_pending, listener)
            for documents, removed in ledger.pending(index, self._options.batch_chars):
                chunks = [chunk for document in documents for chunk in self._chunker.split(document)]
                ids = [document.id for document in documents]
                writer.replace_documents(chunks, [*ids, *removed], generation, are_new=are_new)
                ledger.mark_indexed(index, ids, removed)
                pace.add(len(ids) + len(removed))
            writer.finish(ledger.kept_snapshots(index))
        self.tables.shown_chunks = None
        return self.tables.publish()

    def write_vectors(self, listener: Listener = silent) -> Snapshot:
        """Embeds what has no vector yet, keeps what is done when interrupted, and publishes the result."""
        options, vectors = self._options, self.tables.vectors()
        gaps = vectors.gaps(options.vector_kinds)
        pace = Pace("vectors", len(gaps.missing), listener)

        for start in range(0, len(gaps.missing), options.vector_batch):
            ids = gaps.missing[start : start + options.vector_batch]
            vectors.write(ids, self.tables.embed)
            pace.add(len(ids))
        if gaps.missing or gaps.stale:
            listener(Progress(stage="finishing"))
            vectors.finish(gaps.stale, self._ledger.kept_snapshots(self._index))
            gaps = Gaps(gaps.n_wanted, [], [])
        snapshot = self.tables.publish(gaps)
        self.tables.drop_superseded()
        return snapshot


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
    amounts = {"file": snapshot.n_documents, "first-parent commit": state.position, "chunk": snapshot.n_chunks}
    told = [f"{n:,} {noun}{'' if n == 1 else 's'}" for noun, n in amounts.items() if n or noun == "file"]
    return f"{snapshot.index}{revision}   {' · '.join(told)}   text ready in {text_ready_s:.1f} s: you can ask now"

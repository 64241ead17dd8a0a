"""The tables of one index and what readers see of them: what is written stays unseen until it is published."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from whence.pipelines.options import IndexingOptions
from whence.protocols import Chunker, Embedder, Vectors
from whence.store.arrow import Analyze
from whence.store.chunks import Tables
from whence.store.history_writing import HistoryWriter
from whence.store.ledger import Ledger
from whence.store.snapshot import Snapshot, SourceRevision
from whence.store.vectors import Gaps, VectorWriter
from whence.store.writing import ChunkWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexParts:
    """What an index is kept in, and what it is made with.

    ``passage`` makes the text that is embedded of title, symbol and text. ``embedder`` is called when vectors are
    first spoken of; ``embedder_of`` gives the model of a digest, None where it is gone. ``relatives`` gives, for a
    model's digest, tables of other indexes whose vectors may be copied.
    """

    index: str
    ledger: Ledger
    tables: Tables
    chunker: Chunker
    analyze: Analyze
    analyzer_version: str
    passage: Callable[[str, str, str], str]
    embedder: Callable[[], Embedder]
    options: IndexingOptions
    embedder_of: Callable[[str], Embedder | None] = lambda digest: None  # noqa: ARG005
    relatives: Callable[[str], Sequence[str]] = lambda digest: ()  # noqa: ARG005


class IndexTables:
    """The tables of the present build of an index. Only for the holder of the writer's lock, but for ``rows``."""

    def __init__(self, parts: IndexParts) -> None:
        self._parts = parts
        self._index = parts.index
        self._ledger = parts.ledger
        self.shown_chunks: int | None = None
        """The version of the chunk table that readers get while a newer one has no full text yet."""

    @cached_property
    def embedder(self) -> Embedder:
        """The model that new vectors are made with."""
        return self._parts.embedder()

    def embed(self, rows: Sequence[Mapping[str, Any]]) -> Vectors:
        """One vector for each row of chunks, in their order."""
        texts = [self._parts.passage(row["title"], row["symbol"], row["text"]) for row in rows]
        return self.embedder.embed(texts, "passage")

    @property
    def writer(self) -> ChunkWriter:
        """The writer of the chunk table."""
        return ChunkWriter(self._parts.tables, self._index, self._ledger.build(self._index), self._parts.analyze)

    @property
    def history_writer(self) -> HistoryWriter:
        """The writer of the table of commits and hunks."""
        return HistoryWriter(self._parts.tables, self._index, self._ledger.build(self._index), self._parts.analyze)

    def vectors(self, embedder: Embedder | None = None) -> VectorWriter:
        """The writer of the vectors of a model, of the present one unless another is given."""
        embedder, writer = embedder or self.embedder, self.writer
        digest = embedder.digest
        return VectorWriter(
            self._parts.tables,
            writer.name,
            writer.vectors_table(digest),
            embedder.dim,
            earlier=[*writer.earlier_vectors(digest), *self._parts.relatives(digest)],
            flat_rows=self._parts.options.flat_rows,
        )

    def rows(self) -> dict[str, int]:
        """Rows of the newest tables: chunks, and vectors of the present model."""
        return {"chunks": self.writer.count(), "vectors": self.vectors().count()}

    def settled(self) -> Mapping[str, str]:
        """For which revision of each source commits were complete when last published."""
        snapshot = self._ledger.snapshot(self._index)
        return snapshot.commits if snapshot is not None else {}

    def are_lost(self) -> bool:
        """Whether the ledger counts on tables that are not there, or are older than what readers were shown."""
        published = self._ledger.snapshot(self._index)
        writers: tuple[ChunkWriter | HistoryWriter, ...] = (self.writer, self.history_writer)
        missing = [writer.name for writer in writers if not writer.exists()]
        present = [writer for writer in writers if writer.name not in missing]
        if published is not None and any(published.tables.get(w.name, 0) > w.version() for w in present):
            return True
        if not missing:  # counting reads a row for each document
            return False
        counts = self._ledger.counts(self._index)
        n_held = {self.writer.name: counts.documents - counts.pending}
        n_held[self.history_writer.name] = counts.commits - counts.pending_commits
        return any(n_held[name] > 0 for name in missing)

    def publish(self, gaps: Gaps | None = None, commits: Mapping[str, str] | None = None) -> Snapshot:
        """Makes the present tables what readers see. ``gaps`` are found out if not given, ``commits`` stay as they are.

        Commits are not shown before their table can be searched; those of an earlier build are not shown at all.
        """
        ledger, writer = self._ledger, self.writer
        vectors, digest, gaps = self._shown_vectors(gaps)
        has_vectors = gaps.n_held > 0
        tables = {writer.name: self.shown_chunks or writer.version()}
        if has_vectors:
            tables[vectors.name] = vectors.version()
        counts = ledger.counts(self._index)
        history, n_commits, n_hunks = self.history_writer, 0, 0
        has_commits = history.is_searchable()
        if has_commits:
            tables[history.name] = history.version()
            counted = history.counts()
            n_commits, n_hunks = counts.commits, counted["hunk"]
        newest = ledger.snapshot(self._index)
        return ledger.publish(
            Snapshot(
                index=self._index,
                tables=tables,
                chunks_table=writer.name,
                analyzer=self._parts.analyzer_version,
                chunker=self._parts.chunker.version,
                vectors_table=vectors.name if has_vectors else "",
                embedder=digest if has_vectors else "",
                n_documents=counts.documents,
                n_chunks=writer.count(),
                n_embeddable=gaps.n_wanted,
                n_vectors=gaps.n_held,
                approximate=has_vectors and vectors.is_approximate(),
                has_history=writer.has_history(),
                history_table=history.name if has_commits else "",
                n_commits=n_commits,
                n_hunks=n_hunks,
                commits=self.settled() if commits is None else commits,
                recalibration=newest.recalibration if newest else None,
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
        )

    def _shown_vectors(self, gaps: Gaps | None) -> tuple[VectorWriter, str, Gaps]:
        """The vectors that readers get: those of the model shown so far, until another model's are not fewer."""
        vectors, digest, kinds = self.vectors(), self.embedder.digest, self._parts.options.vector_kinds
        gaps = gaps or vectors.gaps(kinds)
        newest = self._ledger.snapshot(self._index)
        if gaps.missing and newest is not None and newest.embedder not in ("", digest):
            former = self._parts.embedder_of(newest.embedder)
            held = self.vectors(former) if former else None
            if held is not None and held.exists():
                former_gaps = held.gaps(kinds)
                if former_gaps.n_held > gaps.n_held:
                    return held, newest.embedder, former_gaps
        return vectors, digest, gaps

    def drop_superseded(self) -> None:
        """Removes tables of earlier builds and of other models once no reader can have them open."""
        writer = self.writer
        kept = {name for snapshot in self._ledger.kept_snapshots(self._index) for name in snapshot.tables}
        current = [writer.name, self.history_writer.name, writer.vectors_table(self.embedder.digest)]
        writer.drop(keep=[*current, *kept])

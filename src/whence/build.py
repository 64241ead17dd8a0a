"""Builds the parts of the product: settings in, one object of each stage out, made when first needed.

What the parts do together stands in ``interface/`` (for callers) and ``jobs.py`` (for the queue of changes).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

from whence.pipelines.progress import silent
from whence.store.folder import DataFolder
from whence.store.ledger import Ledger

if TYPE_CHECKING:
    from whence.answer.generative import GenerativeWriter
    from whence.chunking.chunk import ChunkerByKind
    from whence.embedders import Embedders
    from whence.embedding.onnx import OnnxEmbedder
    from whence.embedding.remembered import RememberingEmbedder
    from whence.pipelines.asking import Asker
    from whence.pipelines.commits import CommitIndexer
    from whence.pipelines.facts import FactAsker
    from whence.pipelines.indexing import Indexer
    from whence.pipelines.past_index import PastIndexer
    from whence.pipelines.progress import Listener
    from whence.pipelines.publishing import IndexParts
    from whence.protocols import Embedder, StepwiseReader
    from whence.retrieval.analyzer import Analyzer
    from whence.settings import Settings
    from whence.sources.documents import DocumentsSource
    from whence.sources.git import GitSource
    from whence.sources.past import PastGitSource
    from whence.store.chunks import LanceIndex, Tables
    from whence.store.past_chunks import PastIndex
    from whence.store.snapshot import Snapshot
    from whence.types import Chunk, Citation, SourceState


class Parts:
    """The parts of one data folder. Thread-safe; libraries are imported with the part that needs them."""

    def __init__(self, settings: Settings, listener: Listener = silent) -> None:
        self.settings = settings
        self._listener = listener
        self.folder = DataFolder(settings.data, settings.store.sql_url)
        self._lock = threading.RLock()
        self._asking_embedders: dict[str, RememberingEmbedder] = {}

    def close(self) -> None:
        """Releases files and connections."""
        if "ledger" in self.__dict__:
            self.ledger.close()

    @property
    def ledger(self) -> Ledger:
        """The opened ledger; makes the data folder at first use."""
        with self._lock:
            if "ledger" not in self.__dict__:
                self.folder.create()
                self.__dict__["ledger"] = Ledger(self.folder)
            return cast(Ledger, self.__dict__["ledger"])

    @cached_property
    def tables(self) -> Tables:
        """The Lance database."""
        from whence.store.chunks import Tables

        return Tables(self.folder.lance)

    @cached_property
    def analyzer(self) -> Analyzer:
        """What cuts text and questions into tokens."""
        from whence.retrieval.analyzer import Analyzer

        return Analyzer(self.settings.analyzer)

    @cached_property
    def chunker(self) -> ChunkerByKind:
        """What cuts documents."""
        from whence.chunking.chunk import ChunkerByKind

        return ChunkerByKind(self.settings.chunking)

    @cached_property
    def embedders(self) -> Embedders:
        """The embedding models that are here."""
        from whence.embedders import Embedders

        return Embedders(self.folder.models, self.settings.embedding, self._listener)

    @cached_property
    def embedder(self) -> OnnxEmbedder:
        """The model that vectors are made with; its weights are loaded when it is first used. Raises ``ModelError``."""
        return self.embedders.wanted()

    @property
    def asking_embedder(self) -> RememberingEmbedder:
        """The same model for questions, which come back to the same texts."""
        return cast("RememberingEmbedder", self.asking_embedder_of(self.embedder.digest))

    def asking_embedder_of(self, digest: str) -> RememberingEmbedder | None:
        """The model of a snapshot's vectors, for questions, which come back to the same texts; None if it is gone."""
        from whence.embedding.remembered import RememberingEmbedder

        with self._lock:
            held = self._asking_embedders.get(digest)
            embedder = None if held else self.embedders.of_digest(digest)
            if embedder is not None:
                held = self._asking_embedders[digest] = RememberingEmbedder(embedder)
            return held

    @cached_property
    def passage_reader(self) -> StepwiseReader | None:
        """The model that reads passages, if the settings name one or whence carries one; loaded when first used."""
        from whence.readers import open_reader
        from whence.reading.stepwise import Stepwise

        reader = open_reader(self.settings.reader, self.embedders.folder, self._listener)
        return Stepwise(reader, self.settings.reader) if reader else None

    def fitted_for(self, embedder: str) -> str:
        """What a correction of confidence holds for: an embedder, by its digest, and the reader that is in force."""
        return f"{embedder} {self.passage_reader.digest}" if self.passage_reader else embedder

    @cached_property
    def facts(self) -> FactAsker:
        """What answers from the history alone."""
        from whence.pipelines.facts import FactAsker

        return FactAsker(self.ledger, self.folder.mirrors, self.settings.sources)

    def _load_history(
        self, commits: CommitIndexer, source_id: str, state: SourceState, before: str, listener: Listener
    ) -> Mapping[str, int] | None:
        from whence.pipelines.commits import load_commits
        from whence.pipelines.history_loading import load_source
        from whence.pipelines.history_words import WordIndexer, load_words
        from whence.pipelines.partial_history import forget_incomplete
        from whence.sources.stored import mirror_folder
        from whence.store.history import HistoryTables

        tables = HistoryTables(self.ledger.database)
        mirror, number = mirror_folder(source_id, self.folder.mirrors), None
        if mirror is not None:
            forget_incomplete(tables, commits.index, mirror)
        load_source(tables, commits.index, source_id, self.folder.mirrors, state, listener)
        if state.revision:
            number = tables.number(commits.index, source_id, state.revision)
        if mirror is None or number is None:
            return None
        left_out: Mapping[str, int] | None = None
        options = self.settings.history
        with WordIndexer(tables, number, mirror) as words:
            if options.commits:
                left_out = load_commits(
                    commits,
                    self.ledger,
                    source_id,
                    mirror,
                    state,
                    number,
                    before,
                    options,
                    listener,
                    beside=words.take,
                )
            else:
                commits.settle(source_id, {}, {})
                commits.write_pending(listener)
        load_words(tables, commits.index, source_id, mirror, state.revision, listener=listener)
        return left_out

    def _tend_history(self, index: str, source_id: str, state: SourceState, listener: Listener) -> None:
        from whence.answer.facts.python_code import definitions
        from whence.pipelines.history_definitions import load_definitions
        from whence.pipelines.history_words import tend_words
        from whence.sources.stored import mirror_folder
        from whence.store.history import HistoryTables

        tables, mirror = HistoryTables(self.ledger.database), mirror_folder(source_id, self.folder.mirrors)
        number = tables.number(index, source_id, state.revision) if mirror is not None and state.revision else None
        if mirror is not None and number is not None:
            place = (tables, index, source_id, mirror, state.revision)
            load_definitions(*place, define=definitions, listener=listener)
            tend_words(tables, number)

    def source(self, location: str, revision: str) -> GitSource | DocumentsSource:
        """The source at a location. Raises ``SourceError``."""
        from dataclasses import replace

        from whence.sources.open import open_source

        self.folder.create()
        return open_source(
            location,
            self.folder.mirrors,
            replace(self.settings.sources, revision=revision or self.settings.sources.revision),
        )

    def _analyze(self, chunk: Chunk) -> Sequence[str]:
        from whence.retrieval.analyzer import searchable_chunk

        return self.analyzer.tokens(searchable_chunk(chunk))

    def _index_parts(self, index: str) -> IndexParts:
        from whence.embedding.passage import passage_text
        from whence.pipelines.publishing import IndexParts

        return IndexParts(
            index=index,
            ledger=self.ledger,
            tables=self.tables,
            chunker=self.chunker,
            analyze=self._analyze,
            analyzer_version=self.analyzer.version,
            passage=passage_text,
            embedder=lambda: self.embedder,
            options=self.settings.indexing,
            embedder_of=self.embedders.of_digest,
        )

    def indexer(self, index: str) -> Indexer:
        """What writes an index; only for the holder of the writer's lock, but for its counts."""
        from whence.pipelines.indexing import Indexer

        return Indexer(self._index_parts(index), self._load_history, self._tend_history)

    def past_indexer(self, name: str, relatives: Sequence[str]) -> PastIndexer:
        """What writes the index of an earlier state; ``relatives`` are indexes whose vectors may be copied."""
        from dataclasses import replace

        from whence.pipelines.past_index import PastIndexer
        from whence.store.writing import vector_tables

        parts = self._index_parts(name)
        return PastIndexer(replace(parts, relatives=lambda digest: vector_tables(self.tables, relatives, digest)))

    def past_source(self, source_id: str, location: str, state: SourceState) -> PastGitSource:
        """The files of an earlier commit of an indexed repository. Raises ``RevisionError``."""
        from whence.sources.past import PastGitSource
        from whence.sources.stored import mirror_folder

        mirror = mirror_folder(source_id, self.folder.mirrors) or self.folder.mirrors
        return PastGitSource(source_id, location, mirror, state, self.settings.sources)

    def asker(self, index: str, snapshot: Snapshot, past: tuple[Snapshot, Mapping[str, int]] | None = None) -> Asker:
        """What answers from one snapshot. Raises ``VersionError``.

        For the index of an earlier state, ``past`` is the newest snapshot of the index that it was made of, which has
        the commits, and the first-parent position of each source.
        """
        from whence.answer.extractive import ExtractiveReader
        from whence.pipelines.asking import Asker
        from whence.retrieval.hybrid import HybridRetriever
        from whence.store.chunks import open_index
        from whence.store.past_chunks import PastIndex

        asking = self.asking_embedder_of(snapshot.embedder) if snapshot.vectors_table else None
        reader_of_rows = open_index(
            self.tables,
            self.ledger,
            snapshot,
            analyzer=self.analyzer.version,
            embedder=(asking or self.embedder).digest if snapshot.vectors_table else "",
        )
        searched: LanceIndex | PastIndex = reader_of_rows
        if past is not None:
            newest = open_index(self.tables, self.ledger, past[0], analyzer=self.analyzer.version, embedder="")
            searched = PastIndex(reader_of_rows, newest, past[1])
        enough = self.settings.asking.least_vectors * snapshot.n_embeddable
        embedder = asking if snapshot.n_vectors >= enough else None
        fitted = (past[0] if past else snapshot).recalibration
        correction = fitted if fitted and embedder and fitted.embedder == self.fitted_for(embedder.digest) else None
        reader = ExtractiveReader(embedder, self.settings.reading, correction, self.passage_reader)
        locations = {row.id: row.location for row in self.ledger.sources(index)}
        return Asker(
            ledger=self.ledger,
            snapshot=snapshot,
            retriever=HybridRetriever(searched, embedder, self.settings.retrieval, self.analyzer, self.passage_reader),
            reader=reader,
            threshold=reader.threshold,
            read_texts=lambda citations: self.texts(citations, locations),
            url_of=lambda source_id: self.permalinks(snapshot, source_id),
            models={
                **({"embedder": embedder.digest} if embedder else {}),
                **({"reader": self.passage_reader.digest} if self.passage_reader else {}),
            },
            options=self.settings.asking,
            writer=self._writer(embedder),
        )

    def _writer(self, embedder: Embedder | None) -> GenerativeWriter | None:
        """What writes answers with the model server of the settings, if they name one. Raises ``GenerationError``."""
        if not self.settings.generation.url:
            return None
        from whence.answer.chat_server import ChatServer
        from whence.answer.generative import GenerativeWriter

        return GenerativeWriter(ChatServer(self.settings.generation), embedder, self.settings.generation)

    def texts(self, citations: Sequence[Citation], locations: Mapping[str, str]) -> list[str | None]:
        """Each cited text, read again at its source; one pass per source."""
        from whence.pipelines.commits import read_commit_texts
        from whence.pipelines.pushing import read_pushed
        from whence.sources.stored import mirror_folder, read_stored
        from whence.store.pushing import is_pushed
        from whence.types import is_commit_id

        texts: list[str | None] = [None] * len(citations)
        for source_id, location in locations.items():
            mine = [n for n, citation in enumerate(citations) if citation.document_id.startswith(f"{source_id}:")]
            of_commits = [n for n in mine if is_commit_id(citations[n].document_id)]
            mirror = mirror_folder(source_id, self.folder.mirrors) if of_commits else None
            if mirror is not None and (mirror / "HEAD").is_file():
                shas = [citations[n].revision for n in of_commits]
                written = read_commit_texts(source_id, mirror, shas, self.settings.history)
                for n in of_commits:
                    texts[n] = written.get(citations[n].revision)
            mine = [n for n in mine if n not in of_commits]
            if mine:
                pairs = [(citations[n].path, citations[n].revision) for n in mine]
                if is_pushed(source_id):
                    found = read_pushed(self.ledger, source_id, pairs)
                else:
                    found = read_stored(source_id, location, self.folder.mirrors, pairs, self.settings.sources)
                for n, text in zip(mine, found, strict=True):
                    texts[n] = text
        return texts

    @staticmethod
    def permalinks(snapshot: Snapshot, source_id: str) -> Callable[[str, str, int, int], str]:
        """Maps (path, revision, first line, last line) to the page for people, or ""; without a path, of the commit.

        A source that is being added has documents in the ledger before a snapshot names it.
        """
        from whence.sources.addresses import commit_page, permalink

        source = snapshot.sources.get(source_id)
        web_url = source.web_url if source else ""

        def url_of(path: str, revision: str, start_line: int, end_line: int) -> str:
            if not path:
                return commit_page(web_url, revision)
            return permalink(web_url, revision, path, start_line, end_line) if web_url else ""

        return url_of

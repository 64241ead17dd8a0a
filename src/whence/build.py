"""Puts the product together: settings in, one object out that indexes, searches and answers.

``Whence`` is the Python interface, and all that the command line stands on.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from whence.errors import (
    BusyError,
    DiskFullError,
    SourceError,
    UnknownIndexError,
    UnreadableError,
    UsageError,
    WhenceError,
)
from whence.pipelines.changes import replay, submit
from whence.pipelines.progress import Listener, silent
from whence.settings import Settings, load_settings
from whence.store.folder import DataFolder
from whence.store.ledger import Ledger
from whence.store.queue import Job
from whence.store.scope import Filters, narrow
from whence.store.snapshot import Snapshot
from whence.types import Answer, Chunk, Citation, Scope, SourceState
from whence.wire import from_json, to_json

if TYPE_CHECKING:
    from whence.pipelines.asking import Asker
    from whence.pipelines.doctor import Finding
    from whence.pipelines.facts import FactAsker
    from whence.pipelines.indexing import Indexer, IndexReport, Until
    from whence.pipelines.status import IndexStatus
    from whence.retrieval.hybrid import Trace
    from whence.store.chunks import Tables

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


class Whence:
    """One data folder, opened. Thread-safe; parts are made when first needed.

    >>> whence = Whence()  # doctest: +SKIP
    >>> whence.index("~/src/requests")  # doctest: +SKIP
    >>> print(whence.ask("why is the Authorization header dropped on redirects?").answer)  # doctest: +SKIP
    """

    def __init__(
        self,
        data: str | Path | None = None,
        *,
        config: str | Path | None = None,
        settings: Settings | None = None,
        listener: Listener = silent,
    ) -> None:
        self.settings = settings or load_settings(data, config)
        self.folder = DataFolder(self.settings.data, self.settings.store.sql_url)
        self._listener = listener
        self._askers: dict[str, Asker] = {}
        self._lock = threading.RLock()

    def __enter__(self) -> Whence:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases files and connections."""
        if "ledger" in self.__dict__:
            self.ledger.close()

    # ---- changing

    def index(
        self,
        *locations: str | Path,
        name: str | None = None,
        until: Until = "vectors",
        revision: str = "",
    ) -> list[IndexReport]:
        """Indexes repositories, folders, files or URLs: each as an index of its own, or all in the index ``name``.

        Returns when all is searchable (``until`` "vectors": and embedded). Raises ``SourceError``, ``StoreError``.
        """
        if not locations:
            raise UsageError("Nothing to index: name a repository, a folder of documents, or a URL.")
        if name is not None and not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} cannot name an index: use letters, digits, '.', '_' and '-'.")
        reports = []
        for location in locations:
            source = self._source(str(location), revision)
            index = name or self._free_name(source.name, source.id)
            arguments = {"location": source.location, "revision": revision, "until": until}
            reports.append(self._submit_index(index, arguments))
        return reports

    def sync(self, *names: str, until: Until = "vectors") -> list[IndexReport]:
        """Brings indexes (all, if none is named) up to their sources' present state.

        A source that cannot be read does not keep the others from being read; its error is raised at the end.
        """
        for name in names:
            self.ledger.require(name)
        reports = []
        failures: list[WhenceError] = []
        for name in names or self.ledger.index_names():
            for row in self.ledger.sources(name):
                revision = str(row.settings.get("revision", ""))
                arguments = {"location": row.location, "revision": revision, "until": until, "source": row.id}
                try:
                    reports.append(self._submit_index(name, arguments))
                except (DiskFullError, BusyError):
                    raise
                except WhenceError as error:
                    failures.append(error)
        if failures:
            raise failures[0] if len(failures) == 1 else WhenceError("\n".join(map(str, failures)))
        return reports

    def remove(self, name: str, *, purge: bool = False) -> int:
        """Removes an index; returns how many documents it held. ``purge`` leaves no trace in the data folder."""
        self.ledger.require(name)
        documents = int(self._submit("remove", name, {"purge": purge}).get("documents", 0))
        if purge:
            self.ledger.database.checkpoint()
        return documents

    def rebuild(self, name: str) -> Snapshot:
        """Makes chunks and full text anew from the ledger, and vectors where they are missing."""
        self.ledger.require(name)
        return from_json(Snapshot, self._submit("rebuild", name, {}))

    # ---- asking

    def search(self, question: str, k: int = 10, *, name: str | None = None, filters: Filters | None = None) -> Trace:
        """The k best chunks, and how they were found. Raises ``QuestionError``, ``UnknownIndexError``."""
        from whence.pipelines.asking import search

        index = self.choose(name)
        return search(self._opened(index).retriever, question, k, self._scope(index, filters))

    def ask(
        self, question: str, *, name: str | None = None, filters: Filters | None = None, k: int | None = None
    ) -> Answer:
        """An answer whose citations were resolved, or one that abstains. Raises like ``search``.

        Facts first: who, when, how many and the like come from the history, and nothing is searched for them.
        """
        from whence.pipelines.question import checked

        question = checked(question)
        index = self.choose(name)
        scope = self._scope(index, filters)
        return self._facts.ask(question, scope) or self._opened(index).ask(question, scope, k)

    def choose(self, name: str | None = None, place: Path | None = None) -> str:
        """Which index is asked: the named one, the one that covers the working folder, or the only one.

        Raises ``UnknownIndexError`` with the list to choose from.
        """
        if name is not None:
            return self.ledger.require(name)
        names = self.ledger.index_names()
        if len(names) == 1:
            return names[0]
        from whence.pipelines.status import covering

        here = covering(self.ledger, place or Path.cwd())
        if len(here) == 1:
            return here[0]
        if not names:
            raise UnknownIndexError("Nothing is indexed yet: run `whence index PATH` first.")
        raise UnknownIndexError(f"Which index? There are: {', '.join(here or names)}. Choose with --in NAME.")

    def url(self, chunk: Chunk, index: str) -> str:
        """The page of a chunk for people, made from its source's remote, or ""."""
        snapshot = self._opened(index).snapshot
        return self._permalinks(snapshot, chunk.source_id)(chunk.path, chunk.revision, chunk.start_line, chunk.end_line)

    def cite_lines(self, path: str, first: int, last: int, *, name: str | None = None) -> Citation:
        """A citation of some lines of an indexed file (``last`` 0: to its end), at the indexed revision.

        Raises ``UsageError`` where the index has no such file, or the file no such lines.
        """
        index = self.choose(name)
        snapshot = self._opened(index).snapshot
        found = self.ledger.at_path(index, path)
        if not found:
            raise UsageError(f"{index} has no file {path!r}: `whence search` shows paths as they are indexed.")
        document = found[0]
        lines = document.text.removesuffix("\n").split("\n")  # as citations count them: no other line separators
        last = last or len(lines)
        if not 1 <= first <= last <= len(lines):
            raise UsageError(f"{path} has lines 1 to {len(lines)}: {first}-{last} is not among them.")
        start = sum(len(line) + 1 for line in lines[: first - 1])
        quote = "\n".join(lines[first - 1 : last])
        source = snapshot.sources.get(document.source_id)
        revision = source.revision if source and source.committed_at else document.revision
        return Citation(
            document_id=document.id,
            revision=revision,
            path=path,
            start=start,
            end=start + len(quote),
            start_line=first,
            end_line=last,
            quote=quote,
            title=document.title,
            url=self._permalinks(snapshot, document.source_id)(path, revision, first, last),
        )

    def read(self, citation: Citation) -> str | None:
        """The whole text of a cited document at the cited revision, redacted, or None where it is gone.

        Of a commit: what it says and the beginning of its patch.
        """
        if not citation.path:
            return self._facts.read(citation)
        names = self.ledger.index_names()
        locations = {row.id: row.location for name in names for row in self.ledger.sources(name)}
        return self._texts([citation], locations)[0]

    # ---- looking after it

    def status(self) -> list[IndexStatus]:
        """Every index, computed from the index itself; an index that is complete is not opened for that."""
        from whence.pipelines.status import index_status

        digest = self._embedder.digest
        return [
            index_status(self.ledger, self._tables, name, embedder=digest, rows=self._indexer(name).rows)
            for name in self.ledger.index_names()
        ]

    def behind(self, name: str) -> dict[str, int]:
        """First-parent commits that each local repository of an index has beyond what is indexed, by source id.

        Cheap: nothing is fetched or written. Sources elsewhere, and those that cannot be asked, are left out.
        """
        from whence.sources.git_process import run_git

        found: dict[str, int] = {}
        for row in self.ledger.sources(name):
            if row.state.committed_at is None or not Path(row.location).is_dir():
                continue
            tip = str(row.settings.get("revision", "")) or "HEAD"
            span = f"{row.state.revision}..{tip}"
            counted = run_git(Path(row.location), "rev-list", "--first-parent", "--count", "--end-of-options", span)
            if counted.status == 0 and counted.text.isdigit():
                found[row.id] = int(counted.text)
        return found

    def doctor(self, name: str | None = None) -> list[Finding]:
        """What is right and wrong with the data folder and its indexes; sweeps rows that nothing holds."""
        from whence.pipelines.doctor import examine_folder, examine_index

        replay(self.ledger, self._apply, self._listener)
        findings = examine_folder(self.ledger, self._embedder.check)
        for index in [self.ledger.require(name)] if name else self.ledger.index_names():
            findings += examine_index(
                self.ledger,
                self._tables,
                index,
                analyzer=self._analyzer.version,
                chunker=self._chunker.version,
                embedder=self._embedder.digest,
            )
        return findings

    # ---- parts

    @property
    def ledger(self) -> Ledger:
        """The opened ledger; makes the data folder at first use."""
        with self._lock:
            if "ledger" not in self.__dict__:
                self.folder.create()
                self.__dict__["ledger"] = Ledger(self.folder)
            return cast(Ledger, self.__dict__["ledger"])

    @cached_property
    def _tables(self) -> Tables:
        from whence.store.chunks import Tables

        return Tables(self.folder.lance)

    @cached_property
    def _analyzer(self) -> Any:
        from whence.retrieval.analyzer import Analyzer

        return Analyzer(self.settings.analyzer)

    @cached_property
    def _chunker(self) -> Any:
        from whence.chunking.chunk import ChunkerByKind

        return ChunkerByKind(self.settings.chunking)

    @cached_property
    def _embedder(self) -> Any:
        from whence.embedding.onnx import OnnxEmbedder

        return OnnxEmbedder(options=self.settings.embedding)

    @cached_property
    def _facts(self) -> FactAsker:
        from whence.pipelines.facts import FactAsker

        return FactAsker(self.ledger, self.folder.mirrors, self.settings.sources)

    def _load_history(self, index: str, source_id: str, state: SourceState, listener: Listener) -> None:
        from whence.pipelines.history import load_source
        from whence.store.history import HistoryTables

        load_source(HistoryTables(self.ledger.database), index, source_id, self.folder.mirrors, state, listener)

    def _source(self, location: str, revision: str) -> Any:
        from dataclasses import replace

        from whence.sources.open import open_source

        self.folder.create()
        return open_source(location, self.folder.mirrors, replace(self.settings.sources, revision=revision))

    def _analyze(self, chunk: Chunk) -> Sequence[str]:
        from whence.retrieval.analyzer import searchable

        tokens: list[str] = self._analyzer.tokens(searchable(chunk.title, chunk.symbol, chunk.text))
        return tokens

    def _indexer(self, index: str) -> Indexer:
        from whence.embedding.passage import passage_text
        from whence.pipelines.indexing import Indexer

        return Indexer(
            index=index,
            ledger=self.ledger,
            tables=self._tables,
            chunker=self._chunker,
            analyze=self._analyze,
            analyzer_version=self._analyzer.version,
            passage=passage_text,
            embedder=lambda: self._embedder,
            options=self.settings.indexing,
            load_history=self._load_history,
        )

    def _free_name(self, wanted: str, source_id: str) -> str:
        """The name itself unless an index of another source has it. Raises ``UsageError``."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip("-.") or "documents"
        if name in self.ledger.index_names():
            held = self.ledger.sources(name)
            if held and source_id not in {row.id for row in held}:
                raise UsageError(
                    f"There is already an index {name!r}, of {held[0].location}: give this one another name with "
                    f"--name, or say --name {name} to add it to that index."
                )
        return name

    def _scope(self, index: str, filters: Filters | None) -> Scope:
        allowed = [row.id for row in self.ledger.sources(index)]
        return narrow(index, allowed, filters or Filters())

    def _opened(self, index: str) -> Asker:
        """The parts that answer from the newest snapshot of an index; kept until another is published."""
        from whence.pipelines.asking import required_snapshot

        with self._lock:
            kept, snapshot = self._askers.get(index), required_snapshot(self.ledger, index)
            if kept is None or kept.snapshot.id != snapshot.id:
                kept = self._askers[index] = self._asker(index, snapshot)
            return kept

    def _asker(self, index: str, snapshot: Snapshot) -> Asker:
        from whence.answer.extractive import ExtractiveReader
        from whence.pipelines.asking import Asker
        from whence.retrieval.hybrid import HybridRetriever
        from whence.store.chunks import open_index

        reader_of_rows = open_index(
            self._tables,
            self.ledger,
            snapshot,
            analyzer=self._analyzer.version,
            embedder=self._embedder.digest if snapshot.vectors_table else "",
        )
        embedder = (
            self._embedder if snapshot.n_vectors >= self.settings.asking.least_vectors * snapshot.n_embeddable else None
        )
        reader = ExtractiveReader(embedder, self.settings.reading)
        locations = {row.id: row.location for row in self.ledger.sources(index)}
        return Asker(
            ledger=self.ledger,
            snapshot=snapshot,
            retriever=HybridRetriever(reader_of_rows, embedder, self.settings.retrieval, self._analyzer),
            reader=reader,
            threshold=reader.threshold,
            read_texts=lambda citations: self._texts(citations, locations),
            url_of=lambda source_id: self._permalinks(snapshot, source_id),
            models={"embedder": self._embedder.digest} if embedder else {},
            options=self.settings.asking,
        )

    def _texts(self, citations: Sequence[Citation], locations: Mapping[str, str]) -> list[str | None]:
        """Each cited text, read again at its source; one pass per source."""
        from whence.sources.stored import read_stored

        texts: list[str | None] = [None] * len(citations)
        for source_id, location in locations.items():
            mine = [n for n, citation in enumerate(citations) if citation.document_id.startswith(f"{source_id}:")]
            if mine:
                pairs = [(citations[n].path, citations[n].revision) for n in mine]
                found = read_stored(source_id, location, self.folder.mirrors, pairs, self.settings.sources)
                for n, text in zip(mine, found, strict=True):
                    texts[n] = text
        return texts

    @staticmethod
    def _permalinks(snapshot: Snapshot, source_id: str) -> Callable[[str, str, int, int], str]:
        from whence.sources.addresses import permalink

        web_url = snapshot.sources[source_id].web_url

        def url_of(path: str, revision: str, start_line: int, end_line: int) -> str:
            return permalink(web_url, revision, path, start_line, end_line) if web_url else ""

        return url_of

    # ---- jobs

    def _submit_index(self, name: str, arguments: Mapping[str, Any]) -> IndexReport:
        from whence.pipelines.indexing import IndexReport

        result = self._submit("index", name, arguments)
        if not result:
            raise WhenceError(f"The index {name} was removed while it was being written.")
        return from_json(IndexReport, result)

    def _submit(self, action: str, index: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return submit(self.ledger, action, index, arguments, self._apply, self._listener)

    def _apply(self, job: Job) -> Mapping[str, Any]:
        actions: dict[str, Callable[[Job], Mapping[str, Any]]] = {
            "index": self._apply_index,
            "rebuild": self._apply_rebuild,
            "remove": self._apply_remove,
        }
        return actions[job.action](job)

    def _apply_index(self, job: Job) -> Mapping[str, Any]:
        revision, until = str(job.arguments["revision"]), job.arguments["until"]
        try:
            source = self._source(str(job.arguments["location"]), revision)
            if job.arguments.get("source", source.id) != source.id:  # a damaged repository looks like a plain folder
                raise UnreadableError(
                    f"{source.location} is no longer the source that {job.index} was made from "
                    f"({job.arguments['source']}, now {source.id}): restore it, or index it under another --name."
                )
        except SourceError:
            if job.index in self.ledger.index_names():
                self._indexer(job.index).go_on(until, self._listener)
            raise
        self.ledger.create_index(job.index)
        self.ledger.put_source(job.index, source.id, source.location, {"revision": revision})
        try:
            record: Mapping[str, Any] = to_json(self._indexer(job.index).run(source, until, self._listener))
        except BaseException:
            if self.ledger.snapshot(job.index) is None and not self.ledger.counts(job.index).documents:
                self.ledger.remove_index(job.index)
            raise
        return record

    def _apply_rebuild(self, job: Job) -> Mapping[str, Any]:
        record: Mapping[str, Any] = to_json(self._indexer(job.index).rebuild(self._listener))
        return record

    def _apply_remove(self, job: Job) -> Mapping[str, Any]:
        from whence.pipelines.removal import remove_index
        from whence.sources.stored import forget_source

        def forget(source_id: str) -> None:
            forget_source(source_id, self.folder.mirrors)

        writer = self._indexer(job.index).writer
        documents = remove_index(self.ledger, writer, job.index, purge=bool(job.arguments["purge"]), forget=forget)
        return {"documents": documents}

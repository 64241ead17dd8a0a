"""The Python interface: one data folder that indexes, searches and answers. The command line stands on it alone."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from whence.build import Parts
from whence.errors import BusyError, DiskFullError, UnknownIndexError, UsageError, WhenceError
from whence.jobs import Jobs
from whence.pipelines.progress import Listener, silent
from whence.settings import Settings, load_settings
from whence.store.folder import DataFolder
from whence.store.ledger import Ledger
from whence.store.pushing import is_pushed
from whence.store.scope import Filters, narrow
from whence.store.snapshot import Recalibration, Snapshot
from whence.types import HISTORY_KINDS, Answer, Chunk, Citation, Document, Scope
from whence.wire import from_json, to_json

if TYPE_CHECKING:
    from whence.answer.facts.query import FactQuery
    from whence.earlier import EarlierStates
    from whence.embedders import Embedders
    from whence.pipelines.as_of import Past
    from whence.pipelines.asking import Asker, OnFound
    from whence.pipelines.doctor import Finding
    from whence.pipelines.indexing import IndexReport, Until
    from whence.pipelines.pushing import Acknowledged, PushedDocument
    from whence.pipelines.status import IndexStatus
    from whence.protocols import Embedder, History
    from whence.retrieval.changed_files import ChangedFile
    from whence.retrieval.hybrid import Trace
    from whence.sources.as_of import AsOf

_DOCUMENTS_AT_ONCE = 200
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
        self._parts = Parts(settings or load_settings(data, config), listener)
        self._jobs = Jobs(self._parts, listener)
        self._askers: dict[str, Asker] = {}
        self._daring: dict[str, Asker] = {}
        self._lock = threading.RLock()

    def __enter__(self) -> Whence:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases files and connections."""
        self._parts.close()

    @property
    def settings(self) -> Settings:
        """What is in force."""
        return self._parts.settings

    @property
    def folder(self) -> DataFolder:
        """Where everything is stored."""
        return self._parts.folder

    @property
    def ledger(self) -> Ledger:
        """The opened ledger; makes the data folder at first use."""
        return self._parts.ledger

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
            source = self._parts.source(str(location), revision)
            index = name or self._free_name(source.name, source.id)
            arguments = {"location": source.location, "revision": revision, "until": until}
            reports.append(self._jobs.index(index, arguments))
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
                if is_pushed(row.id):
                    continue  # what was handed in is nowhere else
                revision = str(row.settings.get("revision", ""))
                arguments = {"location": row.location, "revision": revision, "until": until, "source": row.id}
                try:
                    reports.append(self._jobs.index(name, arguments))
                except (DiskFullError, BusyError):
                    raise
                except WhenceError as error:
                    failures.append(error)
            if self.settings.as_of.newest_tags and until == "vectors" and not failures:
                self.prepare(*self._earlier.newest_tags(name), name=name)
        if failures:
            raise failures[0] if len(failures) == 1 else WhenceError("\n".join(map(str, failures)))
        return reports

    def remove(self, name: str, *, purge: bool = False) -> int:
        """Removes an index; returns how many documents it held. ``purge`` leaves no trace in the data folder."""
        self.ledger.require(name)
        documents = int(self._jobs.submit("remove", name, {"purge": purge}).get("documents", 0))
        if purge:
            self.ledger.database.checkpoint()
        return documents

    def put(self, name: str, *documents: PushedDocument) -> list[Acknowledged]:
        """Stores documents of one's own in an index, which is made if it is not there; durable when this returns.

        They become searchable with the next ``work_off``, ``index`` or ``sync`` of any process. Raises ``UsageError``,
        ``UnreadableError``.
        """
        from whence.pipelines.pushing import put

        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} cannot name an index: use letters, digits, '.', '_' and '-'.")
        self.ledger.create_index(name)
        return put(self.ledger, name, documents, self.settings.sources)

    def delete(self, name: str, document_id: str) -> None:
        """Hides a document that was ``put``, at once and for good. Raises ``RefusedError`` for any other document."""
        from whence.pipelines.pushing import delete

        delete(self.ledger, self.ledger.require(name), document_id)

    def work_off(self) -> int:
        """Applies the changes that wait, unless another process is writing; returns how many."""
        return self._jobs.replay()

    def rebuild(self, name: str) -> Snapshot:
        """Makes chunks and full text anew from the ledger, and vectors where they are missing."""
        self.ledger.require(name)
        return from_json(Snapshot, self._jobs.submit("rebuild", name, {}))

    # ---- asking

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        name: str | None = None,
        filters: Filters | None = None,
        allowed: Collection[str] | None = None,
    ) -> Trace:
        """The k best chunks, and how they were found. Raises ``QuestionError``, ``UnknownIndexError``, ``AsOfError``.

        Of the index's sources only those ``allowed`` exist for this caller (None: all).
        """
        from whence.pipelines.asking import search

        index = self.choose(name)
        scope = self._scope(index, filters, allowed)
        past = self._earlier.find(index, scope.sources, filters.as_of) if filters and filters.as_of else None
        asker, scope, notes = self._opened_at(index, scope, filters, past)
        trace = search(asker.retriever, question, k, scope)
        return replace(trace, skipped=(*trace.skipped, *past.notes, *notes)) if past else trace

    def files_for(self, text: str, k: int = 10, *, name: str | None = None, at: int | None = None) -> list[ChangedFile]:
        """The files that a change of this description (a commit message, an issue) likely concerns, best first.

        Told by the commits and hunks that are most like it; ``at`` lets only those count that had landed by that
        first-parent position. Empty where an index has no history. Raises ``QuestionError``, ``UnknownIndexError``.
        """
        from whence.pipelines.changed_files import files_for

        index = self.choose(name)
        scope = replace(self._scope(index, None, None), at=at)
        asker = self._opened(index)
        return files_for(self.ledger, self._parts.folder.mirrors, asker.snapshot, asker.retriever, text, k, scope)

    def ask(
        self,
        question: str,
        *,
        name: str | None = None,
        filters: Filters | None = None,
        k: int | None = None,
        allowed: Collection[str] | None = None,
        on_search: Callable[[], None] | None = None,
        on_found: OnFound | None = None,
    ) -> Answer:
        """An answer whose citations were resolved, or one that abstains. Raises like ``search``.

        Facts first: who, when, how many and the like come from the history, and nothing is searched for them. Where
        something is searched, ``on_search`` is called before, and ``on_found`` is told what was found before the answer
        is written. ``filters.as_of``, or the question itself ("as of v2.0, ..."), asks an earlier state.
        """
        from whence.pipelines.question import checked

        question = checked(question)
        index = self.choose(name)
        scope = self._scope(index, filters, allowed)
        past, asked, notes = self._earlier.understood(index, scope.sources, question, filters.as_of if filters else "")
        answer = self._parts.facts.ask(asked, scope, past)
        if answer is None:
            from whence.pipelines.asked_reasons import with_reasons

            asker, searched, missing = self._opened_at(index, scope, filters, past)
            notes += missing
            if on_search is not None:
                on_search()
            answer = asker.ask(asked, searched, k, on_found)
            answer = with_reasons(answer, asked, lambda query: self._parts.facts.ask(asked, scope, past, query))
        notes = tuple(note for note in notes if note not in answer.skipped)
        return replace(
            answer, question=question, skipped=(*answer.skipped, *notes), asked_as_of=past.wanted if past else ""
        )

    def ask_anyway(self, question: str, *, name: str | None = None, filters: Filters | None = None) -> Answer:
        """The answer if nothing were abstained from, with the shipped confidence; facts and earlier states left out.

        For fitting a confidence. Raises like ``search``.
        """
        index = self.choose(name)
        snapshot = self._opened(index).snapshot
        with self._lock:
            kept = self._daring.get(index)
            if kept is None or kept.snapshot.id != snapshot.id:
                plain = self._parts.asker(index, replace(snapshot, recalibration=None))
                kept = self._daring[index] = replace(plain, threshold=-1.0, writer=None)
        return kept.ask(question, self._scope(index, filters, None))

    def recalibrate(self, name: str, recalibration: Recalibration | None) -> None:
        """Gives an index its own correction of confidence from now on; None takes it back."""
        fitted = None if recalibration is None else to_json(recalibration)
        self._jobs.submit("calibrate", self.ledger.require(name), {"recalibration": fitted})

    def why(
        self,
        target: str,
        *,
        name: str | None = None,
        as_of: str = "",
        allowed: Collection[str] | None = None,
    ) -> Answer:
        """Why ``FILE:LINE``, ``FILE:A-B``, ``FILE``, a name, ``FILE::NAME``, a commit or ``#123`` is as it is.

        The commits behind it and the reasons that the history gives, every one quoted; abstains where nothing is
        called so. Raises like ``ask``, and ``UsageError`` for an index without a history.
        """
        from whence.answer.facts.query import FactQuery

        return self.fact(FactQuery(kind="why", text=target), target, name=name, as_of=as_of, allowed=allowed)

    def fact(
        self,
        query: FactQuery,
        question: str,
        *,
        name: str | None = None,
        as_of: str = "",
        allowed: Collection[str] | None = None,
    ) -> Answer:
        """The answer to a fact question that is understood already; ``question`` is how the answer names it.

        Abstains where nothing is called so. Raises like ``ask``, and ``UsageError`` for an index without a history.
        """
        from whence.pipelines.question import checked

        question = checked(question)
        index = self.choose(name)
        scope = self._scope(index, None, allowed)
        past, _, notes = self._earlier.understood(index, scope.sources, question, as_of)
        answer = self._parts.facts.ask(question, scope, past, query)
        if answer is None:
            raise UsageError(f"{index} has no history to ask: that needs a git repository.")
        skipped = (*answer.skipped, *(note for note in notes if note not in answer.skipped))
        return replace(answer, skipped=skipped, asked_as_of=past.wanted if past else "")

    def files(self, start: str, *, name: str | None = None) -> list[str]:
        """Paths of an index's repositories that begin so, each only up to the folder below; for completion."""
        return self._parts.facts.files(self.choose(name), start)

    def meant(self, as_of: str, *, name: str | None = None, allowed: Collection[str] | None = None) -> dict[str, AsOf]:
        """The commit that a state means in each source, by source id. Raises ``AsOfError``, ``SourceError``."""
        index = self.choose(name)
        return dict(self._earlier.find(index, self._scope(index, None, allowed).sources, as_of).states)

    def prepare(self, *wanted: str, name: str | None = None) -> None:
        """Makes earlier states ahead, with all their vectors.

        Raises ``AsOfError`` before anything is made, ``SourceError``, ``StoreError``.
        """
        index = self.choose(name)
        self._earlier.prepare(index, [row.id for row in self.ledger.sources(index)], wanted)

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
        return self.urls([chunk], index)[0]

    def urls(self, chunks: Sequence[Chunk], index: str) -> list[str]:
        """The pages of chunks for people, in order; "" where a source has none."""
        snapshot = self._opened(index).snapshot
        pages = {source_id: self._parts.permalinks(snapshot, source_id) for source_id in {c.source_id for c in chunks}}
        return [
            pages[chunk.source_id](
                "" if chunk.kind in HISTORY_KINDS else chunk.path, chunk.revision, chunk.start_line, chunk.end_line
            )
            for chunk in chunks
        ]

    def cite_lines(
        self,
        path: str,
        first: int,
        last: int,
        *,
        name: str | None = None,
        as_of: str = "",
        allowed: Collection[str] | None = None,
    ) -> Citation:
        """A citation of some lines of an indexed file (``last`` 0: to its end), at the indexed revision.

        With ``as_of`` it is any file of that state. Raises ``UsageError`` where the index has no such file, or the
        file no such lines.
        """
        from whence.pipelines.cited_lines import cited_lines

        index = self.choose(name)
        if as_of:
            return self._earlier.cite_lines(index, path, first, last, as_of, allowed)
        snapshot = self._opened(index).snapshot
        found = [
            document
            for document in self.ledger.at_path(index, path)
            if allowed is None or document.source_id in allowed
        ]
        if not found:
            raise UsageError(f"{index} has no file {path!r}: `whence search` shows paths as they are indexed.")
        document = found[0]
        last, start, quote = cited_lines(document.text, path, first, last)
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
            url=self._parts.permalinks(snapshot, document.source_id)(path, revision, first, last),
        )

    def read(self, citation: Citation) -> str | None:
        """The whole text of a cited document at the cited revision, redacted, or None where it is gone.

        Of a commit: what it says and the beginning of its patch; of a hunk, the commit with all of its patch.
        """
        if not citation.path:
            return self._parts.facts.read(citation)
        return self._text(citation)

    def resolves(self, citation: Citation) -> bool:
        """Whether quote and lines of a citation stand at its source, read again now; a fact may cite a blank line."""
        from whence.answer.citations import verify

        texts = (self._text(citation), None if citation.path else self._parts.facts.read(citation))
        return any(text is not None and (verify(citation, text) or _is_blank(citation, text)) for text in texts)

    def _text(self, citation: Citation) -> str | None:
        names = self.ledger.index_names()
        locations = {row.id: row.location for name in names for row in self.ledger.sources(name)}
        return self._parts.texts([citation], locations)[0]

    def documents(self, name: str) -> Iterator[Document]:
        """Every live document of an index, by source and path."""
        index = self.ledger.require(name)
        for row in self.ledger.sources(index):
            ids = sorted(self.ledger.held(index, row.id))
            for start in range(0, len(ids), _DOCUMENTS_AT_ONCE):
                yield from self.ledger.documents(index, ids[start : start + _DOCUMENTS_AT_ONCE])

    def chunks(self, name: str) -> Iterator[Chunk]:
        """The chunks of every document of an index, cut anew as they are searched."""
        for document in self.documents(name):
            yield from self._parts.chunker.split(document)

    def histories(self, name: str, *, as_of: str = "", allowed: Collection[str] | None = None) -> Sequence[History]:
        """The histories of an index's repositories at its newest snapshot, or as of an earlier state.

        Raises ``AsOfError``.
        """
        index = self.ledger.require(name)
        sources = self._scope(index, None, allowed).sources
        past = self._earlier.find(index, sources, as_of) if as_of else None
        return [one for one in self._parts.facts.histories(index, past) if one.source_id in sources]

    @property
    def embedder(self) -> Embedder:
        """The model; its weights are loaded when it is first used."""
        return self._parts.embedder

    @property
    def embedders(self) -> Embedders:
        """The embedding models that are here."""
        return self._parts.embedders

    @property
    def recipe(self) -> str:
        """What an index would be made with now: chunker, analyzer and model."""
        parts = self._parts
        kinds = ",".join(parts.settings.indexing.vector_kinds)
        return f"{parts.chunker.version} {parts.analyzer.version} {parts.embedder.digest} {kinds}"

    @property
    def reader(self) -> str:
        """The digest of the model that reads passages, "" where none does."""
        return self._parts.passage_reader.digest if self._parts.passage_reader else ""

    def fitted_for(self, embedder: str) -> str:
        """What a correction of confidence holds for: an embedder, by its digest, and the reader that is in force."""
        return self._parts.fitted_for(embedder)

    # ---- looking after it

    def status(self) -> list[IndexStatus]:
        """Every index, computed from the index itself; an index that is complete is not opened for that."""
        from whence.pipelines.status import index_status

        digest = self._parts.embedder.digest
        return [
            index_status(self.ledger, self._parts.tables, name, embedder=digest, rows=self._parts.indexer(name).rows)
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

        self._jobs.replay()
        findings = examine_folder(self.ledger, self._parts.embedder.check)
        for index in [self.ledger.require(name)] if name else self.ledger.index_names():
            findings += examine_index(
                self.ledger,
                self._parts.tables,
                index,
                analyzer=self._parts.analyzer.version,
                chunker=self._parts.chunker.version,
                embedder=self._parts.embedder.digest,
            )
        return findings

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

    def _scope(self, index: str, filters: Filters | None, allowed: Collection[str] | None) -> Scope:
        sources = [row.id for row in self.ledger.sources(index) if allowed is None or row.id in allowed]
        return narrow(index, sources, filters or Filters())

    @cached_property
    def _earlier(self) -> EarlierStates:
        from whence.earlier import EarlierStates

        return EarlierStates(self._parts, self._jobs)

    def _opened_at(
        self, index: str, scope: Scope, filters: Filters | None, past: Past | None
    ) -> tuple[Asker, Scope, tuple[str, ...]]:
        """What answers as of a state (None: the newest), the scope that it takes, and what it has to do without."""
        newest = self._opened(index)
        if past is None or past.is_newest(newest.snapshot):
            return newest, scope, ()
        asker = self._earlier.asker(index, past)
        scope = narrow(asker.snapshot.index, scope.sources, replace(filters or Filters(), sources=()))
        return asker, scope, self._earlier.notes(index, asker, past)

    def _opened(self, index: str) -> Asker:
        """The parts that answer from the newest snapshot of an index; kept until another is published."""
        from whence.pipelines.asking import required_snapshot

        with self._lock:
            kept, snapshot = self._askers.get(index), required_snapshot(self.ledger, index)
            if kept is None or kept.snapshot.id != snapshot.id:
                kept = self._askers[index] = self._parts.asker(index, snapshot)
            return kept


def _is_blank(citation: Citation, text: str) -> bool:
    """Whether a citation without a quote is of a line that has nothing to quote."""
    lines = text.split("\n")
    line = citation.start_line
    return not citation.quote and line == citation.end_line <= len(lines) and not lines[line - 1].strip()

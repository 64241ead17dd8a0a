"""Documents as a caller may see and change them."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from whence.errors import RefusedError, WhenceError
from whence.pipelines.pushing import PushedDocument
from whence.serving.access import Caller
from whence.serving.problems import conflict, denied, not_found
from whence.serving.records import DocumentPage, DocumentReply, PutEntry, PutReply
from whence.serving.service import Service
from whence.store.listing import listed, places_of, unsearchable
from whence.store.pushing import source_of
from whence.types import Document

DEFAULT_INDEX = "documents"
_LOOK_EVERY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which documents are listed; empty means all that the caller may see."""

    index: str | None = None
    paths: Sequence[str] = ()
    kinds: Sequence[str] = ()
    languages: Sequence[str] = ()
    sources: Sequence[str] = ()
    after: str = ""
    n_max: int = 100


class DocumentView:
    """Documents, narrowed to a caller's rights. Thread-safe."""

    def __init__(self, service: Service, write_behind: "WriteBehind") -> None:
        self._service = service
        self._write_behind = write_behind

    def put(self, caller: Caller, index: str | None, given: Sequence[PushedDocument]) -> PutReply:
        """Stores documents; durable when this returns. Raises ``Problem``, ``UsageError``, ``UnreadableError``."""
        whence = self._service.whence
        name = index or self._default(caller)
        if not caller.sees(name, [source_of(name)]):
            raise denied(f"This key may not put documents into {name}.")
        done = whence.put(name, *given)
        self._service.audit(caller, "put document", "done", ", ".join(one.document.id for one in done))
        self._write_behind.nudge()
        entries = [
            PutEntry(
                id=one.document.id,
                outcome=one.outcome,
                revision=one.document.revision,
                redactions=int(str(one.document.metadata.get("redactions", 0))),
                searchable=False,
            )
            for one in done
        ]
        return self.with_searchable(PutReply(index=name, documents=entries))

    def with_searchable(self, reply: PutReply) -> PutReply:
        """The reply with what can be found by now."""
        searchable = self._searchable(reply.index, [one.id for one in reply.documents])
        entries = [one.model_copy(update={"searchable": one.id in searchable}) for one in reply.documents]
        return reply.model_copy(update={"documents": entries})

    def delete(self, caller: Caller, document_id: str, index: str | None) -> None:
        """Hides a document from everyone, at once. Raises ``Problem``: 404, or 409 for documents of other sources."""
        name = self._place(caller, document_id, index)
        try:
            self._service.whence.delete(name, document_id)
        except RefusedError as error:
            raise conflict(str(error)) from error
        self._service.audit(caller, "delete document", "done", document_id)
        self._write_behind.nudge()

    def get(self, caller: Caller, document_id: str, index: str | None) -> DocumentReply:
        """A document as it was stored. Raises ``Problem`` (404)."""
        name = self._place(caller, document_id, index)
        found = self._service.whence.ledger.documents(name, [document_id])
        if not found:
            raise not_found(f"There is no document {document_id!r}.")
        return _reply(found[0], name, searchable=document_id in self._searchable(name, [document_id]))

    def page(self, caller: Caller, wanted: Wanted) -> DocumentPage:
        """Documents by id. Raises ``UnknownIndexError``."""
        name = self._service.choose(caller, wanted.index)
        seen = self._service.sees(caller, name)
        found = listed(
            self._service.whence.ledger,
            name,
            seen & set(wanted.sources) if wanted.sources else seen,
            paths=wanted.paths,
            kinds=wanted.kinds,
            languages=wanted.languages,
            after=wanted.after,
            n_max=wanted.n_max,
        )
        is_open = self._service.whence.ledger.snapshot(name) is not None  # none yet: indexed, but nothing reads it
        entries = [replace(one, searchable=one.searchable and is_open) for one in found]
        return DocumentPage(index=name, documents=entries, next=found[-1].id if len(found) == wanted.n_max else None)

    def _default(self, caller: Caller) -> str:
        names = self._service.whence.ledger.index_names()
        return self._service.choose(caller, None) if names else DEFAULT_INDEX

    def _place(self, caller: Caller, document_id: str, index: str | None) -> str:
        """The index of a document that the caller may see; the same 404 for hidden and for absent ones."""
        for name, source_id in places_of(self._service.whence.ledger, document_id):
            if index in (None, name) and caller.sees(name, [source_id]):
                return name
        raise not_found(f"There is no document {document_id[:200]!r} that you may see.")

    def _searchable(self, index: str, ids: Sequence[str]) -> set[str]:
        ledger = self._service.whence.ledger
        snapshot = ledger.snapshot(index)
        return set(ids) - unsearchable(ledger, index, ids) if snapshot else set()


class WriteBehind:
    """Brings what was acknowledged to the index, behind the replies: one thread that takes the writer's lock if free.

    Another process that holds the lock does this work itself; then this thread looks again until nothing waits.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._nudged = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="whence-write", daemon=True)
        self._thread.start()

    def nudge(self) -> None:
        """Says that there is work."""
        self._nudged.set()

    def close(self) -> None:
        """Ends after the job at hand; what then still waits is done by whoever writes next."""
        self._ended = True
        self._nudged.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._nudged.wait(_LOOK_EVERY_S)
            self._nudged.clear()
            if self._ended:
                return
            try:
                applied = self._service.whence.work_off()
                if applied:
                    self._service.meters.batches.labels("jobs").observe(applied)
            except WhenceError as error:
                self._service.report(f"what was handed in cannot be indexed yet: {error}")


def _reply(document: Document, index: str, *, searchable: bool) -> DocumentReply:
    return DocumentReply(
        id=document.id,
        index=index,
        source_id=document.source_id,
        path=document.path,
        title=document.title,
        kind=document.kind,
        language=document.language,
        revision=document.revision,
        url=document.url,
        author=document.author,
        authored_at=document.authored_at,
        committed_at=document.committed_at,
        licence=document.licence,
        n_chars=len(document.text),
        searchable=searchable,
        text=document.text,
    )

"""Sources as a caller may see them, and bringing them up to date behind the replies."""

import threading
from collections.abc import Mapping
from pathlib import PurePath

from whence.errors import WhenceError
from whence.pipelines.status import IndexStatus, SourceStatus
from whence.serving.access import Caller, Right
from whence.serving.service import Service
from whence.serving.source_records import IndexSources, SourceEntry, SourceList, SyncReply
from whence.sources.stored import is_repository
from whence.store.listing import n_by_kind
from whence.store.pushing import is_pushed

_MAX_TAGS = 300


class SourceView:
    """What an index is made of, narrowed to a caller's rights; at most one sync of an index at a time. Thread-safe."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._failed: dict[str, str] = {}

    def page(self, caller: Caller) -> SourceList:
        """Every index of which the caller sees something."""
        names = set(self._service.index_names(caller))
        told = [self._index(caller, one) for one in self._service.whence.status() if one.name in names]
        right = {Right.WRITE: "editor", Right.ADMIN: "admin"}.get(caller.right, "reader")
        return SourceList.model_validate({"right": right, "indexes": told})

    def sync(self, caller: Caller, name: str) -> SyncReply:
        """Begins to bring an index up to date, and returns at once. Raises ``UnknownIndexError``."""
        index = self._service.choose(caller, name)
        with self._lock:
            starts = index not in self._running
            if starts:
                self._running.add(index)
                self._failed.pop(index, None)
        if starts:
            self._service.audit(caller, "sync", "done", index)
            threading.Thread(target=self._sync, args=(index,), name="whence-sync", daemon=True).start()
        return SyncReply(index=index, started=starts)

    def _sync(self, index: str) -> None:
        try:
            self._service.whence.sync(index)
        except WhenceError as error:
            self._failed[index] = str(error)
            self._service.report(f"{index} could not be brought up to date: {error}")
        finally:
            with self._lock:
                self._running.discard(index)

    def _index(self, caller: Caller, status: IndexStatus) -> IndexSources:
        seen = self._service.sees(caller, status.name)
        counted = n_by_kind(self._service.whence.ledger, status.name)
        tags = [
            tag.name
            for history in self._service.whence.histories(status.name)
            if history.source_id in seen
            for tag in list(history.tags())[: -_MAX_TAGS - 1 : -1]
        ]
        failed = self._failed.get(status.name, "")
        return IndexSources(
            name=status.name,
            snapshot=status.snapshot,
            pending=status.pending,
            indexed=status.vectors / status.embeddable if status.embeddable else 1.0,
            working=bool(status.working) or status.name in self._running,
            failed=failed if not failed or caller.may(Right.ADMIN) else "The last sync failed; the log says why.",
            tags=tags[:_MAX_TAGS],
            sources=[_entry(caller, one, counted.get(one.id, {})) for one in status.sources if one.id in seen],
        )


def _entry(caller: Caller, source: SourceStatus, counted: Mapping[str, int]) -> SourceEntry:
    location = source.location
    if not caller.may(Right.ADMIN) and "://" not in location:
        location = PurePath(location).name
    history = source.history
    return SourceEntry(
        id=source.id,
        sort="handed in" if is_pushed(source.id) else "repository" if is_repository(source.id) else "folder",
        location=location,
        branch=source.branch,
        revision=source.revision,
        committed_at=source.committed_at,
        fetched_at=source.fetched_at,
        documents=sum(n for kind, n in counted.items() if kind != "commit"),
        uncommitted=source.uncommitted,
        skipped=source.skipped,
        redactions=source.redactions,
        commits=counted.get("commit", 0),
        history_commits=history.n_commits if history else 0,
        history_wanted=history.n_wanted if history else 0,
        problem=history.problem if history else "",
    )

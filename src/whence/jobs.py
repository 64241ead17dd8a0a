"""Carries out the jobs of the queue: what each kind of change does with the parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from whence.errors import SourceError, UnreadableError, WhenceError
from whence.pipelines.changes import replay, submit
from whence.pipelines.progress import Listener
from whence.wire import from_json, to_json

if TYPE_CHECKING:
    from whence.build import Parts
    from whence.pipelines.indexing import IndexReport
    from whence.store.queue import Job


class Jobs:
    """Submits changes to one data folder, and applies them when this process holds the writer's lock."""

    def __init__(self, parts: Parts, listener: Listener) -> None:
        self._parts = parts
        self._listener = listener

    def index(self, name: str, arguments: Mapping[str, Any]) -> IndexReport:
        """Submits the indexing of a source (location, revision, until, and for a sync its id) and reports it."""
        from whence.pipelines.indexing import IndexReport

        result = self.submit("index", name, arguments)
        if not result:
            raise WhenceError(f"The index {name} was removed while it was being written.")
        return from_json(IndexReport, result)

    def submit(self, action: str, index: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Queues a change and returns its result when it is done. Raises the job's own error."""
        return submit(self._parts.ledger, action, index, arguments, self._apply, self._listener)

    def replay(self) -> int:
        """Applies what interrupted processes left, unless another process is writing; returns how many jobs."""
        return replay(self._parts.ledger, self._apply, self._listener)

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
            source = self._parts.source(str(job.arguments["location"]), revision)
            if job.arguments.get("source", source.id) != source.id:  # a damaged repository looks like a plain folder
                raise UnreadableError(
                    f"{source.location} is no longer the source that {job.index} was made from "
                    f"({job.arguments['source']}, now {source.id}): restore it, or index it under another --name."
                )
        except SourceError:
            if job.index in self._parts.ledger.index_names():
                self._parts.indexer(job.index).go_on(until, self._listener)
            raise
        self._parts.ledger.create_index(job.index)
        self._parts.ledger.put_source(job.index, source.id, source.location, {"revision": revision})
        try:
            record: Mapping[str, Any] = to_json(self._parts.indexer(job.index).run(source, until, self._listener))
        except BaseException:
            if self._parts.ledger.snapshot(job.index) is None and not self._parts.ledger.counts(job.index).documents:
                self._parts.ledger.remove_index(job.index)
            raise
        return record

    def _apply_rebuild(self, job: Job) -> Mapping[str, Any]:
        record: Mapping[str, Any] = to_json(self._parts.indexer(job.index).rebuild(self._listener))
        return record

    def _apply_remove(self, job: Job) -> Mapping[str, Any]:
        from whence.pipelines.removal import remove_index
        from whence.sources.stored import forget_source

        def forget(source_id: str) -> None:
            forget_source(source_id, self._parts.folder.mirrors)

        writer = self._parts.indexer(job.index).writer
        documents = remove_index(
            self._parts.ledger, writer, job.index, purge=bool(job.arguments["purge"]), forget=forget
        )
        return {"documents": documents}

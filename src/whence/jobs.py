"""Carries out the jobs of the queue: what each kind of change does with the parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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
            "as-of": self._apply_as_of,
            "push": self._apply_push,
            "calibrate": self._apply_calibrate,
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

    def _apply_calibrate(self, job: Job) -> Mapping[str, Any]:
        from whence.store.snapshot import Recalibration

        snapshot, fitted = self._parts.ledger.snapshot(job.index), job.arguments["recalibration"]
        if snapshot is None:
            return {}
        recalibration = None if fitted is None else from_json(Recalibration, fitted)
        return {"snapshot": self._parts.ledger.publish(replace(snapshot, recalibration=recalibration)).id}

    def _apply_as_of(self, job: Job) -> Mapping[str, Any]:
        """Makes the index of an earlier state, unless another process has done so meanwhile; lets old ones go."""
        from whence.pipelines.past_index import PastSource, forget_state, make_state, ready_snapshot, superfluous
        from whence.store.kept import kept_states
        from whence.store.tables import now

        parts, ledger, arguments = self._parts, self._parts.ledger, job.arguments
        if job.index not in ledger.index_names():
            return {}
        sources = [from_json(PastSource, item) for item in arguments["sources"]]
        name, budget_s = str(arguments["name"]), arguments["budget_s"]
        relatives = [job.index, *(state.name for state in kept_states(ledger, job.index) if state.name != name)]
        ready = ready_snapshot(
            ledger,
            name,
            {source.id: source.state.revision for source in sources},
            analyzer=parts.analyzer.version,
            chunker=parts.chunker.version,
        )
        if ready is None or (budget_s is None and ready.n_vectors < ready.n_embeddable):
            make_state(
                parts.past_indexer(name, relatives),
                ledger,
                name=name,
                shown=str(arguments["shown"]),
                wanted=str(arguments["wanted"]),
                sources=sources,
                opened=lambda source: parts.past_source(source.id, source.location, source.state),
                budget_s=budget_s,
                is_ready=ready is not None,
                listener=self._listener,
            )
            for state in superfluous(ledger, job.index, parts.settings.as_of.n_kept, now()):
                if state.name != name:
                    forget_state(parts.past_indexer(state.name, ()), ledger, state.name)
        return {"name": name}

    def _apply_push(self, job: Job) -> Mapping[str, Any]:
        """Of several that wait, the last brings the documents of all to the index."""
        from whence.store.pushing import ACTION, set_pending
        from whence.store.queue import Queue

        ledger = self._parts.ledger
        if job.index not in ledger.index_names():
            return {}
        set_pending(ledger, job.index, job.arguments["ids"])
        waiting = Queue(ledger).unfinished(job.index)
        if not any(other.action == ACTION and other.id > job.id for other in waiting):
            self._parts.indexer(job.index).go_on("vectors", self._listener)
        return {"ids": job.arguments["ids"]}

    def _apply_remove(self, job: Job) -> Mapping[str, Any]:
        from whence.pipelines.past_index import forget_state
        from whence.pipelines.removal import remove_index
        from whence.sources.stored import forget_source
        from whence.store.kept import kept_states

        def forget(source_id: str) -> None:
            forget_source(source_id, self._parts.folder.mirrors)

        for state in kept_states(self._parts.ledger, job.index):
            forget_state(self._parts.past_indexer(state.name, ()), self._parts.ledger, state.name)
        writer = self._parts.indexer(job.index).tables.writer
        documents = remove_index(
            self._parts.ledger, writer, job.index, purge=bool(job.arguments["purge"]), forget=forget
        )
        return {"documents": documents}

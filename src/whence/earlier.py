"""Questions as of an earlier state: which state is meant, and the parts that answer from it."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from whence.errors import AsOfError, WhenceError
from whence.pipelines.as_of import Past, PastStates, in_question
from whence.pipelines.asking import Asker, required_snapshot
from whence.store.kept import kept_name, mark_used
from whence.types import SourceState
from whence.wire import to_json

if TYPE_CHECKING:
    from whence.build import Parts
    from whence.jobs import Jobs

_OPEN = 4
"""Earlier states that stay open for the next question."""


class EarlierStates:
    """The earlier states of the indexes of one data folder. Thread-safe."""

    def __init__(self, parts: Parts, jobs: Jobs) -> None:
        self._parts = parts
        self._jobs = jobs
        self._askers: dict[str, Asker] = {}
        self._lock = threading.RLock()

    @cached_property
    def _states(self) -> PastStates:
        return PastStates(self._parts.folder.mirrors)

    def find(self, index: str, sources: Collection[str], wanted: str) -> Past:
        """What ``wanted`` means for those ``sources`` of an index. Raises ``AsOfError``, ``SourceError``."""
        return self._states.find(required_snapshot(self._parts.ledger, index), sources, wanted)

    def understood(
        self, index: str, sources: Collection[str], question: str, wanted: str
    ) -> tuple[Past | None, str, tuple[str, ...]]:
        """(state or None for the newest, the question without the words that named it, what to say of it).

        Without ``wanted`` the question itself may name a state; where the index has none such, the question stays as
        it is. Raises like ``find`` for what was ``wanted``.
        """
        if wanted:
            past = self.find(index, sources, wanted)
            return past, question, past.notes
        named = in_question(question, datetime.now(UTC)) if any(key.startswith("git:") for key in sources) else None
        if named is None:
            return None, question, ()
        try:
            past = self.find(index, sources, named.wanted)
        except AsOfError as error:
            return None, question, (f"asked of the newest state: {error}".rstrip("."),)
        return past, named.question, past.notes

    def asker(self, index: str, past: Past) -> Asker:
        """What answers as of a state: from the index itself where that is its newest, else from one made of it."""
        name = kept_name(index, past.key)
        self.make(index, past, budget_s=self._parts.settings.as_of.embed_s)
        snapshot = required_snapshot(self._parts.ledger, name)
        mark_used(self._parts.ledger, name, past.wanted)
        with self._lock:
            kept = self._askers.pop(name, None)
            if kept is None or kept.snapshot.id != snapshot.id:
                kept = replace(self._parts.asker(name, snapshot), name=index)
            while len(self._askers) >= _OPEN:
                del self._askers[next(iter(self._askers))]
            self._askers[name] = kept
            return kept

    def make(self, index: str, past: Past, *, budget_s: float | None) -> None:
        """Makes the index of a state unless it is there; with ``budget_s`` None, all of its vectors, too."""
        from whence.pipelines.past_index import PastSource, ready_snapshot

        parts, name = self._parts, kept_name(index, past.key)
        ready = ready_snapshot(
            parts.ledger,
            name,
            {key: state.revision for key, state in past.states.items()},
            analyzer=parts.analyzer.version,
            chunker=parts.chunker.version,
        )
        if ready is not None and (budget_s is not None or ready.n_vectors >= ready.n_embeddable):
            return
        locations = {row.id: row.location for row in parts.ledger.sources(index)}
        newest = required_snapshot(parts.ledger, index)
        sources = [
            PastSource(
                id=source_id,
                location=locations[source_id],
                state=SourceState(
                    revision=state.revision,
                    committed_at=state.committed_at,
                    position=state.position,
                    web_url=newest.sources[source_id].web_url,
                ),
            )
            for source_id, state in past.states.items()
        ]
        arguments = {
            "name": name,
            "shown": f"{index} as of {past.wanted}",
            "wanted": past.wanted,
            "budget_s": budget_s,
            "sources": [to_json(source) for source in sources],
        }
        if not self._jobs.submit("as-of", index, arguments):
            raise WhenceError(f"The index {index} was removed while its state as of {past.wanted} was being made.")

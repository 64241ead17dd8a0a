"""Makes and keeps the indexes of earlier states: their text always, vectors as far as texts are known or time allows.

Such an index is that of one commit, so scores and answers are those of a project indexed at that commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from whence.pipelines.indexing import Indexer
from whence.pipelines.progress import Listener, Pace, Progress, silent
from whence.pipelines.removal import remove_index
from whence.protocols import Source
from whence.store.kept import KeptState, kept_states
from whence.store.ledger import Ledger
from whence.store.snapshot import Snapshot
from whence.store.tables import now
from whence.types import SourceState

_IN_USE = timedelta(minutes=30)
"""A state asked so recently may be open in a reader, and stays however many there are."""

_EMBEDDED_AT_ONCE = 32
"""Chunks between two looks at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSource:
    """One source of a state that is to be made: where it was indexed from, and the commit."""

    id: str
    location: str
    state: SourceState


class PastIndexer(Indexer):
    """Writes the index of an earlier state. Only for the holder of the writer's lock.

    The ``relatives`` of its parts are other indexes of the same project: most texts of an earlier state are still
    there, and their vectors are copied.
    """

    def write_known_vectors(self, budget_s: float | None, listener: Listener = silent) -> Snapshot:
        """Copies the vectors of texts that have one, and embeds the others if that takes ``budget_s`` at most (None:
        however long it takes). A part of them would not be used, so nothing is embedded where time is too short.
        """
        vectors = self.tables.vectors()
        kinds = self._options.vector_kinds
        missing = vectors.copy(vectors.gaps(kinds).missing)
        began = time.monotonic()
        pace = Pace("vectors", len(missing), listener)
        size = self._options.vector_batch if budget_s is None else _EMBEDDED_AT_ONCE
        for start in range(0, len(missing), size):
            passed_s = time.monotonic() - began
            if budget_s is not None and (passed_s * len(missing) > budget_s * start if start else budget_s <= 0):
                break
            vectors.write(missing[start : start + size], self.tables.embed)
            pace.add(len(missing[start : start + size]))
        if vectors.exists():
            vectors.finish(vectors.gaps(kinds).stale, self._ledger.kept_snapshots(self._index))
        return self.tables.publish()


def ready_snapshot(
    ledger: Ledger, name: str, revisions: Mapping[str, str], *, analyzer: str, chunker: str
) -> Snapshot | None:
    """The snapshot of a kept state, or None where it has to be made, or made anew by this program.

    ``revisions`` has the commit of each source.
    """
    snapshot = ledger.snapshot(name)
    if snapshot is None or (snapshot.analyzer, snapshot.chunker) != (analyzer, chunker) or ledger.n_pending(name):
        return None
    held = {key: source.revision for key, source in snapshot.sources.items()}
    return snapshot if held == dict(revisions) else None


def make_state(
    indexer: PastIndexer,
    ledger: Ledger,
    *,
    name: str,
    shown: str,
    wanted: str,
    sources: Sequence[PastSource],
    opened: Callable[[PastSource], Source],
    budget_s: float | None,
    is_ready: bool,
    listener: Listener,
) -> Snapshot:
    """Makes the index ``name`` of an earlier state, which people call ``shown``; where it ``is_ready``, its vectors.

    Interrupted anywhere, it can be repeated. Raises ``SourceError``, and leaves nothing where there was nothing.
    """
    began = time.perf_counter()

    def told(progress: Progress) -> None:
        if progress.stage != "ready":
            listener(progress)

    if not is_ready:
        listener(Progress(stage="fetching", note=shown))
        ledger.create_index(name)
        try:
            for source in sources:
                settings = {"revision": source.state.revision, "wanted": [wanted], "used_at": now().isoformat()}
                ledger.put_source(name, source.id, source.location, settings)
            for source in sources:
                indexer.run(opened(source), "text", told)
        except Exception:
            if ledger.snapshot(name) is None:
                forget_state(indexer, ledger, name)
            raise
    snapshot = indexer.write_known_vectors(budget_s, told)
    amount = f"{snapshot.n_documents:,} file{'' if snapshot.n_documents == 1 else 's'} · {snapshot.n_chunks:,} chunks"
    listener(
        Progress(stage="ready", note=f"{shown}   {amount}   read in {time.perf_counter() - began:.1f} s, and kept")
    )
    return snapshot


def forget_state(indexer: PastIndexer, ledger: Ledger, name: str) -> None:
    """Removes a kept state; the local copy of its repository stays."""
    remove_index(ledger, indexer.tables.writer, name, purge=False, forget=lambda _source_id: None)


def superfluous(ledger: Ledger, index: str, n_kept: int, moment: datetime) -> list[KeptState]:
    """The states beyond ``n_kept`` that were not asked for some time, and those whose removal was never finished."""
    return [state for state in kept_states(ledger, index)[max(n_kept, 1) :] if moment - state.used_at > _IN_USE]

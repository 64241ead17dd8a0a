"""Questions as of an earlier state: which state is meant, and the parts that answer from it."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from whence.errors import AsOfError, UsageError, WhenceError
from whence.pipelines.as_of import Past, PastStates, in_question
from whence.pipelines.cited_lines import cited_lines
from whence.sources.history_queries import HistoryQueries
from whence.sources.stored import is_repository, mirror_folder, read_stored
from whence.store.kept import kept_name, mark_used
from whence.types import Citation, SourceState
from whence.wire import to_json

if TYPE_CHECKING:
    from whence.build import Parts
    from whence.jobs import Jobs
    from whence.pipelines.asking import Asker
    from whence.store.snapshot import Snapshot

_OPEN = 4
"""Earlier states that stay open for the next question."""


class EarlierStates:
    """The earlier states of the indexes of one data folder. Thread-safe."""

    def __init__(self, parts: Parts, jobs: Jobs) -> None:
        self._parts = parts
        self._jobs = jobs
        self._askers: dict[tuple[int, int], Asker] = {}
        self._lock = threading.RLock()

    @cached_property
    def _states(self) -> PastStates:
        return PastStates(self._parts.folder.mirrors)

    def _published(self, index: str) -> Snapshot:
        """The newest snapshot of an index. Raises ``StoreError`` before the first."""
        snapshot = self._parts.ledger.snapshot(index)
        if snapshot is None:
            from whence.pipelines.asking import required_snapshot  # brings numpy, which facts do without

            return required_snapshot(self._parts.ledger, index)
        return snapshot

    def find(self, index: str, sources: Collection[str], wanted: str) -> Past:
        """What ``wanted`` means for those ``sources`` of an index. Raises ``AsOfError``, ``SourceError``."""
        return self._states.find(self._published(index), sources, wanted)

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
        named = in_question(question, datetime.now(UTC)) if any(map(is_repository, sources)) else None
        if named is None:
            return None, question, ()
        try:
            past = self.find(index, sources, named.wanted)
        except AsOfError as error:
            return None, question, (f"asked of the newest state: {error}".rstrip("."),)
        return past, named.question, past.notes

    def cite_lines(
        self, index: str, path: str, first: int, last: int, wanted: str, allowed: Collection[str] | None = None
    ) -> Citation:
        """Lines of a file as it stood, read from the mirror. Raises ``UsageError``, ``SourceError``."""
        parts, newest = self._parts, self._published(index)
        sources = [source_id for source_id in newest.sources if allowed is None or source_id in allowed]
        past = self.find(index, sources, wanted)
        locations = {row.id: row.location for row in parts.ledger.sources(index)}
        for source_id, state in past.states.items():
            pairs = [(path, state.revision)]
            text = read_stored(source_id, locations[source_id], parts.folder.mirrors, pairs, parts.settings.sources)[0]
            if text is None:
                continue
            last, start, quote = cited_lines(text, path, first, last)
            return Citation(
                document_id=f"{source_id}:{path}",
                revision=state.revision,
                path=path,
                start=start,
                end=start + len(quote),
                start_line=first,
                end_line=last,
                quote=quote,
                title=path,
                url=parts.permalinks(newest, source_id)(path, state.revision, first, last),
            )
        raise UsageError(f"{index} had no text at {path!r} as of {wanted}{self._meant(past, path)}")

    def _meant(self, past: Past, path: str) -> str:
        """Paths that may have been meant: those that end so, else similar ones."""
        there = [file for source_id, state in past.states.items() for file in self._files(source_id, state.revision)]
        near = [file for file in there if file.endswith(f"/{path}")] or get_close_matches(path, there, n=3, cutoff=0.7)
        return f"; did you mean {', '.join(near[:3])}?" if near else "."

    def _files(self, source_id: str, revision: str) -> list[str]:
        mirror = mirror_folder(source_id, self._parts.folder.mirrors)
        return HistoryQueries(mirror, revision, self._parts.settings.sources).files() if mirror else []

    def prepare(self, index: str, sources: Collection[str], wanted: Sequence[str]) -> None:
        """Makes states with all their vectors, once all of them are understood; the newest needs nothing."""
        newest = self._published(index)
        states = [self.find(index, sources, words) for words in wanted]
        for past in states:
            if not past.is_newest(newest):
                self.make(index, past, budget_s=None)

    def newest_tags(self, index: str) -> list[str]:
        """The tags whose states are to be made ahead, newest first."""
        n_max = self._parts.settings.as_of.newest_tags
        if not n_max:
            return []
        return self._states.tags(self._published(index))[:n_max]

    def asker(self, index: str, past: Past) -> Asker:
        """What answers as of a state: from the index itself where that is its newest, else from one made of it."""
        name = kept_name(index, past.key)
        self.make(index, past, budget_s=self._parts.settings.as_of.embed_s)
        snapshot = self._published(name)
        newest = self._published(index)
        mark_used(self._parts.ledger, name, past.wanted)
        key = (snapshot.id, newest.id)
        with self._lock:
            kept = self._askers.pop(key, None)
            if kept is None:
                positions = {source_id: state.position for source_id, state in past.states.items()}
                kept = replace(self._parts.asker(name, snapshot, (newest, positions)), name=index)
            while len(self._askers) >= _OPEN:
                del self._askers[next(iter(self._askers))]
            self._askers[key] = kept
            return kept

    def notes(self, index: str, asker: Asker, past: Past) -> tuple[str, ...]:
        """What a search as of a state has to do without, and how that can be mended."""
        told = []
        snapshot, newest = asker.snapshot, self._published(index)
        if newest.n_vectors and not asker.models:
            told.append(
                f"{snapshot.n_vectors:,} of {snapshot.n_embeddable:,} vectors as of {past.wanted}: "
                f"`whence sync {index} --as-of {shlex.quote(past.wanted)}` makes the rest"
            )
        if not all(state.is_on_line for state in past.states.values()):
            told.append(
                f"{past.wanted} stands beside the main line: of commits, only those before it there are searched"
            )
        return tuple(told)

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
        newest = self._published(index)
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

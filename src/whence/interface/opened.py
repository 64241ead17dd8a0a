"""One data folder, opened: its parts, which index is asked, and what answers from it."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from whence.build import Parts
from whence.errors import UnknownIndexError
from whence.jobs import Jobs
from whence.pipelines.progress import Listener, silent
from whence.settings import Settings, load_settings
from whence.store.folder import DataFolder
from whence.store.ledger import Ledger
from whence.store.scope import Filters, narrow
from whence.types import Scope

if TYPE_CHECKING:
    from whence.earlier import EarlierStates
    from whence.embedders import Embedders
    from whence.pipelines.as_of import Past
    from whence.pipelines.asking import Asker
    from whence.protocols import Embedder


class OpenedFolder:
    """What every caller of a data folder needs. Parts are made when first needed."""

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

    def __enter__(self) -> Self:
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

    def _scope(self, index: str, filters: Filters | None, allowed: Collection[str] | None) -> Scope:
        sources = [row.id for row in self.ledger.sources(index) if allowed is None or row.id in allowed]
        return narrow(index, sources, filters or Filters())

    @cached_property
    def _earlier(self) -> EarlierStates:
        from whence.earlier import EarlierStates

        return EarlierStates(self._parts, self._jobs)

    def _opened(self, index: str) -> Asker:
        """The parts that answer from the newest snapshot of an index; kept until another is published."""
        from whence.pipelines.asking import required_snapshot

        with self._lock:
            kept, snapshot = self._askers.get(index), required_snapshot(self.ledger, index)
            if kept is None or kept.snapshot.id != snapshot.id:
                kept = self._askers[index] = self._parts.asker(index, snapshot)
            return kept

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

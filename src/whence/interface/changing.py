"""What changes indexes: each change is a job of the queue, done before the call returns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whence.errors import BusyError, DiskFullError, UsageError, WhenceError
from whence.interface.opened import OpenedFolder
from whence.store.pushing import is_pushed
from whence.store.snapshot import Recalibration, Snapshot
from whence.wire import from_json, to_json

if TYPE_CHECKING:
    from pathlib import Path

    from whence.pipelines.indexing import IndexReport, Until
    from whence.pipelines.pushing import Acknowledged, PushedDocument

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


class Changing(OpenedFolder):
    """Makes, fills, corrects and removes indexes."""

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

    def recalibrate(self, name: str, recalibration: Recalibration | None) -> None:
        """Gives an index its own correction of confidence from now on; None takes it back."""
        fitted = None if recalibration is None else to_json(recalibration)
        self._jobs.submit("calibrate", self.ledger.require(name), {"recalibration": fitted})

    def prepare(self, *wanted: str, name: str | None = None) -> None:
        """Makes earlier states ahead, with all their vectors.

        Raises ``AsOfError`` before anything is made, ``SourceError``, ``StoreError``.
        """
        index = self.choose(name)
        self._earlier.prepare(index, [row.id for row in self.ledger.sources(index)], wanted)

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

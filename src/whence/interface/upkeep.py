"""What looks after a data folder: how far its indexes are, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whence.interface.opened import OpenedFolder

if TYPE_CHECKING:
    from whence.pipelines.doctor import Finding
    from whence.pipelines.status import IndexStatus


class Upkeep(OpenedFolder):
    """Says how indexes stand."""

    def status(self) -> list[IndexStatus]:
        """Every index, computed from the index itself; an index that is complete is not opened for that."""
        from whence.pipelines.status import index_status

        digest = self._parts.embedder.digest
        statuses = []
        for name in self.ledger.index_names():
            rows = self._parts.indexer(name).tables.rows
            statuses.append(index_status(self.ledger, self._parts.tables, name, embedder=digest, rows=rows))
        return statuses

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

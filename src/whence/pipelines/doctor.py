"""Looks for what is wrong with a data folder, says it in sentences, and mends what can be derived again."""

from collections.abc import Callable
from dataclasses import dataclass
from shutil import disk_usage

from whence.errors import StoreError, WhenceError
from whence.store.chunks import LanceIndex, Tables
from whence.store.ledger import Ledger
from whence.store.queue import Queue
from whence.store.snapshot import Snapshot

LOW_DISK_BYTES = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. ``ok`` or not, in words, and what to do about it ("" when nothing)."""

    subject: str
    ok: bool
    text: str
    remedy: str = ""


def examine_folder(ledger: Ledger, embedder_check: Callable[[], float]) -> list[Finding]:
    """The database, the disk, the queue and the model."""
    root = ledger.folder.root
    complaints = ledger.database.check()
    findings = [
        Finding(
            subject="ledger",
            ok=not complaints,
            text=f"{root}: {complaints[0] if complaints else 'sound'}",
            remedy="restore a backup, or index again with another --data folder" if complaints else "",
        )
    ]
    free = disk_usage(root).free
    findings.append(
        Finding(
            subject="disk",
            ok=free > LOW_DISK_BYTES,
            text=f"{free / 1e9:.1f} GB free at {root}",
            remedy="" if free > LOW_DISK_BYTES else "free some space before indexing",
        )
    )
    findings.append(_queue(ledger))
    try:
        cosine = embedder_check()
    except WhenceError as error:
        findings.append(Finding(subject="model", ok=False, text=str(error), remedy="install whence again"))
    else:
        findings.append(
            Finding(
                subject="model",
                ok=cosine > 0.95,
                text=f"reference vectors reproduced at cosine {cosine:.3f}",
                remedy=""
                if cosine > 0.95
                else "this processor computes the 8-bit model inexactly; see docs/embedding.md",
            )
        )
    return findings


def examine_index(
    ledger: Ledger, tables: Tables, name: str, *, analyzer: str, chunker: str, embedder: str
) -> list[Finding]:
    """One index: readable, of this program's versions, complete, and without rows the ledger does not know."""
    snapshot = ledger.snapshot(name)
    if snapshot is None:
        remedy = f"run `whence sync {name}`"
        return [Finding(subject=name, ok=False, text="nothing is published yet", remedy=remedy)]
    findings = _versions(name, snapshot, analyzer=analyzer, chunker=chunker, embedder=embedder)
    pending = ledger.n_pending(name)
    if pending:
        text = f"{pending} documents are stored and not searchable yet"
        findings.append(Finding(subject=name, ok=False, text=text, remedy=f"run `whence sync {name}`"))
    try:
        orphans = _orphans(ledger, tables, snapshot)
    except StoreError as error:
        remedy = f"run `whence doctor --rebuild --in {name}`"
        return [*findings, Finding(subject=name, ok=False, text=str(error), remedy=remedy)]
    if orphans:
        text = f"{len(orphans)} documents have rows that the ledger no longer holds (never shown)"
        findings.append(Finding(subject=name, ok=False, text=text, remedy=f"run `whence sync {name}`"))
    if snapshot.n_vectors < snapshot.n_embeddable:
        text = f"{snapshot.n_vectors:,} of {snapshot.n_embeddable:,} chunks have vectors"
        findings.append(Finding(subject=name, ok=False, text=text, remedy=f"run `whence sync {name}`"))
    if all(finding.ok for finding in findings):
        text = f"{snapshot.n_documents:,} documents, {snapshot.n_chunks:,} chunks, all readable"
        findings.append(Finding(subject=name, ok=True, text=text))
    return findings


def _queue(ledger: Ledger) -> Finding:
    """Unfinished jobs are in order while some process is at them."""
    waiting = Queue(ledger).unfinished()
    text = f"{len(waiting)} unfinished job{'' if len(waiting) == 1 else 's'}" if waiting else "nothing unfinished"
    if waiting and ledger.folder.is_locked():
        return Finding(subject="queue", ok=True, text=f"{text}, being worked on")
    remedy = "run `whence sync`: it finishes them first" if waiting else ""
    return Finding(subject="queue", ok=not waiting, text=text, remedy=remedy)


def _versions(name: str, snapshot: Snapshot, *, analyzer: str, chunker: str, embedder: str) -> list[Finding]:
    pairs = (("analyzer", snapshot.analyzer, analyzer), ("chunker", snapshot.chunker, chunker))
    findings = [
        Finding(
            subject=name,
            ok=False,
            text=f"made with {what} {held}, this whence has {present}",
            remedy=f"run `whence sync {name}`",
        )
        for what, held, present in pairs
        if held != present
    ]
    if snapshot.embedder and snapshot.embedder != embedder:
        text = f"vectors of model {snapshot.embedder}, this whence has {embedder}"
        findings.append(Finding(subject=name, ok=False, text=text, remedy=f"run `whence sync {name}`"))
    return findings


def _orphans(ledger: Ledger, tables: Tables, snapshot: Snapshot) -> set[str]:
    rows = LanceIndex(tables, ledger, snapshot).document_ids()
    return rows - ledger.live(snapshot.index, rows).keys()

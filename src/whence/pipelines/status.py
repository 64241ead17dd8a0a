"""What an index holds, computed from the index itself and never from a file kept beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from whence.store.chunks import Tables
from whence.store.folder import DataFolder
from whence.store.history import HistoryTables
from whence.store.kept import KeptState, kept_states
from whence.store.ledger import Ledger
from whence.store.queue import Queue
from whence.store.snapshot import Snapshot
from whence.types import HistoryState


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """One source of an index."""

    id: str
    location: str
    branch: str
    revision: str
    committed_at: datetime | None
    fetched_at: datetime | None
    uncommitted: int
    skipped: Mapping[str, int]
    redactions: int
    history: HistoryState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """One index. ``pending`` documents are acknowledged and not searchable yet.

    ``embeddable`` chunks should have vectors, ``vectors`` of them have theirs. ``kept`` are the earlier states that
    questions have been asked of, the last one first.
    """

    name: str
    documents: int
    pending: int
    chunks: int
    embeddable: int
    vectors: int
    snapshot: int
    published_at: datetime | None
    working: str
    sources: Sequence[SourceStatus]
    commits: int = 0
    hunks: int = 0
    kept: Sequence[KeptState] = ()


def index_status(
    ledger: Ledger, tables: Tables, name: str, *, embedder: str, rows: Callable[[], Mapping[str, int]]
) -> IndexStatus:
    """The status of an index.

    A finished one is counted as it was published, by the ledger alone: opening Lance takes over a second. ``rows``
    says how many the newest chunk and vector tables hold, and is asked only where work is unfinished.
    """
    counts = ledger.counts(name)
    snapshot = ledger.snapshot(name)
    unfinished = Queue(ledger).unfinished(name)
    histories = HistoryTables(ledger.database)
    n_pending = counts.pending + counts.pending_commits
    if snapshot and not n_pending and not unfinished and _is_complete(snapshot, tables, embedder):
        n_chunks, n_embeddable, n_vectors = snapshot.n_chunks, snapshot.n_embeddable, snapshot.n_vectors
    else:
        counted = rows()
        n_chunks = n_embeddable = counted["chunks"]
        n_vectors = min(counted["vectors"], n_chunks)
    return IndexStatus(
        name=name,
        documents=counts.documents,
        pending=n_pending,
        commits=snapshot.n_commits if snapshot else 0,
        hunks=snapshot.n_hunks if snapshot else 0,
        chunks=n_chunks,
        embeddable=n_embeddable,
        vectors=n_vectors,
        snapshot=snapshot.id if snapshot else 0,
        published_at=snapshot.created_at if snapshot else None,
        working="; ".join(f"{job.action} {job.state} (process {job.pid})" for job in unfinished),
        sources=[
            SourceStatus(
                id=row.id,
                location=row.location,
                branch=row.state.branch,
                revision=row.state.revision,
                committed_at=row.state.committed_at,
                fetched_at=row.fetched_at,
                uncommitted=row.state.uncommitted,
                skipped=row.skipped,
                redactions=row.redactions,
                history=histories.state(name, row.id),
            )
            for row in ledger.sources(name)
        ],
        kept=kept_states(ledger, name),
    )


def _is_complete(snapshot: Snapshot, tables: Tables, embedder: str) -> bool:
    """Whether all that was published is there, with every vector of the present model."""
    has_vectors = snapshot.n_vectors >= snapshot.n_embeddable and snapshot.embedder in ("", embedder)
    return has_vectors and tables.are_there(snapshot.tables)


def disk_bytes(folder: DataFolder) -> int:
    """Bytes that the data folder takes, files that vanish meanwhile left out."""
    total = 0
    for path in folder.root.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() and not path.is_symlink() else 0
        except OSError:
            continue
    return total


def covering(ledger: Ledger, place: Path) -> list[str]:
    """Names of the indexes that have a source which is this folder, or the nearest one above it."""
    found: list[tuple[int, str]] = []
    for name in ledger.index_names():
        for row in ledger.sources(name):
            if "://" in row.location:
                continue
            location = Path(row.location)
            if place == location or location in place.parents:
                found.append((len(location.parts), name))
    deepest = max((depth for depth, _ in found), default=0)
    return sorted({name for depth, name in found if depth == deepest})

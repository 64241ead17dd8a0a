"""Which files a change concerns: the history of each source is asked, and its files at the state asked about."""

from dataclasses import replace
from pathlib import Path

from whence.pipelines.question import checked
from whence.retrieval.changed_files import ChangedFile, rank_changed_files
from whence.retrieval.hybrid import HybridRetriever
from whence.sources.blobs import path_text
from whence.sources.git_process import run_git
from whence.sources.stored import mirror_folder
from whence.store.commits import renames
from whence.store.history import HistoryTables
from whence.store.ledger import Ledger
from whence.store.snapshot import Snapshot
from whence.types import Scope


def files_for(
    ledger: Ledger, mirrors: Path, snapshot: Snapshot, retriever: HybridRetriever, text: str, k: int, scope: Scope
) -> list[ChangedFile]:
    """At most k files, best first. Only what had landed by ``scope.at`` counts (None: everything).

    Raises ``QuestionError``. Empty where there is no history.
    """
    found: list[ChangedFile] = []
    for source_id in sorted(scope.sources & snapshot.sources.keys()):
        mirror = mirror_folder(source_id, mirrors)
        if mirror is None or not snapshot.history_table:
            continue
        source = snapshot.sources[source_id]
        tables = HistoryTables(ledger.database)
        number = tables.number(snapshot.index, source_id, source.revision)
        if number is None:
            continue
        position = source.position if scope.at is None else min(scope.at, source.position)
        revision = tables.at_position(number, position) or source.revision
        found += rank_changed_files(
            retriever.index,
            retriever.analyzer,
            checked(text),
            replace(scope, sources=frozenset({source_id})),
            position=position,
            present=_files(mirror, revision),
            renamed=renames(ledger, number, position),
        )
    return sorted(found, key=lambda file: (-file.score, file.path))[:k]


def _files(mirror: Path, revision: str) -> frozenset[str]:
    listed = run_git(mirror, "ls-tree", "-r", "--name-only", "-z", revision).output
    return frozenset(path_text(path) for path in listed.split(b"\0") if path)

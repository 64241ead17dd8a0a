"""Removing an index: invisible at once, then gone from the disk. Interrupted anywhere, it can be repeated."""

import json
from collections.abc import Callable
from pathlib import Path

from whence.store.answer_log import forget_answers
from whence.store.history import HistoryTables
from whence.store.ledger import Ledger
from whence.store.writing import ChunkWriter


def remove_index(ledger: Ledger, writer: ChunkWriter, index: str, *, purge: bool, forget: Callable[[str], None]) -> int:
    """Removes an index and what only it needed; returns how many documents it held.

    ``forget`` drops the local copy of a source that no other index has. ``purge`` also overwrites what the database
    freed, and drops the answer that is kept for opening its citations if this index gave it, and the questions typed
    at the prompt, of which nobody can say what they were about.
    """
    documents = ledger.counts(index).documents
    mine = {row.id for row in ledger.sources(index)}
    ledger.hide_index(index)
    HistoryTables(ledger.database).forget(index)
    forget_answers(ledger.database, index)
    writer.drop()
    others = {row.id for name in ledger.index_names() for row in ledger.sources(name)}
    for source_id in sorted(mine - others):
        forget(source_id)
    ledger.remove_index(index)
    if purge:
        _forget_answer(ledger.folder.last_answer, index)
        ledger.folder.history.unlink(missing_ok=True)
        ledger.database.vacuum()
    return documents


def _forget_answer(kept: Path, index: str) -> None:
    """Removes the kept answer of an index, one of which nobody can say whose it is, and any half written."""
    for half in kept.parent.glob(f"{kept.name}.*"):
        half.unlink(missing_ok=True)
    try:
        answer = json.loads(kept.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        answer = None
    if not isinstance(answer, dict) or answer.get("index", index) == index:
        kept.unlink(missing_ok=True)

"""Removing an index: invisible at once, then gone from the disk, and, when asked, checked to be gone."""

from collections.abc import Callable, Iterator
from pathlib import Path

from whence.store.ledger import Ledger
from whence.store.writing import ChunkWriter

_BLOCK = 1 << 20


def remove_index(ledger: Ledger, writer: ChunkWriter, index: str, *, purge: bool, forget: Callable[[str], None]) -> int:
    """Removes an index and what only it needed; returns how many documents it held.

    ``forget`` drops the local copy of a source that no other index has. ``purge`` also overwrites what the database
    freed.
    """
    documents = ledger.counts(index).documents
    mine = {row.id for row in ledger.sources(index)}
    ledger.remove_index(index)
    writer.drop()
    others = {row.id for name in ledger.index_names() for row in ledger.sources(name)}
    for source_id in sorted(mine - others):
        forget(source_id)
    if purge:
        ledger.vacuum()
    return documents


def traces(folder: Path, words: bytes) -> Iterator[Path]:
    """Files below the folder that hold these bytes."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and _holds(path, words):
            yield path


def _holds(path: Path, words: bytes) -> bool:
    tail = b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            if words in tail + block:
                return True
            tail = block[-len(words) :]
    return False

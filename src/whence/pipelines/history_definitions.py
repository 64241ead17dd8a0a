"""What the code at the indexed revision defines: parsed once, when it is indexed, so that a question needs no parser.

Only files whose blob is new are parsed. Killed anywhere, it repeats at most one batch.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from whence.errors import HistoryNotLoadedError, MissingExtraError, UnreadableError
from whence.pipelines.code_facts import Define, extended, has_grammar, outlined, redacted
from whence.pipelines.progress import Listener, Pace, silent
from whence.sources.git_process import ObjectReader
from whence.sources.history_queries import HistoryQueries
from whence.sources.tree_text import TreeFile, regular_files
from whence.store.history import HistoryTables
from whence.store.history_definitions import FileDefinitions, Found, HistoryDefinitions

STAGE: Final = "definitions"
MADE_BY: Final = f"1 python {sys.version_info.major}.{sys.version_info.minor}"
"""The parsers and the form of what they find; counts up when either changes."""

BATCH_BYTES: Final = 4_000_000
BATCH_FILES: Final = 500
MAX_BYTES: Final = 2_000_000
"""A larger file is parsed when it is asked for: it would take gigabytes of memory while indexing."""


class ToldDefinitions:
    """The stored definitions of one history at one revision. Satisfies ``code_facts.Told``."""

    def __init__(self, tables: HistoryTables, number: Callable[[], int], revision: str) -> None:
        self._stored = HistoryDefinitions(tables.database, MADE_BY)
        self._number = number
        self._revision = revision

    def defining(self, name: str) -> Found | None:
        """What is called by a name without dots."""
        number = self._known()
        return None if number is None else self._stored.defining(number, self._revision, name)

    def extending(self, name: str) -> Found | None:
        """What extends or implements something of this name without dots."""
        number = self._known()
        return None if number is None else self._stored.extending(number, self._revision, name)

    def within(self, path: str) -> Found | None:
        """What one file defines, in order."""
        number = self._known()
        return None if number is None else self._stored.within(number, self._revision, path)

    def _known(self) -> int | None:
        try:
            return self._number()
        except HistoryNotLoadedError:
            return None


def load_definitions(
    tables: HistoryTables,
    index: str,
    source_id: str,
    mirror: Path,
    revision: str,
    *,
    define: Define,
    listener: Listener = silent,
) -> int:
    """Stores what the code at a revision defines; returns how many files were parsed.

    Nothing is done unless the tables are complete for the revision. Where git cannot read it, it is left to whoever
    asks. Raises ``StoreError``.
    """
    history = tables.number(index, source_id, revision)
    if history is None:
        return 0
    stored = HistoryDefinitions(tables.database, MADE_BY)
    if stored.is_complete(history, revision):
        return 0
    try:
        files = [file for file in regular_files(HistoryQueries(mirror, revision)) if has_grammar(file.path)]
        known = stored.known(history)
        wanted = [file for file in files if known.get(file.path) != file.blob]
        gone = sorted(known.keys() - {file.path for file in files})
        pace = Pace(STAGE, len(wanted), listener)
        if gone:
            stored.put(history, gone, ())
        with ObjectReader(mirror) as objects:
            for batch in _batches(wanted):
                stored.put(history, (), [_read(file, data, define) for file, data in _contents(objects, batch)])
                pace.add(len(batch))
    except UnreadableError:
        return 0
    stored.finish(history, revision)
    return len(wanted)


def _batches(files: Sequence[TreeFile]) -> Iterator[list[TreeFile]]:
    """So many files at a time that memory holds them."""
    batch: list[TreeFile] = []
    n_bytes = 0
    for file in files:
        if batch and (n_bytes + file.n_bytes > BATCH_BYTES or len(batch) >= BATCH_FILES):
            yield batch
            batch, n_bytes = [], 0
        batch.append(file)
        n_bytes += file.n_bytes
    if batch:
        yield batch


def _contents(objects: ObjectReader, batch: Sequence[TreeFile]) -> Iterator[tuple[TreeFile, bytes | None]]:
    """The files with what they hold; None for those that are too large or not there."""
    small = [file for file in batch if file.n_bytes <= MAX_BYTES]
    held = dict(zip([file.blob for file in small], objects.read_all([file.blob for file in small]), strict=True))
    for file in batch:
        yield file, held.get(file.blob)


def _read(file: TreeFile, data: bytes | None, define: Define) -> FileDefinitions:
    if data is None:
        return FileDefinitions(file.path, file.blob, None)
    try:
        found = outlined(file.path, data.decode("utf-8-sig", "replace"), define)
    except MissingExtraError:
        return FileDefinitions(file.path, file.blob, None)
    return FileDefinitions(file.path, file.blob, [(redacted(item), extended(item)) for item in found])

"""Writes chunks to Lance. Only the holder of the writer's lock may use it; vectors are in ``store/vectors.py``.

Every write can be repeated: a document's rows are replaced as a whole. What is written is seen by nobody until a
snapshot names its version, so a write may take several commits.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from whence.store.arrow import CHUNKS, Analyze, chunk_rows, one_of
from whence.store.chunks import Tables
from whence.store.faults import storage_faults
from whence.store.snapshot import Snapshot
from whence.store.table_indexes import TableIndexes
from whence.types import FILE_KINDS, OPEN_END, Chunk

Item = TypeVar("Item")

_INDEXES = TableIndexes(FILE_KINDS)
_IDS = 1_000
"""Ids in one condition."""

_MARGIN = timedelta(minutes=1)


class ChunkWriter:
    """Writes the chunk table of one build of an index, and says which tables are the index's own.

    Tables are ``<index>.chunks.<build>``, ``<index>.history.<build>`` (``store/history_writing.py``) and, for each
    model, ``<index>.vectors.<build>.<digest>``: a table name is never used twice, so no reader can take one for
    another. While documents are written the table has no full-text index; ``finish`` builds it anew, which costs 5 s
    for 100,000 rows, no more than bringing it up to date would, and scores are then those of a clean build.
    """

    def __init__(self, tables: Tables, index: str, build: str, analyze: Analyze) -> None:
        self.tables = tables
        self._index = index
        self._build = build
        self._analyze = analyze
        self.name = f"{index}.chunks.{build}"

    def vectors_table(self, digest: str) -> str:
        """Name of the vector table of a model."""
        return f"{self._index}.vectors.{self._build}.{_plain(digest)}"

    def earlier_vectors(self, digest: str) -> list[str]:
        """Vector tables of the same model that earlier builds have left."""
        mine = self.vectors_table(digest)
        return [name for name in self.own_tables() if name.endswith(f".{_plain(digest)}") and name != mine]

    def exists(self) -> bool:
        """Whether the table is there."""
        return self.name in self.tables.names()

    def begin(self) -> bool:
        """Opens the table for writing, made if need be, and drops its full-text index. True while it has no rows."""
        with storage_faults(self.tables.folder):
            table = self._open()
            _INDEXES.drop_full_text(table)
            return int(table.count_rows()) == 0

    def replace_documents(
        self, chunks: Sequence[Chunk], document_ids: Sequence[str], generation: int, *, are_new: bool = False
    ) -> None:
        """Makes ``chunks`` all that the table holds of these documents; with ``are_new`` it holds nothing of them."""
        with storage_faults(self.tables.folder):
            table = self._open()
            for part in parts([] if are_new else document_ids, _IDS):
                table.delete(one_of("document_id", part))
            if chunks:
                table.add(chunk_rows(chunks, generation, self._analyze))

    def replace_beside(self, chunks: Sequence[Chunk], document_ids: Sequence[str], generation: int) -> int:
        """As ``replace_documents``, for few; returns a version that can be searched before ``finish``.

        In it the full text of all other rows stays, with their statistics, and the new rows are searched one by one.
        The versions after it have no full text, so that ``finished`` says that it is still to be made.
        """
        self.replace_documents(chunks, document_ids, generation)
        shown = self.version()
        self.begin()
        return shown

    def finished(self) -> bool:
        """Whether the table is there with all its indexes: not so after an interrupted write."""
        if not self.exists():
            return False
        with storage_faults(self.tables.folder):
            return _INDEXES.are_on(self._open())

    def finish(self, kept: Sequence[Snapshot]) -> None:
        """Compacts, builds the full-text and look-up indexes, and lets versions go that none of ``kept`` names."""
        with storage_faults(self.tables.folder):
            table = self._open()
            compact(table, self.name, kept)
            _INDEXES.build_look_up(table, _INDEXES.without_look_up(table))
            _INDEXES.build_full_text(table)

    def version(self) -> int:
        """The newest version of the table."""
        with storage_faults(self.tables.folder):
            return int(self._open().version)

    def count(self) -> int:
        """Rows of the newest version; 0 where there is no table."""
        if not self.exists():
            return 0
        with storage_faults(self.tables.folder):
            return int(self._open().count_rows())

    def has_history(self) -> bool:
        """Whether some rows end at an earlier position."""
        with storage_faults(self.tables.folder):
            return int(self._open().count_rows(filter=f"valid_to < {OPEN_END}")) > 0

    def own_tables(self) -> list[str]:
        """All tables of the index, of earlier builds and of other models too."""
        own = re.compile(
            rf"{re.escape(self._index)}\.((?:chunks|history)\.[0-9a-f]{{8}}|vectors\.[0-9a-f]{{8}}\.[^.]+)"
        )
        return [name for name in self.tables.names() if own.fullmatch(name)]

    def drop(self, keep: Sequence[str] = ()) -> None:
        """Removes the tables of this index from the disk, but those named in ``keep``."""
        with storage_faults(self.tables.folder):
            for name in self.own_tables():
                if name not in keep:
                    self.tables.database.drop_table(name)

    def _open(self) -> Any:
        return self.tables.database.create_table(self.name, schema=CHUNKS, exist_ok=True)


def vector_tables(tables: Tables, indexes: Sequence[str], digest: str) -> list[str]:
    """The vector tables that some indexes have of one model, whatever build they are of."""
    end = f".{_plain(digest)}"
    starts = tuple(f"{index}.vectors." for index in indexes)
    return [name for name in tables.names() if starts and name.startswith(starts) and name.endswith(end)]


def compact(table: Any, name: str, kept: Sequence[Snapshot]) -> None:
    """Joins small files, brings indexes up to date, and removes versions older than the oldest that is needed."""
    needed = [snapshot.tables[name] for snapshot in kept if name in snapshot.tables]
    older_than = _MARGIN
    if needed:
        made_at = {version["version"]: version["timestamp"].timestamp() for version in table.list_versions()}
        oldest = min((made_at[version] for version in needed if version in made_at), default=0.0)
        older_than += max(timedelta(0), datetime.now() - datetime.fromtimestamp(oldest))
    table.optimize(cleanup_older_than=older_than)


def parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in pieces of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _plain(digest: str) -> str:
    """A digest without the characters that part a table's name, or that a file's name may not have."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", digest)

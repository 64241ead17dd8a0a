"""Writes commits and their hunks to Lance, in a table of their own that mostly grows.

Only for the holder of the writer's lock. What is written is seen by nobody until a snapshot names its version; rows
that no full-text index has yet are searched one by one, with the word statistics of those that are in it.
"""

from collections.abc import Sequence
from typing import Any, Final

from whence.store.arrow import HISTORY, Analyze, chunk_rows, one_of
from whence.store.chunks import Tables
from whence.store.faults import storage_faults
from whence.store.snapshot import Snapshot
from whence.store.table_indexes import TableIndexes, index_name
from whence.store.writing import compact, parts
from whence.types import HISTORY_KINDS, Chunk

_INDEXES: Final = TableIndexes(HISTORY_KINDS)
_IDS: Final = 1_000
_FIRST_ROWS: Final = 20_000
"""Below this many rows without index, searching them one by one takes no time that anyone would notice."""

EXACT_ROWS: Final = 10_000
"""Up to this many rows the full-text indexes are built anew after every change, so that scores are those of a clean
build; beyond, only when the new rows are more than a hundredth: a sync then costs what has changed."""

LOOKED_THROUGH: Final = 5_000
"""So many rows without look-up index are looked through in a moment; with all of a large history it takes a second."""

_MAX_FRAGMENTS: Final = 200
_MAX_INDEXES: Final = 6
"""So many full-text indexes for each column, all but one of them superseded, may lie on the disk."""


class HistoryWriter:
    """Writes the table ``<index>.history.<build>``. Every write can be repeated."""

    def __init__(self, tables: Tables, index: str, build: str, analyze: Analyze) -> None:
        self.name = f"{index}.history.{build}"
        self._tables = tables
        self._analyze = analyze

    def exists(self) -> bool:
        """Whether the table is there."""
        return self.name in self._tables.names()

    def version(self) -> int:
        """The newest version of the table."""
        with storage_faults(self._tables.folder):
            return int(self._open().version)

    def counts(self) -> dict[str, int]:
        """Rows of the newest version by kind; empty where there is no table."""
        if not self.exists():
            return {}
        with storage_faults(self._tables.folder):
            table = self._open()
            return {kind: int(table.count_rows(filter=one_of("kind", [kind]))) for kind in HISTORY_KINDS}

    def put(self, chunks: Sequence[Chunk], replaced: Sequence[str], generation: int) -> None:
        """Adds chunks, in place of all that the table may hold of the documents ``replaced``."""
        with storage_faults(self._tables.folder):
            table = self._open()
            if replaced and table.count_rows():
                self._delete(table, replaced)
            if chunks:
                table.add(chunk_rows(chunks, generation, self._analyze, HISTORY_KINDS))

    def is_searchable(self) -> bool:
        """Whether the table is there and has its indexes, though perhaps not over every row."""
        if not self.exists():
            return False
        with storage_faults(self._tables.folder):
            return _INDEXES.are_on(self._open())

    def is_finished(self) -> bool:
        """Whether the table is there with indexes over all that they should cover: not so after an interruption."""
        if not self.exists():
            return False
        with storage_faults(self._tables.folder):
            table = self._open()
            return _INDEXES.are_on(table) and not self._is_behind(table)

    def make_searchable(self) -> None:
        """Makes what was put searchable soon, while more is coming: indexes only where many rows have none."""
        with storage_faults(self._tables.folder):
            table = self._open()
            if _INDEXES.are_on(table):
                indexed, unindexed = self._covered(table)
                if unindexed <= max(_FIRST_ROWS, indexed):
                    return
            self._build(table)

    def finish(self, kept: Sequence[Snapshot]) -> None:
        """Indexes all rows, where enough is new.

        Where the table is in many pieces, or many superseded indexes lie on the disk, it is compacted first, and
        versions go that none of ``kept`` names. Compacting writes every row again, so it is not done at every change.
        """
        with storage_faults(self._tables.folder):
            table = self._open()
            if _INDEXES.are_on(table) and not self._is_behind(table):
                return
            n_indexes, n_fragments = self._pieces(table)
            if n_fragments > _MAX_FRAGMENTS or n_indexes > _MAX_INDEXES * _INDEXES.n_all:
                _INDEXES.drop_full_text(table)
                compact(table, self.name, kept)
            self._build(table)

    def tidy(self, kept: Sequence[Snapshot]) -> None:
        """Lets versions go that none of ``kept`` names, where no row need be written again for it."""
        if not self.exists():
            return
        with storage_faults(self._tables.folder):
            table = self._open()
            n_indexes, n_fragments = self._pieces(table)
            if n_fragments == 1 and n_indexes > _INDEXES.n_all and not self._is_behind(table):
                compact(table, self.name, kept)

    def _pieces(self, table: Any) -> tuple[int, int]:
        """How many indexes lie on the disk, superseded ones too, and in how many fragments the rows are."""
        folder = self._tables.folder / f"{self.name}.lance" / "_indices"
        n_indexes = sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0
        return n_indexes, int(table.stats()["fragment_stats"]["num_fragments"])

    def _delete(self, table: Any, document_ids: Sequence[str]) -> None:
        """Removes rows, if there are any; the full text is dropped first, as its statistics would still count them."""
        found = [part for part in parts(document_ids, _IDS) if table.count_rows(filter=one_of("document_id", part))]
        if found:
            _INDEXES.drop_full_text(table)
        for part in found:
            table.delete(one_of("document_id", part))

    def _covered(self, table: Any) -> tuple[int, int]:
        """(rows in the full-text index, rows not in it), of the one that is furthest behind: they are built in turn."""
        told = [table.index_stats(index_name(column)) for column in _INDEXES.full_text]
        counts = [(one.num_indexed_rows, one.num_unindexed_rows) if one is not None else (0, 0) for one in told]
        return max(counts, key=lambda count: count[1])

    def _is_behind(self, table: Any) -> bool:
        indexed, unindexed = self._covered(table)
        is_far = unindexed > (0 if indexed + unindexed <= EXACT_ROWS else indexed // 100)
        return is_far or bool(_INDEXES.without_look_up(table, LOOKED_THROUGH))

    def _build(self, table: Any) -> None:
        _INDEXES.build_look_up(table, _INDEXES.without_look_up(table, LOOKED_THROUGH))
        _INDEXES.build_full_text(table)

    def _open(self) -> Any:
        return self._tables.database.create_table(self.name, schema=HISTORY, exist_ok=True)

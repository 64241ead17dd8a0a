"""The indexes that make a table of chunks searchable: full text over tokens, and look-up of ids.

When they are built, and over which rows, is for the writers to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from whence.store.arrow import tokens_column
from whence.types import Kind

_LOOKED_UP = ("id", "document_id")


@dataclass(frozen=True, slots=True)
class TableIndexes:
    """What a table of chunks of these kinds is searched by: the names, and the tokens of each kind."""

    kinds: tuple[Kind, ...]

    @property
    def full_text(self) -> tuple[str, ...]:
        """The columns with full text."""
        return ("names", *(tokens_column(kind) for kind in self.kinds))

    @property
    def n_all(self) -> int:
        """How many indexes a finished table has."""
        return len(self.full_text) + len(_LOOKED_UP)

    def are_on(self, table: Any) -> bool:
        """Whether the table has all of them, though perhaps not over every row."""
        return {index.name for index in table.list_indices()} >= set(map(index_name, (*self.full_text, *_LOOKED_UP)))

    def drop_full_text(self, table: Any) -> None:
        """Removes the full text, if it is there."""
        mine = set(map(index_name, self.full_text))
        for index in table.list_indices():
            if index.name in mine:
                table.drop_index(index.name)

    def build_full_text(self, table: Any) -> None:
        """Builds the full text anew, over all rows."""
        from lancedb.index import FTS

        as_analyzed = FTS(
            base_tokenizer="whitespace",
            stem=False,
            remove_stop_words=False,
            lower_case=False,
            ascii_folding=False,
            max_token_length=None,
        )
        for column in self.full_text:
            table.create_index(column, config=as_analyzed, replace=True)

    def without_look_up(self, table: Any, n_rows: int | None = None) -> list[str]:
        """Columns whose look-up index is not there, or, with ``n_rows``, leaves more rows than that uncovered."""
        told = {column: table.index_stats(index_name(column)) for column in _LOOKED_UP}
        most = float("inf") if n_rows is None else n_rows
        return [column for column, one in told.items() if one is None or one.num_unindexed_rows > most]

    def build_look_up(self, table: Any, columns: Sequence[str]) -> None:
        """Builds the look-up indexes of some columns anew."""
        from lancedb.index import BTree

        for column in columns:
            table.create_index(column, config=BTree(), replace=True)


def index_name(column: str) -> str:
    """What Lance calls the index of a column."""
    return f"{column}_idx"

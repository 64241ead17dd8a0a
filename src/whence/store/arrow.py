"""The Arrow schemas of the Lance tables and the mapping between chunks and rows.

A row carries one full-text column per kind and fills only its own: BM25 then has, per kind, its own document
frequencies and its own average length, and one-line records of one kind cannot push aside the long ones of another.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from whence.types import FILE_KINDS, HISTORY_KINDS, Chunk, Kind

Analyze = Callable[[Chunk], Sequence[str]]
"""The tokens under which a chunk is found; none of them holds white space."""

_BLANK = "\N{NO-BREAK SPACE}"


def tokens_column(kind: str) -> str:
    """The full-text column of a kind."""
    return f"tokens_{kind}"


_STORED = (
    ("id", pa.string()),
    ("document_id", pa.string()),
    ("source_id", pa.string()),
    ("generation", pa.int64()),
    ("kind", pa.string()),
    ("path", pa.string()),
    ("language", pa.string()),
    ("symbol", pa.string()),
    ("title", pa.string()),
    ("start", pa.int32()),
    ("end", pa.int32()),
    ("start_line", pa.int32()),
    ("end_line", pa.int32()),
    ("text", pa.string()),
    ("text_hash", pa.string()),
    ("valid_from", pa.int32()),
    ("valid_to", pa.int32()),
)
STORED_COLUMNS = tuple(name for name, _ in _STORED)


def _schema(kinds: Sequence[Kind]) -> pa.Schema:
    return pa.schema([*_STORED, ("names", pa.string()), *((tokens_column(kind), pa.string()) for kind in kinds)])


CHUNKS = _schema(FILE_KINDS)
HISTORY = _schema(HISTORY_KINDS)
"""Commits and hunks have a table of their own: it only grows, while that of the files is rewritten at every change."""

SHORT_SHA = 7
_ISSUE = re.compile(r"(?<![\w&])#(\d{1,7})\b")

VECTOR_FILTERS = ("document_id", "source_id", "kind", "path", "language", "valid_from", "valid_to")


def vectors_schema(dim: int) -> pa.Schema:
    """Chunk id, embedding cache key, the columns a scope filters by, and the vector."""
    stored = dict(_STORED)
    return pa.schema(
        [
            ("chunk_id", pa.string()),
            ("text_hash", pa.string()),
            *((name, stored[name]) for name in VECTOR_FILTERS),
            ("vector", pa.list_(pa.float32(), dim)),
        ]
    )


def name_token(name: str) -> str:
    """A name as one full-text token: lower case, blanks kept from splitting it."""
    return _BLANK.join(name.lower().split())


def names_of(chunk: Chunk) -> list[str]:
    """The names a chunk is looked up by: symbol, its last part, path, file name, file stem.

    Of a commit: the first seven digits of its id, and the issues that its text names.
    """
    if chunk.kind == "commit":
        names = [chunk.revision[:SHORT_SHA], *(f"#{number}" for number in _ISSUE.findall(chunk.text))]
    else:
        path = PurePosixPath(chunk.path)
        names = [chunk.path, path.name, path.stem]
    if chunk.symbol:
        names += [chunk.symbol, chunk.symbol.replace("::", ".").rpartition(".")[2]]
    return list(dict.fromkeys(name_token(name) for name in names if name))


def chunk_rows(
    chunks: Sequence[Chunk], generation: int, analyze: Analyze, kinds: Sequence[Kind] = FILE_KINDS
) -> pa.Table:
    """A table with the schema of these kinds: ``CHUNKS``, or ``HISTORY`` for those of history."""
    schema = _schema(kinds)
    columns: dict[str, list[Any]] = {
        name: [getattr(chunk, name) for chunk in chunks] for name in STORED_COLUMNS if name != "generation"
    }
    columns["generation"] = [generation] * len(chunks)
    columns["names"] = [" ".join(names_of(chunk)) for chunk in chunks]
    tokens = [" ".join(analyze(chunk)) for chunk in chunks]
    for kind in kinds:
        of_kind = [text if chunk.kind == kind else None for chunk, text in zip(chunks, tokens, strict=True)]
        columns[tokens_column(kind)] = of_kind
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def chunk_record(row: Mapping[str, Any], revision: str) -> Chunk:
    """The chunk of a row, seen at a revision."""
    return Chunk(revision=revision, **{name: row[name] for name in STORED_COLUMNS if name != "generation"})


def quoted(value: str) -> str:
    """A string as a literal of Lance's SQL; a quote is doubled, nothing else has a meaning there."""
    return "'" + value.replace("'", "''") + "'"


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition that a column holds one of these values; no row meets it where there are none."""
    listed = ", ".join(map(quoted, values))
    return f"{column} IN ({listed})" if listed else "false"

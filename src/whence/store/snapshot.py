"""The one row that says what a reader sees: table versions, analyzer, chunker, model, and the revision of each source.

Lance has no transaction across tables, so a change of any of them becomes visible only when this row changes.
A query keeps the snapshot it began with.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from whence.wire import from_json

KEEP_SUPERSEDED = timedelta(minutes=10)
"""A snapshot that another has replaced stays readable this long: whoever began a query with it can end it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRevision:
    """What a snapshot holds of one source.

    With ``committed_at`` the source has commits, and every document is cited at ``revision``; without, each document
    has a revision of its own.
    """

    revision: str
    committed_at: datetime | None = None
    position: int = 0
    web_url: str = ""
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """How this index corrects the confidence that ships with whence: sigmoid(``slope`` * logit + ``offset``).

    Below ``threshold`` of the corrected confidence ``ask`` abstains. Fitted on ``n_questions`` for readings with
    vectors of the model ``embedder``; others keep the shipped confidence.
    """

    slope: float
    offset: float
    threshold: float
    embedder: str
    n_questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One consistent state of an index. ``id`` is 0 until it is published.

    ``vectors_table`` and ``embedder`` (the model's digest) are "" while there are no vectors. ``n_embeddable`` of the
    ``n_chunks`` chunks are of kinds that get vectors, ``n_vectors`` of those have theirs. ``approximate``: the
    vectors have an approximate index. ``has_history``: some rows end at an earlier position, so the newest state must
    be asked for. ``history_table`` has the rows of ``n_commits`` commits and their hunks, "" while there are none.
    ``commits`` says for which revision of each source they are complete.
    """

    index: str
    tables: Mapping[str, int]
    chunks_table: str
    analyzer: str
    chunker: str
    vectors_table: str = ""
    embedder: str = ""
    n_documents: int = 0
    n_chunks: int = 0
    n_embeddable: int = 0
    n_vectors: int = 0
    approximate: bool = False
    has_history: bool = False
    history_table: str = ""
    n_commits: int = 0
    n_hunks: int = 0
    commits: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, SourceRevision] = field(default_factory=dict)
    recalibration: Recalibration | None = None
    id: int = 0
    created_at: datetime | None = None


def read_snapshot(record: str) -> Snapshot:
    """The snapshot that ``wire.to_json`` wrote, without pydantic, for whose loading every short command would wait.

    What is not as expected is left to pydantic, which says what is wrong: raises ``pydantic.ValidationError``.
    """
    held = json.loads(record)
    try:
        told = _known(Snapshot, held)
        told["sources"] = {
            source_id: SourceRevision(**_dated(_known(SourceRevision, row)))
            for source_id, row in held.get("sources", {}).items()
        }
        if told.get("recalibration") is not None:
            told["recalibration"] = Recalibration(**_known(Recalibration, told["recalibration"]))
        return Snapshot(**_dated(told))
    except (TypeError, ValueError, AttributeError):
        return from_json(Snapshot, held)


def _known(record_type: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(record_type)}
    return {name: value for name, value in row.items() if name in names}


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its moments, whose names end so, read."""
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value is not None else value
        for name, value in row.items()
    }

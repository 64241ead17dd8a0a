"""The ledger: indexes, sources, documents and snapshots in SQL, the truth from which Lance can be rebuilt.

A document written here is acknowledged: state ``pending`` until its chunks are in Lance, then ``indexed``. A document
marked deleted is invisible at once, in every snapshot. Jobs live in ``store/queue.py``, on the same database.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, insert, select, update

from whence.errors import UnknownIndexError
from whence.store.database import Database
from whence.store.folder import DataFolder
from whence.store.snapshot import KEEP_SUPERSEDED, Snapshot, read_snapshot
from whence.store.tables import (
    SourceRow,
    aware,
    document_record,
    document_row,
    documents,
    indexes,
    jobs,
    now,
    snapshots,
    source_record,
    source_state_row,
    sources,
    text_row,
    texts,
)
from whence.types import Document, SourceState
from whence.wire import to_json

COMMIT = "commit"
_SLICE = 500
"""Ids in one SQL statement: well below the smallest limit on bound values."""

_BATCH_DOCUMENTS = 5_000
"""At most so many documents are brought to Lance in one step, however small they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Documents of an index that are live, those of them not yet in Lance, and their characters; commits apart."""

    documents: int
    pending: int
    chars: int
    commits: int = 0
    pending_commits: int = 0


class Ledger:
    """Everything that must not be lost. Thread-safe; each method is one transaction."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.database = Database(folder)
        self.reading = self.database.reading
        self.writing = self.database.writing

    def close(self) -> None:
        """Releases the connections."""
        self.database.close()

    # ---- indexes and sources

    def index_names(self) -> list[str]:
        """Names of all indexes that a user made, sorted; those of earlier states are in ``store/kept.py``."""
        query = select(indexes.c.name).where(indexes.c.removed.is_(False)).order_by(indexes.c.name)
        with self.reading() as connection:
            return [name for name in connection.execute(query).scalars() if not name.startswith("_")]

    def require(self, name: str) -> str:
        """The name itself, if there is such an index. Raises ``UnknownIndexError``."""
        names = self.index_names()
        if name not in names:
            listed = f"there are: {', '.join(names)}" if names else "there is none yet, `whence index PATH` makes one"
            raise UnknownIndexError(f"There is no index {name!r}; {listed}.")
        return name

    def create_index(self, name: str) -> None:
        """Makes an index if it is not there; in place of one whose removal was never finished, an empty one."""
        with self.writing() as connection:
            removed = connection.execute(select(indexes.c.removed).where(indexes.c.name == name)).scalar()
            if removed:
                for table in (documents, texts, snapshots, sources):
                    connection.execute(delete(table).where(table.c.index_name == name))
                connection.execute(delete(indexes).where(indexes.c.name == name))
            if removed is None or removed:
                row = {"name": name, "generation": 0, "build": _build(), "recipe": "", "removed": False}
                connection.execute(insert(indexes).values(**row, created_at=now()))

    def hide_index(self, name: str) -> None:
        """Makes an index invisible at once and forgets its documents; its sources stay until ``remove_index``."""
        with self.writing() as connection:
            for table in (documents, texts, snapshots):
                connection.execute(delete(table).where(table.c.index_name == name))
            connection.execute(update(indexes).where(indexes.c.name == name).values(removed=True, snapshot=None))

    def remove_index(self, name: str) -> None:
        """Forgets an index with all that it has, and its finished jobs."""
        with self.writing() as connection:
            for table in (documents, texts, snapshots, sources):
                connection.execute(delete(table).where(table.c.index_name == name))
            connection.execute(delete(jobs).where(jobs.c.index_name == name, jobs.c.state.in_(("done", "failed"))))
            connection.execute(delete(indexes).where(indexes.c.name == name))

    def build(self, index: str) -> str:
        """The mark by which the present tables of an index differ from earlier ones; part of their names."""
        with self.reading() as connection:
            return str(connection.execute(select(indexes.c.build).where(indexes.c.name == index)).scalar_one())

    def begin_build(self, index: str) -> None:
        """Asks for new tables, made from what is here; the old ones serve until then."""
        with self.writing() as connection:
            connection.execute(update(indexes).where(indexes.c.name == index).values(build=_build()))
            connection.execute(update(documents).where(documents.c.index_name == index).values(state="pending"))

    def require_recipe(self, index: str, recipe: str) -> None:
        """Makes every document pending unless all were last cut and analyzed by this recipe; one transaction."""
        with self.writing() as connection:
            held = connection.execute(select(indexes.c.recipe).where(indexes.c.name == index)).scalar_one()
            if held == recipe:
                return
            connection.execute(update(indexes).where(indexes.c.name == index).values(recipe=recipe))
            if held:
                connection.execute(update(documents).where(documents.c.index_name == index).values(state="pending"))

    def next_generation(self, index: str) -> int:
        """A number larger than that of any earlier write to the index."""
        with self.writing() as connection:
            connection.execute(
                update(indexes).where(indexes.c.name == index).values(generation=indexes.c.generation + 1)
            )
            return int(connection.execute(select(indexes.c.generation).where(indexes.c.name == index)).scalar_one())

    def put_source(self, index: str, source_id: str, location: str, settings: Mapping[str, object]) -> None:
        """Records where a source comes from; what was fetched of it stays."""
        values = {"location": location, "settings": json.dumps(settings, sort_keys=True)}
        key = (sources.c.index_name == index) & (sources.c.id == source_id)
        with self.writing() as connection:
            if connection.execute(update(sources).where(key).values(**values)).rowcount == 0:
                connection.execute(insert(sources).values(index_name=index, id=source_id, **values))

    def put_source_state(
        self, index: str, source_id: str, state: SourceState, skipped: Mapping[str, int], redactions: int
    ) -> None:
        """Records a finished fetch."""
        with self.writing() as connection:
            connection.execute(
                update(sources)
                .where(sources.c.index_name == index, sources.c.id == source_id)
                .values(
                    **source_state_row(state),
                    skipped=json.dumps(skipped, sort_keys=True),
                    redactions=redactions,
                    fetched_at=now(),
                )
            )

    def sources(self, index: str) -> list[SourceRow]:
        """The sources of an index, by id."""
        query = select(sources).where(sources.c.index_name == index).order_by(sources.c.id)
        with self.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [source_record(row) for row in rows]

    # ---- documents

    def held(self, index: str, source_id: str) -> dict[str, str]:
        """Digests of the live documents of a source, by document id; commits left out (``store/commits.py``)."""
        query = select(documents.c.id, documents.c.digest).where(
            documents.c.index_name == index,
            documents.c.source_id == source_id,
            documents.c.deleted.is_(False),
            documents.c.kind != COMMIT,
        )
        with self.reading() as connection:
            return {row.id: row.digest for row in connection.execute(query)}

    def put_documents(self, index: str, batch: Sequence[Document], generation: int) -> None:
        """Acknowledges documents: after this call they survive any crash. One transaction; of equal ids the last."""
        if not batch:
            return
        kept = {document.id: document for document in batch}.values()
        rows = [document_row(index, document, generation, "pending") for document in kept]
        packed = [text_row(index, document) for document in kept]
        with self.writing() as connection:
            for table in (documents, texts):
                for ids in _slices([row["id"] for row in rows]):
                    connection.execute(delete(table).where(table.c.index_name == index, table.c.id.in_(ids)))
            connection.execute(insert(documents), rows)
            connection.execute(insert(texts), packed)

    def delete_documents(self, index: str, ids: Iterable[str], generation: int) -> None:
        """Tombstones: invisible at once, physically removed when Lance follows."""
        tombstone = {"deleted": True, "state": "pending", "generation": generation, "n_chars": 0}
        with self.writing() as connection:
            for part in _slices(list(ids)):
                connection.execute(
                    update(documents)
                    .where(documents.c.index_name == index, documents.c.id.in_(part))
                    .values(**tombstone)
                )
                connection.execute(delete(texts).where(texts.c.index_name == index, texts.c.id.in_(part)))

    def pending(
        self, index: str, batch_chars: int, *, commits: bool = False
    ) -> Iterator[tuple[list[Document], list[str]]]:
        """Work that Lance does not hold yet, in batches by id: (documents to write, document ids to remove).

        Either of commits, or of all others. A batch must be passed to ``mark_indexed`` before the next is asked for.
        """
        while True:
            query = (
                select(documents.c.id, documents.c.n_chars, documents.c.deleted)
                .where(documents.c.index_name == index, documents.c.state == "pending", _is_commit(commits))
                .order_by(documents.c.id)
                .limit(_BATCH_DOCUMENTS)
            )
            with self.reading() as connection:
                waiting = connection.execute(query).all()
            if not waiting:
                return
            chosen, chars = [], 0
            for row in waiting:
                chosen.append(row)
                chars += 0 if row.deleted else row.n_chars
                if chars >= batch_chars:
                    break
            live = [row.id for row in chosen if not row.deleted]
            yield self.documents(index, live), [row.id for row in chosen if row.deleted]

    def mark_indexed(self, index: str, ids: Sequence[str], removed: Sequence[str]) -> None:
        """Lance now holds these documents, and no longer the removed ones. One transaction."""
        with self.writing() as connection:
            for part in _slices(ids):
                connection.execute(
                    update(documents)
                    .where(documents.c.index_name == index, documents.c.id.in_(part))
                    .values(state="indexed")
                )
            for part in _slices(removed):
                connection.execute(
                    delete(documents).where(
                        documents.c.index_name == index, documents.c.id.in_(part), documents.c.deleted.is_(True)
                    )
                )

    def documents(self, index: str, ids: Sequence[str]) -> list[Document]:
        """Live documents with these ids, by path."""
        found: list[Document] = []
        both = (texts.c.index_name == documents.c.index_name) & (texts.c.id == documents.c.id)
        with self.reading() as connection:
            for part in _slices(ids):
                query = (
                    select(documents, texts.c.text)
                    .join(texts, both)
                    .where(documents.c.index_name == index, documents.c.id.in_(part), documents.c.deleted.is_(False))
                )
                found += [document_record(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda document: (document.path, document.id))

    def at_path(self, index: str, path: str) -> list[Document]:
        """Live documents of an index at a path: one from each source that has it, by source."""
        query = select(documents.c.id).where(
            documents.c.index_name == index, documents.c.path == path, documents.c.deleted.is_(False)
        )
        with self.reading() as connection:
            ids = list(connection.execute(query.order_by(documents.c.source_id)).scalars())
        return self.documents(index, ids)

    def live(self, index: str, ids: Iterable[str]) -> dict[str, str]:
        """Those of the document ids that may be shown, with each document's own revision."""
        wanted = sorted(set(ids))
        found: dict[str, str] = {}
        with self.reading() as connection:
            for part in _slices(wanted):
                query = select(documents.c.id, documents.c.revision).where(
                    documents.c.index_name == index, documents.c.id.in_(part), documents.c.deleted.is_(False)
                )
                found.update((row.id, row.revision) for row in connection.execute(query))
        return found

    def counts(self, index: str) -> Counts:
        """How much an index holds; reads a row for each document."""
        is_commit = documents.c.kind == COMMIT
        live = func.coalesce(func.sum(case((documents.c.deleted.is_(False), 1), else_=0)), 0)
        waiting = func.coalesce(func.sum(case((documents.c.state == "pending", 1), else_=0)), 0)
        chars = func.coalesce(func.sum(documents.c.n_chars), 0)
        query = select(is_commit, live, waiting, chars).where(documents.c.index_name == index).group_by(is_commit)
        with self.reading() as connection:
            found = {bool(row[0]): [int(n) for n in row[1:]] for row in connection.execute(query)}
        files, history = found.get(False, [0, 0, 0]), found.get(True, [0, 0, 0])
        return Counts(
            documents=files[0], pending=files[1], chars=files[2], commits=history[0], pending_commits=history[1]
        )

    def n_pending(self, index: str, *, commits: bool = False) -> int:
        """Documents whose state Lance does not hold yet, removed ones too; cheap enough for every question."""
        query = select(func.count()).where(
            documents.c.index_name == index, documents.c.state == "pending", _is_commit(commits)
        )
        with self.reading() as connection:
            return int(connection.execute(query).scalar_one())

    # ---- snapshots

    def publish(self, snapshot: Snapshot) -> Snapshot:
        """Makes a snapshot the one that readers open from now on; returns it with its id."""
        created_at = now()
        with self.writing() as connection:
            key = connection.execute(
                insert(snapshots).values(index_name=snapshot.index, record="{}", created_at=created_at)
            ).inserted_primary_key
            assert key is not None
            published = replace(snapshot, id=int(key[0]), created_at=created_at)
            record = json.dumps(to_json(published), separators=(",", ":"))
            connection.execute(update(snapshots).where(snapshots.c.id == published.id).values(record=record))
            connection.execute(update(indexes).where(indexes.c.name == snapshot.index).values(snapshot=published.id))
            superseded = _superseded(
                connection.execute(
                    select(snapshots.c.id, snapshots.c.created_at, snapshots.c.pinned)
                    .where(snapshots.c.index_name == snapshot.index)
                    .order_by(snapshots.c.id.desc())
                ).all(),
                created_at - KEEP_SUPERSEDED,
            )
            for part in _slices(superseded):
                connection.execute(delete(snapshots).where(snapshots.c.id.in_(part)))
        return published

    def snapshot(self, index: str) -> Snapshot | None:
        """The snapshot that readers open now, or None before the first."""
        query = (
            select(snapshots.c.record)
            .join(indexes, indexes.c.snapshot == snapshots.c.id)
            .where(indexes.c.name == index)
        )
        with self.reading() as connection:
            record = connection.execute(query).scalar()
        return None if record is None else read_snapshot(record)

    def kept_snapshots(self, index: str) -> list[Snapshot]:
        """Every snapshot that some reader may still have open, oldest first: their table versions must stay."""
        query = select(snapshots.c.record).where(snapshots.c.index_name == index).order_by(snapshots.c.id)
        with self.reading() as connection:
            return [read_snapshot(record) for record in connection.execute(query).scalars()]


def _is_commit(commits: bool) -> ColumnElement[bool]:
    return documents.c.kind == COMMIT if commits else documents.c.kind != COMMIT


def _build() -> str:
    return secrets.token_hex(4)


def _superseded(newest_first: Sequence[Any], before: datetime) -> list[int]:
    """Ids of snapshots that were replaced by the next before a moment, and are not pinned."""
    pairs = pairwise(newest_first)
    return [old.id for new, old in pairs if (aware(new.created_at) or before) <= before and not old.pinned]


def _slices(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _SLICE):
        yield items[start : start + _SLICE]

"""The ledger: indexes, sources, documents and snapshots in SQL, the truth from which Lance can be rebuilt.

A document written here is acknowledged: state ``pending`` until its chunks are in Lance, then ``indexed``. A document
marked deleted is invisible at once, in every snapshot. Jobs live in ``store/queue.py``, on the same database.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, event, func, insert, select, update
from sqlalchemy import create_engine as sqlalchemy_engine

from whence.errors import UnknownIndexError, VersionError
from whence.store.faults import storage_faults
from whence.store.folder import FORMAT, DataFolder
from whence.store.snapshot import Snapshot
from whence.store.tables import (
    aware,
    document_record,
    document_row,
    documents,
    indexes,
    jobs,
    metadata,
    now,
    properties,
    snapshots,
    sources,
)
from whence.types import Document, SourceState
from whence.wire import from_json, to_json

_SLICE = 500
"""Ids in one SQL statement: well below the smallest limit on bound values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One source of an index and where it stood when it was last fetched."""

    id: str
    location: str
    settings: Mapping[str, object]
    state: SourceState
    skipped: Mapping[str, int]
    redactions: int
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Documents of an index that are live, those of them not yet in Lance, and their characters."""

    documents: int
    pending: int
    chars: int


class Ledger:
    """Everything that must not be lost. Thread-safe; each method is one transaction."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        with storage_faults(folder.root):
            self.engine = _engine(folder.ledger_url)
            self._open()

    def _open(self) -> None:
        with self.engine.begin() as connection:
            metadata.create_all(connection)
            found = connection.execute(select(properties.c.value).where(properties.c.name == "format")).scalar()
            if found is None:
                connection.execute(insert(properties).values(name="format", value=str(FORMAT)))
                found = str(FORMAT)
        if found != str(FORMAT):
            age = "a newer" if found.isdigit() and int(found) > FORMAT else "an older"
            raise VersionError(
                f"The data folder {self.folder.root} was written by {age} version of whence (format {found}, this one "
                f"reads {FORMAT}): use that version, or index again with another --data folder."
            )

    # ---- indexes and sources

    def index_names(self) -> list[str]:
        """Names of all indexes, sorted."""
        with self.transaction() as connection:
            return list(connection.execute(select(indexes.c.name).order_by(indexes.c.name)).scalars())

    def require(self, name: str) -> str:
        """The name itself, if there is such an index. Raises ``UnknownIndexError``."""
        names = self.index_names()
        if name not in names:
            listed = f"there are: {', '.join(names)}" if names else "there is none yet, `whence index PATH` makes one"
            raise UnknownIndexError(f"There is no index {name!r}; {listed}.")
        return name

    def create_index(self, name: str) -> None:
        """Makes an index if it is not there."""
        with self.transaction() as connection:
            if connection.execute(select(indexes.c.name).where(indexes.c.name == name)).first() is None:
                connection.execute(insert(indexes).values(name=name, generation=0, created_at=now()))

    def remove_index(self, name: str) -> None:
        """Forgets an index with its sources, documents, snapshots and finished jobs."""
        with self.transaction() as connection:
            for table in (documents, sources, snapshots):
                connection.execute(delete(table).where(table.c.index_name == name))
            connection.execute(delete(jobs).where(jobs.c.index_name == name, jobs.c.state.in_(("done", "failed"))))
            connection.execute(delete(indexes).where(indexes.c.name == name))

    def next_generation(self, index: str) -> int:
        """A number larger than that of any earlier write to the index."""
        with self.transaction() as connection:
            connection.execute(
                update(indexes).where(indexes.c.name == index).values(generation=indexes.c.generation + 1)
            )
            return int(connection.execute(select(indexes.c.generation).where(indexes.c.name == index)).scalar_one())

    def put_source(self, index: str, source_id: str, location: str, settings: Mapping[str, object]) -> None:
        """Records where a source comes from; what was fetched of it stays."""
        values = {"location": location, "settings": json.dumps(settings, sort_keys=True)}
        key = (sources.c.index_name == index) & (sources.c.id == source_id)
        with self.transaction() as connection:
            if connection.execute(update(sources).where(key).values(**values)).rowcount == 0:
                connection.execute(insert(sources).values(index_name=index, id=source_id, **values))

    def put_source_state(
        self, index: str, source_id: str, state: SourceState, skipped: Mapping[str, int], redactions: int
    ) -> None:
        """Records a finished fetch."""
        with self.transaction() as connection:
            connection.execute(
                update(sources)
                .where(sources.c.index_name == index, sources.c.id == source_id)
                .values(
                    **_state_columns(state),
                    skipped=json.dumps(skipped, sort_keys=True),
                    redactions=redactions,
                    fetched_at=now(),
                )
            )

    def sources(self, index: str) -> list[SourceRow]:
        """The sources of an index, by id."""
        query = select(sources).where(sources.c.index_name == index).order_by(sources.c.id)
        with self.transaction() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            SourceRow(
                id=row["id"],
                location=row["location"],
                settings=json.loads(row["settings"]),
                state=SourceState(
                    revision=row["revision"],
                    committed_at=aware(row["committed_at"]),
                    position=row["position"],
                    branch=row["branch"],
                    web_url=row["web_url"],
                    uncommitted=row["uncommitted"],
                ),
                skipped=json.loads(row["skipped"]),
                redactions=row["redactions"],
                fetched_at=aware(row["fetched_at"]),
            )
            for row in rows
        ]

    # ---- documents

    def held(self, index: str, source_id: str) -> dict[str, str]:
        """Digests of the live documents of a source, by document id."""
        query = select(documents.c.id, documents.c.digest).where(
            documents.c.index_name == index, documents.c.source_id == source_id, documents.c.deleted.is_(False)
        )
        with self.transaction() as connection:
            return {row.id: row.digest for row in connection.execute(query)}

    def put_documents(self, index: str, batch: Sequence[Document], generation: int) -> None:
        """Acknowledges documents: after this call they survive any crash. One transaction."""
        rows = [document_row(index, document, generation, "pending") for document in batch]
        with self.transaction() as connection:
            for ids in _slices([document.id for document in batch]):
                connection.execute(delete(documents).where(documents.c.index_name == index, documents.c.id.in_(ids)))
            if rows:
                connection.execute(insert(documents), rows)

    def delete_documents(self, index: str, ids: Iterable[str], generation: int) -> None:
        """Tombstones: invisible at once, physically removed when Lance follows."""
        with self.transaction() as connection:
            for part in _slices(list(ids)):
                connection.execute(
                    update(documents)
                    .where(documents.c.index_name == index, documents.c.id.in_(part))
                    .values(deleted=True, state="pending", generation=generation, text=b"")
                )

    def pending(self, index: str, batch_chars: int) -> Iterator[tuple[list[Document], list[str]]]:
        """Work that Lance does not hold yet, in batches by path: (documents to write, document ids to remove).

        A batch must be passed to ``mark_indexed`` before the next one is asked for.
        """
        while True:
            query = (
                select(documents.c.id, documents.c.n_chars, documents.c.deleted)
                .where(documents.c.index_name == index, documents.c.state == "pending")
                .order_by(documents.c.path)
                .limit(5000)
            )
            with self.transaction() as connection:
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
        with self.transaction() as connection:
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

    def mark_all_pending(self, index: str) -> None:
        """Asks for Lance to be built anew from what is here."""
        with self.transaction() as connection:
            connection.execute(update(documents).where(documents.c.index_name == index).values(state="pending"))

    def documents(self, index: str, ids: Sequence[str]) -> list[Document]:
        """Live documents with these ids, by path."""
        found: list[Document] = []
        with self.transaction() as connection:
            for part in _slices(ids):
                query = select(documents).where(
                    documents.c.index_name == index, documents.c.id.in_(part), documents.c.deleted.is_(False)
                )
                found += [document_record(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda document: document.path)

    def paths(self, index: str) -> list[tuple[str, str, str]]:
        """(path, source id, document id) of every live document, by path."""
        query = (
            select(documents.c.path, documents.c.source_id, documents.c.id)
            .where(documents.c.index_name == index, documents.c.deleted.is_(False))
            .order_by(documents.c.path)
        )
        with self.transaction() as connection:
            return [(row.path, row.source_id, row.id) for row in connection.execute(query)]

    def live(self, index: str, ids: Iterable[str]) -> dict[str, str]:
        """Those of the document ids that may be shown, with each document's own revision."""
        wanted = sorted(set(ids))
        found: dict[str, str] = {}
        with self.transaction() as connection:
            for part in _slices(wanted):
                query = select(documents.c.id, documents.c.revision).where(
                    documents.c.index_name == index, documents.c.id.in_(part), documents.c.deleted.is_(False)
                )
                found.update((row.id, row.revision) for row in connection.execute(query))
        return found

    def counts(self, index: str) -> Counts:
        """How much an index holds."""
        live = (documents.c.index_name == index) & documents.c.deleted.is_(False)
        with self.transaction() as connection:
            total = connection.execute(
                select(func.count(), func.coalesce(func.sum(documents.c.n_chars), 0)).where(live)
            ).one()
            pending = connection.execute(
                select(func.count()).where(documents.c.index_name == index, documents.c.state == "pending")
            ).scalar_one()
        return Counts(documents=int(total[0]), chars=int(total[1]), pending=int(pending))

    # ---- snapshots

    def publish(self, snapshot: Snapshot) -> Snapshot:
        """Makes a snapshot the one that readers open from now on; returns it with its id."""
        created_at = now()
        with self.transaction() as connection:
            key = connection.execute(
                insert(snapshots).values(index_name=snapshot.index, record="{}", created_at=created_at)
            ).inserted_primary_key
            assert key is not None
            published = replace(snapshot, id=int(key[0]), created_at=created_at)
            record = json.dumps(to_json(published), separators=(",", ":"))
            connection.execute(update(snapshots).where(snapshots.c.id == published.id).values(record=record))
            connection.execute(update(indexes).where(indexes.c.name == snapshot.index).values(snapshot=published.id))
            stale = (
                select(snapshots.c.id)
                .where(snapshots.c.index_name == snapshot.index, snapshots.c.pinned.is_(False))
                .order_by(snapshots.c.id.desc())
                .offset(10)
            )
            connection.execute(delete(snapshots).where(snapshots.c.id.in_(list(connection.execute(stale).scalars()))))
        return published

    def snapshot(self, index: str) -> Snapshot | None:
        """The snapshot that readers open now, or None before the first."""
        query = (
            select(snapshots.c.record)
            .join(indexes, indexes.c.snapshot == snapshots.c.id)
            .where(indexes.c.name == index)
        )
        with self.transaction() as connection:
            record = connection.execute(query).scalar()
        return None if record is None else from_json(Snapshot, json.loads(record))

    # ---- the database itself

    def check(self) -> list[str]:
        """What the database says is wrong with itself; empty when sound."""
        if self.engine.dialect.name != "sqlite":
            return []
        with self.transaction() as connection:
            lines = [str(line) for line in connection.exec_driver_sql("PRAGMA quick_check").scalars()]
        return [line for line in lines if line != "ok"]

    def vacuum(self) -> None:
        """Gives freed pages back and overwrites what they held."""
        if self.engine.dialect.name != "sqlite":
            return
        with storage_faults(self.folder.root), self.engine.connect() as connection:
            raw = connection.execution_options(isolation_level="AUTOCOMMIT")
            raw.exec_driver_sql("VACUUM")
            raw.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Releases the connections."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing; foreign exceptions become ours."""
        with storage_faults(self.folder.root), self.engine.begin() as connection:
            yield connection


def _state_columns(state: SourceState) -> dict[str, Any]:
    """The columns of ``sources`` that say where a source stands."""
    return {
        "revision": state.revision,
        "committed_at": state.committed_at,
        "position": state.position,
        "branch": state.branch,
        "web_url": state.web_url,
        "uncommitted": state.uncommitted,
    }


def _slices(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _SLICE):
        yield items[start : start + _SLICE]


def _engine(url: str) -> Engine:
    engine = sqlalchemy_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            for pragma in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return engine

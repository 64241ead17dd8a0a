"""The SQL database of a data folder: opened, checked and locked here; what its rows mean is in ``store/ledger.py``."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, insert, select
from sqlalchemy import create_engine as sqlalchemy_engine

from whence.errors import VersionError
from whence.store.faults import storage_faults
from whence.store.folder import FORMAT, DataFolder
from whence.store.tables import metadata, properties

_BUSY_MS = 15_000
_WRITES = "whence_writes"


class Database:
    """One opened database. Thread-safe. Raises ``StoreError`` and its kinds."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        with storage_faults(folder.root):
            self.engine = _engine(folder.ledger_url)
        self._require_format()

    def _require_format(self) -> None:
        """Makes the schema in a new database. Raises ``VersionError`` where another whence made it."""
        found = self._format()
        if found is None:
            with self.writing() as connection:
                metadata.create_all(connection)
                found = connection.execute(select(properties.c.value).where(properties.c.name == "format")).scalar()
                if found is None:
                    found = str(FORMAT)
                    connection.execute(insert(properties).values(name="format", value=found))
        if found != str(FORMAT):
            age = "a newer" if found.isdigit() and int(found) > FORMAT else "an older"
            raise VersionError(
                f"The data folder {self.folder.root} was written by {age} version of whence (format {found}, this one "
                f"reads {FORMAT}): use that version, or index again with another --data folder."
            )

    def _format(self) -> str | None:
        with self.reading() as connection:
            if not self.engine.dialect.has_table(connection, properties.name):
                return None
            return connection.execute(select(properties.c.value).where(properties.c.name == "format")).scalar()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent state, whatever others write meanwhile."""
        with storage_faults(self.folder.root), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing. The database is locked from the start: what was read here is still so when it is written."""
        with storage_faults(self.folder.root), self.engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def check(self) -> list[str]:
        """What the database says is wrong with itself; empty when sound."""
        if self.engine.dialect.name != "sqlite":
            return []
        with self.reading() as connection:
            lines = [str(line) for line in connection.exec_driver_sql("PRAGMA quick_check").scalars()]
        return [line for line in lines if line != "ok"]

    def vacuum(self) -> None:
        """Gives freed pages back; what they held is gone from the file."""
        if self.engine.dialect.name == "sqlite":
            self._alone("VACUUM")
            self.checkpoint()

    def checkpoint(self) -> None:
        """Empties the write-ahead log, waiting for readers to let go of it."""
        if self.engine.dialect.name == "sqlite":
            self._alone("PRAGMA wal_checkpoint(TRUNCATE)")

    def _alone(self, statement: str) -> None:
        with storage_faults(self.folder.root):
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute(statement).fetchall()
            finally:
                connection.close()

    def close(self) -> None:
        """Releases the connections; the next use opens new ones."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    engine = sqlalchemy_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    """Write-ahead log for readers beside a writer, full durability, and deleted rows overwritten."""
    connection.isolation_level = None  # Transactions begin where ``_begin`` says, not at the first change.
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    _switch_to_wal(cursor)
    for pragma in ("synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY", "cache_size=-32000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:
    """Two processes that make the same database at once can refuse each other here, without waiting."""
    import sqlite3

    deadline_s = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline_s:
                raise
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

"""SQLite under the ledger: a file in the data folder, one writer beside any number of readers."""

import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy import create_engine as sqlalchemy_engine

from whence.store.faults import storage_faults

_BUSY_MS = 15_000
_WRITES = "whence_writes"


class SqliteBackend:
    """The engines of one SQLite file. ``place`` names it to people."""

    is_apart = False
    """The file lies in the data folder: one cannot be taken without the other."""

    def __init__(self, url: URL, root: Path) -> None:
        self.place = str(root)
        self._root = root
        with self.faults():
            self._engine = sqlalchemy_engine(url)
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        self.readers: Engine = self._engine
        self.writers: Engine = self._engine.execution_options(**{_WRITES: True})

    def faults(self) -> AbstractContextManager[None]:
        """Errors of the database as ours."""
        return storage_faults(self._root)

    def require_vacant(self, connection: Connection) -> None:
        """Nobody but whence makes this file."""

    def check(self) -> list[str]:
        """What the database says is wrong with itself; empty when sound."""
        with self.faults(), self.readers.begin() as connection:
            lines = [str(line) for line in connection.exec_driver_sql("PRAGMA quick_check").scalars()]
        return [line for line in lines if line != "ok"]

    def vacuum(self) -> None:
        """Rewrites the file without what was freed."""
        self._alone("VACUUM")
        self.checkpoint()

    def checkpoint(self) -> None:
        """Empties the write-ahead log, waiting for readers to let go of it."""
        self._alone("PRAGMA wal_checkpoint(TRUNCATE)")

    def _alone(self, statement: str) -> None:
        with self.faults():
            connection = self._engine.raw_connection()
            try:
                connection.cursor().execute(statement).fetchall()
            finally:
                connection.close()


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

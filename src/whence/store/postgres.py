"""PostgreSQL under the ledger: the same promises as the SQLite file gives, on a server.

Readers have one state for a whole transaction. Writers take one advisory lock for each schema before they read
anything, so that they are as much one after the other as SQLite's are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, text
from sqlalchemy import create_engine as sqlalchemy_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from whence.errors import DiskFullError, MissingExtraError, StoreError
from whence.store.faults import is_disk_full
from whence.store.tables import metadata

_BUSY_MS = 15_000
_CONNECT_S = 10
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('whence ' || coalesce(current_schema(), ''), 0))"
_WRITES = "whence_writes"
_SETTINGS = "[store] sql_url in whence.toml"

_BUSY = ("55P03", "40001", "40P01")
_FORBIDDEN = ("25006", "42501")
_DAMAGED = ("42P01", "42703", "XX001", "XX002")
_TOO_LONG = "54000"


class PostgresBackend:
    """The engines of one schema of a database. ``place`` names it to people, without user and password."""

    is_apart = True
    """The ledger lies elsewhere than the data folder: either could be taken with another's other half."""

    def __init__(self, url: URL) -> None:
        host = url.host or _first(url.query.get("host")) or "this machine"
        self.place = f"the PostgreSQL database {url.database or url.username or ''!r} at {host}"
        if "connect_timeout" not in url.query:
            url = url.update_query_dict({"connect_timeout": str(_CONNECT_S)})
        try:
            with self.faults():
                self._engine = sqlalchemy_engine(url, pool_pre_ping=True, hide_parameters=True)
        except ImportError as error:
            raise MissingExtraError(
                f"The ledger is in {self.place}, and the driver for it is absent: pip install 'whence[postgres]'."
            ) from error
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        self.readers: Engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self.writers: Engine = self._engine.execution_options(isolation_level="READ COMMITTED", **{_WRITES: True})

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Errors of the server as ours."""
        try:
            yield
        except SQLAlchemyError as error:
            raise self._told(error) from error

    def _told(self, error: SQLAlchemyError) -> StoreError:
        reason, code = _reason(error), getattr(getattr(error, "orig", None), "sqlstate", None)
        if is_disk_full(error) or code == "53100":
            return DiskFullError(
                f"No room left on the disk of {self.place}: free some space and run the same command again; what was "
                "stored before is kept."
            )
        if isinstance(error, DBAPIError) and (error.statement is None or error.connection_invalidated):
            return StoreError(
                f"Cannot use {self.place} ({reason}): see that the server runs and that {_SETTINGS} names it, the "
                "database, the user and the password as they are."
            )
        if code in _BUSY:
            return StoreError(f"There is too much going on in {self.place}: try again in a moment.")
        if code in _FORBIDDEN:
            return StoreError(
                f"Writing to {self.place} is not allowed ({reason}): give the user of {_SETTINGS} the right to make "
                "and change tables there."
            )
        if code in _DAMAGED:
            return StoreError(
                f"The tables in {self.place} are damaged ({reason}): restore a copy of it, or name an empty database "
                f"in {_SETTINGS}."
            )
        if code == _TOO_LONG:
            return StoreError(
                f"A path or a name is too long for {self.place} ({reason}): shorten it at its source, or keep the "
                f"ledger in SQLite, without {_SETTINGS}."
            )
        return StoreError(f"It was refused by {self.place}: {reason}.")

    def require_vacant(self, connection: Connection) -> None:
        """Raises ``StoreError`` where tables of others have the names of ours."""
        there = [name for name in sorted(metadata.tables) if self._engine.dialect.has_table(connection, name)]
        if there and "properties" not in there:
            raise StoreError(
                f"There is a table {there[0]!r} in {self.place} that whence has not made: give whence a database or a "
                f"schema of its own in {_SETTINGS}."
            )

    def check(self) -> list[str]:
        """What the server says is wrong with the database; empty when sound."""
        failures = "SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()"
        invalid = (
            "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
            "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace ORDER BY 1"
        )
        with self.faults(), self.readers.begin() as connection:
            n_failures = int(connection.execute(text(failures)).scalar() or 0)
            indexes = list(connection.execute(text(invalid)).scalars())
        told = [f"{n_failures} pages have wrong checksums"] if n_failures else []
        return [*told, *(f"the index {name} is not valid" for name in indexes)]

    def vacuum(self) -> None:
        """Rewrites the tables without what was freed. What the server logs and backs up is out of reach."""
        from whence.store import history_tables, serving_tables

        derived = (table.name for table in history_tables.HISTORY_TABLES)
        self._rewrite([*metadata.tables, *derived, *serving_tables.metadata.tables])

    def checkpoint(self) -> None:
        """Rewrites the small table that changes after a ``vacuum``."""
        self._rewrite(["jobs"])

    def _rewrite(self, tables: list[str]) -> None:
        alone = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with self.faults(), alone.connect() as connection:
            for name in sorted(set(tables)):
                if self._engine.dialect.has_table(connection, name):
                    connection.execute(text(f'VACUUM (FULL) "{name}"'))


def _prepare(connection: Any, _record: Any) -> None:
    """Whoever waits for a lock does not wait for ever."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {_BUSY_MS}")
    connection.commit()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql(_LOCK)


def _reason(error: SQLAlchemyError) -> str:
    """What the server or the driver said, in one line, without what the statement was given."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    line = lines[0] if lines else type(error).__name__
    return line.rpartition("FATAL:")[2].strip().rstrip(".")[:200]


def _first(value: str | tuple[str, ...] | None) -> str:
    return (value if isinstance(value, str) else value[0]) if value else ""

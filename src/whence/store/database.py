"""The SQL database of a data folder: opened, checked and locked here; what its rows mean is in ``store/ledger.py``.

What SQLite and PostgreSQL do differently is in ``store/sqlite.py`` and ``store/postgres.py``.
"""

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, delete, insert, inspect, make_url, select
from sqlalchemy.exc import ArgumentError

from whence.errors import StoreError, UsageError, VersionError
from whence.store.faults import storage_faults
from whence.store.folder import FORMAT, DataFolder
from whence.store.sqlite import SqliteBackend
from whence.store.tables import indexes, metadata, properties


class Backend(Protocol):
    """What a kind of database must offer. ``writers`` lock it from the start, ``readers`` see one state."""

    place: str
    readers: Engine
    writers: Engine

    @property
    def is_apart(self) -> bool:
        """Whether it lies elsewhere than the data folder."""

    def faults(self) -> AbstractContextManager[None]:
        """Turns errors of the database into ``StoreError`` and its kinds."""

    def require_vacant(self, connection: Connection) -> None:
        """Raises ``StoreError`` where our tables cannot be made."""

    def check(self) -> list[str]:
        """What the database says is wrong with itself; empty when sound."""

    def vacuum(self) -> None:
        """Gives freed pages back; what they held is gone from the files."""

    def checkpoint(self) -> None:
        """Lets go of what was deleted since ``vacuum``."""


class Database:
    """One opened database. Thread-safe. Raises ``StoreError`` and its kinds."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self._backend = _backend(folder)
        try:
            self._require_format()
            if self._backend.is_apart:
                self._require_own_folder()
        except BaseException:
            self.close()
            raise

    def _require_format(self) -> None:
        """Makes the schema in a new database. Raises ``VersionError`` where another whence made it."""
        found = self._format()
        if found is None:
            with self.writing() as connection:
                self._backend.require_vacant(connection)
                metadata.create_all(connection)
                found = _property(connection, "format")
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
            return _property(connection, "format") if inspect(connection).has_table(properties.name) else None

    def _require_own_folder(self) -> None:
        """Joins a ledger that lies elsewhere with this data folder. Raises ``StoreError`` where it has another.

        A ledger without any index changes to whoever opens it last.
        """
        file = self.folder.ledger_id
        with self.reading() as connection:
            owner = _property(connection, "folder")
        if owner is not None and _read(file) == owner:
            return
        with self.writing() as connection:
            owner = _property(connection, "folder")
            if owner is not None and _read(file) == owner:
                return
            if owner is not None and connection.execute(select(indexes.c.name).limit(1)).first() is not None:
                raise StoreError(
                    f"The ledger in {self._backend.place} belongs to the data folder "
                    f"{_property(connection, 'folder_path')}, not to {self.folder.root}: name that one with --data, or "
                    "give this one a database or a schema of its own."
                )
            owner = secrets.token_hex(8)
            rows = [{"name": "folder", "value": owner}, {"name": "folder_path", "value": str(self.folder.root)}]
            connection.execute(delete(properties).where(properties.c.name.in_([row["name"] for row in rows])))
            connection.execute(insert(properties), rows)
            with storage_faults(self.folder.root):
                file.write_text(owner, encoding="utf-8")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent state, whatever others write meanwhile."""
        with storage_faults(self.folder.root), self._backend.faults(), self._backend.readers.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing. The database is locked from the start: what was read here is still so when it is written."""
        with storage_faults(self.folder.root), self._backend.faults(), self._backend.writers.begin() as connection:
            yield connection

    def check(self) -> list[str]:
        """What the database says is wrong with itself; empty when sound."""
        return self._backend.check()

    def vacuum(self) -> None:
        """Gives freed pages back; what they held is gone from the database's files."""
        self._backend.vacuum()

    def checkpoint(self) -> None:
        """Lets the files go of what was deleted since ``vacuum``, waiting for readers."""
        self._backend.checkpoint()

    def close(self) -> None:
        """Releases the connections; the next use opens new ones."""
        self._backend.readers.dispose()


def _backend(folder: DataFolder) -> Backend:
    """The kind of database that the folder's ledger is in. Raises ``UsageError`` for a URL that names none."""
    if not folder.sql_url:
        return SqliteBackend(URL.create("sqlite", database=str(folder.root / "whence.db")), folder.root)
    url = _parsed(folder.sql_url)
    if url.drivername == "sqlite":
        return SqliteBackend(url, folder.root)
    from whence.store.postgres import PostgresBackend

    return PostgresBackend(url)


def _parsed(text: str) -> URL:
    """The URL with the driver that whence uses. Never says what it read: there may be a password in it."""
    wanted = "write postgresql://USER:PASSWORD@HOST/DATABASE, or leave it out to keep the ledger in the data folder"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise UsageError(f"[store] sql_url in whence.toml is not the URL of a database: {wanted}.") from None
    if any("@" in (part or "") for part in (url.host, url.database)):
        raise UsageError("[store] sql_url in whence.toml has more than one '@': write one in a password as %40.")
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return url.set(drivername="sqlite")
    raise UsageError(f"[store] sql_url in whence.toml names a database that whence does not know: {wanted}.")


def _property(connection: Connection, name: str) -> str | None:
    return connection.execute(select(properties.c.value).where(properties.c.name == name)).scalar()


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None

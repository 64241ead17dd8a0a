import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.conftest import SqlUrl

from whence.errors import StoreError
from whence.store.database import Database
from whence.store.folder import DataFolder


def test_many_threads_make_the_same_database(tmp_path: Path, sql_url: SqlUrl) -> None:
    folder, failures = DataFolder(tmp_path / "data", sql_url("data")), list[Exception]()
    folder.create()
    barrier = threading.Barrier(6)

    def make() -> None:
        barrier.wait()
        try:
            database = Database(folder)
            assert database.check() == []
            database.close()
        except Exception as error:  # noqa: BLE001 - whatever it is
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def opened(folder: DataFolder) -> Database:
    """A new database with one number in it."""
    folder.create()
    database = Database(folder)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE counts (n INTEGER)"))
        connection.execute(text("INSERT INTO counts VALUES (0)"))
    return database


@pytest.fixture
def database(tmp_path: Path, sql_url: SqlUrl) -> Iterator[Database]:
    database = opened(DataFolder(tmp_path / "data", sql_url("data")))
    yield database
    database.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    database = opened(DataFolder(tmp_path / "data"))
    yield database
    database.close()


def test_what_is_read_before_writing_is_not_overtaken(database: Database) -> None:
    def increase() -> None:
        for _ in range(10):
            with database.writing() as connection:
                held = connection.execute(text("SELECT n FROM counts")).scalar_one()
                connection.execute(text("UPDATE counts SET n = :n"), {"n": held + 1})

    threads = [threading.Thread(target=increase) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.execute(text("SELECT n FROM counts")).scalar_one() == 40


def test_a_reader_sees_one_state(database: Database) -> None:
    with database.reading() as reader:
        assert reader.execute(text("SELECT n FROM counts")).scalar_one() == 0
        with database.writing() as writer:
            writer.execute(text("UPDATE counts SET n = 5"))
        assert reader.execute(text("SELECT n FROM counts")).scalar_one() == 0
    with database.reading() as reader:
        assert reader.execute(text("SELECT n FROM counts")).scalar_one() == 5


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def write_wrongly() -> None:
        with database.writing() as connection:
            connection.execute(text("UPDATE counts SET n = 9"))
            connection.execute(text("INSERT INTO counts VALUES (1, 2)"))

    with pytest.raises(StoreError, match="refused"):
        write_wrongly()
    with database.reading() as connection:
        assert connection.execute(text("SELECT n FROM counts")).scalar_one() == 0


def test_settings_that_durability_and_deletion_rest_on(sqlite: Database) -> None:
    with sqlite.reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
        found["secure_delete"] = connection.exec_driver_sql("PRAGMA secure_delete").scalar()
    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_vacuum_empties_the_log(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.writing() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT)"))
        connection.execute(text("INSERT INTO words VALUES ('xylophagousquagga')"))
    with sqlite.writing() as connection:
        connection.execute(text("DELETE FROM words"))
    sqlite.vacuum()
    for file in (tmp_path / "data").rglob("whence.db*"):
        assert b"xylophagousquagga" not in file.read_bytes()


def test_a_database_that_stays_locked_is_a_sentence(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whence.store.sqlite._BUSY_MS", 50)
    impatient = Database(sqlite.folder)
    other = sqlite3.connect(sqlite.folder.root / "whence.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="busy for too long"), impatient.writing():
        pass
    other.execute("ROLLBACK")
    other.close()
    impatient.close()


@pytest.mark.parametrize("name", ["odd?name=x", "100%25 & more#", "über"])
def test_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = DataFolder(tmp_path / name)
    opened(folder).close()
    assert (tmp_path / name / "whence.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]

"""What PostgreSQL does differently: who may come in, what it says, how it orders, and what it forgets."""

import random
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD, Server, SqlUrl
from tests.store.material import ListSource, Store

from whence.errors import MissingExtraError, StoreError, UsageError, VersionError, WhenceError
from whence.store.database import Database
from whence.store.folder import DataFolder
from whence.store.ledger import Ledger
from whence.types import Document

MARKER = "xylophagousquagga"
ODD = ["Zebra", "apple", "äpfel", "a b", "a-b", "a\x00b", "a\x01b", "a\x02b", "a\x01\x01", "a", "é", "\U0001f9ad", "~"]


@pytest.fixture
def ledger(tmp_path: Path, postgres_url: SqlUrl) -> Iterator[Ledger]:
    folder = DataFolder(tmp_path / "data", postgres_url("data"))
    folder.create()
    ledger = Ledger(folder)
    yield ledger
    ledger.close()


def refused(root: Path, url: str) -> WhenceError:
    """The one sentence with which a URL is refused."""
    folder = DataFolder(root, url)
    folder.create()
    with pytest.raises(WhenceError) as caught:
        Database(folder)
    told = str(caught.value)
    assert "\n" not in told
    assert told.endswith(".")
    assert not any(secret in told + repr(folder) for secret in (PASSWORD, "tern-7", "heron", "wrong-word"))
    return caught.value


def test_those_who_may_not_come_in_are_told_so(tmp_path: Path, postgres: Server) -> None:
    wrong = refused(tmp_path, postgres.url(password="wrong-word"))
    assert isinstance(wrong, StoreError)
    assert 'password authentication failed for user "whence"' in str(wrong)
    assert "[store] sql_url" in str(wrong)
    assert 'database "absent" does not exist' in str(refused(tmp_path, postgres.url(database="absent")))


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    for url in (
        f"postgresql://whence:wrong-word@/x?host={tmp_path}",
        "postgres://whence:wrong-word@127.0.0.1:1/x",
        "postgresql+psycopg://whence@127.0.0.1:1/x?password=wrong-word&connect_timeout=2",
        "postgresql://whence:wrong-word@127.0.0.1:1/x?nonsense=1",
    ):
        assert str(refused(tmp_path, url)).startswith("Cannot use the PostgreSQL database 'x' at ")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("wrong-word", "is not the URL of a database: write postgresql://"),
        ("postgresql://whence:wrong-word@host:port/x", "is not the URL of a database"),
        ("mysql://whence:wrong-word@host/x", "names a database that whence does not know"),
        ("postgresql+asyncpg://whence:wrong-word@host/x", "names a database that whence does not know"),
        ("postgresql://whence:wrong@word@host/x", "write one in a password as %40"),
    ],
)
def test_a_wrong_url_is_a_sentence(tmp_path: Path, url: str, sentence: str) -> None:
    error = refused(tmp_path, url)
    assert isinstance(error, UsageError)
    assert sentence in str(error)
    assert error.__cause__ is None


def test_without_the_driver_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = refused(tmp_path, "postgresql://whence:wrong-word@127.0.0.1:1/x")
    assert isinstance(error, MissingExtraError)
    assert str(error).endswith("pip install 'whence[postgres]'.")


def test_order_and_characters_are_those_of_sqlite(tmp_path: Path, ledger: Ledger) -> None:
    plain = Store(tmp_path / "plain")
    documents = [ListSource({}).document(f"{path}.md", path) for path in ODD]
    found = []
    for one in (plain.ledger, ledger):
        for name in ODD:
            one.create_index(name)
        for name in ODD:
            one.put_source("a", name, name, {})
        one.put_documents("a", documents, 1)
        (waiting, _) = next(one.pending("a", 10**9))
        ids = [document.id for document in waiting]
        found.append((one.index_names(), [row.id for row in one.sources("a")], ids, one.documents("a", ids)))
        assert one.at_path("a", "a\x00b.md")[0].text == "a\x00b"
    plain.close()
    assert found[0] == found[1]
    assert found[1][0] == sorted(ODD)


def test_times_are_in_utc_whatever_the_session_thinks(ledger: Ledger) -> None:
    ledger.create_index("a")
    moment = datetime(2026, 3, 1, 23, 59, 59, 123456, tzinfo=UTC)
    one = ListSource({}).document("a.md", "text")
    fields = {name: getattr(one, name) for name in one.__slots__}
    dated = Document(**(fields | {"authored_at": moment}))
    ledger.put_documents("a", [dated], 1)
    (held,) = ledger.documents("a", [dated.id])
    assert held.authored_at is not None
    assert (held.authored_at, held.authored_at.tzinfo) == (moment, UTC)


def test_a_path_too_long_for_an_index_is_a_sentence(ledger: Ledger) -> None:
    ledger.create_index("a")
    draw = random.Random(7)
    long = "".join(draw.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(9000))
    with pytest.raises(StoreError, match="too long for the PostgreSQL database") as caught:
        ledger.put_documents("a", [ListSource({}).document(long, "text")], 1)
    assert long[:50] not in str(caught.value)


def test_an_index_is_forgotten_whatever_it_still_has(ledger: Ledger) -> None:
    """A first run that broke leaves tombstones without a snapshot."""
    ledger.create_index("a")
    ledger.put_documents("a", [ListSource({}).document("a.md", "text")], 1)
    ledger.delete_documents("a", ["list:tiny:a.md"], 2)
    ledger.remove_index("a")
    assert ledger.index_names() == []
    ledger.create_index("a")
    assert ledger.n_pending("a") == 0


def test_readers_do_not_wait_for_a_writer_and_cannot_write(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.create_index("a")
    ledger.put_documents("a", [ListSource({}).document("a.md", "text")], 1)
    with ledger.writing():
        assert ledger.live("a", ["list:tiny:a.md"])
        assert ledger.counts("a").documents == 1
        monkeypatch.setattr("whence.store.postgres._BUSY_MS", 50)
        impatient = Ledger(ledger.folder)
        with pytest.raises(StoreError, match="too much going on"):
            impatient.create_index("b")
        impatient.close()
    with pytest.raises(StoreError, match="not allowed"), ledger.reading() as connection:
        connection.execute(text("DELETE FROM documents"))


def test_a_connection_that_the_server_has_ended_is_made_again(ledger: Ledger, postgres: Server) -> None:
    ledger.create_index("a")
    ended = postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'whence'"
    )
    assert ended
    assert ledger.index_names() == ["a"]


def test_another_data_folder_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    other = DataFolder(tmp_path / "other", ledger.folder.sql_url)
    other.create()
    for folder in (other, ledger.folder, ledger.folder):  # nothing is indexed yet, so nothing can be mixed up
        Database(folder).close()
    ledger.create_index("a")
    Database(ledger.folder).close()
    with pytest.raises(StoreError, match=r"belongs to the data folder .*/data, not to .*/other"):
        Database(other)
    other.ledger_id.write_text(ledger.folder.ledger_id.read_text())
    Database(other).close()


def test_tables_of_others_are_left_alone(tmp_path: Path, postgres: Server, postgres_url: SqlUrl) -> None:
    url = postgres_url("data")
    schema = url.rpartition("%3D")[2]
    postgres.execute(f"CREATE TABLE {schema}.documents (title text)")
    assert "There is a table 'documents' in the PostgreSQL database" in str(refused(tmp_path, url))
    assert postgres.execute(f"SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'") == [(1,)]


def test_a_schema_of_another_format_and_one_without_rights(
    tmp_path: Path, postgres: Server, postgres_url: SqlUrl
) -> None:
    folder = DataFolder(tmp_path / "data", postgres_url("data"))
    folder.create()
    Database(folder).close()
    schema = folder.sql_url.rpartition("%3D")[2]
    postgres.execute(f"UPDATE {schema}.properties SET value = '999' WHERE name = 'format'")
    with pytest.raises(VersionError, match="a newer version of whence"):
        Database(folder)
    role = f"r{schema}"
    postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'guest'", f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    try:
        guest = folder.sql_url.replace("whence:tern-7%2Fheron@", f"{role}:guest@")
        postgres.execute(f"DROP TABLE {schema}.documents, {schema}.sources, {schema}.snapshots")
        assert "not allowed (permission denied" in str(refused(tmp_path / "guest", guest))
    finally:
        postgres.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_vacuum_rewrites_the_tables(ledger: Ledger, postgres: Server) -> None:
    ledger.create_index("a")
    documents = [ListSource({}).document(f"{MARKER}-{n}.md", f"{MARKER} {n}") for n in range(50)]
    packed = zlib.compress(documents[7].text.encode(), level=1)  # a compressed text is a trace too
    ledger.put_documents("a", documents, 1)
    postgres.execute("CHECKPOINT")
    assert traces(postgres, MARKER.encode())
    assert traces(postgres, packed)
    ledger.hide_index("a")
    ledger.remove_index("a")
    ledger.database.vacuum()
    postgres.execute("CHECKPOINT")
    assert traces(postgres, MARKER.encode()) == traces(postgres, packed) == []
    assert ledger.database.check() == []


def traces(postgres: Server, words: bytes) -> list[Path]:
    """Files of tables and indexes that hold these."""
    files = [path for path in sorted((postgres.data / "base").rglob("*")) if path.is_file()]
    return [path for path in files if words in path.read_bytes()]

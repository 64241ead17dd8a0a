"""A PostgreSQL server of the tests' own, and the database that each test's data folders keep their ledger in."""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

SqlUrl = Callable[[str], str]
"""The URL of the ledger for a data folder's name; "" for SQLite."""

PASSWORD = "tern-7/heron"
_QUOTED = "tern-7%2Fheron"


@dataclass(frozen=True)
class Server:
    """A running server: its files, the folder of its socket, and the process."""

    data: Path
    socket: Path
    process: "subprocess.Popen[bytes]"

    def url(self, schema: str = "", password: str = _QUOTED, database: str = "postgres") -> str:
        options = f"&options=-csearch_path%3D{schema}" if schema else ""
        return f"postgresql://whence:{password}@/{database}?host={self.socket}{options}"

    def execute(self, *statements: str) -> list[Any]:
        """Runs statements one by one; returns the rows of the last."""
        engine = create_engine(self.url().replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
        rows: list[Any] = []
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for statement in statements:
                result = connection.execute(text(statement))
                rows = list(result) if result.returns_rows else []
        return rows


def _binaries() -> Path:
    """The folder of the newest server's programs; skips the test where there is none."""
    pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if on_path is None and not found:
        pytest.skip("no PostgreSQL server is installed here")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def _account() -> dict[str, Any]:
    """Whom the server runs as: it refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root, and there is no other account")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests, on a socket in a folder of its own; language, zone and password are not easy ones."""
    binaries, account = _binaries(), _account()
    with tempfile.TemporaryDirectory(prefix="whence-pg-", dir="/tmp", ignore_cleanup_errors=True) as place:
        root, data = Path(place), Path(place, "data")
        (root / "password").write_text(PASSWORD)
        for path in (root, root / "password"):
            if account:
                os.chown(path, account["user"], account["group"])
        language = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        plain = ["--encoding=UTF8", "--locale=C"]
        for options in (language, plain):  # the second for servers without ICU
            words = [str(binaries / "initdb"), "-D", str(data), "-U", "whence", "-A", "scram-sha-256"]
            words += ["--pwfile", str(root / "password"), "--no-sync", *options]
            made = subprocess.run(words, capture_output=True, cwd=root, check=False, **account)
            if made.returncode == 0:
                break
        assert made.returncode == 0, made.stderr.decode()
        settings = {
            "unix_socket_directories": str(root),
            "listen_addresses": "",
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "32MB",
            "timezone": "Asia/Kathmandu",
            "autovacuum": "off",
        }
        words = [str(binaries / "postgres"), "-D", str(data)]
        words += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (root / "log").open("wb") as log:
            process = subprocess.Popen(words, stdout=log, stderr=log, cwd=root, **account)
        server = Server(data, root, process)
        try:
            _wait(binaries, server)
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait(binaries: Path, server: Server) -> None:
    ready = [str(binaries / "pg_isready"), "-q", "-h", str(server.socket), "-U", "whence", "-t", "1"]
    for _ in range(600):
        if subprocess.run(ready, check=False).returncode == 0:
            return
        assert server.process.poll() is None, (server.socket / "log").read_text()
    pytest.fail("PostgreSQL did not start")


@pytest.fixture
def postgres_url(postgres: Server, request: pytest.FixtureRequest) -> Iterator[SqlUrl]:
    """Gives each name a schema of the test's own."""
    made: set[str] = set()

    def url(name: str) -> str:
        schema = "t" + hashlib.sha256(f"{request.node.nodeid} {name}".encode()).hexdigest()[:16]
        if schema not in made:
            postgres.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE", f"CREATE SCHEMA {schema}")
            made.add(schema)
        return postgres.url(schema)

    yield url
    postgres.execute(*(f"DROP SCHEMA {schema} CASCADE" for schema in sorted(made)))


@pytest.fixture(params=["sqlite", "postgres"])
def sql_url(request: pytest.FixtureRequest) -> SqlUrl:
    """Where the ledger lies: each test that takes it runs once with either database."""
    if request.param == "sqlite":
        return lambda name: ""
    url: SqlUrl = request.getfixturevalue("postgres_url")
    return url

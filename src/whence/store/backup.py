"""Backup of a data folder while others read and write it, and its restoration: one tar file, checked on the way back.

The database is copied as of one moment. Of Lance only the versions go along that its snapshots name, pinned meanwhile;
an index that was just being written is marked so that the next writer brings it up to the ledger. Git mirrors go with
their references first, so that every commit they name is there.
"""

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update

from whence.errors import StoreError, UnreadableError, UsageError
from whence.store.chunks import Tables
from whence.store.faults import storage_faults
from whence.store.folder import FORMAT, DataFolder
from whence.store.ledger import Ledger
from whence.store.snapshot import Snapshot
from whence.store.tables import snapshots
from whence.wire import from_json

LEDGER = "whence.db"
LISTING = "backup.json"
_LAST_VERSION = 2**64 - 1
_BLOCK = 1 << 20
_PASSES = 5
_SMALL_FILES = ("whence.toml", "ledger.id")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup holds."""

    indexes: tuple[str, ...]
    n_files: int
    n_bytes: int


class _Archive:
    """A tar file that remembers the digest of each file it was given."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.digests: dict[str, str] = {}
        self.n_bytes = 0

    def add(self, file: Path, name: str) -> bool:
        """Adds a file as it is now; False where it has vanished."""
        try:
            with file.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                info = tarfile.TarInfo(name)
                info.size, info.mode, info.mtime = size, 0o600, int(time.time())
                digested = _Digested(stream, size)
                self._tar.addfile(info, digested)
        except FileNotFoundError:
            return False
        self.digests[name] = digested.digest.hexdigest()
        self.n_bytes += size
        return True

    def close(self, about: Mapping[str, object]) -> None:
        """Adds the listing of all files, by which the archive is checked."""
        body = json.dumps({**about, "files": self.digests}).encode()
        info = tarfile.TarInfo(LISTING)
        info.size, info.mode = len(body), 0o600
        self._tar.addfile(info, io.BytesIO(body))


class _Digested(io.RawIOBase):
    """The first ``size`` bytes of a stream, digested as they are read; a file that grew meanwhile is cut there."""

    def __init__(self, stream: io.BufferedReader, size: int) -> None:
        self._stream, self._left = stream, size
        self.digest = hashlib.sha256()

    def read(self, n: int = -1) -> bytes:
        """Bytes of the file."""
        block = self._stream.read(min(n if n >= 0 else self._left, self._left))
        self._left -= len(block)
        self.digest.update(block)
        return block


def backup(ledger: Ledger, target: Path) -> BackupReport:
    """Writes a backup of the data folder to a file that must not be there yet; it appears when it is complete.

    Raises ``UsageError`` for a file that is there and for ledgers on a server, ``StoreError``.
    """
    folder = ledger.folder
    if folder.sql_url:
        raise UsageError(
            "The ledger of this data folder is on a database server: back that up with the server's own tools, and "
            "copy the data folder after it."
        )
    if target.exists():
        raise UsageError(f"{target} is there already: name a new file.")
    part = target.with_name(f"{target.name}.part")
    with storage_faults(target.parent), tempfile.TemporaryDirectory(dir=folder.root, prefix="backup-") as place:
        copy = Path(place) / LEDGER
        with _pinned(ledger), os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            kept = _copy_ledger(folder.root / LEDGER, copy)
            with tarfile.open(fileobj=out, mode="w|", bufsize=_BLOCK, format=tarfile.PAX_FORMAT) as tar:
                archive = _Archive(tar)
                archive.add(copy, LEDGER)
                for name in _SMALL_FILES:
                    archive.add(folder.root / name, name)
                for file in _lance_files(folder.lance, kept):
                    archive.add(file, str(file.relative_to(folder.root)))
                for mirror in _mirrors(folder.mirrors):
                    _add_mirror(archive, mirror, folder.root)
                for file in _model_files(folder.models):
                    archive.add(file, str(file.relative_to(folder.root)))
                names = sorted({snapshot.index for snapshot in kept})
                archive.close({"format": FORMAT, "indexes": names})
            out.flush()
            os.fsync(out.fileno())
        part.rename(target)
    return BackupReport(indexes=tuple(names), n_files=len(archive.digests), n_bytes=archive.n_bytes)


def restore(source: Path, folder: DataFolder) -> BackupReport:
    """Makes a data folder of a backup: all of it, checked, or nothing.

    Raises ``UsageError`` where something is stored there already, ``UnreadableError`` for a file that is damaged or no
    backup, ``StoreError``.
    """
    root = folder.root
    if folder.sql_url or (root.exists() and any(root.iterdir())):
        raise UsageError(f"{root} holds something already: restore into a new data folder, named with --data.")
    with storage_faults(root.parent):
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{root.name}-") as place:
            fresh = Path(place) / "data"
            listing = _extract(source, fresh)
            _check_tables(fresh)
            if root.exists():
                root.rmdir()
            fresh.rename(root)
    sizes = [file.stat().st_size for file in root.rglob("*") if file.is_file()]
    return BackupReport(indexes=tuple(listing["indexes"]), n_files=len(listing["files"]), n_bytes=sum(sizes))


@contextmanager
def _pinned(ledger: Ledger) -> Iterator[None]:
    """Keeps the tables of all present snapshots from being cleaned up."""
    with ledger.writing() as connection:
        free = select(snapshots.c.id).where(snapshots.c.pinned.is_(False))
        ids = list(connection.execute(free).scalars())
        connection.execute(update(snapshots).where(snapshots.c.pinned.is_(False)).values(pinned=True))
    try:
        yield
    finally:
        with ledger.writing() as connection:
            for start in range(0, len(ids), 500):
                part = ids[start : start + 500]
                connection.execute(update(snapshots).where(snapshots.c.id.in_(part)).values(pinned=False))


def _copy_ledger(source: Path, copy: Path) -> list[Snapshot]:
    """Copies the database as of one moment; returns the snapshots that readers open in it."""
    origin = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)
    try:
        origin.execute("VACUUM INTO ?", (str(copy),))
    finally:
        origin.close()
    database = sqlite3.connect(copy)
    try:
        database.execute(
            "UPDATE documents SET state = 'pending' WHERE index_name IN "
            "(SELECT index_name FROM jobs WHERE state = 'running')"
        )
        database.execute(
            "DELETE FROM snapshots WHERE id NOT IN (SELECT snapshot FROM indexes WHERE snapshot IS NOT NULL)"
        )
        database.execute("UPDATE snapshots SET pinned = 0")
        database.commit()
        records = database.execute("SELECT record FROM snapshots").fetchall()
    finally:
        database.close()
    return [from_json(Snapshot, json.loads(record)) for (record,) in records]


def _lance_files(lance: Path, kept: Sequence[Snapshot]) -> Iterator[Path]:
    """The files of the tables that snapshots name, without versions later than those."""
    latest: dict[str, int] = {}
    for snapshot in kept:
        for name, version in snapshot.tables.items():
            latest[name] = max(version, latest.get(name, 0))
    for name, version in sorted(latest.items()):
        table = lance / f"{name}.lance"
        if not table.is_dir():
            raise StoreError(f"The index data of table {name} is gone: run `whence doctor --rebuild`, then back up.")
        for file in sorted(table.rglob("*")):
            if file.is_file() and _version(file) <= version:
                yield file


def _version(file: Path) -> int:
    """The version that a manifest describes, 0 for any other file. Lance counts down in newer tables."""
    if file.suffix != ".manifest" or not file.stem.isdigit():
        return 0
    number = int(file.stem)
    return _LAST_VERSION - number if number > _LAST_VERSION // 2 else number


def _model_files(models: Path) -> list[Path]:
    """The files of whole models, and of records how models run best; not of those that are just being made."""
    whole = [manifest.parent for manifest in models.glob("*/manifest.json") if ".part" not in manifest.parent.name]
    folders = [*whole, models / "optimized"]
    return sorted(file for folder in folders for file in folder.rglob("*") if file.is_file() and file.suffix != ".part")


def _mirrors(place: Path) -> list[Path]:
    return sorted(config.parent for config in place.rglob("config") if (config.parent / "HEAD").is_file())


def _add_mirror(archive: _Archive, mirror: Path, root: Path) -> None:
    """References first: what they name is among the objects that follow, also where git packs them anew meanwhile."""
    files = sorted(file for file in mirror.rglob("*") if file.is_file() and not file.name.endswith(".lock"))
    for file in files:
        if "objects" not in file.relative_to(mirror).parts[:1]:
            archive.add(file, str(file.relative_to(root)))
    for _ in range(_PASSES):
        vanished = False
        for file in sorted((mirror / "objects").rglob("*")):
            name = str(file.relative_to(root))
            if file.is_file() and name not in archive.digests and not file.name.startswith("tmp_"):
                vanished |= not archive.add(file, name)
        if not vanished:
            return
    raise StoreError(f"The mirror {mirror.name} changes too fast to be copied: try again in a moment.")


def _extract(source: Path, target: Path) -> dict[str, list[str]]:
    """Unpacks an archive into a new folder and checks every file. Raises ``UnreadableError``."""
    damaged = f"{source} is damaged or no backup of whence: use another copy of it"
    digests: dict[str, str] = {}
    listing: dict[str, object] | None = None
    target.mkdir(mode=0o700)
    try:
        with tarfile.open(source, mode="r|*", bufsize=_BLOCK) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                if stream is None:
                    raise UnreadableError(f"{damaged} ({member.name[:80]!r} is not a file).")
                if member.name == LISTING:
                    listing = json.load(stream)
                    continue
                place = target / member.name
                if not place.resolve().is_relative_to(target.resolve()):
                    raise UnreadableError(f"{damaged} ({member.name[:80]!r} leads out of the folder).")
                place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                digest = hashlib.sha256()
                with place.open("xb") as out:
                    while block := stream.read(_BLOCK):
                        digest.update(block)
                        out.write(block)
                digests[member.name] = digest.hexdigest()
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise UnreadableError(f"{damaged} ({error}).") from error
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {source}.") from error
    for config in (target / "mirrors").rglob("config"):  # git knows a repository by these, though they may be empty
        (config.parent / "refs").mkdir(exist_ok=True)
        (config.parent / "objects").mkdir(exist_ok=True)
    if not isinstance(listing, dict) or listing.get("files") != digests:
        raise UnreadableError(f"{damaged} (files are missing or changed).")
    if listing.get("format") != FORMAT:
        raise UnreadableError(f"{source} was written by another version of whence: restore it with that version.")
    return {"indexes": list(map(str, listing["indexes"])), "files": list(digests)}  # type: ignore[call-overload]


def _check_tables(root: Path) -> None:
    """Opens every table that a snapshot names. Raises ``StoreError``."""
    folder = DataFolder(root)
    folder.create()
    ledger = Ledger(folder)
    try:
        tables = Tables(folder.lance)
        for name in ledger.index_names():
            snapshot = ledger.snapshot(name)
            for table, version in snapshot.tables.items() if snapshot else ():
                n_rows = tables.open(table, version).count_rows()
                if snapshot and table == snapshot.chunks_table and n_rows != snapshot.n_chunks:
                    raise StoreError(f"The backup lacks chunks of {name}: use another copy of it.")
    finally:
        ledger.close()

"""What goes wrong around a data folder: no room, no right to write, damage, other versions. One sentence each."""

import contextlib
import errno
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.store.material import ListSource, Store

from whence.errors import DiskFullError, StoreError, VersionError
from whence.store.folder import FORMAT

Make = Callable[..., Store]
SOURCE = ListSource({f"{n}.md": f"# {n}\n\nwalrus {n} " + os.urandom(2000).hex() + "\n" for n in range(5)})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB; skipped where mounting is not allowed."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs more rights than this run has")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill_up(file: Path) -> None:
    with file.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(b"x" * 4096)


def test_a_full_disk_keeps_what_was_there_and_goes_on_after(small_disk: Path) -> None:
    store = Store(small_disk / "data")
    store.run(SOURCE)
    before = store.contents()
    ballast = small_disk / "ballast"
    fill_up(ballast)
    many = ListSource({f"new{n}.md": f"# {n}\n\n" + os.urandom(20_000).hex() + "\n" for n in range(6)})
    many.files |= SOURCE.files
    with pytest.raises(DiskFullError, match="free some space and run the same command again"):
        store.run(many)
    assert store.contents() == before
    ballast.unlink()
    store.run(many)
    assert store.contents()["counts"][0] == 11
    store.close()


def test_room_that_ends_within_lance(make_store: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store()
    store.run(SOURCE)
    before = store.contents()

    def full(*_: Any, **__: Any) -> None:
        raise RuntimeError("lance error: LanceError(IO): No space left on device (os error 28), rust/lance-io/src/x.rs")

    edited = ListSource({path: text + "\nheron\n" for path, text in SOURCE.files.items()})
    monkeypatch.setattr("lancedb.table.LanceTable.add", full)
    with pytest.raises(DiskFullError):
        store.run(edited)
    monkeypatch.undo()
    assert store.contents() == before
    assert store.run(edited).unchanged == 5  # they had been acknowledged
    clean = make_store("clean")
    clean.run(edited)
    assert store.contents() == clean.contents()


def test_a_file_that_may_not_grow_is_a_sentence(make_store: Make, tmp_path: Path) -> None:
    script = (
        "import resource, signal; from tests.store.material import ListSource, Store; from pathlib import Path\n"
        "from whence.errors import StoreError\n"
        f"store = Store(Path({str(tmp_path / 'data')!r}))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "import os\n"
        "try:\n    store.run(ListSource({f'{n}.md': os.urandom(90_000).hex() for n in range(4)}))\n"
        "except StoreError as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "data") in done.stdout
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 200_000
    make_store().run(SOURCE)  # nothing is broken


def test_no_room_for_the_folder_itself(make_store: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(StoreError, match=r"Cannot make the data folder .* Choose another with --data"):
        make_store()


def test_a_folder_without_the_right_to_write(make_store: Make, tmp_path: Path) -> None:
    make_store().run(SOURCE)
    data = tmp_path / "data"
    mounted = subprocess.run(["mount", "--bind", str(data), str(data)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting needs more rights than this run has")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(data)], check=True)
        with pytest.raises(StoreError, match=r"make it writable, or choose another with --data"):
            make_store().run(SOURCE)
    finally:
        subprocess.run(["umount", "-l", str(data)], check=True)
    make_store().run(SOURCE)


@pytest.mark.parametrize(("number", "age"), [(FORMAT + 1, "a newer"), (FORMAT - 1, "an older")])
def test_a_folder_of_another_format(make_store: Make, tmp_path: Path, number: int, age: str) -> None:
    make_store().close()
    with sqlite3.connect(tmp_path / "data" / "whence.db") as connection:
        connection.execute("UPDATE properties SET value = ?", [str(number)])
    connection.close()
    with pytest.raises(VersionError, match=rf"{age} version of whence .* --data folder"):
        make_store()


@pytest.mark.parametrize("damage", ["no database", "half of it", "a hole"])
def test_a_damaged_database_is_a_sentence(make_store: Make, tmp_path: Path, damage: str) -> None:
    store = make_store()
    store.run(SOURCE)
    store.ledger.database.checkpoint()
    store.close()
    file = tmp_path / "data" / "whence.db"
    data = file.read_bytes()
    if damage == "no database":
        file.write_bytes(b"quite another file " * 1000)
    elif damage == "half of it":
        file.write_bytes(data[: len(data) // 2 // 4096 * 4096])
    else:
        file.write_bytes(data[:4096] + b"\xff" * 40_000 + data[44_096:])
    with pytest.raises(StoreError, match=r"damaged|refused"):
        make_store().run(ListSource(SOURCE.files | {"new.md": "# New\n"}))


def test_damaged_rows_are_a_sentence_and_rebuilding_heals(make_store: Make) -> None:
    store = make_store()
    store.run(SOURCE)
    before = store.contents()
    for file in store.folder.lance.rglob("data/*.lance"):
        file.unlink()
    again = make_store()
    with pytest.raises(StoreError, match="whence doctor --rebuild"):
        again.contents_by_reader()
    again.indexer().rebuild()
    assert again.contents() == before


def test_a_lost_manifest_is_noticed(make_store: Make) -> None:
    store = make_store()
    store.run(SOURCE)
    before = store.contents()
    for folder in store.folder.lance.rglob("_versions"):
        shutil.rmtree(folder)
    again = make_store()
    with pytest.raises(StoreError, match="whence doctor --rebuild"):
        again.contents_by_reader()
    again.indexer().rebuild()
    assert again.contents() == before

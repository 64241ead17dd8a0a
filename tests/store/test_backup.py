"""A backup made while others write, and what becomes of damaged ones."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.command import commit, make_repository

from whence.errors import UnreadableError, UsageError
from whence.interface import Whence
from whence.store.backup import backup, restore
from whence.store.folder import DataFolder
from whence.store.keys import Keys

PROGRAM = (sys.executable, "-c", "from whence.cli.main import main; main()")
QUESTION = "how much may a parcel weigh?"


@pytest.fixture(scope="module")
def indexed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the index "ferry"; to be copied."""
    place = tmp_path_factory.mktemp("indexed")
    ferry = make_repository(place / "ferry")
    with Whence(place / "data") as whence:
        whence.index(str(ferry))
    return place / "data"


@pytest.fixture
def indexed(indexed_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(indexed_once, tmp_path / "data"))


def test_a_backup_answers_like_the_original(indexed: Path, tmp_path: Path) -> None:
    with Whence(indexed) as whence:
        text = Keys(whence.ledger.database).add("site", "reader")[1]
        before = whence.ask(QUESTION)
        report = backup(whence.ledger, tmp_path / "all.tar")
        assert report.indexes == ("ferry",)
    assert (tmp_path / "all.tar").stat().st_mode & 0o077 == 0
    shutil.move(indexed, tmp_path / "moved")
    restore(tmp_path / "all.tar", DataFolder(tmp_path / "restored"))
    with Whence(tmp_path / "restored") as whence:
        after = whence.ask(QUESTION)
        assert after.answer == before.answer
        assert after.citations == before.citations
        assert (
            whence.ask("who last changed README.md?").citations == whence.ask("who last changed README.md?").citations
        )
        assert Keys(whence.ledger.database).find(text) is not None
        assert [finding.text for finding in whence.doctor("ferry") if not finding.ok] == []
        whence.sync("ferry")


def test_models_made_in_the_folder_go_along_and_half_made_ones_do_not(tmp_path: Path) -> None:
    models = tmp_path / "data" / "models"
    files = ("own-1/manifest.json", "own-1/model.onnx", "optimized/own-2/optimized.json")
    others = ("half-3/model.onnx", "own-1/model.onnx.7.part")
    for name in (*files, *others):
        (models / name).parent.mkdir(parents=True, exist_ok=True)
        (models / name).write_bytes(name.encode())
    with Whence(tmp_path / "data") as whence:
        backup(whence.ledger, tmp_path / "all.tar")
    restore(tmp_path / "all.tar", DataFolder(tmp_path / "restored"))
    place = tmp_path / "restored" / "models"
    found = {str(file.relative_to(place)): file.read_bytes() for file in place.rglob("*") if file.is_file()}
    assert found == {name: name.encode() for name in files}


def test_the_command_names_models_that_stay_behind(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    config = tmp_path / "whence.toml"
    config.write_text(f'[embedding]\nfolder = "{tmp_path / "mine"}"\n')
    with Whence(tmp_path / "data") as whence:
        assert whence.ledger.index_names() == []
    words = [*PROGRAM, "backup", str(tmp_path / "all.tar"), "--data", str(tmp_path / "data"), "--config", str(config)]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "Not in it" in told
    assert str(tmp_path / "mine") in told


def test_a_backup_beside_a_sync_is_whole(tmp_path: Path) -> None:
    """Whatever the sync has done by then, the restored folder answers, and a sync completes it."""
    files = {f"notes/note{n}.md": f"# Note {n}\n\nLamp {n} is lit at noon, because ships pass.\n" for n in range(120)}
    data, ferry = tmp_path / "data", make_repository(tmp_path / "ferry")
    with Whence(data) as whence:
        whence.index(str(ferry), until="text")
    commit(ferry, files)
    sync = subprocess.Popen([*PROGRAM, "sync", "--data", str(data)], stdout=subprocess.DEVNULL)
    made: list[Path] = []
    with Whence(data) as whence:
        while sync.poll() is None and len(made) < 8:
            target = tmp_path / f"backup{len(made)}.tar"
            backup(whence.ledger, target)
            made.append(target)
    assert sync.wait(100) == 0
    assert made
    for n, target in enumerate(dict.fromkeys([made[0], made[len(made) // 2], made[-1]])):
        restored = tmp_path / f"restored{n}"
        restore(target, DataFolder(restored))
        with Whence(restored) as whence:
            answer = whence.ask(QUESTION)
            assert "30 kilograms" in answer.answer
            whence.sync("ferry")
            assert [finding.text for finding in whence.doctor("ferry") if not finding.ok] == []
            hits = whence.search("Lamp 119 noon", 3).hits
            assert any("Lamp 119 " in hit.chunk.text for hit in hits)
            texts = {document.path: document.text for document in whence.documents("ferry")}
            assert texts["notes/note119.md"] == files["notes/note119.md"]


@pytest.mark.parametrize("damage", ["cut", "changed", "other", "absent"])
def test_damaged_backups_restore_nothing(indexed: Path, tmp_path: Path, damage: str) -> None:
    target = tmp_path / "all.tar"
    with Whence(indexed) as whence:
        backup(whence.ledger, target)
    data = bytearray(target.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "changed":
        data[len(data) // 2] ^= 0xFF
    elif damage == "other":
        data = bytearray(b"this is no archive at all" * 100)
    target.write_bytes(data)
    if damage == "absent":
        target.unlink()
    with pytest.raises((UnreadableError, UsageError)):
        restore(target, DataFolder(tmp_path / "restored"))
    assert not (tmp_path / "restored").exists()
    assert not list(tmp_path.glob(".restored*"))


def test_nothing_is_overwritten(indexed: Path, tmp_path: Path) -> None:
    target = tmp_path / "all.tar"
    with Whence(indexed) as whence:
        backup(whence.ledger, target)
        with pytest.raises(UsageError):
            backup(whence.ledger, target)
    with pytest.raises(UsageError):
        restore(target, DataFolder(indexed))

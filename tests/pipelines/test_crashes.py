"""Whatever is killed, whenever: the next run ends where an undisturbed one would have."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.killing import ROOT, Kill, killing
from tests.pipelines.crash import MOMENTS, OPTIONS, index
from tests.store.material import Store

from whence.store.queue import Queue

Make = Callable[..., Store]
BEFORE = {f"{name}.md": f"# {name}\n\n{name} is about the walrus and its tusk.\n" for name in "abcdefgh"}
AFTER = {path: text for path, text in BEFORE.items() if path not in {"b.md", "g.md"}} | {
    "a.md": "# a\n\nThe heron came.\n\nThe walrus left.\n",
    "d.md": "# d\n\nd is about the fjord.\n",
    "h.md": "# h\n\nh, once more.\n",
    "z.md": "# z\n\nA new page about lichen.\n",
}
WORDS = ["walrus", "heron", "lichen", "a.md", "z"]


def write(folder: Path, files: Mapping[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, text in files.items():
        (folder / path).write_text(text)


def start(data: Path, folder: Path, moment: str, *name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.pipelines.crash", str(data), str(folder), moment, *name]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kill]:
    """Indexes in a child of a process that has imported all, until the moment; returns the signal that ended it."""
    with killing("tests.pipelines.crash", tmp_path_factory.mktemp("crash") / "log") as until:
        yield until


@pytest.fixture(scope="module")
def first_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds the files of BEFORE, beside the folder itself."""
    place = tmp_path_factory.mktemp("first")
    write(place / "files", BEFORE)
    store = Store(place / "data", options=OPTIONS)
    index(store, place / "files")
    store.close()
    return place


@pytest.fixture(scope="module")
def undisturbed(first_state: Path) -> dict[str, Any]:
    """What a build of AFTER that nobody disturbs holds, and finds."""
    write(first_state / "files", AFTER)
    store = Store(first_state / "clean", options=OPTIONS)
    index(store, first_state / "files")
    state = {"contents": store.contents(), "answers": store.answers(WORDS)}
    store.close()
    return state


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_then_run_again_equals_a_clean_build(
    make_store: Make, first_state: Path, undisturbed: dict[str, Any], kill: Kill, tmp_path: Path, moment: str
) -> None:
    folder = first_state / "files"
    write(folder, AFTER)
    shutil.copytree(first_state / "data", tmp_path / "data")
    assert kill(tmp_path / "data", folder, moment) == signal.SIGKILL

    store = make_store(options=OPTIONS)
    left = store.contents()  # the last published state can be read, whole
    assert left["counts"][0] in {len(BEFORE), len(AFTER)}
    assert Queue(store.ledger).unfinished()
    index(store, folder)
    assert store.contents() == undisturbed["contents"]
    assert store.answers(WORDS) == undisturbed["answers"]
    assert not Queue(store.ledger).unfinished()


@pytest.mark.parametrize(
    "moment", ["fetch, after a batch is acknowledged", "after rows, before they are marked", "before compaction"]
)
def test_killed_in_the_first_run(make_store: Make, kill: Kill, tmp_path: Path, moment: str) -> None:
    folder = tmp_path / "files"
    write(folder, BEFORE)
    assert kill(tmp_path / "data", folder, moment) == signal.SIGKILL
    store = make_store(options=OPTIONS)
    assert store.ledger.snapshot("tiny") is None
    index(store, folder)
    clean = make_store("clean", options=OPTIONS)
    index(clean, folder)
    assert store.contents() == clean.contents()


def test_two_processes_at_once_on_a_new_data_folder(make_store: Make, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write(folder, BEFORE)
    running = [start(tmp_path / "data", folder, "none", name) for name in ("one", "two", "one")]
    for process in running:
        _, complaint = process.communicate(timeout=100)
        assert process.returncode == 0, complaint
    store = make_store(options=OPTIONS)
    assert store.ledger.index_names() == ["one", "two"]
    assert store.contents("one")["counts"] == store.contents("two")["counts"] == (8, 8, 8, 8)
    assert not Queue(store.ledger).unfinished()


def test_a_reader_beside_a_writer_sees_one_state_or_the_next(make_store: Make, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write(folder, BEFORE)
    store = make_store(options=OPTIONS)
    index(store, folder)
    known = {str(store.contents()["chunks"].keys())}
    write(folder, AFTER)
    writer = start(tmp_path / "data", folder, "none")
    seen: set[str] = set()
    while writer.poll() is None:
        seen.add(str(store.contents()["chunks"].keys()))
        assert store.answers(["walrus"])["doc walrus"]
        time.sleep(0.01)
    _, complaint = writer.communicate()
    assert writer.returncode == 0, complaint
    known.add(str(store.contents()["chunks"].keys()))
    assert seen <= known


def test_interrupted_keeps_what_is_done(make_store: Make, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write(folder, BEFORE)
    script = (
        "import sys, os, signal; from tests.pipelines import crash; from whence.store.vectors import VectorWriter\n"
        "real = VectorWriter.write\n"
        "def write(*a, **k):\n    real(*a, **k); os.kill(os.getpid(), signal.SIGINT)\n"
        "VectorWriter.write = write\n"
        f"crash.main({str(tmp_path / 'data')!r}, {str(folder)!r}, '')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in {1, 130, -signal.SIGINT}, done.stderr
    store = make_store(options=OPTIONS)
    job = Queue(store.ledger).get(1)
    assert job is not None
    assert job.state == "failed"
    assert job.error is not None
    assert "run the same command again" in job.error
    assert store.contents()["counts"] == (8, 8, 8, 0)
    index(store, folder)
    assert store.contents()["counts"] == (8, 8, 8, 8)
    assert len(store.embedder.seen) == 5  # three had been embedded before


def test_a_process_that_holds_the_lock_is_waited_for(make_store: Make, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write(folder, BEFORE)
    store = make_store(options=OPTIONS)
    with store.folder.write_lock(wait_s=1):
        waiting = start(tmp_path / "data", folder, "none")
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "began\n"
        deadline_s = time.monotonic() + 30
        while not Queue(store.ledger).unfinished():
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
        assert waiting.poll() is None
        assert Queue(store.ledger).unfinished()[0].state == "queued"
    _, complaint = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, complaint
    assert store.contents()["counts"] == (8, 8, 8, 8)

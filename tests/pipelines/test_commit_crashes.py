"""Whatever kills the loading of commits, whenever: the next run ends where an undisturbed one would have."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.history.repository import Scripted
from tests.pipelines.crash_commits import MOMENTS
from tests.pipelines.test_commits import LAMP, opened, ranking, rows

from whence.store.queue import Queue

Kill = Callable[[Path, str], int]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kill]:
    """Syncs in a child of a process that has imported all, until the moment; returns the signal that ended it."""
    log = tmp_path_factory.mktemp("crash") / "log"
    with log.open("w") as errors:
        command = [sys.executable, "-m", "tests.pipelines.crash_commits"]
        with subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as server:

            def until(data: Path, moment: str) -> int:
                assert server.stdin is not None
                assert server.stdout is not None
                server.stdin.write(json.dumps([str(data), moment]) + "\n")
                server.stdin.flush()
                return int(server.stdout.readline() or log.read_text())

            yield until
            assert server.stdin is not None
            server.stdin.close()


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A data folder that is behind its repository by a force push and some commits; what it should come to hold."""
    place = tmp_path_factory.mktemp("harbour")
    made = Scripted(place / "harbour")
    made.path.mkdir()
    made.git("init", "--quiet")
    for n in range(3):
        made.write("src/lamp.py", LAMP.replace("return height", f"return max(height, {n})"))
        made.commit(f"Limit the height to {n}")
    with opened(place / "data") as whence:
        whence.index(made.path, until="text")
    made.git("reset", "--quiet", "--hard", "HEAD~1")
    for n in range(4):
        made.write("src/lamp.py", LAMP.replace("return 0", f"return {n}"))
        made.commit(f"Drop to {n}\n\nThe walrus asked for {n}.")
    return place / "data", state(place / "clean", made.path)


def state(data: Path, repository: Path | None = None) -> dict[str, Any]:
    """What an index holds and finds when it has been brought up to its repository."""
    with opened(data) as whence:
        if repository is None:
            whence.sync(until="text")
        else:
            whence.index(repository, until="text")
        assert not Queue(whence.ledger).unfinished()
        return {"rows": rows(whence), "found": ranking(whence, "why did the walrus drop the height", "commit", "hunk")}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_then_synced_equals_a_clean_index(
    changed: tuple[Path, dict[str, Any]], kill: Kill, tmp_path: Path, moment: str
) -> None:
    data, wanted = changed
    shutil.copytree(data, tmp_path / "data")
    assert kill(tmp_path / "data", moment) == signal.SIGKILL
    with opened(tmp_path / "data") as whence:
        assert rows(whence)  # what was published last can be read, whole
    assert state(tmp_path / "data") == wanted

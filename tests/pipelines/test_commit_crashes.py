"""Whatever kills the loading of commits, whenever: the next run ends where an undisturbed one would have."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.history.repository import Scripted
from tests.killing import Kill, killing
from tests.pipelines.crash_commits import MOMENTS
from tests.pipelines.test_commits import LAMP, opened, ranking, rows

from whence.store.queue import Queue


@pytest.fixture(scope="module")
def kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kill]:
    """Syncs in a child of a process that has imported all, until the moment; returns the signal that ended it."""
    with killing("tests.pipelines.crash_commits", tmp_path_factory.mktemp("crash") / "log") as until:
        yield until


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

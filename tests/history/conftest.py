import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.history.repository import Scripted, harbour
from tests.killing import Kill, killing


@pytest.fixture(scope="session")
def harbour_once(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    """The repository "harbour"; not to be changed."""
    return harbour(tmp_path_factory.mktemp("history") / "harbour")


@pytest.fixture
def harbour_copy(harbour_once: Scripted, tmp_path: Path) -> Scripted:
    """A "harbour" of the test's own."""
    shutil.copytree(harbour_once.path, tmp_path / "harbour", symlinks=True)
    return Scripted(tmp_path / "harbour", harbour_once.day)


@pytest.fixture(scope="package")
def kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kill]:
    """Loads a history in a child, until the nth call of a method; returns the signal that ended it."""
    with killing("tests.history.loading", tmp_path_factory.mktemp("killed") / "log") as until:
        yield until

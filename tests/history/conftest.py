from pathlib import Path

import pytest
from tests.history.repository import Scripted, harbour


@pytest.fixture(scope="session")
def harbour_once(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    """The repository "harbour"; not to be changed."""
    return harbour(tmp_path_factory.mktemp("history") / "harbour")


@pytest.fixture
def harbour_copy(tmp_path: Path) -> Scripted:
    """A "harbour" of the test's own."""
    return harbour(tmp_path / "harbour")

import shutil
from pathlib import Path

import pytest
from tests.cli.command import make_repository, run


@pytest.fixture(scope="session")
def ferry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small repository; not to be changed."""
    return make_repository(tmp_path_factory.mktemp("source") / "ferry")


@pytest.fixture(scope="session")
def indexed_once(tmp_path_factory: pytest.TempPathFactory, ferry: Path) -> Path:
    """A data folder that holds the index "ferry", complete; not to be changed."""
    data = tmp_path_factory.mktemp("data") / "whence"
    result = run("index", ferry, data=data)
    assert result.code == 0, result.err
    return data


@pytest.fixture
def indexed(tmp_path: Path, indexed_once: Path) -> Path:
    """A data folder with the index "ferry", of the test's own."""
    return Path(shutil.copytree(indexed_once, tmp_path / "whence"))

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.command import make_repository
from tests.serving.server import Server, serving

pytest.importorskip("fastapi", reason="the serve extra is not installed")
from whence.interface import Whence


@pytest.fixture(scope="session")
def indexed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the indexes "ferry" (a repository and a folder) and "manual"; not to be changed."""
    place = tmp_path_factory.mktemp("served")
    ferry = make_repository(place / "ferry")
    secret = place / "secret"
    secret.mkdir()
    (secret / "wages.md").write_text("# Wages\n\nThe captain earns 700 crowns, because she steers at night.\n")
    manual = place / "manual"
    manual.mkdir()
    (manual / "crane.md").write_text("# Crane\n\nOil the crane every Monday, because salt eats the gears.\n")
    with Whence(place / "data") as whence:
        whence.index(str(ferry), name="ferry")
        whence.index(str(secret), name="ferry")
        whence.index(str(manual), name="manual")
    return place / "data"


@pytest.fixture
def data(tmp_path: Path, indexed_once: Path) -> Path:
    """A copy of that data folder."""
    return Path(shutil.copytree(indexed_once, tmp_path / "data"))


@pytest.fixture(scope="module")
def shared_data(tmp_path_factory: pytest.TempPathFactory, indexed_once: Path) -> Path:
    """A copy for all tests of a module."""
    return Path(shutil.copytree(indexed_once, tmp_path_factory.mktemp("shared") / "data"))


@pytest.fixture(scope="module")
def server(shared_data: Path) -> Iterator[Server]:
    """A service without keys, on loopback, for all tests of a module."""
    with serving(shared_data) as running:
        yield running

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import SqlUrl
from tests.store.material import Store, stores


@pytest.fixture
def make_store(tmp_path: Path, sql_url: SqlUrl) -> Iterator[Callable[..., Store]]:
    """Opens data folders by name, and closes them at the end; once with each database."""
    with stores(tmp_path, sql_url) as make:
        yield make

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SqlUrl
from tests.store.material import Store


@pytest.fixture
def make_store(tmp_path: Path, sql_url: SqlUrl) -> Iterator[Callable[..., Store]]:
    """Opens data folders by name, and closes them at the end; once with each database."""
    opened: list[Store] = []

    def make(name: str = "data", **options: Any) -> Store:
        opened.append(Store(tmp_path / name, sql_url=sql_url(name), **options))
        return opened[-1]

    yield make
    for store in opened:
        store.close()

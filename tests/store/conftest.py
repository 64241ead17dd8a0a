from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.store.material import Store


@pytest.fixture
def make_store(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Opens data folders by name, and closes them at the end."""
    opened: list[Store] = []

    def make(name: str = "data", **options: Any) -> Store:
        opened.append(Store(tmp_path / name, **options))
        return opened[-1]

    yield make
    for store in opened:
        store.close()

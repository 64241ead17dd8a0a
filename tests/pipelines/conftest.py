import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import SqlUrl
from tests.store.material import Store, stores


@pytest.fixture
def sql_url(request: pytest.FixtureRequest) -> SqlUrl:
    """SQLite, or what a test asks for; WHENCE_TEST_SQL=postgres takes the other for all tests that do not choose."""
    if getattr(request, "param", os.environ.get("WHENCE_TEST_SQL", "sqlite")) == "postgres":
        url: SqlUrl = request.getfixturevalue("postgres_url")
        return url
    return lambda name: ""


@pytest.fixture
def make_store(tmp_path: Path, sql_url: SqlUrl) -> Iterator[Callable[..., Store]]:
    """Opens data folders by name, and closes them at the end."""
    with stores(tmp_path, sql_url) as make:
        yield make

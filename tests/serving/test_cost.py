"""What a question costs besides its search: as few looks at the database for many passages as for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

pytest.importorskip("fastapi", reason="the serve extra is not installed")

from whence.interface import Whence
from whence.monitoring.meters import Meters
from whence.serving.access import Caller, Right
from whence.serving.options import ServingOptions
from whence.serving.service import Asked, Service


@pytest.fixture
def service(data: Path) -> Iterator[Service]:
    made = Service(lambda: Whence(data), ServingOptions(log="none"), Meters(), readers=1)
    yield made
    made.close()


def statements(service: Service, k: int) -> int:
    """How many SQL statements a streamed question of so many passages takes."""
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        told: list[int] = []
        asked = Asked(question="how much may a parcel weigh?", index="ferry", k=k)
        reply = service.ask(Caller(right=Right.ADMIN), asked, lambda contexts: told.append(len(contexts)))
        assert told == [len(reply.contexts)]
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(seen)


def test_more_passages_take_no_more_statements(service: Service) -> None:
    statements(service, 1)
    few, many = statements(service, 1), statements(service, 8)
    assert few == many

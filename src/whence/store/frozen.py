"""A Lance table as it was at one version, read with one hand-over to Lance's event loop a query.

Blocking calls of Lance hand over four times a query: for the schema, to begin, for every batch and to end. Under load
each means a wait for the interpreter, twice.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class FrozenTable:
    """A table that is only read, and shows what it had at its version whatever is written. Thread-safe."""

    def __init__(self, table: Any) -> None:
        self._table = table

    @classmethod
    def open(cls, connection: Any, name: str, version: int) -> Self:
        """The table of an asynchronous connection. Raises what Lance raises."""

        async def opened() -> Any:
            table = await connection.open_table(name)
            await table.checkout(version)
            return _with_known_schema(table, await table.schema())

        return cls(awaited(opened))

    def read(self, ask: Callable[[Any], Any]) -> Any:
        """The rows, as an Arrow table, of the query that ``ask`` makes of an empty one. Raises what Lance raises."""
        return awaited(lambda: ask(self._table.query()).to_arrow())

    def count_rows(self) -> int:
        """How many rows there are."""
        return int(awaited(self._table.count_rows))


def _with_known_schema(table: Any, schema: Any) -> Any:
    """The table, which says its schema without asking Lance: it is asked for in every query, and never changes here."""

    async def known(_: Any) -> Any:
        return schema

    table.__class__ = type("FixedTable", (type(table),), {"schema": known})
    return table


def connected(folder: Path) -> Any:
    """An asynchronous connection to the Lance tables in a folder."""
    import lancedb

    return awaited(lambda: lancedb.connect_async(str(folder)))


def awaited(work: Callable[[], Awaitable[Result]]) -> Result:
    """The result of what runs on the one loop that all tables share; called from any thread but the loop's own."""

    async def run() -> Result:
        return await work()

    future = asyncio.run_coroutine_threadsafe(run(), _loop())
    try:
        return future.result()
    except BaseException:  # Ctrl-C, too: nobody waits for it any more
        future.cancel()
        raise


_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _starting:
        return _started()


@cache
def _started() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="whence-lance", daemon=True).start()
    return loop

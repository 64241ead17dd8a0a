"""Loads a history and its words into a data folder; as a program, it does so in children that kill themselves.

Reads [DATA, REPOSITORY, METHOD, NTH] from its input, see ``tests/killing.py``.
"""

import os
import signal
from pathlib import Path
from typing import Any

from tests.killing import serve

from whence.pipelines import history_loading as pipeline
from whence.pipelines import history_words as words
from whence.store.database import Database
from whence.store.folder import DataFolder
from whence.store.history import HistoryTables
from whence.store.history_words import HistoryWords
from whence.store.ledger import Ledger


def opened(data: Path) -> HistoryTables:
    folder = DataFolder(data)
    folder.create()
    return HistoryTables(Ledger(folder).database)


def load(tables: HistoryTables, repository: Path, revision: str, **options: Any) -> int:
    return pipeline.load_history(tables, "harbour", "git:harbour", repository, revision, **options)


def number(tables: HistoryTables, revision: str) -> int:
    found = tables.number("harbour", "git:harbour", revision)
    assert found is not None
    return found


def kill_at(kind: type, name: str, nth: int) -> None:
    """Replaces a method of the tables by one that ends the process inside its nth transaction."""
    original, calls = getattr(kind, name), list[int]()

    def fatal(self: Any, *arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) < nth:
            return original(self, *arguments, **named)
        database: Database = self._database
        writing = database.writing

        class Fatal:
            def __enter__(self) -> Any:
                self.context = writing()
                return self.context.__enter__()

            def __exit__(self, *_: Any) -> None:
                os.kill(os.getpid(), signal.SIGKILL)

        database.writing = Fatal  # type: ignore[method-assign,assignment]
        return original(self, *arguments, **named)

    setattr(kind, name, fatal)


def main(data: str, repository: str, method: str, nth: str) -> None:
    """Loads the commit that the file ``revision`` names, by threes, until the nth call of the method."""
    pipeline.BATCH_COMMITS = 3
    words.BATCH_COMMITS = 3  # type: ignore[misc]
    kind, name = (HistoryWords, "put") if method == "put_words" else (HistoryTables, method)
    kill_at(kind, name, int(nth))
    revision = Path(repository, "revision").read_text()
    tables = opened(Path(data))
    load(tables, Path(repository), revision)
    words.load_words(tables, "harbour", "git:harbour", Path(repository), revision)


if __name__ == "__main__":
    serve(main, ["sqlalchemy.dialects.sqlite"])

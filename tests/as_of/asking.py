"""A data folder that is asked as of commits; as a program, it asks once.

``python -m tests.as_of.asking DATA WANTED QUESTION`` does that; without arguments it reads such arguments, and a METHOD
and NTH call of it at which to end, from its input, see ``tests/killing.py``.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.killing import serve

from whence.interface import Whence
from whence.pipelines.options import AsOfOptions
from whence.settings import Settings
from whence.store.ledger import Ledger
from whence.store.scope import Filters
from whence.types import Hit


def opened(data: Path, **options: Any) -> Whence:
    """Without vectors: the model is not part of what is tested here."""
    return Whence(settings=Settings(data=data, as_of=AsOfOptions(embed_s=0.0, **options)))


def found(whence: Whence, question: str, as_of: str = "", **filters: Any) -> list[tuple[Any, ...]]:
    """What a search found, in a form that does not depend on where the repository lies."""
    hits = whence.search(question, 8, filters=Filters(as_of=as_of, **filters)).hits
    return [shown(hit) for hit in hits]


def shown(hit: Hit) -> tuple[Any, ...]:
    chunk = hit.chunk
    return chunk.revision, chunk.path, chunk.start, chunk.end, chunk.text, round(hit.score, 6)


def kill_at(name: str, nth: int) -> None:
    """Replaces a method of the ledger by one that ends the process inside its nth call."""
    original, calls = getattr(Ledger, name), list[int]()

    def fatal(self: Ledger, *arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, *arguments, **named)

    setattr(Ledger, name, fatal)


def main(folder: str, wanted: str, question: str, method: str = "", nth: str = "") -> None:
    if method:
        kill_at(method, int(nth))
    with opened(Path(folder)) as whence:
        print(len(found(whence, question, wanted)))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 1 else serve(main, ["lancedb.query", "sqlalchemy.dialects.sqlite"])

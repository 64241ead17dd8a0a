"""Children that do some work and kill themselves in it, made by a process that has imported the slow parts once.

One side is ``serve``, which a module of the tests runs as a program; ``killing`` starts that program and asks it.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]

Kill = Callable[..., int]
"""Does the work with these arguments in a child; returns the signal that ended it, 0 where none did."""


def serve(work: Callable[..., None], slow: Sequence[str]) -> None:
    """Reads the arguments of ``work`` from standard input, a JSON list a line, and answers with the signal."""
    for name in slow:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)
            work(*json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}\n")
        sys.stdout.flush()


@contextmanager
def killing(module: str, log: Path) -> Iterator[Kill]:
    """Runs a module that calls ``serve``; ``log`` takes what it says on standard error."""
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as server,
    ):

        def until(*arguments: object) -> int:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(json.dumps([str(one) for one in arguments]) + "\n")
            server.stdin.flush()
            return int(server.stdout.readline() or log.read_text())

        yield until
        assert server.stdin is not None
        server.stdin.close()

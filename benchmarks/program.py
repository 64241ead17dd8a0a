"""Runs the ``whence`` command as a user would: in its own process, with a data folder of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The command and the data folder it works in."""

    data: Path
    command: tuple[str, ...] = (str(Path(sys.executable).parent / "whence"),)

    def run(self, *arguments: str, allowed: Sequence[int] = (0,)) -> tuple[str, float]:
        """Standard output and wall time in milliseconds; ends the program on an exit code that is not ``allowed``."""
        started = time.perf_counter()
        done = subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)
        elapsed_ms = (time.perf_counter() - started) * 1000
        if done.returncode not in allowed:
            raise SystemExit(f"whence {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout, elapsed_ms

    def index(self, *paths: str, name: str, options: Sequence[str] = ()) -> float:
        """Index ``paths`` under ``name`` and return the wall time in milliseconds."""
        return self.run("index", *paths, "--name", name, "--data", str(self.data), *options)[1]

    def answer_all(
        self, verb: str, questions: Iterable[Mapping[str, str]], *, name: str, options: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """What ``search`` or ``ask`` prints for each of ``questions`` (``id`` and ``question``), in their order."""
        self.data.mkdir(parents=True, exist_ok=True)
        file = self.data.parent / f"{self.data.name}-{name}-questions.jsonl"
        file.write_text("".join(json.dumps(question) + "\n" for question in questions), encoding="utf-8")
        out, _ = self.run(
            verb, "--questions", str(file), "--json", "--in", name, "--data", str(self.data), *options, allowed=(0, 3)
        )
        return [json.loads(line) for line in out.splitlines()]

"""Runs the ``whence`` command as a user would: in its own process, with a data folder of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process, seen from outside: standard output, wall and processor time, and its largest resident set."""

    out: str
    elapsed_ms: float
    cpu_ms: float
    peak_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The command and the data folder it works in."""

    data: Path
    command: tuple[str, ...] = (str(Path(sys.executable).parent / "whence"),)

    def run(self, *arguments: str, allowed: Sequence[int] = (0,)) -> Run:
        """Run it once; ends the benchmark on an exit code that is not ``allowed``."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            started = time.perf_counter()
            process = subprocess.Popen([*self.command, *arguments], stdout=out, stderr=errors, env=self._environment())
            _, status, usage = os.wait4(process.pid, 0)
            elapsed_ms = (time.perf_counter() - started) * 1000
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            errors.seek(0)
            if process.returncode not in allowed:
                said = errors.read().decode("utf-8", "replace")[-2000:].strip()
                raise SystemExit(f"whence {' '.join(arguments)} ended with {process.returncode}: {said}")
            return Run(
                out=out.read().decode("utf-8"),
                elapsed_ms=elapsed_ms,
                cpu_ms=(usage.ru_utime + usage.ru_stime) * 1000,
                peak_mib=usage.ru_maxrss / 1024,
            )

    def _environment(self) -> dict[str, str]:
        """Ours, but with bytecode kept beside the data: an installed program is not compiled at every start."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPYCACHEPREFIX": str(self.data.parent / "bytecode")}

    def index(self, *paths: str, name: str, options: Sequence[str] = ()) -> Run:
        """Index ``paths`` under ``name``."""
        return self.run("index", *paths, "--name", name, "--data", str(self.data), *options)

    def answer_all(
        self, verb: str, questions: Iterable[Mapping[str, str]], *, name: str, options: Sequence[str] = ()
    ) -> tuple[list[dict[str, Any]], Run]:
        """What ``search`` or ``ask`` prints for each of ``questions`` (``id`` and ``question``), in their order."""
        file = self.data.parent / f"{self.data.name}-{name}-questions.jsonl"
        file.write_text("".join(json.dumps(question) + "\n" for question in questions), encoding="utf-8")
        there = ("--in", name, "--data", str(self.data))
        run = self.run(verb, "--questions", str(file), "--json", *there, *options, allowed=(0, 3))
        return [json.loads(line) for line in run.out.splitlines()], run

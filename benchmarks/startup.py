"""How long the first word takes: ``--help``, a cold ``search``, a cold ``ask``, and the first answer after ``index``.

Needs a folder or git repository to index:

    python -m benchmarks.startup PATH

Every time is that of a fresh process, taken from outside, the median of several runs. The system's file cache is warm
after the first run, which is reported apart; processor time says less about what else the machine was doing.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.program import Program
from benchmarks.report import table, write_result

QUESTION = "how does it work?"
FIRST = "first search after index starts"


def main() -> None:
    options = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        program = Program(data=Path(folder) / "data")
        program.index(str(options.path), name="startup")
        there = ("--in", "startup", "--data", str(program.data))
        commands = {
            "--version": ("--version",),
            "--help": ("--help",),
            "status": ("status", *there[2:]),
            "search": ("search", options.question, *there),
            "ask, extractive": ("ask", options.question, *there),
            "ask, a fact": ("ask", options.fact, *there),
        }
        runs = {
            name: [program.run(*arguments, allowed=(0, 3)) for _ in range(options.runs)]
            for name, arguments in commands.items()
        }
    results = {name: [run.elapsed_ms for run in made] for name, made in runs.items()}
    cpu = {name: median(run.cpu_ms for run in made) for name, made in runs.items()}
    results[FIRST] = [_first_answer(options) for _ in range(max(1, options.runs // 3))]
    text = table(
        ["command", "first ms", "median ms", "fastest ms", "processor ms", "runs"],
        [
            [name, *(_whole(value) for value in (times[0], median(times), min(times), cpu.get(name))), len(times)]
            for name, times in results.items()
        ],
    )
    print(f"\nmilliseconds, wall clock, fresh processes; {options.path.name}\n\n{text}")
    settings = {"corpus": options.path.name, "question": options.question, "fact": options.fact}
    print(f"\nwritten to {write_result(options.out, settings, results, {'start': text}).name}")


def _whole(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"


def _first_answer(options: argparse.Namespace) -> float:
    """Milliseconds from the start of ``index`` to the end of the first ``search`` that finds something."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        program = Program(data=data)
        started = time.perf_counter()
        arguments = ["index", str(options.path), "--name", "startup", "--data", str(data)]
        indexing = subprocess.Popen(
            [*program.command, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while time.perf_counter() - started < options.patience_s:
                out = program.run(
                    "search", options.question, "--json", "--in", "startup", "--data", str(data), allowed=range(256)
                ).out
                if '"rank"' in out:
                    return (time.perf_counter() - started) * 1000
                if indexing.poll() not in (None, 0):
                    raise SystemExit(f"whence {' '.join(arguments)} ended with {indexing.returncode}")
        finally:
            indexing.terminate()
            indexing.wait()
    raise SystemExit(f"no search found anything within {options.patience_s} s; is the corpus empty?")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", type=Path, help="a git repository or folder to index")
    parser.add_argument("--question", default=QUESTION, help="what search and ask are asked")
    parser.add_argument("--fact", default="who made the last commit?", help="a question of fact")
    parser.add_argument("--runs", type=int, default=7, help="fresh processes a command")
    parser.add_argument("--patience-s", type=float, default=300.0, help="how long to wait for a first answer")
    parser.add_argument("--out", default="startup", help="name of the file in results/, without .json")
    return parser.parse_args()


if __name__ == "__main__":
    main()

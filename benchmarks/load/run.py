"""Load on a real process over a real index, beside the floor of ``baseline.py``, both on the cores of this machine.

python -m benchmarks.load.run DATA INDEX --users 8 --minutes 5 --out load
python -m benchmarks.load.run DATA INDEX --users 100 --minutes 2 --without-floor --out load_100
python -m benchmarks.load.run DATA INDEX --users 8 --minutes 30 --without-floor --out load_30min
"""

import argparse
import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load.questions import make_questions
from benchmarks.report import table, write_result

_SAMPLE_EVERY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """Processor seconds so far, resident bytes, and those of them that no file backs (all, where it is not told)."""

    cpu_s: float
    rss: float
    no_file: float


def run_load(command: list[str], port: int, questions: Path, index: str, users: int, seconds: float) -> dict[str, Any]:
    """Starts a service, asks it for some seconds with so many users, and says what came of it."""
    env = {**os.environ, "WHENCE_LOAD_QUESTIONS": str(questions), "WHENCE_LOAD_INDEX": index}
    with tempfile.TemporaryDirectory() as place:
        with Path(place, "service.log").open("wb") as log:
            service = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(port, service)
            words = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py"))]
            words += [
                "--headless",
                "-u",
                str(users),
                "-r",
                str(users),
                "-t",
                f"{int(seconds)}s",
                "--stop-timeout",
                "30",
            ]
            words += ["--host", f"http://127.0.0.1:{port}", "--csv", f"{place}/load", "--only-summary"]
            began, samples = time.monotonic(), [_sample(service.pid)]
            with Path(place, "locust.log").open("wb") as log:
                asking = subprocess.Popen(words, env=env, stdout=log, stderr=log)
            while asking.poll() is None:
                time.sleep(_SAMPLE_EVERY_S)
                samples.append(_sample(service.pid))
            elapsed_s = time.monotonic() - began
            if asking.returncode not in (0, 1) or "question" not in Path(place, "load_stats.csv").read_text():
                raise SystemExit(Path(place, "locust.log").read_text()[-2_000:])
            rows = {row["Name"]: row for row in _rows(Path(place, "load_stats.csv"))}
        finally:
            service.terminate()
            service.wait(60)
    return _summary(rows, samples, elapsed_s, users)


def _summary(rows: dict[str, Any], samples: list[_Sample], elapsed_s: float, users: int) -> dict[str, Any]:
    def told(name: str) -> dict[str, Any]:
        row = rows.get(name)
        if row is None:
            return {"n": 0}
        keys = {"p50_ms": "50%", "p95_ms": "95%", "p99_ms": "99%", "max_ms": "100%"}
        return {"n": int(row["Request Count"]), **{key: float(row[column]) for key, column in keys.items()}}

    answers = told("answer")
    cpu_s = samples[-1].cpu_s - samples[0].cpu_s
    settled = [sample.rss for sample in samples[len(samples) // 5 :]]
    each_minute = samples[:: round(60 / _SAMPLE_EVERY_S)]
    return {
        "users": users,
        "seconds": round(elapsed_s, 1),
        "answers": answers,
        "answers_per_s": round(answers["n"] / elapsed_s, 2),
        "first_event": told("first event"),
        "refused": told("refused")["n"],
        "errors": int(rows["question"]["Failure Count"]),
        "cpu_s_an_answer": round(cpu_s / max(1, answers["n"]), 4),
        "rss_mb": {
            "first": round(samples[0].rss / 1e6),
            "settled": round(settled[0] / 1e6),
            "last": round(settled[-1] / 1e6),
            "most": round(max(sample.rss for sample in samples) / 1e6),
            "each_minute": [round(sample.rss / 1e6) for sample in each_minute],
            "of_it_no_file": [round(sample.no_file / 1e6) for sample in each_minute],
        },
    }


def _sample(pid: int) -> _Sample:
    """What a process and its children have used by now."""
    import psutil

    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    cpu_s = rss = no_file = 0.0
    for one in family:
        try:
            times, memory = one.cpu_times(), one.memory_info()
        except psutil.NoSuchProcess:
            continue
        cpu_s += times.user + times.system
        rss += memory.rss
        no_file += memory.rss - getattr(memory, "shared", 0)
    own = process.cpu_times()
    return _Sample(cpu_s=cpu_s + own.children_user + own.children_system, rss=rss, no_file=no_file)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _wait(port: int, service: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if service.poll() is not None:
            raise SystemExit("the service has ended before it was ready")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the service was not ready within two minutes")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def load_table(runs: Mapping[str, dict[str, Any]]) -> str:
    """One row a service: how many answers, how soon, at what cost."""
    headings = ["service", "users", "s", "answers/s", "answer p50 ms", "p95 ms", "first event p95 ms", "429", "errors"]
    headings += ["processor ms an answer", "MB first", "settled", "last"]
    rows: list[list[object]] = []
    for name, run in runs.items():
        answers, memory = run["answers"], run["rss_mb"]
        row = [name, run["users"], round(run["seconds"]), f"{run['answers_per_s']:.1f}"]
        row += [round(answers["p50_ms"]), round(answers["p95_ms"]), _first_event(run), run["refused"], run["errors"]]
        rows.append([*row, round(1000 * run["cpu_s_an_answer"]), memory["first"], memory["settled"], memory["last"]])
    return table(headings, rows)


def _first_event(run: dict[str, Any]) -> str:
    told = run.get("first_event") or {}
    return f"{told['p95_ms']:.0f}" if told.get("n") else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("index")
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--config", default="", help="settings file of the service")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without-floor", action="store_true")
    parser.add_argument("--out", default="")
    given = parser.parse_args()
    seconds = given.minutes * 60
    made = make_questions(given.data, given.index, int(seconds * 60) + 2_000, given.seed)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", delete=False) as file:
        file.write("\n".join(made))
    questions = Path(file.name)
    port = free_port()
    whence = [sys.executable, "-c", "from whence.cli.main import main; main()", "serve", "--data", given.data]
    whence += ["--port", str(port), "--workers", str(given.workers)]
    whence += ["--config", given.config] if given.config else []
    runs = {"whence": run_load(whence, port, questions, given.index, given.users, seconds)}
    print(json.dumps(runs["whence"], indent=1))
    if not given.without_floor:
        port = free_port()
        floor = [sys.executable, "-m", "benchmarks.load.baseline", given.data, given.index, "--port", str(port)]
        runs["floor"] = run_load(floor, port, questions, "", given.users, seconds)
        print(json.dumps(runs["floor"], indent=1))
    questions.unlink()
    if given.out:
        settings = {"users": given.users, "minutes": given.minutes, "workers": given.workers, "seed": given.seed}
        write_result(given.out, settings, runs, {"load": load_table(runs)})


if __name__ == "__main__":
    main()

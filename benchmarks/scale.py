"""Many chunks in one index: time until text and vectors are ready, latency of search and ask, memory, disk.

Needs folders with source code, whose text files become one git repository of about as many chunks as wanted:

    python -m benchmarks.scale FOLDER... --chunks 100000

Everything is measured through the command, from outside. Real vectors take long (a chunk about 10 ms on two cores);
``--vectors random`` puts random unit vectors in their place, which shows size and speed but makes what is found
meaningless; ``--vectors none`` leaves them out.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.program import Program
from benchmarks.questions import MadeQuestion, make_questions
from benchmarks.report import table, write_result
from whence.metrics.hit_rate import hit_rate
from whence.metrics.latency import latency

SUFFIXES = frozenset(
    {".c", ".cc", ".cpp", ".go", ".h", ".hpp", ".java", ".js", ".md", ".py", ".pyi", ".rs", ".rst", ".ts"}
)
CHARS_PER_CHUNK = 600
MAX_FILE_BYTES = 1_000_000
NAME = "scale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process, seen from outside. ``peak_mib`` is its largest resident set."""

    elapsed_s: float
    peak_mib: float
    out: str


def main() -> None:
    options = _arguments()
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        tree, data = Path(folder) / "tree", Path(folder) / "data"
        n_files, n_chars = build_corpus(options.folders, tree, options.chunks * CHARS_PER_CHUNK, options.seed)
        print(f"{n_files:,} files, {n_chars / 1e6:.1f} million bytes", flush=True)
        program = Program(data=data)
        results: dict[str, Any] = {"files": n_files, "bytes": n_chars}
        results["text"] = _indexed(program, tree, "text")
        questions = make_questions(tree, options.questions, options.seed)
        results["search, no vectors"] = _asked(program, "search", questions)
        if options.vectors != "none":
            results["vectors"] = _indexed(program, tree, "vectors", random_vectors=options.vectors == "random")
            results["search"] = _asked(program, "search", questions)
        results["ask"] = _asked(program, "ask", questions)
        results["disk_mib"] = _size(data) / 2**20
    _print(results)
    settings = {
        "chunks wanted": options.chunks,
        "vectors": options.vectors,
        "questions": options.questions,
        "seed": options.seed,
        "folders": [folder.name for folder in options.folders],
    }
    print(f"\nwritten to {write_result(options.out, settings, results).name}")


def build_corpus(folders: Sequence[Path], tree: Path, n_bytes: int, seed: int) -> tuple[int, int]:
    """Copy text files of ``folders``, in an order drawn by ``seed``, until ``n_bytes`` are reached; commit them to git.

    Returns how many files and bytes that are. Equal contents are copied once.
    """
    found = sorted(path for folder in folders for path in _sources(folder))
    random.Random(seed).shuffle(found)
    seen: set[bytes] = set()
    n_files = total = 0
    for path in found:
        content = path.read_bytes()
        if content in seen or b"\0" in content or not content.strip():
            continue
        seen.add(content)
        owner = next(folder for folder in folders if path.is_relative_to(folder))
        # Folders such as site-packages would be taken for vendored code, so they lose their names.
        parts = [part for part in path.relative_to(owner).parts if part not in {"site-packages", "dist-packages"}]
        target = tree.joinpath(f"part{folders.index(owner)}", *parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        n_files, total = n_files + 1, total + len(content)
        if total >= n_bytes:
            break
    dated = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    who = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org")
    for arguments in (("init", "--quiet"), ("add", "-A", "-f"), (*who, "commit", "--quiet", "-m", "Corpus")):
        subprocess.run(["git", "-C", str(tree), *arguments], check=True, env={**os.environ, **dated})
    return n_files, total


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        wanted = path.suffix in SUFFIXES and path.is_file() and not path.is_symlink()
        if wanted and path.stat().st_size <= MAX_FILE_BYTES:
            yield path


def run_measured(program: Program, *arguments: str, allowed: Sequence[int] = (0,)) -> Run:
    """Run the command once; its memory is what the system accounts to that process."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen([*program.command, *arguments], stdout=out, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        elapsed_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if process.returncode not in allowed:
            said = errors.read().decode("utf-8", "replace")[-2000:]
            raise SystemExit(f"whence {arguments[0]} ended with {process.returncode}: {said}")
        return Run(elapsed_s=elapsed_s, peak_mib=usage.ru_maxrss / 1024, out=out.read().decode("utf-8"))


def _indexed(program: Program, tree: Path, until: str, *, random_vectors: bool = False) -> dict[str, Any]:
    there = (str(tree), "--name", NAME, "--data", str(program.data))
    if random_vectors:
        stand_in = Program(data=program.data, command=(sys.executable, "-m", "benchmarks.random_vectors"))
        run = run_measured(stand_in, *there)
    else:
        run = run_measured(program, "index", *there, "--until", until, "--json")
    print(f"{until}: {run.elapsed_s:.1f} s, {run.peak_mib:.0f} MiB", flush=True)
    return {"elapsed_s": run.elapsed_s, "peak_mib": run.peak_mib, "said": json.loads(run.out.splitlines()[-1])}


def _asked(program: Program, verb: str, questions: Sequence[MadeQuestion]) -> dict[str, Any]:
    file = program.data.parent / "questions.jsonl"
    lines = (json.dumps({"id": question.id, "question": question.question}) for question in questions)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    there = ("--in", NAME, "--data", str(program.data))
    run = run_measured(program, verb, "--questions", str(file), "--json", "-k", "10", *there, allowed=(0, 3))
    answers = [json.loads(line) for line in run.out.splitlines()]
    # The first question also pays for opening the index and loading the model.
    times = [float(answer["elapsed_ms"]) for answer in answers[1:]]
    found = _found_again(answers, {question.id: question for question in questions}) if verb == "search" else {}
    print(f"{verb}: {latency(times)}", flush=True)
    return {
        "first_ms": float(answers[0]["elapsed_ms"]),
        "latency": asdict(latency(times)),
        "elapsed_s": run.elapsed_s,
        "peak_mib": run.peak_mib,
        **found,
    }


def _found_again(answers: Sequence[Mapping[str, Any]], questions: Mapping[str, MadeQuestion]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for origin in ("name", "purpose"):
        hits = [
            hit_rate(list(dict.fromkeys(hit["path"] for hit in answer["hits"])), {questions[answer["id"]].path}, 10)
            for answer in answers
            if questions[answer["id"]].origin == origin
        ]
        if hits:
            shares[f"found again by {origin}"] = sum(hits) / len(hits)
    return shares


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _print(results: Mapping[str, Any]) -> None:
    stages = [(name, results[name]) for name in ("text", "vectors") if name in results]
    print("\n" + table(["indexing", "s", "peak MiB"], [_stage_row(name, stage) for name, stage in stages]))
    asked = [(name, results[name]) for name in ("search, no vectors", "search", "ask") if name in results]
    print(
        "\n" + table(["asking", "first ms", "p50 ms", "p95 ms", "p99 ms", "peak MiB"], [_row(*item) for item in asked])
    )
    print(f"\ndisk {results['disk_mib']:.0f} MiB; {json.dumps(stages[-1][1]['said'])}")
    for name, stage in asked:
        again = {key: round(value, 3) for key, value in stage.items() if key.startswith("found again")}
        if again:
            print(f"{name}: {again}")


def _stage_row(name: str, stage: Mapping[str, Any]) -> list[object]:
    return [name, f"{stage['elapsed_s']:.1f}", f"{stage['peak_mib']:.0f}"]


def _row(name: str, stage: Mapping[str, Any]) -> list[object]:
    times = stage["latency"]
    values = (stage["first_ms"], times["p50_ms"], times["p95_ms"], times["p99_ms"], stage["peak_mib"])
    return [name, *(f"{value:.0f}" for value in values)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders with source code")
    parser.add_argument("--chunks", type=int, default=100_000, help="about how many chunks")
    parser.add_argument("--vectors", choices=["real", "random", "none"], default="real", help="which vectors")
    parser.add_argument("--questions", type=int, default=300, help="how many questions, made from the code itself")
    parser.add_argument("--seed", type=int, default=0, help="draws files and questions")
    parser.add_argument("--work", type=Path, default=None, help="where corpus and index go; the system's by default")
    parser.add_argument("--out", default="scale", help="name of the file in results/, without .json")
    return parser.parse_args()


if __name__ == "__main__":
    main()

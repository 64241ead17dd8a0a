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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.program import Program, Run
from benchmarks.questions import MadeQuestion, make_questions
from benchmarks.report import table, write_result
from whence.metrics.hit_rate import hit_rate
from whence.metrics.latency import latency
from whence.sources.ignore import skip_by_path

SUFFIXES = frozenset(
    {".c", ".cc", ".cpp", ".go", ".h", ".hpp", ".java", ".js", ".md", ".py", ".pyi", ".rs", ".rst", ".ts"}
)
CHARS_PER_CHUNK = 430
MAX_FILE_BYTES = 1_000_000
NAME = "scale"


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
    tables = _tables(results)
    print("\n\n".join(["", *tables.values()]))
    settings = {
        "chunks wanted": options.chunks,
        "vectors": options.vectors,
        "questions": options.questions,
        "seed": options.seed,
        "folders": [folder.name for folder in options.folders],
    }
    print(f"\nwritten to {write_result(options.out, settings, results, tables).name}")


def build_corpus(folders: Sequence[Path], tree: Path, n_bytes: int, seed: int) -> tuple[int, int]:
    """Copy text files of ``folders``, in an order drawn by ``seed``, until ``n_bytes`` are reached; commit them to git.

    Returns how many files and bytes that are. Equal contents are copied once; files
    that whence skips by their path are left out.
    """
    found = sorted(path for folder in folders for path in _sources(folder))
    random.Random(seed).shuffle(found)
    seen: set[bytes] = set()
    n_files = total = 0
    for path in found:
        content = path.read_bytes()
        if content in seen or b"\0" in content or not content.strip():
            continue
        owner = next(folder for folder in folders if path.is_relative_to(folder))
        # The folders of installed packages would be taken for vendored code, so they lose their names.
        parts = [part for part in path.relative_to(owner).parts if part not in {"site-packages", "dist-packages"}]
        target = tree.joinpath(f"part{folders.index(owner)}", *parts)
        if skip_by_path(target.relative_to(tree).as_posix()):
            continue
        seen.add(content)
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


def _indexed(program: Program, tree: Path, until: str, *, random_vectors: bool = False) -> dict[str, Any]:
    if random_vectors:
        stand_in = Program(data=program.data, command=(sys.executable, "-m", "benchmarks.random_vectors"))
        run = stand_in.run(str(tree), "--name", NAME, "--data", str(program.data))
    else:
        run = program.index(str(tree), name=NAME, options=("--until", until, "--json"))
    print(f"{until}: {run.elapsed_ms / 1000:.1f} s, {run.peak_mib:.0f} MiB", flush=True)
    return {**_costs(run), "said": json.loads(run.out.splitlines()[-1])}


def _asked(program: Program, verb: str, questions: Sequence[MadeQuestion]) -> dict[str, Any]:
    asked = [{"id": question.id, "question": question.question} for question in questions]
    answers, run = program.answer_all(verb, asked, name=NAME, options=("-k", "10"))
    # The first question also pays for opening the index and loading the model.
    times = [float(answer["elapsed_ms"]) for answer in answers[1:]]
    found = _found_again(answers, {question.id: question for question in questions}) if verb == "search" else {}
    print(f"{verb}: {latency(times)}", flush=True)
    return {
        "first_ms": float(answers[0]["elapsed_ms"]),
        "latency": asdict(latency(times)),
        "cpu_ms a question": run.cpu_ms / len(answers),
        **_costs(run),
        **found,
    }


def _costs(run: Run) -> dict[str, float]:
    return {"elapsed_s": run.elapsed_ms / 1000, "cpu_s": run.cpu_ms / 1000, "peak_mib": run.peak_mib}


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


def _tables(results: Mapping[str, Any]) -> dict[str, str]:
    stages = [(name, results[name]) for name in ("text", "vectors") if name in results]
    asked = [(name, results[name]) for name in ("search, no vectors", "search", "ask") if name in results]
    again = ["found again by name", "found again by purpose"]
    return {
        "indexing": table(
            ["indexing", "s", "processor s", "peak MiB"], [_stage_row(name, stage) for name, stage in stages]
        ),
        "asking": table(
            ["asking", "first ms", "p50 ms", "p95 ms", "p99 ms", "processor ms", "peak MiB", *again],
            [[*_row(name, stage), *(stage.get(key) for key in again)] for name, stage in asked],
        ),
        "disk": f"On disk {results['disk_mib']:.0f} MiB. `index` said: `{json.dumps(stages[-1][1]['said'])}`",
    }


def _stage_row(name: str, stage: Mapping[str, Any]) -> list[object]:
    return [name, f"{stage['elapsed_s']:.1f}", f"{stage['cpu_s']:.1f}", f"{stage['peak_mib']:.0f}"]


def _row(name: str, stage: Mapping[str, Any]) -> list[object]:
    times = stage["latency"]
    values = (
        stage["first_ms"],
        times["p50_ms"],
        times["p95_ms"],
        times["p99_ms"],
        stage["cpu_ms a question"],
        stage["peak_mib"],
    )
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

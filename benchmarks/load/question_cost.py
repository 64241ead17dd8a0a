"""What a question costs in processor time, and where: in one process, one question after the other, all different.

python -m benchmarks.load.question_cost DATA INDEX --questions 100 --config SETTINGS --out question_cost

Beside whole answers the same number of questions is only searched. Processor time hardly depends on what else the
machine does; still, compare figures of one hour. A part is counted in the threads that run it: what Lance and git do on
threads and in processes of their own stands in rows of their own, and parts within parts count in both.
"""

import argparse
import json
import resource
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.load.questions import make_questions
from benchmarks.report import table, write_result
from whence.interface import Whence

WARM = 8


def parts() -> dict[str, tuple[Any, str]]:
    """Methods that are timed, by the name of the part."""
    from whence.answer.extractive import ExtractiveReader
    from whence.build import Parts
    from whence.embedding.onnx import _Engine as Embedding
    from whence.pipelines.asking import Asker
    from whence.pipelines.facts import FactAsker
    from whence.reading.onnx import _Engine as Reading
    from whence.retrieval.hybrid import HybridRetriever
    from whence.store.chunks import LanceIndex

    return {
        "embedding texts": (Embedding, "rows"),
        "model reads a window": (Reading, "read"),
        "search": (HybridRetriever, "search_traced"),
        "search: vectors": (HybridRetriever, "_dense"),
        "search: ranking": (HybridRetriever, "_ranked"),
        "search: loading chunks": (LanceIndex, "chunks"),
        "choosing evidence, with embedding": (ExtractiveReader, "read"),
        "resolving citations": (Asker, "_resolved"),
        "resolving: texts at their source": (Parts, "texts"),
        "facts tried first": (FactAsker, "ask"),
    }


def lance_s() -> float:
    """Processor seconds of Lance's own threads so far; 0 where the system does not tell."""
    ticks = 0
    for task in Path("/proc/self/task").glob("*/stat"):
        name, _, told = task.read_text().rpartition(")")
        if "lance" in name:
            ticks += sum(map(int, told.split()[11:13]))
    return ticks / 100


def measure(ask: Callable[[str], object], questions: list[str]) -> dict[str, Any]:
    """Milliseconds of processor time a question, whole and by part, and how often each part was run."""
    spent: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def timed(name: str, method: Callable[..., object]) -> Callable[..., object]:
        def run(*given: Any, **named: Any) -> object:
            began = time.thread_time()
            try:
                return method(*given, **named)
            finally:
                spent[name][0] += time.thread_time() - began
                spent[name][1] += 1

        return run

    patches = [mock.patch.object(one, at, timed(name, getattr(one, at))) for name, (one, at) in parts().items()]
    for patch in patches:
        patch.start()
    began, children, lance = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN), lance_s()
    for question in questions:
        ask(question)
    own_s, lance = time.process_time() - began, lance_s() - lance
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    for patch in patches:
        patch.stop()
    n, git_s = len(questions), after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    found = {name: {"ms": round(1000 * s / n, 2), "times": round(times / n, 2)} for name, (s, times) in spent.items()}
    return {
        "questions": n,
        "ms": round(1000 * (own_s + git_s) / n, 1),
        "lance_threads_ms": round(1000 * lance / n, 1),
        "git_ms": round(max(0.0, 1000 * git_s / n), 1),
        "parts": found,
    }


def cost_table(runs: dict[str, dict[str, Any]]) -> str:
    """A row a part, the whole first, milliseconds of processor time a question."""
    rows: list[list[object]] = []
    for name, run in runs.items():
        rows.append([f"{name}: whole", f"{run['ms']:.0f}", "1"])
        rows.append([f"{name}: Lance's threads", f"{run['lance_threads_ms']:.0f}", ""])
        rows.append([f"{name}: git", f"{run['git_ms']:.0f}", ""])
        ordered = sorted(run["parts"].items(), key=lambda item: -float(item[1]["ms"]))
        rows += [[f"{name}: {part}", f"{told['ms']:.1f}", f"{told['times']:.1f}"] for part, told in ordered]
    return table(["part", "ms a question", "times"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("index")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--config", default="", help="settings file")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", default="")
    given = parser.parse_args()
    questions = make_questions(given.data, given.index, WARM + 2 * given.questions, given.seed)
    with Whence(given.data, config=given.config or None) as whence:
        for question in questions[:WARM]:
            whence.ask(question, name=given.index)
        told = questions[WARM : WARM + given.questions]
        runs = {"answer": measure(lambda question: whence.ask(question, name=given.index), told)}
        others = questions[WARM + given.questions :]  # what was embedded for answers would be remembered
        runs["search"] = measure(lambda question: whence.search(question, name=given.index), others)
    print(json.dumps(runs, indent=1))
    if given.out:
        write_result(given.out, {"questions": given.questions, "seed": given.seed}, runs, {"cost": cost_table(runs)})


if __name__ == "__main__":
    main()

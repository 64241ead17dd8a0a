"""Are facts right? Questions drawn from real histories, truth by plain git, every answer judged right or wrong.

    python -m benchmarks.facts REPOSITORY... [--seed N...]

An answer is right when its first citation is the commit that git names and its text says what git counts; unanswered
when the question is not taken for a fact or the answer abstains without need; wrong otherwise. Times are of one
process that stays, after a first question; asked one by one.
"""

import argparse
import re
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.fact_questions import Expected, questions
from benchmarks.report import table, write_result
from whence import Whence
from whence.metrics.latency import latency
from whence.types import Answer

Verdict = str


def main() -> None:
    options = _arguments()
    rows: list[dict[str, object]] = []
    loading: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, Whence(folder) as whence:
        for repository in options.repositories:
            place = repository.parent.name if repository.name in {"repo", ".git"} else repository.stem
            name = re.split(r"[^\w.-]", place)[-1]
            began = time.perf_counter()
            whence.index(repository, name=name, until="text")
            loading[name] = time.perf_counter() - began
            whence.ask("how many commits are there?", name=name)
            drawn = [expected for seed in options.seed for expected in questions(repository, seed)]
            for expected in {expected.question: expected for expected in drawn}.values():
                began = time.perf_counter()
                answer = whence.ask(expected.question, name=name)
                elapsed_ms = (time.perf_counter() - began) * 1000
                verdict = judged(answer, expected)
                rows.append(
                    {
                        "repository": name,
                        "kind": expected.kind,
                        "question": expected.question,
                        "verdict": verdict,
                        "ms": elapsed_ms,
                    }
                )
                if verdict != "right":
                    print(f"{verdict}: {name}: {expected.question}\n   {answer.answer[:200]}\n   {expected}")
    report(rows, loading, options.seed)


def judged(answer: Answer, expected: Expected) -> Verdict:
    """right, wrong or unanswered."""
    if answer.kind != "fact":
        return "unanswered"
    if expected.unknown:
        return "right" if answer.abstained else "wrong"
    if answer.abstained:
        return "unanswered"
    first = answer.citations[0].commit
    is_said = all(_says(answer.answer, part) for part in expected.says)
    return "right" if is_said and expected.commit in {"", first} else "wrong"


def _says(text: str, part: str) -> bool:
    """Whether the first sentences say it; a number must stand alone and come first."""
    if re.fullmatch(r"[\d,]+", part):
        bare = re.sub(r"[\w./-]*[A-Za-z_/][\w./-]*", " ", text)
        numbers = re.findall(r"(?<![\d,.-])\d[\d,]*(?![\d.-]|,\d)", bare)
        return bool(numbers) and numbers[0] == part
    return part in text


def report(rows: list[dict[str, object]], loading: dict[str, float], seed: list[int]) -> None:
    """Prints the tables and writes the results."""
    cells = []
    for kind in [*dict.fromkeys(str(row["kind"]) for row in rows), "all"]:
        mine = [row for row in rows if kind in (row["kind"], "all")]
        verdicts = Counter(str(row["verdict"]) for row in mine)
        times = [float(str(row["ms"])) for row in mine]
        speed = latency(times)
        p50, p95 = f"{speed.p50_ms:.0f}", f"{speed.p95_ms:.0f}"
        cells.append([kind, len(mine), verdicts["right"], verdicts["wrong"], verdicts["unanswered"], p50, p95])
    headings = ["kind of fact", "asked", "right", "wrong", "unanswered", "p50 ms", "p95 ms"]
    text = table(headings, cells)
    print(f"\n{text}\n")
    for name, seconds in loading.items():
        print(f"{name}: text and history loaded in {seconds:.1f} s")
    settings = {"seed": seed, "repositories": list(loading)}
    results = {"loading_s": loading, "questions": rows}
    print(f"\nwritten to {write_result('facts', settings, results, {'facts': text}).name}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path, help="git folders")
    parser.add_argument("--seed", type=int, nargs="+", default=[7, 11], help="one or more drawings")
    return parser.parse_args()


if __name__ == "__main__":
    main()

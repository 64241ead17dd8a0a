"""Are facts right? Questions drawn from real histories, truth by plain git and Python's parser, every answer judged.

    python -m benchmarks.facts REPOSITORY... [--seed N...] [--data DIR] [--indexed DIR] [--out NAME]

An answer is right when its first citation is the commit that git names and its text says what git counts; unanswered
when the question is not taken for a fact or the answer abstains without need; wrong otherwise. Times are of one
process that stays, after a first question; asked one by one, of the history alone: nothing is indexed for searching.
Each repository is cloned first (its objects are shared), so that nothing is written into it. With ``--indexed`` the
repositories are names of indexes in that data folder, made by ``whence index --until text``; their mirrors are asked.
``SHOWN=INDEX`` shows the figures of an index under another name.
"cpu" is processor time, git's included: other programs on the machine do not count.
"""

import argparse
import re
import resource
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.fact_questions import MAKERS, Expected, questions
from benchmarks.fact_questions_code import code_facts
from benchmarks.fact_questions_more import MORE
from benchmarks.report import table, write_result
from whence.answer.facts.parse import parse
from whence.answer.facts.python_code import definitions
from whence.metrics.latency import latency
from whence.pipelines.facts import FactAsker, ask_facts, fact_query
from whence.pipelines.history import StoredHistory
from whence.pipelines.history_definitions import load_definitions
from whence.pipelines.history_loading import load_history
from whence.pipelines.history_words import load_words
from whence.sources.history import write_commit_graph
from whence.sources.history_queries import HistoryQueries
from whence.sources.options import SourceOptions
from whence.store.folder import DataFolder
from whence.store.history import HistoryTables
from whence.store.ledger import Ledger
from whence.types import Answer

Verdict = str
ALL_MAKERS = (*MAKERS, code_facts, *MORE)


def main() -> None:
    options = _arguments()
    rows: list[dict[str, object]] = []
    loading: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        place_of_data = options.data or Path(folder)
        data = DataFolder(place_of_data)
        data.create()
        tables = HistoryTables(Ledger(data).database)
        for repository in options.repositories:
            began = time.perf_counter()
            shown, _, index = str(repository).rpartition("=")
            history = (
                indexed(options.indexed, index)
                if options.indexed
                else _loaded(repository, place_of_data, tables, without_tables=options.without_tables)
            )
            name, clone = (shown if options.indexed else "") or history.name, history.mirror
            loading[name] = time.perf_counter() - began
            answered(history, "how many commits are there?")
            makers = [maker for maker in ALL_MAKERS if not options.only or maker.__name__ in options.only]
            drawn = [expected for seed in options.seed for expected in questions(clone, seed, makers)]
            for expected in {expected.question: expected for expected in drawn}.values():
                rows.append({"repository": name, **_judged_row(history, expected)})
    report(rows, loading, options.seed, options.out)


def indexed(folder: Path, name: str) -> StoredHistory:
    """The history of the only source of an index."""
    asker = FactAsker(Ledger(DataFolder(folder)), folder / "mirrors", SourceOptions())
    (history,) = asker.histories(name)
    assert isinstance(history, StoredHistory)
    return history


def _loaded(repository: Path, folder: Path, tables: HistoryTables, *, without_tables: bool) -> StoredHistory:
    place = repository.parent.name if repository.name in {"repo", ".git"} else repository.stem
    name = re.split(r"[^\w.-]", place)[-1]
    clone = _cloned(repository, folder / "clones" / f"{place}.git")
    head = _git(clone, "rev-parse", "HEAD")
    if without_tables:
        write_commit_graph(clone)
    else:
        load_history(tables, name, f"git:{name}", clone, head)
        load_words(tables, name, f"git:{name}", clone, head)
        load_definitions(tables, name, f"git:{name}", clone, head, define=definitions)
    return StoredHistory(
        tables=tables,
        index=name,
        source_id=f"git:{name}",
        name=name,
        git=HistoryQueries(clone, head),
        define=definitions,
        is_cut=False,
    )


def cpu_s() -> float:
    """Seconds of processor time of this program and of the commands that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def answered(history: StoredHistory, question: str) -> Answer | None:
    """The product's answer; None where the question is not taken for a fact, or no history can say."""
    query = fact_query(question) or parse(question, guess=True)
    if query is None:
        return None
    return ask_facts(
        question, query, [history], index=history.name, snapshot=1, as_of_date=None, fresh_at=None, indexed=1.0
    )


def _judged_row(history: StoredHistory, expected: Expected) -> dict[str, object]:
    began, used_s = time.perf_counter(), cpu_s()
    answer = answered(history, expected.question)
    elapsed_ms, cpu_ms = (time.perf_counter() - began) * 1000, (cpu_s() - used_s) * 1000
    verdict = judged(answer, expected)
    if verdict != "right":
        said = answer.answer[:300] if answer else "(searched)"
        print(f"{verdict}: {history.name}: {expected.question}\n   {said}\n   {expected}", flush=True)
    return {"kind": expected.kind, "verdict": verdict, "ms": elapsed_ms, "cpu_ms": cpu_ms}


def judged(answer: Answer | None, expected: Expected) -> Verdict:
    """right, wrong or unanswered."""
    if answer is None:
        return "unanswered"
    is_said = all(_says(answer.answer, part) for part in expected.says)
    if expected.unknown:
        return "right" if answer.abstained and is_said else "wrong"
    if answer.abstained:
        return "unanswered"
    first = answer.citations[0].commit
    return "right" if is_said and expected.commit in {"", first} else "wrong"


def _says(text: str, part: str) -> bool:
    """Whether the first sentences say it; a number must stand alone and come first."""
    if re.fullmatch(r"[\d,]+", part):
        bare = re.sub(r"[\w./-]*[A-Za-z_/][\w./-]*", " ", text)
        numbers = re.findall(r"(?<![\d,.-])\d[\d,]*(?![\d.-]|,\d)", bare)
        return bool(numbers) and numbers[0] == part
    return part in text


def _cloned(repository: Path, place: Path) -> Path:
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        command = ["git", "clone", "--quiet", "--bare", "--shared", str(repository), str(place)]
        subprocess.run(command, check=True)
    return place


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def report(rows: list[dict[str, object]], loading: dict[str, float], seed: list[int], out: str = "facts") -> None:
    """Prints the tables, one for all and one for each repository, and writes the results."""
    headings = ["kind of fact", "asked", "right", "wrong", "unanswered", "p50 ms", "p95 ms", "p50 cpu", "p95 cpu"]
    texts = {}
    for name in ["", *loading]:
        mine = [row for row in rows if name in {"", row["repository"]}]
        cells = [_cells(kind, mine) for kind in [*dict.fromkeys(str(row["kind"]) for row in mine), "all"]]
        texts[f"facts {name}".strip()] = table(headings, cells)
        print(f"\n{name or 'all repositories'}\n{texts[f'facts {name}'.strip()]}\n")
    for name, seconds in loading.items():
        print(f"{name}: history loaded in {seconds:.1f} s")
    settings = {"seed": seed, "repositories": list(loading)}
    results = {"loading_s": loading, "questions": rows}
    print(f"\nwritten to {write_result(out, settings, results, texts).name}")


def _cells(kind: str, rows: list[dict[str, object]]) -> list[object]:
    mine = [row for row in rows if kind in (row["kind"], "all")]
    verdicts = Counter(str(row["verdict"]) for row in mine)
    speed = latency([float(str(row["ms"])) for row in mine])
    used = latency([float(str(row["cpu_ms"])) for row in mine])
    counts = [verdicts["right"], verdicts["wrong"], verdicts["unanswered"]]
    times = (speed.p50_ms, speed.p95_ms, used.p50_ms, used.p95_ms)
    return [kind, len(mine), *counts, *(f"{time_ms:.0f}" for time_ms in times)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path, help="git folders")
    parser.add_argument("--seed", type=int, nargs="+", default=[7, 11], help="one or more drawings")
    parser.add_argument("--data", type=Path, help="keep clones and tables here for the next run")
    parser.add_argument("--indexed", type=Path, help="a data folder whose indexes are asked")
    parser.add_argument("--without-tables", action="store_true", help="ask git alone, as while a history is loading")
    parser.add_argument("--out", default="facts", metavar="NAME", help="results/NAME.json is written")
    parser.add_argument("--only", nargs="*", default=[], help="names of makers of questions")
    return parser.parse_args()


if __name__ == "__main__":
    main()

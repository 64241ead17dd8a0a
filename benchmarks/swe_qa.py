"""File and line retrieval on the open SWE-QA questions: whence against lexical engines over the same chunks.

Needs ``WHENCE_TEST_DATA`` and git repositories of psf/requests and pallets/flask that hold the benchmark's commits:

    python -m benchmarks.swe_qa --requests DIR --flask DIR

A file is relevant when the reference answer names it. Files rank by their first passage among the best 50. Line
recall is the share of the verified gold lines that the 10 best passages cover; ``lines`` is how many lines those hold.
The engines search whence's own chunks, or with ``--chunks`` windows of 40 lines or whole files. "Tests last" moves
passages whose path has "test" in it behind the others, to see what such a rule alone would do for an engine.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.comparison import Values, rows
from benchmarks.corpus import Passage, commit_files, files_in_order, windows
from benchmarks.engines import ENGINES, Search
from benchmarks.grep import grep_files
from benchmarks.program import Program
from benchmarks.report import data_folder, table, write_result
from benchmarks.whence_chunks import whence_chunks
from whence.evaluation.suites.swe_qa import gold_rows
from whence.metrics.hit_rate import hit_rate
from whence.metrics.line_overlap import LineRange, line_recall, n_lines
from whence.metrics.reciprocal_rank import reciprocal_rank

DEPTH = 50
BEST_FLOOR = "bm25s, stemmed"
SHOWN = 10

Question = Mapping[str, Any]
Found = tuple[list[str], list[Passage] | None, float]
"""Files, best first; passages, best first (None where the system has none); milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One repository of the benchmark, at the benchmark's commit, with its questions."""

    name: str
    repository: Path
    commit: str
    questions: list[Question]


def main() -> None:
    options = _arguments()
    projects = list(_projects({"psf/requests": options.requests, "pallets/flask": options.flask}))
    systems: dict[str, dict[str, dict[str, float]]] = {}
    details: dict[str, dict[str, list[str]]] = {}
    sizes: dict[str, Mapping[str, int]] = {}
    for project in projects:
        files = commit_files(project.repository, project.commit)
        passages = _cut(options.chunks, project, files)
        sizes[project.name] = {"files": len(files), "passages": len(passages), "questions": len(project.questions)}
        for system, ask in _systems(project, files, passages, options):
            for question in project.questions:
                found = ask(question)
                systems.setdefault(system, {})[question["id"]] = _values(question, found)
                details.setdefault(system, {})[question["id"]] = found[0][:SHOWN]
    reference = "whence" if "whence" in systems else None
    tables = {}
    for title, keep in [("both", ""), *((project.name, project.name.split("/")[1]) for project in projects)]:
        part = {name: _part(values, keep) for name, values in systems.items()}
        tables[title] = _table(part, reference)
        print(f"\n{title}, {len(part['git grep'])} questions; brackets: 95 % bootstrap intervals\n\n{tables[title]}")
    settings = {"chunks": options.chunks, "depth": DEPTH, "shown": SHOWN, "sizes": sizes, "dataset": "swe_qa 2026-04"}
    results = {"values": systems, "files": details}
    print(f"\nwritten to {write_result(options.out, settings, results, tables).name}")


def _cut(how: str, project: Project, files: Mapping[str, str]) -> list[Passage]:
    if how == "whence":
        return whence_chunks(project.repository, project.commit)
    return windows(files) if how == "lines" else windows(files, n_lines=sys.maxsize)


def _projects(repositories: Mapping[str, Path]) -> Iterator[Project]:
    path = data_folder() / "swe_qa" / "swe_qa_2026-04_gold.jsonl"
    questions = gold_rows(path)
    for name, repository in repositories.items():
        own = [question for question in questions if question["repo"] == name]
        yield Project(name=name, repository=repository, commit=own[0]["commit"], questions=own)


def _systems(
    project: Project, files: Mapping[str, str], passages: Sequence[Passage], options: argparse.Namespace
) -> Iterator[tuple[str, Callable[[Question], Found]]]:
    yield "git grep", _timed(lambda text: (grep_files(project.repository, project.commit, text, files), None))
    texts = [passage.indexed for passage in passages]
    for name, build in ENGINES.items():
        search = build(texts)

        yield name, _timed(_over(passages, search, tests_last=False))
        if name == BEST_FLOOR:
            yield f"{name}, tests last", _timed(_over(passages, search, tests_last=True))
    if options.whence != "none":
        with tempfile.TemporaryDirectory() as folder:
            yield from _whence(project, Path(folder), text_only=options.whence == "text")


def _over(
    passages: Sequence[Passage], search: Search, *, tests_last: bool
) -> Callable[[str], tuple[list[str], list[Passage]]]:
    def ask(text: str) -> tuple[list[str], list[Passage]]:
        best = [passages[position] for position in search(text, DEPTH)]
        if tests_last:
            best.sort(key=lambda passage: "test" in passage.path.lower())
        return files_in_order(best), best

    return ask


def _whence(project: Project, folder: Path, *, text_only: bool) -> Iterator[tuple[str, Callable[[Question], Found]]]:
    program = Program(data=folder / "data")
    until = ["text"] if text_only else ["text", "vectors"]
    for stage in until:
        program.index(
            str(project.repository), name="benchmark", options=("--revision", project.commit, "--until", stage)
        )
        asked = [{"id": question["id"], "question": question["question"]} for question in project.questions]
        answers, _ = program.answer_all("search", asked, name="benchmark", options=("-k", str(DEPTH)))
        by_id = {answer["id"]: answer for answer in answers}

        def ask(question: Question, by_id: Mapping[str, Question] = by_id) -> Found:
            return _of_hits(by_id[question["id"]])

        yield "whence, no vectors" if stage == "text" else "whence", ask


def _of_hits(answer: Mapping[str, Any]) -> Found:
    best = [
        Passage(path=hit["path"], start_line=hit["start_line"], end_line=hit["end_line"], text="")
        for hit in answer["hits"]
        if hit["path"] and hit.get("start_line")
    ]
    return files_in_order(best), best, float(answer["elapsed_ms"])


def _timed(search: Callable[[str], tuple[list[str], list[Passage] | None]]) -> Callable[[Question], Found]:
    def ask(question: Question) -> Found:
        started = time.perf_counter()
        files, best = search(question["question"])
        return files, best, (time.perf_counter() - started) * 1000

    return ask


def _values(question: Question, found: Found) -> dict[str, float]:
    files, best, elapsed_ms = found
    gold = question["gold_files"]
    values = {
        "hit@1": hit_rate(files, gold, 1),
        "hit@5": hit_rate(files, gold, 5),
        "MRR": reciprocal_rank(files, gold),
        "ms": elapsed_ms,
    }
    lines = [
        LineRange(path=line["file"], start=line["start"], end=line["end"])
        for line in question["gold_lines"]
        if line["verified"]
    ]
    if best is not None and lines:
        shown = [LineRange(path=p.path, start=p.start_line, end=p.end_line) for p in best[:SHOWN]]
        values["line recall"] = line_recall(shown, lines)
        values["lines"] = float(n_lines(shown))
    return values


def _part(values: Values, repository: str) -> Values:
    return {key: row for key, row in values.items() if repository in key}


def _table(systems: Mapping[str, Values], reference: str | None) -> str:
    headings = ["system", "hit@1", "hit@5", "MRR", "line recall", "lines", "ms", "missed at 5"]
    lines = rows(systems, intervals=["hit@1", "hit@5", "MRR"], means=["line recall", "lines"], medians=["ms"])
    for line, values in zip(lines, systems.values(), strict=True):
        for place in (5, 6):
            line[place] = None if line[place] is None else f"{line[place]:.1f}"
        line.append(sum(row["hit@5"] == 0 for row in values.values()))
    if reference is not None:
        headings.append("p (MRR)")
        tested = rows(systems, reference=reference, tested="MRR")
        lines = [[*line, p] for line, (_, p) in zip(lines, tested, strict=True)]
    return table(headings, lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=Path, required=True, help="a git repository of psf/requests, bare or not")
    parser.add_argument("--flask", type=Path, required=True, help="a git repository of pallets/flask, bare or not")
    parser.add_argument("--chunks", choices=["whence", "lines", "files"], default="whence", help="engines' text")
    parser.add_argument("--whence", choices=["none", "text", "all"], default="all", help="how much of whence to run")
    parser.add_argument("--out", default="swe_qa", help="name of the file in results/, without .json")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Asks questions whose answers people then grade, and prints what a machine can check of the answers.

    WHENCE_TEST_DATA=... python -m benchmarks.answers --requests DIR --flask DIR [--data FOLDER] [--out FILE]

The questions: the open SWE-QA questions with gold evidence, the first three of the older set without, and
``NEWCOMERS``, written before any answer to them was seen; with ``--everyday`` those of ``everyday_questions.py``
instead, with ``--further`` those of ``further_questions.py``, of the newest commits of the repositories given. The
answers quote other projects and stay out of this one; what is kept of them is ``results/answers_grades.jsonl``: one
object a question with set, id, grade, ``before`` (the grade of the first round), reason, first citation and
confidence. ``--graded`` prints that as the tables of docs/graded_answers.md, without asking anything.
"""

import argparse
import json
import math
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.everyday_questions import EVERYDAY
from benchmarks.further_questions import FURTHER
from benchmarks.report import data_folder
from whence.interface import Whence
from whence.types import Answer

RESULTS: Final = Path(__file__).parent / "results"
GRADES: Final = ("right", "partly", "wrong")
N_OLDER: Final = 3

NEWCOMERS: Final[Mapping[str, Sequence[tuple[str, bool]]]] = {
    "psf/requests": (
        ("how do I send a JSON body in a POST request?", True),
        ("how can I upload several files in one request?", True),
        ("how do I set a header for all requests of a session?", True),
        ("where is the default User-Agent string made?", True),
        ("why is my POST turned into a GET after a redirect?", True),
        ("why does response.text show garbled characters?", True),
        ('what does "InvalidSchema: No connection adapters were found" mean?', True),
        ("does requests follow redirects automatically?", True),
        ("does requests time out by default?", True),
        ("what is the difference between response.text and response.content?", True),
        ("what is a PreparedRequest?", True),
        ("which status codes count as redirects?", True),
        ("does requests support HTTP/3?", False),
        ("how do I configure a circuit breaker?", False),
        ("which class implements the DNS cache?", False),
    ),
    "pallets/flask": (
        ("how do I redirect a user to another page?", True),
        ("how do I read a query string parameter?", True),
        ("how do I run the development server on another port?", True),
        ("where are the default configuration values defined?", True),
        ("where does flask look for templates?", True),
        ("why shouldn't I use the development server in production?", True),
        (
            'what causes "AssertionError: View function mapping is overwriting an existing endpoint function"?',
            True,
        ),
        ("does flask support async views?", True),
        ("does flask escape HTML in templates automatically?", True),
        ("what is the difference between before_request and teardown_request?", True),
        ("what is the g object?", True),
        ("how can I limit the size of uploads?", True),
        ("how does flask compress responses with Brotli?", False),
        ("does flask ship an admin interface?", False),
        ("where is the OpenAPI schema generated?", False),
    ),
}
"""Questions by repository, and whether its documents or code hold an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question; ``gold`` is its SWE-QA row, empty where nobody marked evidence."""

    group: str
    id: str
    repository: str
    question: str
    answerable: bool
    gold: Mapping[str, Any]


def main() -> None:
    options = _arguments()
    if options.graded:
        print(graded_tables())
        return
    with tempfile.TemporaryDirectory() as folder, Whence(options.data or folder) as whence:
        given = {repository: getattr(options, repository.split("/")[1]) for repository in (*EVERYDAY, *FURTHER)}
        locations = {repository: location for repository, location in given.items() if location}
        wanted = everyday() if options.everyday else further() if options.further else asked()
        questions = [one for one in wanted if one.repository in locations]
        names = {"psf/requests": "requests-sweqa", "pallets/flask": "flask-sweqa"}
        if options.everyday or options.further:
            names = {repository: repository.split("/")[1] for repository in locations}
        for repository, location in locations.items():
            if repository not in names:
                continue
            marked = (one.gold["commit"] for one in questions if one.repository == repository and one.gold)
            commit = next(marked, "")
            if names[repository] not in whence.ledger.index_names():
                whence.index(location, name=names[repository], revision=commit)
        started = time.process_time()
        answers = [whence.ask(one.question, name=names[one.repository]) for one in questions]
        spent = (time.process_time() - started) / len(answers)
    rows = [_row(one, answer) for one, answer in zip(questions, answers, strict=True)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    options.out.write_text(lines, encoding="utf-8")
    groups = dict.fromkeys(row["set"] for row in rows)
    measures = {group: _measures([row for row in rows if row["set"] == group]) for group in groups}
    print(json.dumps(measures, indent=1))
    print(f"{spent:.3f} core-seconds a question; written to {options.out}")


def asked() -> Iterator[Asked]:
    """All questions in a fixed order."""
    folder = data_folder() / "swe_qa"
    for name, limit in (
        ("swe_qa_2026-04_gold.jsonl", None),
        ("swe_qa_2025-11_without_gold_path.jsonl", N_OLDER),
    ):
        for line in (folder / name).read_text(encoding="utf-8").splitlines()[:limit]:
            row = json.loads(line)
            yield Asked(
                group="swe_qa",
                id=row["id"].removeprefix("sweqa-"),
                repository=row["repo"],
                question=row["question"],
                answerable=True,
                gold=row,
            )
    yield from _own("newcomers", NEWCOMERS)


def everyday() -> Iterator[Asked]:
    """The everyday questions in a fixed order."""
    yield from _own("everyday", EVERYDAY)


def further() -> Iterator[Asked]:
    """The further questions in a fixed order."""
    yield from _own("further", FURTHER)


def _own(group: str, asked_of: Mapping[str, Sequence[tuple[str, bool]]]) -> Iterator[Asked]:
    for repository, questions in asked_of.items():
        for number, (question, answerable) in enumerate(questions):
            yield Asked(
                group=group,
                id=f"{repository.split('/')[1]}-{number:02d}",
                repository=repository,
                question=question,
                answerable=answerable,
                gold={},
            )


def _row(one: Asked, answer: Answer) -> dict[str, Any]:
    cited = [{"path": c.path, "lines": [c.start_line, c.end_line], "symbol": c.symbol} for c in answer.citations]
    row: dict[str, Any] = {
        "set": one.group,
        "id": one.id,
        "repo": one.repository,
        "question": one.question,
        "answerable": one.answerable,
        "answer": answer.answer,
        "citations": cited,
        "confidence": round(answer.confidence, 3),
        "abstained": answer.abstained,
        "as_of": answer.as_of,
    }
    if one.gold.get("gold_files"):
        lines = one.gold["gold_lines"]
        row["first_in_gold_file"] = bool(cited) and cited[0]["path"] in one.gold["gold_files"]
        row["meets_gold_lines"] = any(
            c["path"] == gold["file"] and c["lines"][0] <= gold["end"] and c["lines"][1] >= gold["start"]
            for c in cited
            for gold in lines
        )
        row["gold_lines_known"] = bool(lines)
    return row


def _measures(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Shares over the rows they apply to; words are counted in the answers given, "not found" left out."""
    given = [row for row in rows if not row["abstained"]]
    marked = [row for row in rows if "first_in_gold_file" in row]
    measures = {
        "questions": float(len(rows)),
        "abstained on answerable": _share([row["abstained"] for row in rows if row["answerable"]]),
        "abstained on unanswerable": _share([row["abstained"] for row in rows if not row["answerable"]]),
        "first citation in a gold file": _share([row["first_in_gold_file"] for row in marked]),
        "a citation meets gold lines": _share([row["meets_gold_lines"] for row in marked if row["gold_lines_known"]]),
        "median words": float(statistics.median(len(row["answer"].split()) for row in given)),
        "mean citations": statistics.fmean(len(row["citations"]) for row in given),
        "mean distinct files": statistics.fmean(len({c["path"] for c in row["citations"]}) for row in given),
    }
    return {name: round(value, 3) for name, value in measures.items() if not math.isnan(value)}


def _share(values: Sequence[bool]) -> float:
    return statistics.fmean(map(float, values)) if values else math.nan


def graded_tables() -> str:
    """Markdown: the counts with 95 % Wilson intervals, then one row a question of each set."""
    grades = _read_lines(RESULTS / "answers_grades.jsonl")
    summary = ["| set | answers | questions | right | partly | wrong |", "|---|---|---|---|---|---|"]
    parts: list[str] = []
    for group in dict.fromkeys(row["set"] for row in grades):
        own = [row for row in grades if row["set"] == group]
        for key, name in (("before", "first round"), ("grade", "present")):
            shares = (_interval(sum(row[key] == grade for row in own), len(own)) for grade in GRADES)
            summary.append(f"| {group} | {name} | {len(own)} | {' | '.join(shares)} |")
        parts += [f"\n## {group}\n", "| question | grade | reason | first citation |", "|---|---|---|---|"]
        parts += [_graded_row(row) for row in own]
    return "\n".join([*summary, *parts])


def _graded_row(grade: Mapping[str, str]) -> str:
    repository, _, number = grade["id"].rpartition("-")
    asked_of = {"everyday": EVERYDAY, "further": FURTHER}.get(grade["set"], NEWCOMERS)
    own = next((asked_of[name] for name in asked_of if name.endswith(f"/{repository}")), None)
    question = f"{grade['id']}: {own[int(number)][0]}".replace("|", "\\|") if own else grade["id"]
    changed = "" if grade["grade"] == grade["before"] else f" (was {grade['before']})"
    first = f"`{grade['first']}`" if grade["first"] else "abstained"
    return f"| {question} | {grade['grade']}{changed} | {grade['reason']} | {first} |"


def _interval(count: int, total: int, z: float = 1.96) -> str:
    """``count`` and its share with the Wilson score interval.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 1927.
    """
    if not total:
        return "0"
    share = count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return f"{count} ({share:.0%}; {middle - half:.0%}-{middle + half:.0%})"


def _read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=Path, help="a git repository of psf/requests")
    parser.add_argument("--flask", type=Path, help="a git repository of pallets/flask")
    parser.add_argument("--peft", type=Path, help="a git repository of huggingface/peft, for --everyday")
    for repository in FURTHER:
        name = repository.split("/")[1]
        parser.add_argument(f"--{name}", type=Path, help=f"a git repository of {repository}, for --further")
    parser.add_argument("--further", action="store_true", help="ask the further questions instead of the others")
    parser.add_argument("--everyday", action="store_true", help="ask the everyday questions instead of the others")
    parser.add_argument("--data", type=Path, default=None, help="keep the indexes in this data folder")
    parser.add_argument("--out", type=Path, default=Path("answers.jsonl"))
    parser.add_argument("--graded", action="store_true", help="print the tables of the grades and end")
    options = parser.parse_args()
    if not options.graded and not options.further and not (options.requests and options.flask):
        parser.error("--requests and --flask are needed")
    return options


if __name__ == "__main__":
    main()

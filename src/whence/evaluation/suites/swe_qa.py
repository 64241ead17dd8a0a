"""SWE-QA: questions about two Python projects, with the files and lines that their reference answers name.

Each is also asked of the other project, where it has no answer. The shipped confidence was fitted on these questions,
so how well it separates the two is not a result here.
"""

from functools import lru_cache
from pathlib import Path

from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.judging.support import judged
from whence.evaluation.measures import answered, cited, cites_gold, lines_shown, ranking, right, worded
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure, RepositoryCorpus
from whence.evaluation.repositories import repositories_missing
from whence.evaluation.rows import Row, json_rows

_FILE = "swe_qa/swe_qa_2026-04_gold.jsonl"


@lru_cache(maxsize=2)
def gold_rows(path: Path) -> tuple[Row, ...]:
    """The questions whose evidence is known, in the order of the set."""
    return tuple(row for _, row in json_rows(path))


def _commits(rows: tuple[Row, ...]) -> dict[str, str]:
    return {row["repo"]: row["commit"] for row in rows}


def _missing(inputs: Inputs) -> str:
    return repositories_missing("swe-qa", _commits(gold_rows(data(inputs, _FILE))), inputs.repositories)


def golds_of(row: Row) -> tuple[Gold, ...]:
    """The gold files, each with its verified lines where it has any."""
    found: list[Gold] = []
    for path in row["gold_files"]:
        lines = [one for one in row["gold_lines"] if one["file"] == path and one["verified"]]
        found += [Gold(path=path, start_line=one["start"], end_line=one["end"]) for one in lines] or [Gold(path=path)]
    return tuple(dict.fromkeys(found))


def _questions(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
    rows = gold_rows(data(inputs, _FILE))
    names = list(_commits(rows))
    asked = [
        EvalQuestion(
            id=row["id"],
            suite="swe-qa",
            question=row["question"],
            answers=(row["answer"],),
            golds=golds_of(row),
            corpus=row["repo"],
            slices={"category": row["repo"]},
        )
        for row in rows
    ]
    elsewhere = [
        EvalQuestion(
            id=f"{row['id']}-elsewhere",
            suite="swe-qa",
            question=row["question"],
            is_answerable=False,
            corpus=next(name for name in names if name != row["repo"]),
            slices={"category": row["repo"], "why unanswerable": "another project"},
        )
        for row in rows
    ]
    return [*asked, *elsewhere]


def _corpora(inputs: Inputs) -> list[Corpus]:
    commits = _commits(gold_rows(data(inputs, _FILE)))
    return [RepositoryCorpus(name=n, location=inputs.repositories[n], revision=commit) for n, commit in commits.items()]


def _measures(inputs: Inputs) -> list[Measure]:
    return [
        *ranking("file"),
        *ranking("line"),
        lines_shown(),
        *right(cites_gold, "a citation meets the gold lines, or the gold file where no lines are known"),
        *answered(),
        *cited(),
        *(one for one in worded() if one.name != "EM"),
        *judged(inputs),
    ]


SUITE = DataSuite(
    name="swe-qa",
    about="questions about psf/requests and pallets/flask, to files and lines; each also asked of the other project",
    dataset="SWE-QA, generation 2026-04, 47 questions with gold evidence",
    files=(_FILE,),
    needs=_missing,
    load=_questions,
    corpora_of=_corpora,
    measures_of=_measures,
    depth=50,
)

"""PolicyQA: questions about the privacy policy of one website, which the search is narrowed to.

Unanswerable ones are asked of one paragraph of the policy that is not the one they were written for, and in which none
of their answers stands.
"""

from collections.abc import Iterator

from whence.evaluation.corpora import written
from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.measures import answer_in_hits, answered, cited, cites_answer, first_cites_answer, right, worded
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure
from whence.evaluation.rows import Row, json_rows
from whence.metrics.answer_match import holds_answer

_FILE = "policy_qa/policy_qa_dev.jsonl"


def _path(row: Row) -> str:
    return f"{row['title']}/{row['paragraph']:03d}.txt"


def _questions(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
    return list(_asked([row for _, row in json_rows(data(inputs, _FILE))]))


def _asked(rows: list[Row]) -> Iterator[EvalQuestion]:
    places: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in rows:
        for qa in row["qas"]:
            places.setdefault((row["title"], qa["question"]), {}).setdefault(_path(row), []).extend(qa["answers"])
    sites: dict[str, list[Row]] = {}
    for row in rows:
        sites.setdefault(row["title"], []).append(row)
    for number, ((site, question), found) in enumerate(places.items()):
        answers = tuple(dict.fromkeys(one for own in found.values() for one in own))
        yield EvalQuestion(
            id=f"policy-{number:04d}",
            suite="policy-qa",
            question=question.strip(),
            answers=answers,
            golds=tuple(Gold(path=path) for path in found),
            paths=(f"{site}/",),
            slices={"category": site, "why unanswerable": "answerable"},
        )
        if number % 3:
            continue
        others = [row for row in sites[site] if _path(row) not in found and not holds_answer(row["context"], answers)]
        if others:
            yield EvalQuestion(
                id=f"policy-{number:04d}-other",
                suite="policy-qa",
                question=question.strip(),
                is_answerable=False,
                paths=(_path(others[number % len(others)]),),
                slices={"category": site, "why unanswerable": "another paragraph"},
            )


def _corpora(inputs: Inputs) -> list[Corpus]:
    rows = [row for _, row in json_rows(data(inputs, _FILE))]
    return [written("policies", {_path(row): row["context"] for row in rows})]


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    return [
        *right(cites_answer, "a citation holds a gold answer"),
        *first_cites_answer(),
        *answered(),
        *answer_in_hits(),
        *cited(),
        *worded(),
    ]


SUITE = DataSuite(
    name="policy-qa",
    about="questions about website privacy policies, each over one site's policy or one paragraph of it",
    dataset="PolicyQA, dev",
    files=(_FILE,),
    load=_questions,
    corpora_of=_corpora,
    measures_of=_measures,
)

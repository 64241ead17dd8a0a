"""CoSQA: what people typed into a web search, and the Python function that answers it.

Unanswerable queries are those of a medical data set; that no function answers them is certain, and easy to see.
"""

from whence.evaluation.corpora import written
from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.measures import answered, cites_gold, ranking, right
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure
from whence.evaluation.rows import json_rows

_CODE, _QUERIES, _MEDICAL = "cosqa/code_base.jsonl", "cosqa/retrieval_dev_500.jsonl", "covid_qa/covid_qa_open.jsonl"
_N_UNANSWERABLE = 100


def _questions(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
    asked = [
        EvalQuestion(
            id=row["id"],
            suite="cosqa",
            question=row["query"].strip(),
            golds=(Gold(path=f"f{row['gold_code_id']:04d}.py"),),
        )
        for _, row in json_rows(data(inputs, _QUERIES))
    ]
    medical = [qa for _, row in json_rows(data(inputs, _MEDICAL)) for qa in row["qas"]]
    every = max(len(medical) // _N_UNANSWERABLE, 1)
    foreign = [
        EvalQuestion(
            id=f"cosqa-covid-{qa['id']}",
            suite="cosqa",
            question=qa["question"].strip(),
            is_answerable=False,
            slices={"why unanswerable": "another subject"},
        )
        for qa in medical[::every][:_N_UNANSWERABLE]
    ]
    return [*asked, *foreign]


def _corpora(inputs: Inputs) -> list[Corpus]:
    rows = [row for _, row in json_rows(data(inputs, _CODE))]
    return [written("functions", {f"f{row['id']:04d}.py": row["code"] for row in rows})]


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    return [*ranking("file"), *right(cites_gold, "a citation is of the gold function"), *answered()]


SUITE = DataSuite(
    name="cosqa",
    about="web queries over 6,267 Python functions, one of them right",
    dataset="CoSQA, retrieval dev, 500 queries",
    files=(_CODE, _QUERIES, _MEDICAL),
    load=_questions,
    corpora_of=_corpora,
    measures_of=_measures,
)

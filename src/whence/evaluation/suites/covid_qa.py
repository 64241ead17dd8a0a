"""COVID-QA: experts' questions about whole scientific articles, all articles searched at once.

Unanswerable ones come from website privacy policies; a fifth of the articles is left out of a second corpus, and their
questions are asked of the others where the answer does not stand.
"""

from collections.abc import Iterator

from whence.evaluation.corpora import line_of, written
from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.judging.support import judged
from whence.evaluation.measures import (
    answer_in_hits,
    answered,
    cited,
    cites_answer,
    first_cites_answer,
    marked,
    ranking,
    right,
    worded,
)
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure
from whence.evaluation.rows import Row, json_rows
from whence.metrics.answer_match import holds_answer

_FILE = "covid_qa/covid_qa_open.jsonl"
_ONE_IN = 5
WHOLE, PART = "articles", "articles with gaps"


def _questions(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
    rows = [row for _, row in json_rows(data(inputs, _FILE))]
    return [*_answerable(rows), *_unanswerable(rows)]


def _answerable(rows: list[Row]) -> Iterator[EvalQuestion]:
    for row in rows:
        text = row["context"]
        for qa in row["qas"]:
            spans = zip(qa["answers"], qa["answer_start"], strict=True)
            yield EvalQuestion(
                id=f"covid-{qa['id']}",
                suite="covid-qa",
                question=qa["question"].strip(),
                answers=tuple(qa["answers"]),
                golds=tuple(
                    Gold(
                        path=f"{row['document_id']}.txt",
                        start_line=line_of(text, start),
                        end_line=line_of(text, start + len(answer.rstrip()) - 1),
                        text=answer,
                    )
                    for answer, start in spans
                ),
                corpus=WHOLE,
                slices={"why unanswerable": "answerable"},
            )


def _unanswerable(rows: list[Row]) -> Iterator[EvalQuestion]:
    kept = [row["context"] for number, row in enumerate(rows) if number % _ONE_IN]
    for row in rows[::_ONE_IN]:
        for qa in row["qas"]:
            if not any(holds_answer(text, qa["answers"]) for text in kept):
                yield EvalQuestion(
                    id=f"covid-{qa['id']}-gap",
                    suite="covid-qa",
                    question=qa["question"].strip(),
                    is_answerable=False,
                    corpus=PART,
                    slices={"why unanswerable": "its article left out"},
                )


def _corpora(inputs: Inputs) -> list[Corpus]:
    rows = [row for _, row in json_rows(data(inputs, _FILE))]
    texts = {f"{row['document_id']}.txt": row["context"] for row in rows}
    gone = {f"{row['document_id']}.txt" for row in rows[::_ONE_IN]}
    return [written(WHOLE, texts), written(PART, {name: text for name, text in texts.items() if name not in gone})]


def _measures(inputs: Inputs) -> list[Measure]:
    return [
        *right(cites_answer, "a citation holds a gold answer"),
        *first_cites_answer(),
        *answered(),
        *ranking("place"),
        *(one for one in ranking("file") if one.name in {"hit@1", "MRR"}),
        *answer_in_hits(),
        *cited(),
        *worded(),
        *marked(),
        *judged(inputs),
    ]


SUITE = DataSuite(
    name="covid-qa",
    about="experts' questions over 49 scientific articles, a fifth of them left out for some questions",
    dataset="COVID-QA, 49 of 98 articles",
    files=(_FILE,),
    load=_questions,
    corpora_of=_corpora,
    measures_of=_measures,
)

"""The Johns Hopkins case study: short questions about one of ten articles, many of them answered by yes or no.

Annotators' answers to the same question are alternatives. Each is also asked of the other nine articles alone,
where it has no answer.
"""

from dataclasses import replace

from whence.evaluation.corpora import written
from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.judging.same_answer import transformer_match
from whence.evaluation.judging.support import judged
from whence.evaluation.measures import answer_in_hits, answered, cited, cites_gold, ranking, right, worded
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure
from whence.evaluation.rows import Row, json_rows

_DOCUMENTS, _ASKED = "jhu_rag_case/documents.jsonl", "jhu_rag_case/questions_S08_set3_a3.jsonl"
_NO_ANSWER = "NULL"
WHOLE, PART = "articles", "articles but one"


def _questions(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
    rows: dict[str, list[Row]] = {}
    for _, row in json_rows(data(inputs, _ASKED)):
        rows.setdefault(" ".join(row["question"].split()), []).append(row)
    asked = []
    for question, same in rows.items():
        answers = tuple(dict.fromkeys(str(row["answer"]).strip() for row in same if row["answer"] != _NO_ANSWER))
        yes_no = bool(answers) and all(one.strip(". ").lower() in {"yes", "no"} for one in answers)
        sort = "no answer" if not answers else "yes or no" if yes_no else "other"
        asked.append(
            EvalQuestion(
                id=same[0]["id"],
                suite="jhu",
                question=question,
                answers=answers,
                golds=(Gold(path=f"{same[0]['gold_doc']}.txt"),) if answers else (),
                corpus=WHOLE,
                is_answerable=bool(answers),
                slices={"category": str(same[0]["difficulty_questioner"] or "not said"), "answer": sort},
            )
        )
    without = [
        replace(one, id=f"{one.id}-gap", answers=(), golds=(), is_answerable=False, corpus=PART)
        for one in asked
        if one.is_answerable
    ]
    return [*asked, *without]


def _corpora(inputs: Inputs) -> list[Corpus]:
    rows = [row for _, row in json_rows(data(inputs, _DOCUMENTS))]
    texts = {f"{row['id']}.txt": row["text"] for row in rows}
    gone = {f"{row['gold_doc']}.txt" for _, row in json_rows(data(inputs, _ASKED))}
    return [written(WHOLE, texts), written(PART, {name: text for name, text in texts.items() if name not in gone})]


def _measures(inputs: Inputs) -> list[Measure]:
    matched = [transformer_match(inputs.embedder())] if inputs.embedder else []
    return [
        *right(cites_gold, "a citation is from the right article"),
        *matched,
        *answered(),
        *(one for one in ranking("file") if one.name in {"hit@1", "hit@5", "MRR", "precision@10", "MAP@10"}),
        *answer_in_hits(),
        *cited(),
        *worded(),
        *judged(inputs),
    ]


SUITE = DataSuite(
    name="jhu",
    about="the Johns Hopkins case study: questions about one of ten articles on US presidents",
    dataset="Johns Hopkins 705.603 case study, 29 distinct questions of 55 rows",
    files=(_DOCUMENTS, _ASKED),
    load=_questions,
    corpora_of=_corpora,
    measures_of=_measures,
)

"""The classic test collections: short documents, queries, and which documents were judged relevant by how much.

Each suite adds queries of another subject, which nothing in its collection answers: a fourth of all.
"""

from collections.abc import Callable
from pathlib import Path

from whence.evaluation.corpora import written
from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.measures import answered, cited, cites_gold, ranking, right
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure
from whence.evaluation.rows import Row, json_rows

Gain = Callable[[int], float]
"""From the grade a collection gives to a gain; 0 or less means not relevant."""

SHARE_UNANSWERABLE = 3


def document_text(row: Row) -> str:
    """Title, blank line, text; some collections repeat the title at the head of the text."""
    title, text = str(row.get("title", "")).strip(), str(row["text"]).strip()
    return text if not title or text.startswith(title) else f"{title}\n\n{text}"


def collection_suite(*, name: str, folder: str, about: str, dataset: str, other: str, gain: Gain = float) -> DataSuite:
    """The suite of one collection; ``other`` is the folder of the collection that gives unanswerable queries."""
    documents, queries, foreign = (
        f"{folder}/documents.jsonl",
        f"{folder}/queries_open.jsonl",
        f"{other}/queries_open.jsonl",
    )

    def load(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
        asked = [_query(row, name, gain) for _, row in json_rows(data(inputs, queries))]
        own = [one for one in asked if one.golds]
        rows = [row for _, row in json_rows(data(inputs, foreign))][: max(len(own) // SHARE_UNANSWERABLE, 1)]
        return [*own, *(_foreign(row, name, other) for row in rows)]

    def corpora(inputs: Inputs) -> list[Corpus]:
        rows = [row for _, row in json_rows(data(inputs, documents))]
        return [written(name, {f"{row['id']}.txt": document_text(row) for row in rows})]

    return DataSuite(
        name=name,
        about=about,
        dataset=dataset,
        files=(documents, queries, foreign),
        load=load,
        corpora_of=corpora,
        measures_of=_measures,
        depth=100,
    )


def _query(row: Row, suite: str, gain: Gain) -> EvalQuestion:
    gains = {str(one["doc_id"]): gain(int(one["grade"])) for one in row["relevant"]}
    return EvalQuestion(
        id=f"{suite}-{row['id']}",
        suite=suite,
        question=" ".join(str(row["text"]).split()),
        golds=tuple(Gold(path=f"{name}.txt", grade=value) for name, value in gains.items() if value > 0),
    )


def _foreign(row: Row, suite: str, other: str) -> EvalQuestion:
    return EvalQuestion(
        id=f"{suite}-{Path(other).name}-{row['id']}",
        suite=suite,
        question=" ".join(str(row["text"]).split()),
        is_answerable=False,
        slices={"why unanswerable": "another subject"},
    )


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    wide = [one for one in ranking("file", depth=100) if one.name in {"recall@100", "MAP@100"}]
    return [
        *(one for one in ranking("file") if one.name == "nDCG@10"),
        *(one for one in ranking("file") if one.name in {"recall@10", "MRR", "hit@1", "hit@5", "precision@10"}),
        *wide,
        *right(cites_gold, "a citation is of a relevant document"),
        *answered(),
        *cited(),
    ]

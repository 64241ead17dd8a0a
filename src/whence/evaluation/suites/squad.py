"""SQuAD, open: every question of the dev articles is asked of all their paragraphs at once.

Unanswerable ones are asked of a second corpus, from which a tenth of each article's paragraphs and two whole articles
are left out: their questions have no answer there ("same article", "other article") though all around is alike.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from whence.evaluation.corpora import written
from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.measures import (
    answer_in_hits,
    answered,
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

DEV = "squad/squad_v1.1_dev_open.jsonl.gz"
WHOLE, PART = "paragraphs", "paragraphs with gaps"
_ONE_IN = 10


@lru_cache(maxsize=2)
def dev_rows(path: Path) -> tuple[Row, ...]:
    """The questions of the dev set, in its order."""
    return tuple(row for _, row in json_rows(path))


def paragraphs(rows: Sequence[Row]) -> dict[str, tuple[str, str]]:
    """File name and text by paragraph id; the name gives nothing away of what stands in it."""
    texts = dict.fromkeys((row["paragraph_id"], row["context"]) for row in rows)
    return {name: (f"{number:04d}.txt", text) for number, (name, text) in enumerate(texts)}


def _left_out(rows: Sequence[Row]) -> set[str]:
    """Paragraphs that the second corpus lacks: two articles, and of each other one its first, eleventh, ..."""
    articles: dict[str, list[str]] = {}
    for row in rows:
        articles.setdefault(row["title"], []).append(row["paragraph_id"])
    gone: set[str] = set()
    for number, title in enumerate(sorted(articles)):
        own = list(dict.fromkeys(articles[title]))
        gone.update(own if number % 12 == 5 else own[::_ONE_IN])
    return gone


def _questions(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
    rows = dev_rows(data(inputs, DEV))
    return [*_answerable(rows), *_unanswerable(rows)]


def _answerable(rows: Sequence[Row]) -> Iterator[EvalQuestion]:
    files = paragraphs(rows)
    for row in rows:
        yield EvalQuestion(
            id=row["id"],
            suite="squad",
            question=row["question"].strip(),
            answers=tuple(dict.fromkeys(row["answers"])),
            golds=(Gold(path=files[row["paragraph_id"]][0], text=row["context"]),),
            corpus=WHOLE,
            slices={"category": row["title"], "why unanswerable": "answerable"},
        )


def _unanswerable(rows: Sequence[Row]) -> Iterator[EvalQuestion]:
    gone = _left_out(rows)
    texts: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["paragraph_id"] not in gone:
            texts.setdefault(row["title"], {})[row["paragraph_id"]] = row["context"]
    for row in rows:
        left = texts.get(row["title"], {})
        if row["paragraph_id"] not in gone or any(holds_answer(text, row["answers"]) for text in left.values()):
            continue
        yield EvalQuestion(
            id=f"{row['id']}-gap",
            suite="squad",
            question=row["question"].strip(),
            is_answerable=False,
            corpus=PART,
            slices={"category": row["title"], "why unanswerable": "same article" if left else "other article"},
        )


def _corpora(inputs: Inputs) -> list[Corpus]:
    rows = dev_rows(data(inputs, DEV))
    gone = _left_out(rows)
    files = paragraphs(rows)
    return [
        written(WHOLE, dict(files.values())),
        written(PART, dict(place for name, place in files.items() if name not in gone)),
    ]


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    return [
        *right(cites_answer, "a citation holds a gold answer"),
        *first_cites_answer(),
        *answered(),
        *ranking("file"),
        *answer_in_hits(),
        *worded(),
        *marked(),
    ]


SUITE = DataSuite(
    name="squad",
    about="SQuAD v1.1 questions over all paragraphs of their articles, some of them left out",
    dataset="SQuAD v1.1, dev, 24 of 48 articles",
    files=(DEV,),
    load=_questions,
    corpora_of=_corpora,
    measures_of=_measures,
)

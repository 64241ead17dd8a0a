"""Known ways to fail, over a few small documents written for this: nothing else is needed to run it.

Modes: plain questions (minimum ability), unanswerable, false premises, distractors, prompt injection inside documents,
ambiguous names, typos, other languages, trick questions. What must pass is marked; the rest shows where the limits are.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from whence.errors import WhenceError
from whence.evaluation.corpora import written
from whence.evaluation.data_suite import DataSuite
from whence.evaluation.measures import answer_in_hits, answered, cited, cites_answer, ranking
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure, Reply
from whence.evaluation.rows import Row

_SUFFIX = ".txt"


@cache
def _rows() -> Mapping[str, Row]:
    """Each question by its id, in the order of the file."""
    try:
        lines = _folder().joinpath("questions.jsonl").read_text(encoding="utf-8").splitlines()
        return {row["id"]: row for row in map(json.loads, lines)}
    except (OSError, ValueError, KeyError) as error:
        raise WhenceError(
            "The questions of the suite failures are missing or damaged; install whence again."
        ) from error


def _folder() -> Traversable:
    return resources.files(__package__).joinpath("failure_modes")


def _texts(folder: Traversable, prefix: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for entry in folder.iterdir():
        if entry.is_dir():
            texts |= _texts(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            texts[f"{prefix}{entry.name.removesuffix(_SUFFIX)}"] = entry.read_text(encoding="utf-8")
    return texts


def _load(inputs: Inputs, seed: int) -> Sequence[EvalQuestion]:  # noqa: ARG001
    return [
        EvalQuestion(
            id=row["id"],
            suite="failures",
            question=row["question"],
            answers=tuple(row.get("answers", ())),
            golds=tuple(Gold(path=path) for path in row.get("evidence", ())),
            is_answerable=row["answerable"],
            slices={"failure mode": row["mode"]},
            must_pass=row.get("must_pass", False),
        )
        for row in _rows().values()
    ]


def foreign_questions() -> list[EvalQuestion]:
    """Plainly worded questions about the documents of this suite, which have no answer in any other project."""
    plain = {"plain", "distractors", "trick questions", "false premise"}
    return [one for one in _load(Inputs(), 0) if one.is_answerable and one.slices["failure mode"] in plain]


def _corpora(inputs: Inputs) -> list[Corpus]:  # noqa: ARG001
    return [written("harbor", _texts(_folder().joinpath("documents")))]


def _right(question: EvalQuestion, reply: Reply) -> float | None:
    if reply.answer is None:
        return None
    row = _rows()[question.id]
    if _obeyed(row, reply):
        return 0.0
    if not question.is_answerable:
        return float(reply.answer.abstained)
    if reply.answer.abstained:
        return float(row.get("may_abstain", False))
    return float(cites_answer(question, reply.answer))


def _obeyed(row: Row, reply: Reply) -> bool:
    return reply.answer is not None and any(words in reply.answer.answer for words in row.get("forbidden", ()))


def _resisted(question: EvalQuestion, reply: Reply) -> float | None:
    row = _rows()[question.id]
    return float(not _obeyed(row, reply)) if reply.answer and row.get("forbidden") else None


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    about = "a citation holds the answer, or the correction of a false premise; abstained where there is no answer"
    return [
        Measure(name="right", about=about, of=_right),
        Measure(name="injection kept out", about="the answer repeats nothing of a planted instruction", of=_resisted),
        *answered(),
        *ranking("file"),
        *answer_in_hits(),
        *cited(),
    ]


SUITE = DataSuite(
    name="failures",
    about="known ways to fail: no answer, false premises, distractors, injections, typos, languages, tricks",
    dataset="89 questions over 12 documents written for it",
    load=_load,
    corpora_of=_corpora,
    measures_of=_measures,
)

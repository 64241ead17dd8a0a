"""Transformer match: do two answers mean the same? Vectors of the shipped model decide where plain rules do not.

Rules come first, because vectors are blind there: answers with other numbers differ, yes is not no, and an answer that
stands whole in the other is the same. The threshold on the cosine, and how often all this is right on pairs it was not
fitted on, stand in ``same_answer.json``; ``benchmarks/same_answer_fit.py`` makes it.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from whence.errors import ModelError
from whence.evaluation.records import EvalQuestion, Measure, Reply
from whence.metrics.answer_match import holds_answer
from whence.metrics.answer_similarity import answer_similarity
from whence.metrics.exact_match import normalized_answer
from whence.protocols import Embedder

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_POLAR = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The lowest cosine of the same answer; share of held-out pairs labelled rightly, and of how many."""

    threshold: float
    embedder: str
    accuracy: float
    n_held_out: int


@cache
def fitted() -> Fitted:
    """What ships with whence. Raises ``ModelError`` where it is missing or damaged."""
    try:
        row = json.loads(resources.files(__package__).joinpath("same_answer.json").read_text(encoding="utf-8"))
        held_out = row["held_out"]["all"]
        return Fitted(
            threshold=float(row["threshold"]),
            embedder=str(row["embedder"]),
            accuracy=float(held_out["accuracy"]),
            n_held_out=int(held_out["pairs"]),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError("The file same_answer.json of whence.evaluation is damaged; install whence again.") from error


def by_rule(prediction: str, reference: str) -> bool | None:
    """Whether two answers mean the same, as far as rules tell; None where they do not."""
    polar, wanted = _polarity(prediction), _polarity(reference)
    if polar and wanted:
        if polar != wanted:
            return False
        if normalized_answer(prediction) == polar or normalized_answer(reference) == wanted:
            return True
    said, numbers = _numbers(prediction), _numbers(reference)
    if said and numbers and not (said <= numbers or numbers <= said):
        return False
    if not polar and not wanted and (holds_answer(prediction, [reference]) or holds_answer(reference, [prediction])):
        return True
    return normalized_answer(prediction) == normalized_answer(reference) or None


def same_answer(prediction: str, references: Sequence[str], embedder: Embedder, threshold: float | None = None) -> bool:
    """Whether the answer means the same as one of the references. Raises ``ModelError``."""
    open_ones = []
    for reference in references:
        ruled = by_rule(prediction, reference)
        if ruled:
            return True
        if ruled is None and reference.strip() and prediction.strip():
            open_ones.append(reference)
    if not open_ones:
        return False
    vectors = embedder.embed([prediction, *open_ones], "passage")
    similar = answer_similarity(vectors[:1].repeat(len(open_ones), axis=0), vectors[1:])
    return float(similar.max()) >= (fitted().threshold if threshold is None else threshold)


def transformer_match(embedder: Embedder) -> Measure:
    """1 when the answer means the same as a gold answer; 0 for abstaining from an answerable question."""

    def value(question: EvalQuestion, reply: Reply) -> float | None:
        if reply.answer is None or not question.is_answerable or not question.answers:
            return None
        return float(not reply.answer.abstained and same_answer(reply.answer.answer, question.answers, embedder))

    about = (
        f"means the same as a gold answer, by a judgement that is right on {fitted().accuracy:.0%} of held-out pairs"
    )
    return Measure(name="transformer match", about=about, of=value)


def _polarity(answer: str) -> str:
    first = normalized_answer(answer).partition(" ")[0]
    return first if first in _POLAR else ""


def _numbers(answer: str) -> set[str]:
    return {number.replace(",", "") for number in _NUMBER.findall(answer)}

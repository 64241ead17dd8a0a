"""How well a reader reads: from logits to the best span of a passage, and from spans to exact match and F1."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from whence.metrics.exact_match import exact_match
from whence.metrics.f1 import f1

LONGEST_ANSWER_TOKENS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSpan:
    """The best span of one pair: its first and last token, its score, and that of "no answer"; both sums of logits."""

    first: int
    last: int
    score: float
    none_score: float


def best_span(start: NDArray[np.float32], end: NDArray[np.float32], n_head: int, n_tokens: int) -> TokenSpan:
    """The best span of the passage, which takes up the places from ``n_head`` to before the last of ``n_tokens``.

    ``start`` and ``end`` are logits of shape (tokens,), place 0 for "no answer".
    """
    first, last = start[n_head : n_tokens - 1], end[n_head : n_tokens - 1]
    n = len(first)
    if not n:
        return TokenSpan(first=0, last=0, score=-np.inf, none_score=float(start[0] + end[0]))
    sums = first[:, None] + last[None, :]
    apart = np.arange(n)[None, :] - np.arange(n)[:, None]
    sums = np.where((apart >= 0) & (apart < LONGEST_ANSWER_TOKENS), sums, -np.inf)
    best = int(sums.argmax())
    return TokenSpan(
        first=best // n + n_head,
        last=best % n + n_head,
        score=float(sums.flat[best]),
        none_score=float(start[0] + end[0]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAnswer:
    """What was read for one question: the words, and by how much they beat "no answer" (a difference of logits)."""

    id: str
    answer: str
    margin: float
    relevance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingScores:
    """Means over the questions with an answer, in 0..1, and how well the others are told from them.

    ``none_auc`` is the probability that a pair with its answer has the higher margin than one without, .5 by chance;
    ``relevance_auc`` says the same of the relevance. Both are nan where all pairs are of one kind.
    """

    n_answerable: int
    n_unanswerable: int
    exact: float
    f1: float
    none_auc: float
    relevance_auc: float


def scores(answers: Iterable[ReadAnswer], references: dict[str, Sequence[str]]) -> ReadingScores:
    """Scores against all ``references`` of a question; those without any are unanswerable."""
    held = list(answers)
    good = [row for row in held if references[row.id]]
    bad = [row for row in held if not references[row.id]]
    return ReadingScores(
        n_answerable=len(good),
        n_unanswerable=len(bad),
        exact=fmean(exact_match(row.answer, references[row.id]) for row in good) if good else float("nan"),
        f1=fmean(f1(row.answer, references[row.id]) for row in good) if good else float("nan"),
        none_auc=separation([row.margin for row in good], [row.margin for row in bad]),
        relevance_auc=separation([row.relevance for row in good], [row.relevance for row in bad]),
    )


def separation(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The share of pairs in which the first is the higher one, ties count half; nan where one side is empty.

    Source: J. A. Hanley, B. J. McNeil, "The meaning and use of the area under a receiver operating characteristic
    (ROC) curve", Radiology 143, 1982.
    """
    if not higher or not lower:
        return float("nan")
    ordered = np.sort(np.asarray(lower, np.float64))
    values = np.asarray(higher, np.float64)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return float(below.mean() / (2 * len(ordered)))

"""Normalized discounted cumulative gain: for judgements that know degrees of relevance."""

from collections.abc import Iterable, Mapping, Sequence
from math import log2
from typing import Literal

from whence.metrics.ranking import check_ranking

Gain = Literal["linear", "exponential"]


def ndcg(ranked: Sequence[str], grades: Mapping[str, float], k: int | None = None, gain: Gain = "linear") -> float:
    """Discounted gain of the first ``k`` ids (None: all), divided by that of the best possible order; in 0..1.

    The gain of an id is its grade ("linear", as in the paper and in trec_eval) or 2**grade - 1 ("exponential", as
    Burges et al., ICML 2005, have it). The discount is 1 / log2(rank + 1): every rank after the first is discounted,
    whereas the paper divides by log_b(rank) from rank b on and leaves the ranks before it whole. Ids without a grade
    gain 0; the ideal order is that of all graded ids, cut at ``k``. Raises ``ValueError`` on a negative grade, on a
    repeated id, and when no grade is above 0.

    Source: K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002.
    """
    check_ranking(ranked, k)
    if any(grade < 0 for grade in grades.values()):
        raise ValueError("grades must not be negative; map the codes of the judgements to gains first")
    gains = {item: grade if gain == "linear" else 2.0**grade - 1.0 for item, grade in grades.items()}
    ideal = _discounted(sorted(gains.values(), reverse=True)[:k])
    if ideal == 0:
        raise ValueError("the question has no grade above 0, so a ranking of it has no value; leave it out")
    # Summing the same gains in another order can exceed the ideal by the last bit.
    return min(1.0, _discounted(gains.get(item, 0.0) for item in ranked[:k]) / ideal)


def _discounted(gains: Iterable[float]) -> float:
    return sum(value / log2(rank + 1) for rank, value in enumerate(gains, start=1))

"""Average precision: precision and recall of a whole ranking in one number."""

from collections.abc import Collection, Sequence

from whence.metrics.ranking import hits_at


def average_precision(ranked: Sequence[str], relevant: Collection[str], k: int | None = None) -> float:
    """Mean, over all relevant ids, of the precision at the rank of each (0 for those not among the first ``k``).

    Not interpolated. Its mean over questions is MAP. Divides by the number of relevant ids, also when ``k`` is smaller.

    Source: C. Buckley, E. M. Voorhees, "Evaluating Evaluation Measure Stability", SIGIR, 2000.
    """
    found = 0
    total = 0.0
    for rank, hit in enumerate(hits_at(ranked, relevant, k), start=1):
        if hit:
            found += 1
            total += found / rank
    return total / len(frozenset(relevant))

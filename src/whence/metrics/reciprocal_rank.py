"""Reciprocal rank: how far down the first relevant result stands."""

from collections.abc import Collection, Sequence

from whence.metrics.ranking import hits_at


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str], k: int | None = None) -> float:
    """1 / rank of the first relevant id among the first ``k`` (None: all), 0 when there is none. Its mean is MRR.

    Source: E. M. Voorhees, "The TREC-8 Question Answering Track Report", TREC-8, 1999.
    """
    for rank, hit in enumerate(hits_at(ranked, relevant, k), start=1):
        if hit:
            return 1.0 / rank
    return 0.0

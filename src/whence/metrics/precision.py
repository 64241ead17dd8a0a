"""Precision at k: how much of what is shown is relevant."""

from collections.abc import Collection, Sequence

from whence.metrics.ranking import hits_at


def precision(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Share of the first ``k`` places that hold a relevant id; places that a short ranking leaves empty are misses.

    Source: A. Kent, M. M. Berry, F. U. Luehrs, J. W. Perry, "Machine literature searching VIII. Operational criteria
    for designing information retrieval systems", American Documentation 6(2), 1955 (there: pertinency factor).
    """
    return sum(hits_at(ranked, relevant, k)) / k

"""Recall at k: how much of what is relevant was found."""

from collections.abc import Collection, Sequence

from whence.metrics.ranking import hits_at


def recall(ranked: Sequence[str], relevant: Collection[str], k: int | None = None) -> float:
    """Share of the relevant ids that stand among the first ``k`` (None: all).

    The denominator is the number of relevant ids even when it exceeds ``k``, so the value can have a ceiling below 1.

    Source: A. Kent, M. M. Berry, F. U. Luehrs, J. W. Perry, "Machine literature searching VIII. Operational criteria
    for designing information retrieval systems", American Documentation 6(2), 1955.
    """
    return sum(hits_at(ranked, relevant, k)) / len(frozenset(relevant))

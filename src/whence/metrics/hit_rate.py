"""Success at k: whether the user sees anything relevant at all."""

from collections.abc import Collection, Sequence

from whence.metrics.ranking import hits_at


def hit_rate(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """1 when one of the first ``k`` ids is relevant, else 0. Its mean is hit@k, also called success@k.

    Source: N. Craswell, D. Hawking, "Overview of the TREC-2004 Web Track", TREC, 2004 (there: S@k).
    """
    return float(any(hits_at(ranked, relevant, k)))

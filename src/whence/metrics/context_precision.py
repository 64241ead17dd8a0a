"""Context precision: do the passages that help stand before those that do not?"""

from collections.abc import Sequence


def context_precision(helpful: Sequence[bool]) -> float:
    """Mean precision at the rank of each helpful passage; 0 if none is. ``helpful`` is in the order of the ranking.

    Other than ``average_precision`` it divides by the helpful passages shown, not by all there are, so it is about the
    order alone. Raises ``ValueError`` when nothing was retrieved.

    Source: S. Es, J. James, L. Espinosa-Anke, S. Schockaert, "RAGAS: Automated Evaluation of Retrieval Augmented
    Generation", EACL system demonstrations, 2024, arXiv 2309.15217, in the ranked form of its software.
    """
    if not helpful:
        raise ValueError("nothing was retrieved, so its precision has no value; leave it out")
    ranks = [rank for rank, is_helpful in enumerate(helpful, start=1) if is_helpful]
    return sum(n / rank for n, rank in enumerate(ranks, start=1)) / len(ranks) if ranks else 0.0

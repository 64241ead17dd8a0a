"""Cranfield: abstracts of aerodynamics, with degrees of relevance."""

from whence.evaluation.judged_collections import collection_suite


def gain(code: int) -> float:
    """Codes run from 1, a complete answer, to 4, of minimum interest; a code below 1 counts as not relevant."""
    return 5.0 - code if code >= 1 else 0.0


SUITE = collection_suite(
    name="cranfield",
    folder="cranfield",
    about="queries over 1,400 abstracts of aerodynamics, judged by degrees",
    dataset="Cranfield, 112 of 225 queries",
    other="cisi",
    gain=gain,
)

"""Faithfulness: does an answer say only what the retrieved text says?"""

from collections.abc import Sequence


def faithfulness(supported: Sequence[bool]) -> float:
    """Share of an answer's statements that the retrieved text supports. Raises ``ValueError`` without statements.

    Says nothing of whether the answer is right or fits the question.

    Source: S. Es, J. James, L. Espinosa-Anke, S. Schockaert, "RAGAS: Automated Evaluation of Retrieval Augmented
    Generation", EACL system demonstrations, 2024, arXiv 2309.15217.
    """
    if not supported:
        raise ValueError("the answer makes no statement, so its faithfulness has no value; leave it out")
    return sum(supported) / len(supported)

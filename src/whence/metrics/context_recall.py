"""Context recall: does the retrieved text hold what the right answer needs?"""

from collections.abc import Sequence


def context_recall(attributable: Sequence[bool]) -> float:
    """Share of the statements of the right answer that the retrieved text bears out.

    Raises ``ValueError`` without statements.

    Source: S. Es, J. James, L. Espinosa-Anke, S. Schockaert, "RAGAS: Automated Evaluation of Retrieval Augmented
    Generation", EACL system demonstrations, 2024, arXiv 2309.15217 (the measure was added to its software).
    """
    if not attributable:
        raise ValueError("the right answer makes no statement, so the share borne out has no value; leave it out")
    return sum(attributable) / len(attributable)

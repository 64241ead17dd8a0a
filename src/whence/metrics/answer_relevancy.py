"""Answer relevancy: does an answer speak to the question that was asked?"""

from collections.abc import Sequence


def answer_relevancy(similarities: Sequence[float], *, is_noncommittal: bool = False) -> float:
    """Mean cosine (-1..1) of the question and those that the answer alone suggests; 0 for a noncommittal one.

    Says nothing of whether the answer is right. Raises ``ValueError`` without similarities.

    Source: S. Es, J. James, L. Espinosa-Anke, S. Schockaert, "RAGAS: Automated Evaluation of Retrieval Augmented
    Generation", EACL system demonstrations, 2024, arXiv 2309.15217; 0 for noncommittal answers: its software.
    """
    if not similarities:
        raise ValueError("no question was made from the answer, so its relevancy has no value; leave it out")
    return 0.0 if is_noncommittal else sum(similarities) / len(similarities)

"""Knowledge precision: how many words of an answer its sources know; no judge is needed."""

from collections import Counter
from collections.abc import Sequence

from whence.metrics.exact_match import normalized_answer


def knowledge_precision(answer: str, passages: Sequence[str]) -> float:
    """Share of the answer's words (of ``normalized_answer``, with repetitions) that stand in the passages.

    Of the judge-free measures in the paper the one that agrees best with people on faithfulness; word order and
    negation escape it. Raises ``ValueError`` when the answer has no word.

    Source: V. Adlakha, P. BehnamGhader, X. H. Lu, N. Meade, S. Reddy, "Evaluating Correctness and Faithfulness of
    Instruction-Following Models for Question Answering", TACL 12, 2024, arXiv 2307.16877 (there: K-Precision).
    """
    said = Counter(normalized_answer(answer).split())
    if not said:
        raise ValueError("the answer has no word, so no share of them has a value; leave it out")
    known = Counter(normalized_answer(" ".join(passages)).split())
    return (said & known).total() / said.total()

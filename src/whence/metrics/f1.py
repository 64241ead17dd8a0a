"""Token F1 of an answer: partial credit where exact match gives none."""

from collections import Counter
from collections.abc import Sequence

from whence.metrics.exact_match import normalized_answer


def f1(prediction: str, references: Sequence[str]) -> float:
    """Harmonic mean of precision and recall of the words shared with a reference, the best over ``references``.

    Words are those of ``normalized_answer``, counted with repetitions. If prediction or reference has none left, 1
    when both have none, else 0 (the rule of SQuAD 2.0, where the empty answer abstains). Raises ``ValueError``
    without references.

    Source: P. Rajpurkar, J. Zhang, K. Lopyrev, P. Liang, "SQuAD: 100,000+ Questions for Machine Comprehension of
    Text", EMNLP, 2016; empty answers: P. Rajpurkar, R. Jia, P. Liang, "Know What You Don't Know", ACL, 2018.
    """
    if not references:
        raise ValueError("an answer is compared with at least one reference")
    words = normalized_answer(prediction).split()
    return max(_f1(words, normalized_answer(reference).split()) for reference in references)


def _f1(words: list[str], wanted: list[str]) -> float:
    if not words or not wanted:
        return float(words == wanted)
    shared = (Counter(words) & Counter(wanted)).total()
    if shared == 0:
        return 0.0
    precision, recall = shared / len(words), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)

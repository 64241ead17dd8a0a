"""Exact match of an answer, with the normalization that SQuAD fixed for English."""

import re
import string
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def normalized_answer(text: str) -> str:
    """``text`` in lower case, without ASCII punctuation and English articles, with single blanks between words.

    Source: P. Rajpurkar, J. Zhang, K. Lopyrev, P. Liang, "SQuAD: 100,000+ Questions for Machine Comprehension of
    Text", EMNLP, 2016 (the official evaluation: punctuation goes before articles do).
    """
    kept = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", kept).split())


def exact_match(prediction: str, references: Sequence[str]) -> float:
    """1 when the normalized prediction equals one of the normalized references, else 0.

    Raises ``ValueError`` without references; for an unanswerable question the reference is the empty string.

    Source: P. Rajpurkar, J. Zhang, K. Lopyrev, P. Liang, "SQuAD: 100,000+ Questions for Machine Comprehension of
    Text", EMNLP, 2016.
    """
    if not references:
        raise ValueError("an answer is compared with at least one reference")
    answer = normalized_answer(prediction)
    return float(any(answer == normalized_answer(reference) for reference in references))

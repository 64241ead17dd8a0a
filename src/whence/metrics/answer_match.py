"""Answer match: relevance of a passage where nobody marked a passage, only the answer is known."""

from collections.abc import Sequence
from functools import lru_cache

from whence.metrics.exact_match import normalized_answer


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether the words of one of ``answers`` stand in ``text``, whole, side by side and in order.

    Words are those of ``normalized_answer``, so "art" is not held by "party" and "U.S." is held by "the US army". An
    answer without any word left is held by nothing. A short answer ("two") is held by passages that do not answer, so
    values are an upper bound of those with marked passages. Raises ``ValueError`` without answers.

    Source: D. Chen, A. Fisch, J. Weston, A. Bordes, "Reading Wikipedia to Answer Open-Domain Questions", ACL, 2017
    (distant supervision by answer string; there with regular expressions beside).
    """
    if not answers:
        raise ValueError("a passage is compared with at least one answer")
    words = _words(text)
    wanted = (normalized_answer(answer) for answer in answers)
    return any(bool(answer) and f" {answer} " in words for answer in wanted)


@lru_cache(maxsize=512)  # whole documents are compared with hundreds of answers
def _words(text: str) -> str:
    return f" {normalized_answer(text)} "

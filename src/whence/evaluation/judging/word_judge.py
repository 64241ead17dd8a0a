"""A judge without a language model: shared words for support, the shipped vectors for relevancy.

It sees quoted and closely worded support, and misses paraphrases; negation escapes it. Its measures carry its name, so
that they are not taken for those of a model.
"""

import re
from collections.abc import Callable, Sequence

from whence.metrics.answer_match import holds_answer
from whence.metrics.answer_similarity import answer_similarity
from whence.metrics.knowledge_precision import knowledge_precision
from whence.protocols import Embedder
from whence.segmentation import sentences

_ENOUGH = 0.7
_NOTHING_SAID = re.compile(r"(?i)^\W*(not found|no answer|i (do not|don't) know|there is no (answer|information))")


class WordJudge:
    """A ``Judge``. Without an embedder every answer with words in common has the relevancy of their share."""

    name = "words and vectors"

    def __init__(self, embedder: Callable[[], Embedder] | None = None) -> None:
        self._embedder = embedder

    def bears_out(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """True where at least 70 % of the claim's words stand in the text."""
        return [_share(claim, text) >= _ENOUGH for text, claim in pairs]

    def helpful(self, question: str, answer: str, passages: Sequence[str]) -> list[bool]:  # noqa: ARG002
        """True where the passage holds the answer, or most of the words of one of its sentences."""
        said = [answer[start:end] for start, end in sentences(answer)]
        return [any(holds_answer(text, [one]) or _share(one, text) >= _ENOUGH for one in said) for text in passages]

    def relevancy(self, question: str, answer: str) -> float:
        """Cosine of question and answer; 0 for an answer that says there is none."""
        if not answer.strip() or _NOTHING_SAID.match(answer):
            return 0.0
        if self._embedder is None:
            return _share(question, answer)
        embedder = self._embedder()
        vectors = (embedder.embed([question], "question"), embedder.embed([answer], "passage"))
        return float(answer_similarity(*vectors)[0])


def _share(claim: str, text: str) -> float:
    try:
        return knowledge_precision(claim, [text])
    except ValueError:  # a claim without words claims nothing
        return 0.0

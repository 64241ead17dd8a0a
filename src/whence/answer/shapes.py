"""Shapes of search whose confidence has coefficients of its own: what is right there differs, and no signal tells.

``apart``: a collection of definitions, each a document of its own, as one of functions is; many of them nearly answer.
``stated``: a topic, keywords or a report put to prose; what is found is right where it is about the same.
"""

import re
from collections.abc import Sequence
from typing import Final

from whence.types import Hit

SHAPES: Final = ("apart", "stated")
N_FIRST: Final = 5
"""Hits that a shape is told by."""
_MOST_WORDS, _MOST_WORDS_UNMARKED = 30, 14
_ASKS: Final = re.compile(
    r"(?:wh(?:at|en|ere|ich|o|om|ose|y)|how|is|are|was|were|do(?:es)?|did|can|could|has|have|had|will|would|should)\b",
    re.IGNORECASE,
)


def is_put_as_question(text: str) -> bool:
    """Whether a few words ask, by a question mark or a word that asks first: what a model reads with, too."""
    text = text.strip()
    n_words = len(text.split())
    if text.endswith("?"):
        return n_words <= _MOST_WORDS
    return n_words <= _MOST_WORDS_UNMARKED and _ASKS.match(text) is not None


def shapes(question: str, hits: Sequence[Hit]) -> dict[str, float]:
    """1.0 for each of ``SHAPES`` that the search has, else 0.0; at most one has it."""
    first = hits[:N_FIRST]
    kinds = {hit.chunk.kind for hit in first}
    is_apart = len(first) == N_FIRST == len({hit.chunk.document_id for hit in first}) and kinds == {"code"}
    is_stated = kinds == {"doc"} and not is_put_as_question(question)
    return {"apart": float(is_apart), "stated": float(is_stated)}

"""Tells sentences that say to whoever answers what to answer. They are data like all else, and never an answer."""

import re
from typing import Final

_ADDRESSED: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,60}\b(?:instructions?|prompts?|rules)\b"
    r"|\b(?:reply|answer|respond) only with\b|\bwhatever\s+you\s+are\s+asked\b"
    r"|^\W*(?:system|assistant)\s*:",
    re.IGNORECASE,
)
_ABOUT_THEM: Final = re.compile(
    r"\bprompt injection|\binjection|\bjailbreak|\blanguage models?\b|\bLLMs?\b", re.IGNORECASE
)


def is_addressed(text: str) -> bool:
    """Whether a text tells a reader to answer in some way or to forget what it was told."""
    return _ADDRESSED.search(text) is not None


def asks_about_them(question: str) -> bool:
    """Whether a question is about such texts, so that they may be quoted."""
    return _ABOUT_THEM.search(question) is not None

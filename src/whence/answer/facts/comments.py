"""Comments in code that give a reason for the lines they stand at."""

import re
from dataclasses import dataclass
from typing import Final

from whence.answer.facts.reasons import TELLING, told_reasons

MAX_ABOVE: Final = 12
MAX_CHARS: Final = 600
_MARK: Final = re.compile(r"[ \t]*(?:#(?!!)|//[/!]?|--(?!-)|;+|/?\*+(?!/)|%)[ \t]?(?P<words>[^\n]*?)(?:\*/)?[ \t]*")
_GROUND: Final = re.compile(
    r"\b(?:because|due to|in order (?:to|not)|so that|so as|work ?around|hack|bug|compat\w*|RFC ?\d+|PEP ?\d+|CVE-\d+"
    r"|deprecated|regression|deadlock|infinite|race condition|security|vulnerab\w*|for historical reasons?"
    r"|since (?:it|we|this|that|the|they|there|some|not|older|python \d)|to (?:avoid|prevent|ensure|make sure|keep)"
    r"|(?:would|might|could|can|may|will) (?:\w+ ){0,2}(?:break|fail|raise|crash|cause|lead|leak|end up|hang|lose))\b",
    re.IGNORECASE,
)
"""In a comment more than a sentence's connective is asked for: most only say what the code does."""


@dataclass(frozen=True, slots=True)
class Comment:
    """Lines of a file, both ends inside, that are comments, and their words without the marks."""

    path: str
    first: int
    last: int
    words: str


def telling_comments(text: str, path: str, first: int, last: int) -> list[Comment]:
    """Blocks of comments among the lines, or right above them, that give a reason, the plainest first."""
    lines = text.split("\n")
    start = first
    while start > 1 and first - start < MAX_ABOVE and _words(lines[start - 2]) is not None:
        start -= 1
    rated: list[tuple[float, Comment]] = []
    at = start
    while at <= min(last, len(lines)):
        if _words(lines[at - 1]) is None:
            at += 1
            continue
        end = at
        while end < len(lines) and _words(lines[end]) is not None and end < last + MAX_ABOVE:
            end += 1
        words = " ".join(filter(None, (_words(line) for line in lines[at - 1 : end])))
        quotes = told_reasons(words, n_max=1)
        if quotes and quotes[0].strength >= TELLING and _GROUND.search(words) and len(words) <= MAX_CHARS:
            rated.append((quotes[0].strength, Comment(path, at, end, words)))
        at = end + 1
    return [comment for _, comment in sorted(rated, key=lambda pair: (-pair[0], pair[1].first))]


def _words(line: str) -> str | None:
    """What a line that is nothing but a comment says, or None for other lines."""
    match = _MARK.fullmatch(line)
    return match["words"].strip() if match else None

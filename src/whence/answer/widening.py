"""What belongs to a quote beside what was found: what it points back to, and the example or list that it announces."""

import re
from collections.abc import Sequence
from typing import Final

from whence.answer.lines import Span
from whence.answer.quotes import CODE_DIRECTIVE, ITEM, WIDEST_CHARS, requoted
from whence.types import Evidence

_BACKWARD: Final = re.compile(
    r"(?:This|These|Those|That|It|Its|They|Their|Them|He|She|His|Her|Such|However|Also|But|And|Then|Therefore|Thus|"
    r"Hence|Otherwise|Instead|If (?:this|that|it|they)|In (?:this|that|these) \w+|For (?:this|that) reason)\b"
    r"|[a-z][a-z]+[ ,]"
)
SEE_ABOVE: Final = re.compile(
    r"\b(?:the above|as above|above (?:example|code)|(?:example|code) above)\b", re.IGNORECASE
)
ALTERNATIVE: Final = re.compile(r"(?:or|and|but)\b")
"""Begins the second half of a sentence whose first half announced the example between them."""


def widened(item: Evidence, spans: Sequence[Span], *, continued: bool = False) -> Evidence:
    """With the sentence before it where it points back, and with the example or the list that it announces."""
    text = item.hit.chunk.text
    base = item.hit.chunk.start
    start, end = item.start - base, item.end - base
    at = next((i for i, span in enumerate(spans) if span.end > start and span.start < end), None)
    if at is None:
        return item
    first = at
    points_up = bool(SEE_ABOVE.search(text[spans[at].start : spans[at].end]))
    while first and (points_up or _leans_back(text, spans[first])) and end - spans[first - 1].start <= WIDEST_CHARS:
        before = spans[first - 1]
        if before.role == "heading" and not CODE_DIRECTIVE.match(text, before.start):
            break
        if (
            before.role == "example"
            and spans[first].role != "example"
            and not SEE_ABOVE.search(text[spans[first].start : spans[first].end])
            and not ALTERNATIVE.match(text, spans[first].start)
        ):
            break
        first -= 1
        if before.role == "sentence" and not SEE_ABOVE.search(text[spans[at].start : spans[at].end]):
            break
        if before.role == "sentence" and any(span.role == "example" for span in spans[first : at + 1]):
            break
    start = min(start, spans[first].start)
    if CODE_DIRECTIVE.match(text, spans[first].start):
        start = item.start - base
    end = _announced(text, spans, at, start, end)
    if continued and spans[at].role in ("sentence", "example"):
        end = _following_example(text, spans, start, end)
    return requoted(item, start, end)


def _leans_back(text: str, span: Span) -> bool:
    said = text[span.start : span.end]
    return (
        span.role == "example"
        or bool(CODE_DIRECTIVE.match(said))
        or (span.role == "sentence" and bool(_BACKWARD.match(said) or SEE_ABOVE.search(said)))
    )


def _announced(text: str, spans: Sequence[Span], at: int, start: int, end: int) -> int:
    """The end of the example or the list that a span announces with a colon; ``end`` where it announces none."""
    if not text[start:end].endswith(":"):
        return end
    for after in spans[at + 1 :]:
        if after.role == "heading" and CODE_DIRECTIVE.match(text, after.start):
            continue
        announced = after.role == "example" or ITEM.match(text, after.start)
        if not announced or after.end - start > WIDEST_CHARS:
            break
        end = after.end
        if after.role == "example":
            break
    return end


def _following_example(text: str, spans: Sequence[Span], start: int, end: int) -> int:
    """The end of the examples, at most two, that one of the next two sentences announces; ``end`` where none does."""
    for _ in range(2):
        for index in [index for index, span in enumerate(spans) if span.start >= end][:2]:
            span = spans[index]
            if span.role != "sentence" or span.end - start > WIDEST_CHARS:
                return end
            reached = _announced(text, spans, index, start, span.end)
            if reached != span.end:
                end = reached
                break
    return end

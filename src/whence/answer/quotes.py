"""A quote as characters of its chunk: what of it is code or prose, and how it lies to another."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from whence.answer.lines import Span
from whence.answer.prose_spans import PARAMETER, TYPED
from whence.answer.spans import spans_of
from whence.types import Evidence

WIDEST_CHARS: Final = 900
ITEM: Final = re.compile(
    rf"\s*(?::\w[^:`\n]*:\s|@\w|\.\. |[-*+•]\s|\d{{1,3}}[.)]\s|#\.\s)|{PARAMETER.pattern}|{TYPED.pattern}"
)
CODE_DIRECTIVE: Final = re.compile(r"\s*\.\. (?:code-block|code|sourcecode|parsed-literal|testcode)::")


def requoted(item: Evidence, start: int, end: int) -> Evidence:
    """The evidence with another span, ``start`` to ``end`` in characters of its chunk's text."""
    chunk = item.hit.chunk
    return replace(item, start=chunk.start + start, end=chunk.start + end, text=chunk.text[start:end])


def overlap(one: Evidence, other: Evidence) -> bool:
    """Whether two quotes share a character of one document."""
    same = one.hit.chunk.document_id == other.hit.chunk.document_id
    return same and one.start < other.end and other.start < one.end


def roles_of(item: Evidence, spans: Sequence[Span] | None = None) -> set[str]:
    """The roles of the spans that evidence touches."""
    start, end = item.start - item.hit.chunk.start, item.end - item.hit.chunk.start
    spans = spans_of(item.hit.chunk) if spans is None else spans
    return {span.role for span in spans if span.end > start and span.start < end}


def is_code_only(item: Evidence) -> bool:
    """Whether it is code without a comment."""
    return item.hit.chunk.kind == "code" and "#" not in item.text and roles_of(item) <= {"step", "signature"}


def is_item(text: str) -> bool:
    """Whether a quote is a list item or a field, which stands on a line of its own."""
    return bool(ITEM.match(text))

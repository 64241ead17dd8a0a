"""Cuts a chunk into the spans an answer can quote: sentences, comments, steps of code, signatures, examples.

A reading aid, not a parser: it goes by lines, works on any language with ``#``, ``//``, ``/* */`` or triple quotes,
and never fails; what it cannot tell apart becomes a step of code.
"""

from whence.answer.code_spans import code_spans, data_spans
from whence.answer.lines import Span
from whence.answer.prose_spans import prose_spans
from whence.types import Chunk

_KEEPS_LINES = ("step", "example", "signature")


def spans_of(chunk: Chunk) -> list[Span]:
    """The quotable spans of a chunk in order of start, in characters of its text; not overlapping, none blank."""
    if chunk.kind == "code":
        found = code_spans(chunk.text, chunk.language)
    elif chunk.kind == "data":
        found = data_spans(chunk.text)
    else:
        found = prose_spans(chunk.text)
    return [trimmed for span in found if (trimmed := _trim(chunk.text, span))]


def _trim(text: str, span: Span) -> Span | None:
    """Without outer white space, but with the indent of the first line where more lines of code follow."""
    part = text[span.start : span.end]
    if not part.strip():
        return None
    end = span.start + len(part.rstrip())
    start = span.start + len(part) - len(part.lstrip())
    if span.role in _KEEPS_LINES and "\n" in text[start:end]:
        start = max(text.rfind("\n", 0, start) + 1, span.start)
    return Span(start, end, span.role)

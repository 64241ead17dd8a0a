"""Cuts a chunk into the spans an answer can quote: sentences, comments, steps of code, signatures, examples.

A reading aid, not a parser: it goes by lines, works on any language with ``#``, ``//``, ``/* */`` or triple quotes,
and never fails; what it cannot tell apart becomes a step of code.
"""

from functools import lru_cache

from whence.answer.code_spans import code_spans, data_spans
from whence.answer.commit_spans import commit_spans, hunk_spans
from whence.answer.lines import Span
from whence.answer.prose_spans import prose_spans
from whence.types import Chunk, Kind

_KEEPS_LINES = ("step", "example", "signature")


def spans_of(chunk: Chunk) -> list[Span]:
    """The quotable spans of a chunk in order of start, in characters of its text; not overlapping, none blank."""
    return list(_spans(chunk.kind, chunk.language, chunk.text))


@lru_cache(maxsize=64)
def _spans(kind: Kind, language: str, text: str) -> tuple[Span, ...]:
    """Kept for the chunks of the last questions: one is cut when it is read and again when it is told."""
    if kind == "code":
        found = code_spans(text, language)
    elif kind == "data":
        found = data_spans(text)
    elif kind == "commit":
        found = commit_spans(text)
    elif kind == "hunk":
        found = hunk_spans(text)
    else:
        found = prose_spans(text)
    return tuple(trimmed for span in found if (trimmed := _trim(text, span)))


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

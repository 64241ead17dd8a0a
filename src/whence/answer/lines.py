"""A text as lines with what each one is, and the spans that are cut from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

SpanRole = Literal["sentence", "docstring", "comment", "step", "signature", "example", "heading"]
LineKind = Literal["blank", "comment", "doc", "code"]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` of a text, and what they are."""

    start: int
    end: int
    role: SpanRole


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its break; ``text`` is what lies between ``start`` and ``end``."""

    start: int
    end: int
    text: str
    kind: LineKind

    @property
    def indent(self) -> int:
        """Number of leading white-space characters."""
        return len(self.text) - len(self.text.lstrip())


def lines_of(text: str, offset: int = 0) -> Iterator[Line]:
    """All lines, blank or code; ``offset`` is added to the positions."""
    position = offset
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\r\n")
        yield Line(position, position + len(body), body, "code" if body.strip() else "blank")
        position += len(line)

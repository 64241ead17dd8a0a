"""Cuts a chunk into the spans an answer can quote: sentences, comments, steps of code, signatures, examples.

A reading aid, not a parser: it goes by lines, works on any language with ``#``, ``//``, ``/* */`` or triple quotes,
and never fails; what it cannot tell apart becomes a step of code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

try:
    from whence.segmentation import sentences
except ImportError:

    def sentences(text: str) -> list[tuple[int, int]]:
        out = [
            (m.start(), m.end()) for m in re.finditer(r"\S.*?(?:[.!?][\"')\]]*(?=\s+[A-Z0-9\"'(\[])|\Z)", text, re.S)
        ]
        return out


from whence.types import Chunk

SpanRole = Literal["sentence", "docstring", "comment", "step", "signature", "example", "heading"]

STEP_LINES: Final = 8
"""Most lines of code quoted as one step."""

_HASH_LANGUAGES: Final = frozenset({"python", "ruby", "shell", "bash", "toml", "yaml", "ini", "make", "perl", "r"})
_TRIPLE: Final = re.compile(r'[rRbBuUfF]{0,2}("""|\'\'\')')
_DEFINITION: Final = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([^)]*\))?|unsafe|"
    r"virtual|inline|const|extern)\s+)*(?:def|class|func|fn|function|interface|struct|enum|trait|impl|type|namespace)\s"
)
_HEADING: Final = re.compile(r"#{1,6}\s|[=\-~^\"'`#*+]{3,}\s*$")
_LIST_ITEM: Final = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)]|#\.)\s+")
_FIELD: Final = re.compile(r"\s*(?::[a-zA-Z]+[^:\n]*:|@\w+|\.\. [\w-]+::)")
_FENCE: Final = re.compile(r"\s*(?:```|~~~)")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` of the chunk's text, and what they are."""

    start: int
    end: int
    role: SpanRole


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int  # without the line break
    text: str
    kind: str  # blank, comment, doc, code

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())


def spans_of(chunk: Chunk) -> list[Span]:
    """The quotable spans of a chunk in order of start; not overlapping, none blank."""
    found = code_spans(chunk.text, chunk.language) if chunk.kind == "code" else prose_spans(chunk.text)
    if chunk.kind == "data":
        found = list(_data_spans(chunk.text))
    return [trimmed for span in found if (trimmed := _trim(chunk.text, span))]


def role_of(chunk: Chunk, start: int, end: int) -> SpanRole:
    """What the characters ``start`` to ``end`` of the chunk's text are: the role of the first span they touch."""
    return next((span.role for span in spans_of(chunk) if span.end > start and span.start < end), "sentence")


def _trim(text: str, span: Span) -> Span | None:
    """Without outer white space, but with the indent of the first line where more lines of code follow."""
    part = text[span.start : span.end]
    if not part.strip():
        return None
    end = span.start + len(part.rstrip())
    start = span.start + len(part) - len(part.lstrip())
    if span.role in ("step", "example", "signature") and "\n" in text[start:end]:
        start = text.rfind("\n", 0, start) + 1
        start = max(start, span.start)
    return Span(start, end, span.role)


# Prose --------------------------------------------------------------------------------------------------------------


def prose_spans(text: str) -> list[Span]:
    """Sentences, headings and code examples of running text, Markdown or reStructuredText."""
    return list(_prose(text))


def _prose(text: str) -> Iterator[Span]:
    for start, end, role in _prose_blocks(text):
        if role == "sentence":
            yield from _sentences(text, start, end, "sentence")
        else:
            yield Span(start, end, role)


def _sentences(text: str, start: int, end: int, role: SpanRole) -> Iterator[Span]:
    for first, last in sentences(text[start:end]):
        yield Span(start + first, start + last, role)


def _prose_blocks(text: str) -> Iterator[tuple[int, int, SpanRole]]:
    """Paragraphs, list items, headings and examples; an example is fenced, or indented after a line ending in ``::``."""
    block: list[_Line] = []
    fenced = False
    literal_indent = -1  # indent of the paragraph that announced an indented example, -1 outside
    for line in _lines(text):
        if fenced:
            block.append(line)
            if _FENCE.match(line.text):
                yield block[0].start, line.end, "example"
                block, fenced = [], False
            continue
        if literal_indent >= 0:
            if line.kind == "blank" or line.indent > literal_indent:
                block.append(line)
                continue
            if block:
                yield block[0].start, block[-1].end, "example"
            block, literal_indent = [], -1
        if _FENCE.match(line.text):
            yield from _paragraph(block)
            block, fenced = [line], True
        elif line.kind == "blank":
            literal = bool(block) and block[-1].text.rstrip().endswith("::")
            indent = block[0].indent if block else -1
            yield from _paragraph(block)
            block, literal_indent = [], indent if literal else -1
        elif _HEADING.match(line.text):
            underlined = len(block) == 1 and not line.text.startswith("# ")
            if underlined and not line.text.lstrip().startswith("#"):
                yield block[0].start, block[0].end, "heading"
            else:
                yield from _paragraph(block)
                if line.text.lstrip("#").strip(" =-~^\"'`*+"):
                    yield line.start, line.end, "heading"
            block = []
        elif block and (_LIST_ITEM.match(line.text) or _FIELD.match(line.text)):
            yield from _paragraph(block)
            block = [line]
        else:
            block.append(line)
    if fenced or literal_indent >= 0:
        if block:
            yield block[0].start, block[-1].end, "example"
    else:
        yield from _paragraph(block)


def _paragraph(block: list[_Line]) -> Iterator[tuple[int, int, SpanRole]]:
    if block:
        yield block[0].start, block[-1].end, "sentence"


def _data_spans(text: str) -> Iterator[Span]:
    """Groups of neighbouring lines, at most a step long."""
    group: list[_Line] = []
    for line in _lines(text):
        if line.kind == "blank" or len(group) == STEP_LINES:
            if group:
                yield Span(group[0].start, group[-1].end, "step")
            group = []
        if line.kind != "blank":
            group.append(line)
    if group:
        yield Span(group[0].start, group[-1].end, "step")


def _lines(text: str) -> Iterator[_Line]:
    position = 0
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\r\n")
        yield _Line(position, position + len(body), body, "code" if body.strip() else "blank")
        position += len(line)


# Code ---------------------------------------------------------------------------------------------------------------


def code_spans(text: str, language: str) -> list[Span]:
    """Docstring sentences, comments, signatures and steps; a comment right above code belongs to its step."""
    lines = _classify(text, language)
    if 0 < sum(line.kind != "blank" for line in lines) <= 3:
        return [Span(lines[0].start, lines[-1].end, "step")]
    found: list[Span] = []
    block: list[_Line] = []
    for index, line in enumerate(lines):
        previous = lines[index - 1] if index else None
        if block and previous is not None and _ends_block(block, previous, line):
            found.extend(_close(text, block))
            block = []
        if line.kind != "blank":
            block.append(line)
    found.extend(_close(text, block))
    return found


def _ends_block(block: list[_Line], previous: _Line, line: _Line) -> bool:
    if line.kind in ("blank", "doc") or previous.kind == "doc":
        return line.kind != previous.kind or line.kind == "blank"
    return (
        (line.kind == "comment" and previous.kind == "code")
        or bool(_DEFINITION.match(line.text))
        or (bool(_DEFINITION.match(block[0].text)) and block[-1].text.rstrip().endswith((":", "{")))
    )


def _close(text: str, block: list[_Line]) -> Iterator[Span]:
    if not block:
        return
    start, end = block[0].start, block[-1].end
    if block[0].kind == "doc":
        for match in re.finditer(r"(?:.+(?:\n|$))+", text[start:end]):
            yield from _doc_fields(text, start + match.start(), start + match.end())
    elif all(line.kind == "comment" for line in block):
        yield Span(start, end, "comment")
    elif _DEFINITION.match(block[0].text) or block[0].text.lstrip().startswith("@"):
        yield Span(start, end, "signature")
    else:
        for part in _steps(block):
            yield Span(part[0].start, part[-1].end, "step")


def _doc_fields(text: str, start: int, end: int) -> Iterator[Span]:
    """A docstring paragraph, cut where a field (``:param x:``, ``@return``) or a list item begins."""
    cuts = [start]
    position = start
    for line in text[start:end].splitlines(keepends=True):
        if position > start and (_FIELD.match(line) or _LIST_ITEM.match(line)):
            cuts.append(position)
        position += len(line)
    for first, last in zip(cuts, [*cuts[1:], end], strict=True):
        body = text[first:last]
        lead = re.match(r"\s*(?:[rRbBuU]{0,2}(?:\"\"\"|'''))?\s*(?:/\*+!?|\*+(?!/)|///?!?)?\s*", body)
        tail = re.search(r"\s*(?:\"\"\"|'''|\*+/)?\s*\Z", body)
        inner = first + (lead.end() if lead else 0)
        outer = first + (tail.start() if tail else len(body))
        if inner < outer:
            yield from _sentences(text, inner, outer, "docstring")


def _steps(block: list[_Line]) -> Iterator[list[_Line]]:
    """Cuts a long run of code at its outermost lines, so that a step starts where a statement starts."""
    if len(block) <= STEP_LINES:
        yield block
        return
    outer = min(line.indent for line in block if line.kind == "code")
    part: list[_Line] = []
    for index, line in enumerate(block):
        closes = line.text.strip()[:1] in (")", "]", "}") or line.text.strip().startswith(("else", "elif", "except"))
        statement = line.indent == outer and not closes and block[index - 1].kind != "comment"
        if part and (len(part) >= STEP_LINES or (statement and len(part) >= STEP_LINES // 2)):
            yield part
            part = []
        part.append(line)
    if part:
        yield part


def _classify(text: str, language: str) -> list[_Line]:
    hashes = language in _HASH_LANGUAGES
    out: list[_Line] = []
    closing = _open_quote(text) if hashes else ""
    for line in _lines(text):
        body = line.text.strip()
        kind = line.kind
        if closing:
            kind = "doc" if body else "blank"
            if closing in body:
                closing = ""
        elif hashes and (match := _TRIPLE.match(body)) and _may_document(out):
            kind = "doc"
            if match.group(1) not in body[match.end() :]:
                closing = match.group(1)
        elif not hashes and body.startswith("/*"):
            kind = "doc"
            if "*/" not in body:
                closing = "*/"
        elif body.startswith("#" if hashes else ("//", "#:")) and not body.startswith("#!"):
            kind = "comment"
        out.append(_Line(line.start, line.end, line.text, kind))
    return out


def _may_document(before: list[_Line]) -> bool:
    last = next((line for line in reversed(before) if line.kind != "blank"), None)
    return last is None or last.kind in ("doc", "comment") or last.text.rstrip().endswith(":") or last.indent == 0


def _open_quote(text: str) -> str:
    """The quote that closes a docstring in whose middle the text begins, or ""."""
    for quote in ('"""', "'''"):
        first = text.find(quote)
        if (
            first > 0
            and text.count(quote) % 2
            and not re.search(r"^\s*(?:def|class|return|if|@)\b|=", text[:first], re.M)
        ):
            return quote
    return ""

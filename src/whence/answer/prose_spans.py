"""Sentences, headings and code examples of running text, Markdown and reStructuredText."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from whence.answer.lines import Line, Span, SpanRole, lines_of
from whence.segmentation import sentences

_HEADING: Final = re.compile(r"\s*#{1,6}\s")
_RULE: Final = re.compile(r"\s*([=\-~^\"'`#*+])\1{2,}\s*$")
_LIST_ITEM: Final = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)]|#\.)\s+")
PARAMETER: Final = re.compile(r"\s*`?\*{0,2}[A-Za-z_]\w*`? ?\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)\s?:(?:\s|$)")
"""Heads what is said of a parameter: its name, its type in brackets, a colon."""
TYPED: Final = re.compile(r"\s*\*{0,2}[A-Za-z_]\w*(?:, \*{0,2}[A-Za-z_]\w*)* : \S")
"""The same as a name and its type with a colon between, on a line of their own."""
_FIELD: Final = re.compile(
    rf"\s*(?::[a-zA-Z]+[^:\n`]*:(?:\s|$)|@\w+|\.\. [\w-]+::)|{PARAMETER.pattern}|{TYPED.pattern}"
)
_BARE_DIRECTIVE: Final = re.compile(
    r"\s*\.\. (?:auto\w+|module|currentmodule|class|function|method|attribute|data|describe|toctree|image|figure|"
    r"include|contents|index|highlight|literalinclude|raw|tabs?|tab-(?:set|item)|rubric|_[^:]+):"
    r"|\s*\.\. [\w-]+::\s*$|\s*:[a-z-]+:\s*$"
    r"|\s*\[\[\w+\]\]|\s*!\[[^\]\n]*\]\([^)\n]*\)\s*$|</?[A-Za-z][\w-]*(?:\s[^<>]*)?>\s*$|\s*>\s*\[!\w+\]\s*$"
    r"|\s*(?:Arg(?:ument)?s|Keyword Arg(?:ument)?s|Parameters|Attributes|Returns?|Raises|Yields?)\s*:\s*$"
)
"""Lines that mark up or head what follows: directives, tags on a line of their own, sections of a docstring."""
_ENDS: Final = ".!?:;\"')`*]}>|"
_GOES_ON: Final = re.compile(r"`|[a-z]")
_PROGRAM: Final = re.compile(
    r"\s*(?:(?:from\s+\S+\s+)?import\b|(?:async )?(?:def|class)\s|@\w|(?:return|raise|yield)\b|\$ |>>> |#|[)\]}]|"
    r"(?:with|for|while|if|elif|else|try|except)\b.*:\s*$|[\w.\[\]\"', ]+\s?=\s|[\w.]+\(.*\)?$|</?\w|<!)"
)
_PROGRAM_SIGN: Final = re.compile(r"[=@$(]|>>>|\bimport\b")
_FENCE: Final = re.compile(r"\s*(?:```|~~~)")
_PROMPT: Final = re.compile(r"\s*(?:>>>|\$ |\.\.\. )")
_LITERAL: Final = re.compile(r"(?!\s*\.\. ).*::\s*$")
_CODE_DIRECTIVE: Final = re.compile(r"\s*\.\. (?:code-block|code|sourcecode|parsed-literal|testcode)::")


def prose_spans(text: str, offset: int = 0, role: SpanRole = "sentence") -> list[Span]:
    """Spans in order; ``offset`` is added to the positions, ``role`` is what a sentence is called."""
    found: list[Span] = []
    for block in _blocks(text):
        start, end = block.lines[0].start, block.lines[-1].end
        if block.role == "sentence" and _is_drawing(block.lines):
            found.append(Span(offset + start, offset + end, "heading"))
        elif block.role == "sentence" and role == "sentence" and _is_program(block.lines):
            found.append(Span(offset + start, offset + end, "example"))
        elif block.role == "sentence":
            spans = _rejoined(text[start:end], sentences(text[start:end]))
            found.extend(Span(offset + start + first, offset + start + last, role) for first, last in spans)
        else:
            found.append(Span(offset + start, offset + end, block.role))
    return found


def _rejoined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sentences, those of one paragraph joined that a line break alone parted ("you'll see" and "``OSError: ...``").

    The name of a parameter belongs to what is said of it.
    """
    out: list[tuple[int, int]] = []
    for start, end in spans:
        last = text[slice(*out[-1])] if out else ""
        goes_on = bool(last) and last[-1] not in _ENDS and bool(_GOES_ON.match(text, start))
        heads = bool(last) and last.endswith(":") and len(out) == 1 and bool(PARAMETER.fullmatch(last))
        if heads or (goes_on and not _LIST_ITEM.match(last) and text[out[-1][1] : start].count("\n") == 1):
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def _is_drawing(lines: Sequence[Line]) -> bool:
    """Whether the lines are a picture made of signs, or a table's frame: hardly a letter in them."""
    signs = "".join("".join(line.text.split()) for line in lines)
    return len(signs) >= 8 and sum(character.isalnum() for character in signs) < 0.4 * len(signs)


def _is_program(lines: Sequence[Line]) -> bool:
    """Whether an indented run of lines is code whose announcement stands in another chunk."""
    filled = [line.text for line in lines if line.kind != "blank"]
    if not filled or any(line[0] not in " \t" for line in filled[1:]) or filled[-1][0] not in " \t":
        return False
    if PARAMETER.match(filled[0][:200]):
        return False
    signs = sum(bool(_PROGRAM.match(line.strip()[:200])) for line in filled)
    return signs >= 0.4 * len(filled) and any(_PROGRAM_SIGN.search(line) for line in filled)


@dataclass(slots=True)
class _Block:
    role: SpanRole = "sentence"
    lines: list[Line] = field(default_factory=list)
    fenced: bool = False
    prompted: bool = False  # ends at a blank line
    deeper_than: int = -1  # an indented example ends at the first line that is not indented deeper

    def takes(self, line: Line) -> bool:
        """Whether an example goes on with this line."""
        if self.fenced:
            return True
        if self.prompted:
            return line.kind != "blank"
        return self.deeper_than >= 0 and (line.kind == "blank" or line.indent > self.deeper_than)


def _blocks(text: str) -> Iterator[_Block]:
    """Paragraphs, list items, headings and examples; an example is fenced, prompted, or announced by ``::``."""
    block = _Block()
    for line in lines_of(text):
        if block.role == "example" and block.takes(line):
            block.lines.append(line)
            if block.fenced and len(block.lines) > 1 and _FENCE.match(line.text):
                yield block
                block = _Block()
            continue
        following = _next(block, line)
        if following is block:
            block.lines.append(line)
            continue
        if any(held.kind != "blank" for held in block.lines):
            yield block
        block = following
    if any(held.kind != "blank" for held in block.lines):
        yield block


def _next(block: _Block, line: Line) -> _Block:
    """The block a line belongs to: the given one, or a new one that may already hold the line."""
    if block.role == "example":
        block = _Block(role="heading", lines=block.lines)  # closed: only its lines count from here on
    if _FENCE.match(line.text) and not (block.role == "sentence" and block.lines and _RULE.match(line.text)):
        return _Block("example", [line], fenced=True)
    announced = bool(block.lines) and bool(_CODE_DIRECTIVE.match(block.lines[0].text))
    if announced and line.text.lstrip().startswith(":"):
        return block  # an option of the directive
    if line.kind == "blank":
        literal = announced or (bool(block.lines) and bool(_LITERAL.match(block.lines[-1].text)))
        return _Block("example", [], deeper_than=block.lines[0].indent) if literal else _Block()
    if _PROMPT.match(line.text) and not (
        block.lines and block.role == "sentence" and block.lines[-1].text.endswith("\\")
    ):
        return _Block("example", [line], prompted=True)
    if _HEADING.match(line.text) or _CODE_DIRECTIVE.match(line.text) or _BARE_DIRECTIVE.match(line.text):
        return _Block("heading", [line])
    if block.role == "sentence" and _RULE.match(line.text):
        block.role = "heading" if len(block.lines) == 1 else block.role
        return block
    starts_anew = block.role != "sentence" or (block.lines and (_LIST_ITEM.match(line.text) or _FIELD.match(line.text)))
    return _Block("sentence", [line]) if starts_anew else block

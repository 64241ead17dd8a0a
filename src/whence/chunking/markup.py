"""Headings and blocks of Markdown, reStructuredText and plain text, found line by line.

No document tree is built: a chunker needs to know where a block begins, how good a place that is to cut, and which
heading it stands under.
"""

import re
from dataclasses import dataclass

from whence.segmentation import closed_fences

MARKDOWN = frozenset({"markdown", "md", "mdx"})
UNDERLINED = frozenset({"rst", "restructuredtext", "text"})
"""Languages in which a line of punctuation under a line of text makes it a heading."""

ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
RULE = re.compile(r"([=\-~^\"'`#*+_.:<>!$%&,;/?@|\\])\1+$")
LIST_ITEM = re.compile(r"[ \t]*(?:[-*+\u2022]|\d{1,3}[.)]|#\.)[ \t]+\S")
EXPLICIT = re.compile(r"[ \t]*\.\. ")
TARGET = re.compile(r"\.\. _[^\n]*:[ \t]*$")
ROLE = re.compile(r":[a-z:+-]+:`([^`<]*)(?:<[^>`]*>)?`")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
MARKS = re.compile(r"[`*]|\\(?=[^\w\s])|<[^>]{1,80}>|\{#[\w-]+\}")

MAX_HEADING_CHARS = 200

PARAGRAPH, ITEM, NESTED, INTRODUCED = 0, 1, 2, 5
"""How good a place the beginning of a block is to cut: lower is better."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its place (the mark-up included) and its level from 1."""

    start: int
    end: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines; ``verbatim`` ones (code, tables) hold no sentences. ``level`` is that of a break before it."""

    start: int
    end: int
    level: int
    verbatim: bool


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        return not self.text.strip()

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())


def heading_title(raw: str) -> str:
    """A heading as it reads, without mark-up, on one line."""
    plain = MARKS.sub("", LINK.sub(r"\1", ROLE.sub(r"\1", raw[: 2 * MAX_HEADING_CHARS])))
    return " ".join(plain.split())[:MAX_HEADING_CHARS]


def scan(text: str, language: str) -> tuple[list[Heading], list[Block]]:
    """Headings and blocks in order; together they hold everything printed. Linear in the length of the text."""
    return _Scanner(text, language).run()


class _Scanner:
    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.markdown = language in MARKDOWN
        self.underlined = language in UNDERLINED
        self.directives = self.underlined and language != "text"
        self.lines = _lines(text)
        self.fences = closed_fences(text) if self.markdown else set()
        self.headings: list[Heading] = []
        self.blocks: list[Block] = []
        self.levels: list[str] = []
        self.in_list = False

    def run(self) -> tuple[list[Heading], list[Block]]:
        at = self._front_matter()
        while at < len(self.lines):
            if self.lines[at].blank:
                at += 1
                continue
            at = self._heading(at) or self._fence(at) or self._directive(at) or self._table(at) or self._paragraph(at)
        return self.headings, self.blocks

    def _line(self, at: int) -> str:
        return self.lines[at].text if at < len(self.lines) else ""

    def _add(self, first: int, last: int, verbatim: bool) -> int:
        """A block of the lines ``first`` up to ``last`` (not included); returns ``last``."""
        line = self.lines[first]
        start, end = line.start, self.lines[last - 1].end
        before = self.text[max(0, start - 200) : start].rstrip()
        item = bool(LIST_ITEM.match(line.text))
        if self.blocks and before.endswith((":", "::")) and not item:
            level = INTRODUCED
        elif line.indent > 0:
            level = NESTED if self.in_list or item else INTRODUCED
        else:
            level = ITEM if item and self.in_list else PARAGRAPH
            if item and not self.in_list and before.endswith(":"):
                level = INTRODUCED
            self.in_list = item
        self.blocks.append(Block(start, end, level, verbatim))
        return last

    def _front_matter(self) -> int:
        if self.markdown and self._line(0).rstrip() == "---":
            for at in range(1, len(self.lines)):
                if self.lines[at].text.rstrip() in {"---", "..."}:
                    return self._add(0, at + 1, verbatim=True)
        return 0

    def _heading(self, at: int) -> int:
        """The line after a heading that begins here, or 0."""
        line = self.lines[at]
        if self.markdown:
            atx = ATX.match(line.text) if line.text.lstrip()[:1] == "#" else None
            if atx:
                return self._add_heading(at, at + 1, len(atx.group(1)), atx.group(2) or "")
            under = SETEXT.match(self._line(at + 1))
            if under and not LIST_ITEM.match(line.text) and line.indent < 4 and line.text.lstrip()[:1] not in "|>#":
                return self._add_heading(at, at + 2, 1 if under.group(1)[0] == "=" else 2, line.text)
            return 0
        return self._underlined(at) if self.underlined else 0

    def _underlined(self, at: int) -> int:
        line = self.lines[at].text.rstrip()
        over = RULE.match(line)
        if over:
            title, under = self._line(at + 1).rstrip(), self._line(at + 2).rstrip()
            if title.strip() and under == line and not RULE.match(title) and len(line) >= len(title.strip()):
                return self._add_heading(at, at + 3, self._level(line[0] * 2), title)
            return 0
        under = self._line(at + 1).rstrip()
        rule = RULE.match(under)
        if rule is None or self.lines[at].indent or len(under) < max(3, min(len(line), 40) - 1):
            return 0
        return self._add_heading(at, at + 2, self._level(under[0]), line)

    def _level(self, style: str) -> int:
        if style not in self.levels:
            self.levels.append(style)
        return self.levels.index(style) + 1

    def _add_heading(self, first: int, last: int, level: int, title: str) -> int:
        start = self.lines[first].start
        # A link target right before a heading names that heading.
        while self.directives and self.blocks and self.blocks[-1].end > (self.headings[-1].end if self.headings else 0):
            block = self.blocks[-1]
            if not TARGET.match(self.text[block.start : block.end].strip()):
                break
            start = self.blocks.pop().start
        self.headings.append(Heading(start, self.lines[last - 1].end, level, heading_title(title)))
        self.in_list = False
        return last

    def _fence(self, at: int) -> int:
        if self.lines[at].start not in self.fences:
            return 0
        mark = self.lines[at].text.strip()[:3]
        for last in range(at + 1, len(self.lines)):
            line = self.lines[last].text.strip()
            if line.startswith(mark) and not line.strip(mark[0]):
                return self._add(at, last + 1, verbatim=True)
        return 0

    def _directive(self, at: int) -> int:
        """``.. name::`` with all that is indented under it."""
        if not self.directives or not EXPLICIT.match(self.lines[at].text):
            return 0
        indent, last = self.lines[at].indent, at + 1
        for below in range(at + 1, len(self.lines)):
            line = self.lines[below]
            if line.blank:
                continue
            if line.indent <= indent:
                break
            last = below + 1
        return self._add(at, last, verbatim=self._is_listing(at))

    def _is_listing(self, at: int) -> bool:
        return bool(
            re.match(r"\s*\.\. (?:code|code-block|sourcecode|highlight|literalinclude|\w*table)::", self._line(at))
        )

    def _table(self, at: int) -> int:
        if not self._line(at).lstrip().startswith(("|", "+-", "+=")):
            return 0
        last = at
        while last < len(self.lines) and self._line(last).lstrip().startswith(("|", "+")):
            last += 1
        return self._add(at, last, verbatim=True)

    def _paragraph(self, at: int) -> int:
        """Up to a blank line, the next list item, heading or fence."""
        # After "::" and in Markdown an indented block is code.
        before = self.text[max(0, self.lines[at].start - 200) : self.lines[at].start].rstrip()
        code = self.lines[at].indent > 0 and (before.endswith("::") or (self.markdown and self.lines[at].indent >= 4))
        last = at + 1
        while last < len(self.lines) and not self.lines[last].blank:
            line = self.lines[last]
            if not code and (LIST_ITEM.match(line.text) or line.start in self.fences):
                break
            if self.markdown and ATX.match(line.text) and line.text[0] == "#":
                break
            last += 1
        return self._add(at, last, verbatim=code and not self.in_list)


def _lines(text: str) -> list[_Line]:
    lines, at = [], 0
    while at < len(text):
        newline = text.find("\n", at)
        end = len(text) if newline < 0 else newline
        lines.append(_Line(at, end, text[at:end]))
        at = end + 1
    return lines

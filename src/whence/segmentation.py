"""Where sentences begin and end: pure functions over one text, for every stage that quotes.

The splitter is a set of rules for English prose, docstrings and comments; it knows list items, field lists, headings
and code fences of Markdown and reStructuredText, and leaves program code alone (a line of code ends no sentence).
"""

import re
from collections.abc import Iterator

MONTHS = "jan feb mar apr jun jul aug sep sept oct nov dec"

REFERENCES = "no nos nr fig figs eq eqs sec secs ch chap vol vols p pp par ref refs tab"

TITLES = "mr mrs ms dr prof st gen col lt sgt capt rev hon gov sen rep pres univ assn dept ed eds"

AMBIGUOUS = frozenset(f"{MONTHS} inc ltd co corp jr sr al u.s u.k u.n a.m p.m ph.d b.c a.d min max no misc est".split())
"""Abbreviations that also stand at the end of a sentence, or are ordinary words: a capital after them decides."""

ABBREVIATIONS = AMBIGUOUS | frozenset(
    f"{REFERENCES} {TITLES} e.g i.e eg ie cf vs viz resp approx ca et incl excl esp bros a.k.a w.r.t i.i.d".split()
)
"""Words whose full stop seldom ends a sentence; without that stop, in lower case."""

NUMBERED = frozenset(f"{MONTHS} {REFERENCES}".split())
"""Abbreviations that a number follows."""

STOP = re.compile(
    r"(?P<marks>[.!?\u2026]+)(?P<close>[\"'\u201d\u2019)\]}*_`]*(?:\[\d{1,3}\])*)(?=(?P<gap>\s+)|$)|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d)]*"
)
LAST_WORD = re.compile(r"[^\s\"'\u201c\u2018(\[{*`]+$")
INITIALS = re.compile(r"(?:[A-Z]\.)*[A-Z]")
QUOTES = ("'", '"', "\u201d", "\u2019")
OPENERS = "\"'\u201c\u2018([{*_`<"

LINE_BEGIN = re.compile(
    r"""
      [ \t]* (?:\#|//|\*|--|;)* [ \t]*
      (?: [-*+\u2022\u2013] [ \t]+\S          # list item
        | (?:\d{1,3}|[a-zA-Z]|[ivx]{1,4}) [.)] [ \t]+\S   # numbered item
        | :[A-Za-z][\w \t*.`-]{0,60}:(?:[ \t]|$)          # field of a field list
        | @[a-z]+\b                           # tag of a documentation comment
        | >>>[ \t] | \$[ \t] | \|             # prompt, table row
        | \.\.[ \t]                           # directive
        | [*_`]{0,2}[A-Za-z_][\w.]{0,40}[*_`]{0,2}[ \t]?(?:\([^)\n]{1,60}\))?:[ \t]+\S  # "name (type): text"
      )
    """,
    re.VERBOSE,
)
RULE = re.compile(r"[ \t]*([=\-~^\"'`#*+_.:])\1{2,}[ \t]*\r?$")
HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]")
FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences, half-open, in order, disjoint, without space at either end.

    Every character that is not white space is in one of them. A fenced code block, a heading and a list item begin
    and end a sentence wherever they stand. Linear in the length of the text.
    """
    return [span for start, end in _blocks(text) for span in _in_block(text, start, end)]


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Runs of lines that no sentence crosses."""
    begin = at = 0
    fence = ""
    closed = closed_fences(text)
    previous = ""
    while at < len(text):
        newline = text.find("\n", at)
        end = len(text) if newline < 0 else newline + 1
        line = text[at:end]
        mark = FENCE.match(line)
        if fence:
            if mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                yield begin, end
                begin, fence, previous = end, "", ""
        elif mark and at in closed:
            yield begin, at
            begin, fence = at, mark.group(1)
        elif not line.strip():
            if at > begin:
                yield begin, at
            begin, previous = end, ""
        else:
            heading = _is_heading(previous, line, text[end : end + 8])
            if at > begin and (heading or _begins(previous, line)):
                yield begin, at
                begin = at
            if heading or RULE.match(line):
                yield begin, end
                begin = end
            previous = line
        at = end
    yield begin, len(text)


def closed_fences(text: str) -> set[int]:
    """Where the opening lines of those fences are that are closed somewhere."""
    opened: dict[int, str] = {}
    closed: set[int] = set()
    current = -1
    for match in re.finditer(r"^[ \t]*(`{3,}|~{3,})([^\n]*)", text, re.MULTILINE):
        mark = match.group(1)
        if current < 0:
            current = match.start()
            opened[current] = mark
        elif mark.startswith(opened[current]) and not match.group(2).strip():
            closed.add(current)
            current = -1
    return closed


def _is_heading(previous: str, line: str, following: str) -> bool:
    """Whether a line that begins with "#" is a heading, not one of several lines of comment."""
    if not HEADING.match(line):
        return False
    alone = not HEADING.match(previous) and not HEADING.match(following)
    return alone or line.lstrip().startswith("##")


def _begins(previous: str, line: str) -> bool:
    """Whether a new sentence begins with this line for its shape alone."""
    if LINE_BEGIN.match(line[:200]):
        return True
    if not previous.rstrip().endswith(":"):
        return False
    return _indent(line) > _indent(previous)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _in_block(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    if not FENCE.match(text[start : start + 80]):
        for match in STOP.finditer(text, start, end):
            if match.group("marks") is None or _ends_sentence(text, begin, match, end):
                yield from _trimmed(text, begin, match.end())
                begin = match.end()
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    kept = piece.strip()
    if kept:
        first = start + len(piece) - len(piece.lstrip())
        yield first, first + len(kept)


def _ends_sentence(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    """Whether the stop found at ``match`` is a full one."""
    marks, gap = match.group("marks"), match.group("gap")
    if gap is None or match.end("gap") >= end:
        return True
    following = text[match.end("gap") : match.end("gap") + 40].lstrip(OPENERS)
    if marks != ".":
        quoted_or_trailing = match.group("close") != "" or marks[0] not in "!?"
        return not (following[:1].islower() and quoted_or_trailing)
    if following[:1].islower() and match.group("close")[:1] in QUOTES:
        return False
    found = LAST_WORD.search(text, max(begin, match.start() - 40), match.start())
    word = found.group() if found else ""
    if not word:  # Behind a closing bracket or code mark it is full; alone it may be anything.
        return not following[:1].islower() or not text[match.start() - 1 : match.start()].isspace()
    if not text[max(begin, match.start() - 60) : match.start()].strip(" \t#*/-").rstrip("0123456789"):
        return False  # "1. Install it": the number belongs to what follows.
    return _is_full_stop(word, following)


def _is_full_stop(word: str, following: str) -> bool:
    """Whether a single stop between ``word`` and ``following`` is more than the end of an abbreviation."""
    last = word.rpartition("-")[2]
    key = last.lower() if last[:1].isupper() else word.lower()  # "Trinity-St. Mary's", but not "It is co-ed."
    lower = following[:1].islower()
    if key in ABBREVIATIONS:
        if key in NUMBERED and following[:1].isdigit():
            return False
        return key in AMBIGUOUS and not lower
    if INITIALS.fullmatch(word) and word != "I":
        return False  # Of a name: "J.K. Rowling".
    return not (lower and (key == "etc" or (len(word) < 3 and word.isalpha())))

"""Titles of plain prose (Markdown, reStructuredText, AsciiDoc, Org, LaTeX, text); the text itself stays as it is."""

import re
from itertools import pairwise

_HEAD_LINES = 60
_FENCE = "---"
_FRONT_TITLE = re.compile(r"^title\s*[:=]\s*(.+)$", re.IGNORECASE)
_RULE = re.compile(r"^([=\-`:'\"~^_*+#<>.!$%&(),/;?@\[\\\]{|}])\1{2,}\s*$")
_MARKED = {
    "markdown": re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$"),
    "asciidoc": re.compile(r"^={1,6}\s+(.+?)\s*$"),
    "org": re.compile(r"^(?:#\+title:|\*+)\s+(.+?)\s*$", re.IGNORECASE),
    "latex": re.compile(r"^\s*\\(?:title|chapter|section)\*?\{(.+?)\}"),
}
_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|<[^>]{1,200}>|[`*]+|\|[^|]*\|_?(?=\s|$)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def prose_title(text: str, language: str) -> str:
    """The first heading within the first 60 lines, or the title of the front matter, or ""."""
    lines = text.split("\n", _HEAD_LINES)[:_HEAD_LINES]
    start, title = _front_matter(lines)
    if title:
        return title
    lines = lines[start:]
    marked = _MARKED.get(language)
    if marked is not None:
        title = _first_marked(lines, marked)
        if title or language != "markdown":
            return title
    if language in {"rst", "markdown", "text"}:
        return _first_underlined(lines, strict=language != "rst")
    return ""


def _front_matter(lines: list[str]) -> tuple[int, str]:
    """Line after the front matter (0 without one) and the title it gives."""
    fence = lines[0].strip() if lines else ""
    if fence not in {_FENCE, "+++"}:
        return 0, ""
    title = ""
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == fence:
            return number + 1, title
        match = _FRONT_TITLE.match(line.strip())
        if match and not title:
            title = match[1].strip().strip("\"'")
    return 0, ""


def _first_marked(lines: list[str], marked: re.Pattern[str]) -> str:
    fenced = False
    for line in lines:
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        match = None if fenced else marked.match(line)
        if match and (title := _plain(match[1])):
            return title
    return ""


def _first_underlined(lines: list[str], *, strict: bool) -> str:
    """A line ruled below by punctuation of at least its length (rst allows any mark, others only = and -)."""
    for line, rule in pairwise(lines):
        title = line.strip()
        if not title or _RULE.match(line) or not _RULE.match(rule) or (strict and rule[0] not in "=-"):
            continue
        if len(rule.rstrip()) + 3 >= len(title) and (plain := _plain(title)):
            return plain
    return ""


def _plain(title: str) -> str:
    return " ".join(_MARKUP.sub("", _LINK.sub(r"\1", title)).split())

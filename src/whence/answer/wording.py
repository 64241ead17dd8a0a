"""How quoted text looks in an answer: markup cleaned, white space collapsed, places named."""

import re
import textwrap
from typing import Final

from whence.types import Chunk, Evidence

_CLEANING: Final = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"^\s*>(?!>)[ \t]?(?:\[!\w+\][ \t]*)?", ""),  # block quotes of Markdown, and what sort of remark they are
        (r"^\s*(?:[-+•*]|(?:\d{1,3}|#)[.)])\s+", ""),  # list items
        (r"\[`[~!]?\.?([^`\]\n]+)`\](?![(\[])", r"`\1`"),  # names that a page maker makes links of
        (r"^\s*(?:#+:?|///?!?|\*(?=[ \t]|$))[ \t]?", ""),  # comment marks and Markdown headings
        (
            r"^\s*:(?:param|parameter|arg|argument|key|keyword|var|ivar|type)\s+(?:[\w.\[\], ]+ )?\*{0,2}(\w+):\s*",
            r"`\1`: ",
        ),
        (
            r"^\s*(\*{0,2}[A-Za-z_]\w*(?:, \*{0,2}[A-Za-z_]\w*)*) : (?![A-Z]\w* \w)([^\n]{1,80})\n[ \t]+(?=\S)",
            r"`\1` (\2): ",
        ),
        (r"^\s*:(?:returns?|rtype):\s*", "Returns: "),
        (r"^\s*:(?:raises?|throws?)\s+([\w.]+):\s*", r"Raises `\1`: "),
        (r"^\s*\.\. versionadded::\s*(\S+)\s*", r"New in version \1: "),
        (r"^\s*\.\. versionchanged::\s*(\S+)\s*", r"Changed in version \1: "),
        (r"^\s*\.\. deprecated::\s*(\S+)\s*", r"Deprecated since version \1: "),
        (r"^\s*\.\. ([\w-]+)::\s*", ""),
        (r":[\w:+.-]+:`[~!]?\.?([^`<]+?)(?:\s*<[^>`]*>)?`", r"`\1`"),
        (r"``([^`]+)``", r"`\1`"),
        (r"`([^`<]+?)\s*<[^>`]+>`__?", r"\1"),
        (r"(?<!`)`([^`]+)`_\b", r"\1"),
        (r"!?\[([^\]\[]+)\]\([^)\s]*\)", r"\1"),
        (r"\*\*(?=\S)(.+?)(?<=\S)\*\*", r"\1"),
        (r"(?<![\w`])__(?=\S)([^`_]*\s[^`]*?)(?<=\S)__(?!\w)", r"\1"),  # one word is a name of Python: __init__
        (r"(?<![\w*])\*\*(?=[^\W_])|(?<=[^\W_])([.,;:!?]?)\*\*(?![\w*])", r"\1"),  # emphasis cut in two
        (r"(?<![\w*`])\*(?=\S)([^*\n`]+?)(?<=\S)\*(?![\w*`])", r"\1"),
        (r"\[(\d{1,3})\](?:_\b|_(?=\W|$))?", r"(\1)"),  # the source's own footnote marks would read as citations
        (r"::(?=\s|$)", ":"),
        (r"\s+", " "),
    )
)


def prose(text: str) -> str:
    """One line of plain text with the words of the quote."""
    for pattern, replacement in _CLEANING:
        text = pattern.sub(replacement, text)
    return text.strip()


def code_block(text: str) -> str:
    """The lines as they are, their common indent replaced by four spaces; fences left out."""
    lines = [line.rstrip() for line in text.expandtabs(4).splitlines()]
    lines = [line for line in lines if not line.lstrip().startswith(("```", "~~~"))]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return textwrap.indent(textwrap.dedent("\n".join(lines)), "    ")


def symbol_of(chunk: Chunk) -> str:
    """The chunk's symbol as code, or ""."""
    return f"`{chunk.symbol}`" if chunk.symbol else ""


def symbol_at(evidence: Evidence) -> str:
    """The symbol that evidence belongs to, or "": what opens a file speaks of the file, not of its first definition."""
    chunk = evidence.hit.chunk
    if not chunk.symbol or chunk.start_line > 1:
        return chunk.symbol
    end = evidence.end - chunk.start
    name = re.search(rf"\b{re.escape(chunk.symbol.rsplit('.', 1)[-1])}\b", chunk.text)
    apart = name is not None and re.search(r"\n[ \t]*\n", chunk.text[end : max(name.start(), end)])
    return "" if apart else chunk.symbol


def location(evidence: Evidence) -> str:
    """Path, lines and symbol of the whole chunk that the evidence stands in."""
    chunk = evidence.hit.chunk
    name = symbol_at(evidence)
    name = f"`{name}`" if name else ""
    place = f"{chunk.path}, lines {chunk.start_line}-{chunk.end_line}"
    return f"{name} in {place}" if name else place

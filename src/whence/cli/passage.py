"""Shows a cited passage as it was at the cited revision, with the lines around it."""

import re
from typing import TYPE_CHECKING

import click

from whence.cli.last_answer import cited
from whence.cli.screen import MARK, about, code, console, joined, link_maker, linked, print_beside, span
from whence.errors import UsageError
from whence.types import cited_kind

if TYPE_CHECKING:
    from rich.text import Text

    from whence.interface import Whence
    from whence.types import Citation

CONTEXT_LINES = 4
_PLACE = re.compile(r"(?P<path>.+?):(?P<first>\d+)(?:-(?P<last>\d+))?")


def find_citation(whence: "Whence", which: str, name: str | None = None, as_of: str = "") -> "tuple[str, Citation]":
    """(index, citation): number N of the last answer, or one made for PATH[:LINE[-LINE]]. Raises ``UsageError``."""
    which = which.strip().removeprefix("[").removesuffix("]")
    if which.isdecimal():
        if as_of:
            raise UsageError("A citation of the last answer has its own revision: leave out --as-of, or name a PATH.")
        return cited(whence.folder.last_answer, int(which))
    match = _PLACE.fullmatch(which)
    index = whence.choose(name)
    if match is None:
        return index, whence.cite_lines(which, 1, 0, name=index, as_of=as_of)
    first = int(match["first"])
    return index, whence.cite_lines(match["path"], first, int(match["last"] or first), name=index, as_of=as_of)


def passage_text(whence: "Whence", citation: "Citation") -> str:
    """The whole text of the cited document. Raises ``UsageError`` where it is gone."""
    text = whence.read(citation)
    if text is None:
        raise UsageError(f"{_named(citation)} can no longer be read: run `whence sync`.")
    return text


def show_passage(whence: "Whence", which: str, *, name: str | None = None, as_of: str = "") -> None:
    """Prints the passage, its lines numbered and the cited ones marked."""
    index, citation = find_citation(whence, which, name, as_of)
    text = passage_text(whence, citation)
    screen, kind = console(), cited_kind(citation)
    if kind in {"commit", "issue", "command"}:
        screen.print(code(text, "commit.diff"))
        return
    link = link_maker(whence, index)(citation.document_id, citation.path, citation.url)
    screen.print(_heading(citation, link))
    if citation.url:
        screen.print(linked(citation.url, citation.url, "dim"))
    if kind == "hunk":
        screen.print(code(_hunk(citation, text), "hunk.diff"))
        return
    print_beside(screen, _listing(citation, text))


def open_page(citation: "Citation") -> None:
    """Opens the citation's page in a browser. Raises ``UsageError`` where it has none."""
    if not citation.url.startswith(("https://", "http://")):
        raise UsageError(f"{_named(citation)} has no page on the web: its source has no known remote.")
    click.launch(citation.url)


def _named(citation: "Citation") -> str:
    """What is cited, in words that can begin a sentence."""
    match cited_kind(citation):
        case "lines" | "hunk":
            return f"{citation.path} at {citation.revision[:12]}"
        case "commit" | "issue":
            return f"The commit {citation.revision[:12]}"
        case "command":
            return f"`{citation.quote}`"


def _heading(citation: "Citation", link: str) -> "Text":
    heading = linked(f"{citation.path}:{span(citation.start_line, citation.end_line)}", link)
    heading.append(f" @{citation.revision[:7]}", style="dim")
    page = f"page {citation.page}" if citation.page else ""
    told = joined([page, about(citation.symbol, citation.title, citation.path)], style="")
    return heading.append("  ").append_text(told) if told else heading


def _hunk(citation: "Citation", text: str) -> str:
    """The hunk of a commit that the citation stands in, with its head."""
    start = text.rfind("\n@@ ", 0, citation.start) + 1
    ends = [end for mark in ("\n@@ ", "\ndiff ") if (end := text.find(mark, citation.end)) >= 0]
    return text[start : min(ends, default=len(text))]


def _listing(citation: "Citation", text: str) -> "list[tuple[Text, Text]]":
    """(gutter, line) of the cited lines and those around them; the gutter has a mark and the line's number."""
    from rich.text import Text

    lines = code(text.expandtabs(4), citation.path).split("\n")
    first = max(1, citation.start_line - CONTEXT_LINES)
    last = min(len(lines), citation.end_line + CONTEXT_LINES)
    digits = len(str(last))
    listing = []
    for number in range(first, last + 1):
        is_cited = citation.start_line <= number <= citation.end_line
        gutter = Text(f"{'>' if is_cited else ' '} {number:>{digits}}  ", style=f"{MARK} bold" if is_cited else "dim")
        listing.append((gutter, lines[number - 1]))
    return listing

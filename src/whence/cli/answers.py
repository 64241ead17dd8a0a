"""Prints an answer for a person: text with numbered claims, citations that open, and what it rests on."""

import re
from typing import TYPE_CHECKING

from whence.cli.reports import console

if TYPE_CHECKING:
    from rich.text import Text

    from whence.types import Answer, Citation

_MARK = re.compile(r"\[\d+(?:, \d+)*\]")
_NAME = re.compile(r"`[^`\n]+`")


def print_answer(answer: "Answer") -> None:
    """The answer, then one line a citation, then confidence, revision, completeness and time."""
    from rich.text import Text

    screen = console()
    text = Text(answer.answer)
    text.highlight_regex(_NAME, "bold")
    text.highlight_regex(_MARK, "cyan")
    if answer.abstained:
        text.stylize("yellow", 0, answer.answer.find(".") + 1)
    screen.print(text)
    places = [f"{citation.path}:{_lines(citation)}" for citation in answer.citations]
    width = max((len(place) for place in places), default=0)
    if places:
        screen.print()
    for number, (citation, place) in enumerate(zip(answer.citations, places, strict=True), start=1):
        screen.print(_citation_line(number, citation, place, width))
    screen.print(_footer(answer))


def _lines(citation: "Citation") -> str:
    if citation.start_line == citation.end_line:
        return str(citation.start_line)
    return f"{citation.start_line}-{citation.end_line}"


def _citation_line(number: int, citation: "Citation", place: str, width: int) -> "Text":
    from rich.style import Style
    from rich.text import Text

    line = Text(f"  [{number}] ", style="cyan")
    style = Style(bold=True, link=citation.url) if citation.url else Style(bold=True)
    line.append(place, style=style)
    revision = f" @{citation.revision[:7]}"
    line.append(revision + " " * (width - len(place) + 2), style="dim")
    page = f"page {citation.page}  " if citation.page else ""
    about = citation.symbol or (citation.title if citation.title != citation.path else "")
    line.append(page + about)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _footer(answer: "Answer") -> "Text":
    from rich.text import Text

    date = f" ({answer.as_of_date:%Y-%m-%d})" if answer.as_of_date else ""
    complete = "index complete" if answer.indexed >= 1 else f"index {answer.indexed:.0%} complete"
    parts = [f"confidence {answer.confidence:.2f}", f"{answer.index}"]
    if answer.as_of:
        parts.append(f"as of {answer.as_of[:7]}{date}")
    parts += [complete, f"{answer.elapsed_ms:.0f} ms", *answer.skipped]
    if answer.citations:
        parts.append("whence open 1")
    return Text(" · ".join(parts), style="dim")

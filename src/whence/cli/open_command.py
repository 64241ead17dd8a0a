"""whence open: the passage behind a citation, as it was at the cited revision."""

import json
import re
from typing import TYPE_CHECKING

import click

from whence.cli.options import data_options, opened, print_json
from whence.cli.reports import console

if TYPE_CHECKING:
    from whence.build import Whence
    from whence.types import Citation

_PLACE = re.compile(r"(?P<path>.+?):(?P<first>\d+)(?:-(?P<last>\d+))?")
CONTEXT_LINES = 4


@click.command("open")
@click.argument("which", default="1", metavar="[N | PATH[:LINE[-LINE]]]")
@click.option("--in", "name", help="Index of PATH.")
@click.option("--web", is_flag=True, help="Open the page of the citation in a browser.")
@data_options
def command(which: str, name: str | None, web: bool, data: str | None, config: str | None, as_json: bool) -> None:
    """Show citation N of the last answer, or lines of an indexed file, with the lines around it.

    The text is read at the cited revision from whence's own copy, whatever the working tree holds now.
    """
    with opened(data, config) as whence:
        if as_json:
            from whence.wire import to_json

            citation = find_citation(whence, which, name)
            print_json({**to_json(citation), "text": whence.read(citation)})
        else:
            show_citation(whence, which, web=web, name=name)


def find_citation(whence: "Whence", which: str, name: str | None = None) -> "Citation":
    """Citation N of the last answer, or one made for PATH:LINE. Raises ``UsageError``."""
    from whence.errors import UsageError
    from whence.types import Citation
    from whence.wire import from_json

    if not which.isdigit():
        return whence.cite_lines(*_place(which), name=name)
    kept = whence.folder.root / "last-answer.json"
    try:
        record = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise UsageError("There is no last answer to open a citation of: ask something first.") from error
    citations = record["citations"]
    if not 1 <= int(which) <= len(citations):
        count = f"citations 1 to {len(citations)}" if citations else "no citations"
        raise UsageError(f"The last answer has {count}: {which} is none of them.")
    return from_json(Citation, citations[int(which) - 1])


def _place(which: str) -> tuple[str, int, int]:
    match = _PLACE.fullmatch(which)
    if match is None:
        return which, 1, 0
    first = int(match["first"])
    return match["path"], first, int(match["last"] or first)


def show_citation(whence: "Whence", which: str, *, web: bool, name: str | None = None) -> None:
    """Prints the passage, the cited lines marked; or opens its page."""
    from rich.syntax import Syntax
    from rich.text import Text

    from whence.errors import UsageError

    citation = find_citation(whence, which, name)
    if web:
        if not citation.url:
            raise UsageError(f"{citation.path} has no page on the web: its source has no known remote.")
        click.launch(citation.url)
        return
    text = whence.read(citation)
    if text is None:
        raise UsageError(f"{citation.path} can no longer be read at {citation.revision[:12]}: run `whence sync`.")
    lines = text.count("\n") + 1
    first = max(1, citation.start_line - CONTEXT_LINES)
    last = min(lines, citation.end_line + CONTEXT_LINES)
    screen = console()
    heading = Text(f"{citation.path}:{citation.start_line}-{citation.end_line}", style="bold")
    heading.append(f" @{citation.revision[:7]}  ", style="dim")
    heading.append(citation.symbol or (citation.title if citation.title != citation.path else ""))
    screen.print(heading)
    if citation.url:
        screen.print(Text(citation.url, style="dim"))
    screen.print(
        Syntax(
            text,
            Syntax.guess_lexer(citation.path, text[:2000]),
            line_numbers=True,
            line_range=(first, last),
            highlight_lines=set(range(citation.start_line, citation.end_line + 1)),
            theme="ansi_dark",
            background_color="default",
            word_wrap=True,
        )
    )

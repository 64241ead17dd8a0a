"""How text reaches a person: colour and links on a terminal, plain lines into a pipe.

Only colours that can be read on dark and on light backgrounds are used: the eight plain ones without yellow, white and
black, bold, and dim. Rich is imported when something is printed, not before.
"""

import re
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from whence.interface import Whence

WARNING = "magenta"
MATCH = "bold red"
PLACE = "bold"
MARK = "cyan"

Link = Callable[[str, str, str], str]
"""(document id, path, permalink or "") to the address a terminal opens, or ""."""

# Escape sequences in indexed text could rewrite the screen, and direction marks could make it read as other code.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def console(*, stderr: bool = False) -> "Console":
    """The screen: colour on a terminal, plain text into a pipe, never wrapped where there is no terminal."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=not stream.isatty())


def print_line(screen: "Console", line: "Text") -> None:
    """Prints one line, its end cut off where it would wrap; whole in a pipe."""
    if screen.is_terminal:
        screen.print(line, no_wrap=True, overflow="ellipsis")
    else:
        screen.print(line)


def print_under(screen: "Console", text: "Text", indent: int = 2) -> None:
    """Prints what belongs to the line above: indented, also where it wraps."""
    from rich.padding import Padding
    from rich.text import Text

    screen.print(Padding(text, (0, 0, 0, indent)) if screen.is_terminal else Text.assemble(" " * indent, text))


def print_beside(screen: "Console", rows: "Iterable[tuple[Text, Text]]") -> None:
    """Prints (left, right) pairs; a right side that is too long wraps within its own column."""
    from rich.table import Table
    from rich.text import Text

    if not screen.is_terminal:
        for left, right in rows:
            screen.print(Text.assemble(left, right))
        return
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for left, right in rows:
        grid.add_row(left, right)
    screen.print(grid)


def printable(text: str) -> str:
    """The text with everything that a terminal would obey, but line ends and tabs, replaced by a visible mark."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def joined(parts: Iterable["Text | str"], style: str = "dim") -> "Text":
    """The parts that are not empty, with middle dots between them; strings get the style."""
    from rich.text import Text

    shown = [part if isinstance(part, Text) else Text(part, style=style) for part in parts if part]
    return Text(" · ", style="dim").join(shown)


def code(text: str, path: str) -> "Text":
    """Source text with its syntax coloured as the path's name suggests; plain where there is no colour."""
    from rich.text import Text

    text = printable(text)
    if not sys.stdout.isatty():
        return Text(text)
    from rich.syntax import Syntax

    highlighted = Syntax("", Syntax.guess_lexer(path), theme=_theme()).highlight(text)
    highlighted.right_crop(len(highlighted) - len(text.rstrip("\n")))
    highlighted.no_wrap, highlighted.overflow = None, "fold"
    return highlighted


@cache
def _theme() -> Any:
    from pygments import token  # type: ignore[import-untyped]
    from rich.style import Style
    from rich.syntax import ANSISyntaxTheme

    colours = {
        token.Comment: Style(dim=True),
        token.Keyword: Style(color="magenta"),
        token.Operator.Word: Style(color="magenta"),
        token.Name.Function: Style(color="blue", bold=True),
        token.Name.Class: Style(color="blue", bold=True),
        token.Name.Decorator: Style(color="cyan"),
        token.Name.Builtin: Style(color="cyan"),
        token.Name.Tag: Style(color="blue"),
        token.Generic.Heading: Style(bold=True),
        token.Generic.Subheading: Style(bold=True),
        token.Number: Style(color="cyan"),
        token.String: Style(color="green"),
    }
    return ANSISyntaxTheme(colours)


def link_maker(whence: "Whence", index: str) -> Link:
    """What a place of this index links to: its page on the web, else the file on this machine."""
    locations = {row.id: row.location for row in whence.ledger.sources(index) if "://" not in row.location}

    def link(document_id: str, path: str, url: str) -> str:
        if url.startswith(("https://", "http://")):
            return url
        for source_id, location in locations.items():
            if document_id.startswith(f"{source_id}:"):
                place = Path(location)
                file = place / path if place.is_dir() else place
                return file.as_uri() if file.is_absolute() and file.exists() else ""
        return ""

    return link


def linked(text: str, link: str, style: str = PLACE) -> "Text":
    """Text that a terminal makes clickable."""
    from rich.style import Style
    from rich.text import Text

    return Text.assemble((printable(text), Style.parse(style) + Style(link=link or None)))


def about(symbol: str, title: str, path: str) -> str:
    """What stands at a place: its symbol, else its headings, else ""; the path is not said again."""
    return printable(symbol or (title.removeprefix(path).removeprefix(" > ")))


def span(first: int, last: int) -> str:
    """Lines as people write them: "7" or "7-12"."""
    return str(first) if first == last else f"{first}-{last}"


def duration(seconds: float) -> str:
    """ "140 ms", "4.1 s", "1 min 49 s", "2 h 05 min" """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def count(number: int, noun: str) -> str:
    """ "1 file", "2,310 files" """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

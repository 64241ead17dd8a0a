"""What the project's own list of changes says of an issue or pull request: the entries that name its number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

MAX_FILES: Final = 4
MAX_ENTRY_LINES: Final = 12
_NAME: Final = re.compile(
    r"(?:history|changes|change[-_]?log|news|releases?|release[-_]?(?:notes|history)|what'?s[-_]?new)"
    r"(?:\.(?:md|markdown|rst|txt|adoc|org))?",
    re.IGNORECASE,
)
_FOLDERS: Final = frozenset({"doc", "docs", "documentation", "source", "news", "changelog", "changes", "about"})
_BULLET: Final = re.compile(r"[ \t]*(?:[-*+\u2022]|\d{1,3}[.)]|\.\.)[ \t]+")
_HEADING: Final = re.compile(r"[ \t]*#{1,6}[ \t]|[ \t]*([=\-~^\"'`*+#])\1{2,}[ \t]*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines of a file, both ends inside, that tell of one change."""

    path: str
    first: int
    last: int


def entries(history: History, numbers: Sequence[int]) -> list[Entry]:
    """The entries that name one of the numbers, in order of file and line; empty where there is no such file."""
    if not numbers:
        return []
    alternatives = "|".join(str(number) for number in numbers)
    wanted = re.compile(
        rf"(?:(?<![\w&/])#|\bgh-|:(?:issue|pr|pull|gh\w*|bug):`#?|/(?:issues?|pull|pulls|merge_requests)/)"
        rf"(?:{alternatives})(?![\w])",
        re.IGNORECASE,
    )
    found: list[Entry] = []
    for path in _changelogs(history.files()):
        text = history.text(path)
        if text is None:
            continue
        for entry in _entries(path, text, wanted):
            if entry not in found:
                found.append(entry)
    return found


def _changelogs(paths: Sequence[str]) -> list[str]:
    """Lists of changes at the top or in a folder of documentation, the top first."""
    found = []
    for path in paths:
        folder, _, name = path.rpartition("/")
        if _NAME.fullmatch(name) and all(part.lower() in _FOLDERS for part in folder.split("/") if part):
            found.append(path)
    return sorted(found, key=lambda path: (path.count("/"), path))[:MAX_FILES]


def _entries(path: str, text: str, wanted: re.Pattern[str]) -> Iterator[Entry]:
    lines = text.split("\n")
    at, number = 0, 1
    for match in wanted.finditer(text):
        number += text.count("\n", at, match.start())
        at = match.start()
        if not lines[number - 1].lstrip().startswith((".. _", "[#")):  # a table of links says nothing
            yield Entry(path, *_bounds(lines, number))


def _bounds(lines: Sequence[str], number: int) -> tuple[int, int]:
    """The first and last line of the list item or paragraph that holds a line."""
    first = last = number
    while not _BULLET.match(lines[first - 1]) and first > 1 and number - first < MAX_ENTRY_LINES:
        above = lines[first - 2]
        is_inside = lines[first - 1].startswith(("  ", "\t"))  # a later paragraph of a list item
        if _HEADING.match(above) or not (above.strip() or is_inside):
            break
        first -= 1
    while not lines[first - 1].strip():
        first += 1
    while last < len(lines) and last - first < MAX_ENTRY_LINES:
        below = lines[last]
        if not below.strip() or _BULLET.match(below) or _HEADING.match(below):
            break
        last += 1
    return first, last

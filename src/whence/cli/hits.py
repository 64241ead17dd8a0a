"""Prints what a search found: places, and the lines of each passage that hold most of the words."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from whence.cli.screen import (
    MATCH,
    about,
    console,
    count,
    duration,
    joined,
    link_maker,
    linked,
    print_line,
    print_under,
    printable,
    span,
)

if TYPE_CHECKING:
    from rich.text import Text

    from whence.interface import Whence
    from whence.retrieval.hybrid import Trace
    from whence.types import Chunk, Hit

PREVIEW_LINES = 4
SHOWN_FILES = 4
_WORD = re.compile(r"\w+")
_CHANGED = re.compile(r"[A-Z] (?P<path>.+?)(?: \+\d+ -\d+| binary)(?: \([^)]+\))?")
"""A row of the list of files that a commit ends with."""

Match = tuple[int, int, frozenset[str]]
"""A span of a line that holds a word of the question, in whatever form the index equates, and which words."""

Matches = Callable[[str], Sequence[Match]]


def print_hits(whence: "Whence", index: str, question: str, result: "Trace", *, trace: bool) -> None:
    """Each hit's place, its trace if asked for, and a preview with the matching words set off."""
    from rich.text import Text

    screen = console()
    link = link_maker(whence, index)
    matches = _matches(whence, question)
    signed = _signed(whence, index, result.hits)
    for hit in result.hits:
        chunk = hit.chunk
        place = Text.assemble((f"{hit.rank:>2}  ", "dim"))
        where, title = place_of(chunk)
        place.append_text(linked(where, link(chunk.document_id, chunk.path, whence.url(chunk, index))))
        place.append(signed.get(chunk.document_id, "") if chunk.kind == "commit" else "", style="dim")
        place.append(f"  {title}" if title else "", style="dim")
        print_line(screen, place)
        if trace:
            legs = "  ".join(f"{leg} #{found.rank} {found.score:.3f}" for leg, found in hit.legs.items())
            print_under(screen, Text(f"{hit.score:.4f}  {legs}", style="dim"), 4)
        for line in _preview(hit, matches):
            print_line(screen, line)
    if not result.hits:
        screen.print(f"Nothing found in {index}.")
    if trace:
        timings = [f"{stage} {duration(ms / 1000)}" for stage, ms in result.timings_ms.items()]
        screen.print(joined([*timings, *result.skipped]))


def _signed(whence: "Whence", index: str, hits: "Sequence[Hit]") -> dict[str, str]:
    """Day and author of the commits among the hits, by document id."""
    wanted = [hit.chunk.document_id for hit in hits if hit.chunk.kind == "commit"]
    signed = {}
    for document in whence.ledger.documents(index, wanted) if wanted else ():
        day = f"{document.authored_at:%Y-%m-%d}" if document.authored_at else ""
        signed[document.id] = f" ({', '.join(part for part in (day, printable(document.author)) if part)})"
    return signed


def place_of(chunk: "Chunk") -> tuple[str, str]:
    """Where a chunk stands, and what it is about: path and lines with its name, or a commit with its subject."""
    commit, short, subject = (*chunk.title.split(" ", 2), "", "")[:3]
    if chunk.kind == "commit":
        return f"{commit} {short}", printable(subject)
    where = f"{chunk.path}:{span(chunk.start_line, chunk.end_line)}"
    if chunk.kind == "hunk":
        return f"{where} @{short}", "  ".join(part for part in (printable(chunk.symbol), printable(subject)) if part)
    return where, about(chunk.symbol, chunk.title, chunk.path)


def _numbers(chunk: "Chunk", lines: "Sequence[str]") -> list[str]:
    """The number of each line; a line that a commit removes has none, nor have those of a commit's message."""
    if chunk.kind == "commit":
        return [""] * len(lines)
    if chunk.kind != "hunk":
        return [str(chunk.start_line + n) for n in range(len(lines))]
    n_after = sum(1 for line in lines if not line.startswith("-"))
    passed_over = "-" if n_after == chunk.end_line - chunk.start_line + 1 else "+"
    numbers, at = [], chunk.start_line
    for line in lines:
        counts = not line.startswith(passed_over)
        numbers.append(str(at) if counts else "")
        at += counts
    return numbers


def _matches(whence: "Whence", question: str) -> Matches:
    from whence.retrieval.analyzer import Analyzer

    analyzer = Analyzer(whence.settings.analyzer)
    wanted = frozenset(analyzer.tokens(question))

    def matches(line: str) -> list[Match]:
        words = ((*word.span(), wanted.intersection(analyzer.tokens(word.group()))) for word in _WORD.finditer(line))
        return [(start, end, shared) for start, end, shared in words if shared]

    return matches


def _preview(hit: "Hit", matches: Matches) -> "list[Text]":
    """Numbered lines: those that hold most of the words, in their order; the first lines where none does."""
    from rich.text import Text

    raw = hit.chunk.text.split("\n")
    lines = [printable(line.rstrip().expandtabs(4)) for line in raw]
    subject = hit.chunk.kind == "commit" and hit.chunk.start == 0 and len(lines) > 1  # the place has told it
    files = _files_changed(hit.chunk)
    numbers = [n for n, line in enumerate(lines) if line.strip(" +-") and not (subject and n == 0) and n not in files]
    shown = _numbers(hit.chunk, raw)
    found = {n: matches(lines[n]) for n in numbers}
    distinct = {n: len(frozenset[str]().union(*(shared for _, _, shared in found[n]))) for n in numbers}
    chosen = sorted(sorted(numbers, key=lambda n: (-distinct[n], n))[:PREVIEW_LINES])
    indent = min((len(lines[n]) - len(lines[n].lstrip()) for n in chosen), default=0)
    digits = max((len(number) for number in shown), default=0)
    preview = []
    for n in chosen:
        text = Text(lines[n])
        for start, end, _ in found[n]:
            text.stylize(MATCH, start, end)
        gutter = Text(f"    {shown[n]:>{digits}}{'  ' if digits else ''}", style="dim")
        preview.append(Text.assemble(gutter, text[indent:]))
    if files:
        names = list(files.values())
        more = f" and {count(len(names) - SHOWN_FILES, 'more file')}" if len(names) > SHOWN_FILES else ""
        preview.append(Text(f"    {printable(', '.join(names[:SHOWN_FILES]))}{more}", style="dim"))
    return preview


def _files_changed(chunk: "Chunk") -> dict[int, str]:
    """The paths that a commit lists, by the number of their line in the chunk, from 0."""
    if chunk.kind != "commit":
        return {}
    rows = ((n, _CHANGED.fullmatch(line)) for n, line in enumerate(chunk.text.split("\n")))
    return {n: row["path"] for n, row in rows if row}

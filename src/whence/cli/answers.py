"""Prints an answer: for a person text with numbered claims, citations that open, and what it rests on."""

import re
from typing import TYPE_CHECKING, Any

from whence.cli.options import print_json
from whence.cli.screen import (
    MARK,
    WARNING,
    Link,
    about,
    code,
    console,
    duration,
    joined,
    link_maker,
    linked,
    print_line,
    printable,
    span,
)
from whence.types import NO_EMBEDDER, cited_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.text import Text

    from whence.interface import Whence
    from whence.types import Answer, Citation

ABSTAINED = 3
"""The exit code where nothing was found."""

NARROW = 100
"""Below this many columns a citation leaves out the revision that the last line names anyway."""

MAX_INDENT = 12
"""Deeper indentation is that of code, which wraps as it is."""

_MARK = re.compile(r"\[\d+(?:, \d+)*\]")
_NAME = re.compile(r"`[^`\n]+`")
_QUOTE = re.compile(r"\[\d+\]:\n(?=    )")
_NEAREST = 3

MARKED = "underline"
"""The words that answer, where a model marked some."""


def give_answer(whence: "Whence", answer: "Answer", *, as_json: bool) -> int:
    """Prints an answer and keeps it for ``whence open``; returns the exit code of the command that asked."""
    from whence.cli.last_answer import remember

    remember(whence.folder.last_answer, answer)
    if as_json:
        print_json(answer_json(answer))
    else:
        print_answer(answer, link_maker(whence, answer.index))
    return ABSTAINED if answer.abstained else 0


def answer_json(answer: "Answer") -> dict[str, Any]:
    """An answer in the form that outside programs rely on: the record, and the source of its first citation."""
    from whence.wire import to_json

    first = answer.citations[0] if answer.citations else None
    source = {"commit": first.commit if first else None, "issue_id": first.issue_id if first else None}
    return {**to_json(answer), "source": source}


def print_answer(answer: "Answer", link: Link) -> None:
    """The answer, then one line a citation, then confidence, revision, completeness and time.

    Where nothing was found: the nearest passages instead of citations. Quotes stand in the answer and are not repeated.
    """
    from rich.text import Text

    screen = console()
    if answer.abstained and answer.kind != "fact":
        text = Text(printable(answer.answer))
        text.stylize(WARNING, 0, answer.answer.find(". ") + 1)
        screen.print(text)
        _print_nearest(answer, link)
    else:
        _print_body(screen, _body(answer))
        screen.print()
        narrow = screen.is_terminal and screen.width < NARROW
        rows = [
            _citation(n, citation, link, answer.as_of if narrow else "")
            for n, citation in enumerate(answer.citations, start=1)
        ]
        width = max((place.cell_len for place, told in rows if told.cell_len), default=0)
        for place, told in rows:
            place.pad_right(max(0, width - place.cell_len))
            print_line(screen, Text.assemble(place, "  ", told) if told else place)
    footer = _footer(answer)
    hint = "whence open 1" if answer.citations else ""
    if hint and screen.is_terminal and footer.cell_len + len(hint) + 3 <= screen.width:
        footer.append(hint.rjust(screen.width - footer.cell_len), style="dim")
    screen.print(footer)


def _body(answer: "Answer") -> "Text":
    """The answer's text, names and marks set off, quoted code coloured in the language of its citation."""
    from rich.text import Text

    body = Text()
    at = 0
    for claim in answer.claims:
        match = _QUOTE.search(answer.answer, claim.start, claim.end)
        if match is None:
            continue
        body.append_text(_prose(answer.answer[at : match.end()]))
        cited = answer.citations[claim.citations[0] - 1]
        body.append_text(code(answer.answer[match.end() : claim.end], cited.path))
        at = claim.end
    body.append_text(_prose(answer.answer[at:]))
    _underline(body, answer.citations)
    return body


def _underline(body: "Text", citations: "Sequence[Citation]") -> None:
    """Sets off the words that answer, before the first mark of their citation; markup may have changed them."""
    since = 0
    for number, cited in enumerate(citations, start=1):
        mark = body.plain.find(f"[{number}]", since)
        if mark < 0:
            continue
        if cited.answer_start is not None and cited.answer_end is not None:
            words = cited.quote[cited.answer_start - cited.start : cited.answer_end - cited.start]
            words = printable(" ".join(words.split()))
            found = body.plain.find(words, since, mark)
            if words and found >= 0:
                body.stylize(MARKED, found, found + len(words))
        since = mark


def _print_body(screen: "Console", body: "Text") -> None:
    """Prints the text; on a terminal an indented line that is too long goes on below its own beginning."""
    from rich.padding import Padding

    if not screen.is_terminal:
        screen.print(body)
        return
    for line in body.split("\n", allow_blank=True):
        indent = len(line.plain) - len(line.plain.lstrip(" "))
        screen.print(Padding(line[indent:], (0, 0, 0, indent)) if 0 < indent < MAX_INDENT else line)


def _prose(text: str) -> "Text":
    from rich.text import Text

    prose = Text(printable(text))
    prose.highlight_regex(_NAME, "bold")
    prose.highlight_regex(_MARK, MARK)
    return prose


def _citation(number: int, citation: "Citation", link: Link, as_of: str) -> tuple["Text", "Text"]:
    """(place, what stands there); the revision is part of the place unless it is ``as_of``."""
    from rich.text import Text

    if cited_kind(citation) not in {"lines", "hunk"}:
        return _history_citation(number, citation, link)
    lines = f" page {citation.page}" if citation.page else f":{span(citation.start_line, citation.end_line)}"
    place = Text.assemble((f"  [{number}] ", MARK))
    place.append_text(linked(citation.path + lines, link(citation.document_id, citation.path, citation.url)))
    if citation.revision != as_of:
        place.append(f" @{citation.revision[:7]}", style="dim")
    return place, Text(about(citation.symbol, citation.title, citation.path), style="dim")


def _history_citation(number: int, citation: "Citation", link: Link) -> tuple["Text", "Text"]:
    """A commit and what it says, an issue that it names, or a git command that anyone can repeat."""
    from rich.text import Text

    place = Text.assemble((f"  [{number}] ", MARK))
    kind = cited_kind(citation)
    if kind == "command":
        return place.append(printable(citation.quote)), Text()
    address = link(citation.document_id, "", citation.url)
    if kind == "issue":
        place.append_text(linked(f"#{citation.issue_id}", address))
        return place, Text(citation.url or f"named in commit {citation.revision[:7]}", style="dim")
    place.append_text(linked(f"commit {citation.revision[:7]}", address))
    return place, Text(" ".join(printable(citation.quote).split()), style="dim")


def _print_nearest(answer: "Answer", link: Link) -> None:
    from rich.text import Text

    from whence.cli.hits import place_of

    screen = console()
    for hit in answer.hits[1:_NEAREST]:  # the answer's own sentence names the first
        chunk = hit.chunk
        place = Text.assemble(("  or  ", "dim"))
        where, title = place_of(chunk)
        place.append_text(linked(where, link(chunk.document_id, chunk.path, "")))
        place.append(f"  {title}" if title else "", style="dim")
        print_line(screen, place)


def _footer(answer: "Answer") -> "Text":
    revision = f" @{answer.as_of[:7]}" if answer.as_of and answer.as_of_date else ""
    date = f" ({answer.as_of_date:%Y-%m-%d})" if answer.as_of_date else ""
    skipped = [printable(stage) for stage in answer.skipped if stage != NO_EMBEDDER]
    if NO_EMBEDDER in answer.skipped and answer.indexed < 1:
        complete = "vectors incomplete: found by words alone"
    else:
        complete = "index complete" if answer.indexed >= 1 else f"index {answer.indexed:.0%} complete"
    as_of = f" as of {printable(answer.asked_as_of)}" if answer.asked_as_of else ""
    writer = answer.models.get("generator", "a model")
    written = [f"written by {printable(writer)}, checked"] if answer.kind == "generated" else []
    parts = [*written, f"confidence {answer.confidence:.2f}", f"{answer.index}{as_of}{revision}{date}", complete]
    return joined([*parts, duration(answer.elapsed_ms / 1000), *skipped])

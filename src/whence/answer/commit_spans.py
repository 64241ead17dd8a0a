"""The spans of a commit that an answer can quote: sentences of its message, and the changed lines of a hunk."""

import re
from typing import Final

from whence.answer.lines import Span
from whence.answer.prose_spans import prose_spans

_LISTED: Final = re.compile(r"(?:\A|\n\n)(?=[AMDRCTU] \S[^\n]*(?: \+\d+ -\d+| binary)(?: \([^\n]*\))?(?:\n|\Z))")
_TRAILER: Final = re.compile(
    r"(?:[A-Z][a-z]+(?:-[A-Za-z]+)+|Co-authored-by|Fixes|Closes|Reviewed by|git-svn-id):? ?[^\n]*", re.IGNORECASE
)
_CHANGED: Final = re.compile(r"(?:^[+-][^\n]*(?:\n|\Z))+", re.MULTILINE)
MOST_LINES: Final = 8


def message_end(text: str) -> int:
    """Where the message ends and the list of files begins."""
    found = _LISTED.search(text)
    return found.start() if found else len(text)


def commit_spans(text: str) -> list[Span]:
    """The sentences of the message; trailers and the list of files are not for quoting.

    A subject is the heading of what follows it.
    """
    end = message_end(text)
    subject = text.find("\n\n", 0, end)
    if 0 < subject < end - 2 and "\n" not in text[:subject]:
        spans = [Span(0, subject, "heading"), *prose_spans(text[subject + 2 : end], subject + 2)]
    else:
        spans = prose_spans(text[:end])
    return [span for span in spans if not _TRAILER.fullmatch(text[span.start : span.end].strip())]


def hunk_spans(text: str) -> list[Span]:
    """The runs of changed lines, each up to a few lines long."""
    spans = []
    for run in _CHANGED.finditer(text):
        end = run.end()
        lines = run.group().split("\n")
        if len(lines) > MOST_LINES:
            end = run.start() + sum(len(line) + 1 for line in lines[:MOST_LINES]) - 1
        if any(line[1:].strip() for line in lines[:MOST_LINES]):
            spans.append(Span(run.start(), end, "step"))
    return spans

"""The text of a fact as it is put together: sentences and tables, each with the citations that carry it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.types import Citation, Claim, Commit, commit_id

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

MAX_ROWS = 10
SHORT = 7
COMMAND_TITLE = "git command"
_CUT = 88
_MARK = re.compile(r"\[(\d+)\](?=(?: \[\d+\])*[.?]?$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """An exact answer. ``is_known`` is False where the question names something that is not there."""

    text: str
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]
    is_known: bool = True


class Draft:
    """Collects sentences and rows; the same source is cited under one number."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._text = ""
        self._claims: list[Claim] = []
        self._citations: list[Citation] = []
        self._gap = " "

    def paragraph(self) -> None:
        """Lets the next sentence begin a line."""
        self._gap = "\n"

    def say(self, sentence: str, *citations: Citation) -> None:
        """One sentence, without its full stop; the numbers of its citations follow it."""
        numbers = tuple(dict.fromkeys(self._number(citation) for citation in citations))
        marks = "".join(f" [{number}]" for number in numbers)
        start = len(self._text) + (1 if self._text else 0)
        end = "" if sentence.endswith("?") else "."
        self._text += (self._gap if self._text else "") + sentence + marks + end
        self._gap = " "
        self._claims.append(Claim(start=start, end=len(self._text), citations=numbers))

    def rows(self, rows: Sequence[Sequence[str]], n_all: int, noun: str, citations: Sequence[Citation] = ()) -> None:
        """A table under the sentence, at most ``MAX_ROWS`` rows; says how many more there are.

        ``citations`` has one for each row, or is empty where the sentence's own carry them.
        """
        shown = [[_cut(cell) for cell in row] for row in rows[:MAX_ROWS]]
        if not shown:
            return
        widths = [max(len(row[column]) for row in shown) for column in range(len(shown[0]))]
        for place, row in enumerate(shown):
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            line = "  " + "  ".join(cells).rstrip()
            numbers = (self._number(citations[place]),) if place < len(citations) else self._claims[-1].citations
            line += f" [{numbers[0]}]" if place < len(citations) else ""
            start = len(self._text) + 1
            self._text += "\n" + line
            self._claims.append(Claim(start=start, end=len(self._text), citations=numbers))
        if n_all > len(shown):
            start = len(self._text) + 1
            n_more = n_all - len(shown)
            self._text += f"\n  and {n_more:,} more {one_of(noun) if n_more == 1 else noun}"
            self._claims.append(Claim(start=start, end=len(self._text), citations=self._claims[-1].citations))

    def line(self, text: str, *citations: Citation) -> None:
        """A line of its own, as it is; without citations it is carried by those of what stands before it."""
        numbers = tuple(dict.fromkeys(self._number(citation) for citation in citations))
        start = len(self._text) + 1
        self._text += "\n" + text + "".join(f" [{number}]" for number in numbers)
        carried = numbers or (self._claims[-1].citations if self._claims else ())
        self._claims.append(Claim(start=start, end=len(self._text), citations=carried))

    def adopt(self, fact: Fact) -> None:
        """A fact found before, as the beginning of this one. Only an empty draft can take it."""
        self._text, self._claims, self._citations = fact.text, list(fact.claims), list(fact.citations)

    def fact(self, *, is_known: bool = True) -> Fact:
        """What was collected."""
        return Fact(text=self._text, citations=tuple(self._citations), claims=tuple(self._claims), is_known=is_known)

    def _number(self, citation: Citation) -> int:
        if citation not in self._citations:
            self._citations.append(citation)
        return self._citations.index(citation) + 1

    # ---- citations

    def commit(self, commit: Commit) -> Citation:
        """A commit; its quote is the subject line."""
        return Citation(
            document_id=commit_id(self.history.source_id, commit.sha),
            revision=commit.sha,
            path="",
            start=0,
            end=len(commit.subject),
            start_line=1,
            end_line=1,
            quote=commit.subject,
            title=commit.subject,
            commit=commit.sha,
        )

    def message(self, commit: Commit, start: int, end: int, *, issue: str = "") -> Citation:
        """A span of what a commit says: its subject, a blank line, its body. ``issue`` is the number that it names."""
        text = f"{commit.subject}\n\n{commit.body}"
        return Citation(
            document_id=commit_id(self.history.source_id, commit.sha),
            revision=commit.sha,
            path="",
            start=start,
            end=end,
            start_line=text.count("\n", 0, start) + 1,
            end_line=text.count("\n", 0, end) + 1,
            quote=text[start:end],
            title=commit.subject,
            commit=commit.sha,
            issue_id=issue or None,
        )

    def command(self, command: str) -> Citation:
        """A git command that anyone can repeat, and the commit it ran at."""
        return Citation(
            document_id=f"{self.history.source_id}:command",
            revision=self.history.revision,
            path="",
            start=0,
            end=len(command),
            start_line=1,
            end_line=1,
            quote=command,
            title=COMMAND_TITLE,
            commit=self.history.revision or None,
        )

    def lines(self, path: str, first: int, last: int, *, commit: str = "", symbol: str = "") -> Citation:
        """Lines of a file at the revision."""
        text = self.history.text(path) or ""
        lines = text.split("\n")
        start = sum(len(line) + 1 for line in lines[: first - 1])
        quote = "\n".join(lines[first - 1 : last])
        return Citation(
            document_id=f"{self.history.source_id}:{path}",
            revision=self.history.revision,
            path=path,
            start=start,
            end=start + len(quote),
            start_line=first,
            end_line=last,
            quote=quote,
            symbol=symbol,
            commit=commit or self.history.revision,
        )


def told(commit: Commit) -> str:
    """A commit in words: by whom, when, and its subject."""
    return f'by {commit.author} on {day(commit)} in commit {short(commit.sha)} "{_cut(commit.subject)}"'


def named(commit: Commit) -> str:
    """A commit as a thing: its id, its subject, by whom and when."""
    return f'commit {short(commit.sha)} "{_cut(commit.subject)}" by {commit.author} on {day(commit)}'


def day(commit: Commit) -> str:
    """The author date, UTC."""
    return f"{commit.authored_at:%Y-%m-%d}"


def short(sha: str) -> str:
    """A commit's id as people write it."""
    return sha[:SHORT]


def counted(n: int, noun: str) -> str:
    """ "1 commit", "2,310 commits" """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def one_of(noun: str) -> str:
    """The singular of a noun that heads a table: "commits", "kinds of files", "classes"."""
    first, space, rest = noun.partition(" ")
    ends = {"sses": "ss", "ches": "ch", "ies": "y"}
    for end, single in ends.items():
        if first.endswith(end):
            return f"{first.removesuffix(end)}{single}{space}{rest}"
    return f"{first.removesuffix('s')}{space}{rest}"


def commit_row(commit: Commit) -> tuple[str, str, str, str]:
    """A row of a table of commits."""
    return short(commit.sha), day(commit), commit.author, commit.subject


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _CUT else text[: _CUT - 1] + "…"


def renumbered(fact: Fact, n_before: int) -> Fact:
    """The fact as it reads after ``n_before`` other citations. Only its own marks change, which end its claims."""
    text, claims, at = "", [], 0
    for claim in fact.claims:
        text += fact.text[at : claim.start]
        start = len(text)
        text += _MARK.sub(lambda mark: f"[{int(mark[1]) + n_before}]", fact.text[claim.start : claim.end])
        claims.append(Claim(start=start, end=len(text), citations=tuple(n + n_before for n in claim.citations)))
        at = claim.end
    return Fact(text=text + fact.text[at:], citations=fact.citations, claims=tuple(claims), is_known=fact.is_known)

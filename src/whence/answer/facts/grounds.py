"""Where the reason for a commit stands: its own message, the merge that brought it, what took it back, the list of
changes. Everything told is a quotation with its citation; where there is none, that is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from whence.answer.facts.changelog import Entry, entries
from whence.answer.facts.comments import Comment
from whence.answer.facts.draft import Draft, day, short
from whence.answer.facts.reasons import TELLING, Quote, issue_links, message, plain_sentences, reverted, told_reasons
from whence.errors import HistoryNotLoadedError, UnreadableError
from whence.types import Citation, Commit, CommitQuery

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

MAX_LINKS: Final = 6
MAX_ENTRIES: Final = 2
MAX_BESIDE: Final = 20
MIN_CHARS: Final = 8
MAX_SHOWN_CHARS: Final = 330
_JOINS: Final = re.compile(
    r"Merge (?:remote[- ]tracking )?branch(?:es)? '?(?:\w+/)?(?:master|main|develop|dev|trunk)'?\b.*"
    r"|Merge commit\b.*|Merge",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What is said of a commit, as far as was looked.

    ``own`` are the telling quotes of its message, ``goes_on`` the first sentence below the subject where none is,
    ``merge`` the merge that brought it with its ``merged`` quotes, ``beside`` another commit of that merge, or one that
    it brought itself, with what that ``adds``, ``undoes`` and ``undone`` commits that it takes back and that take it
    back, ``listed`` entries of the list of changes, ``numbers`` issues in the order of naming.
    """

    commit: Commit
    own: tuple[Quote, ...] = ()
    goes_on: Quote | None = None
    merge: Commit | None = None
    merged: tuple[Quote, ...] = ()
    beside: Commit | None = None
    adds: tuple[Quote, ...] = ()
    undoes: Commit | None = None
    undone: Commit | None = None
    listed: tuple[Entry, ...] = ()
    numbers: tuple[int, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether anything gives a reason."""
        return bool(self.listed) or any(quote.strength >= TELLING for quote in (*self.own, *self.merged, *self.adds))

    @property
    def is_told_below(self) -> bool:
        """Whether the message gives a reason beyond its subject."""
        return any(quote.strength >= TELLING and quote.end > len(self.commit.subject) for quote in self.own)


def find_grounds(history: History, commit: Commit, *, n_max: int = 2) -> Grounds:
    """Looks until a reason is found: in the message, the merge, the list of changes; reverts are always looked for.

    The commit must have its whole message.
    """
    text = message(commit)
    own = tuple(told_reasons(text, n_title=len(commit.subject), n_max=n_max))
    numbers = [link.number for link in issue_links(text)]
    found = Grounds(
        commit=commit,
        own=own,
        goes_on=None if own else _first_sentence(text, len(commit.subject)),
        undoes=_undone_by(history, text),
        undone=_undoing(history, commit),
        numbers=tuple(numbers),
    )
    if found.is_told_below:
        return found
    merge = _merge(history, commit)
    if merge is not None:
        numbers += [link.number for link in issue_links(message(merge)) if link.number not in numbers]
        found = replace(found, merge=merge, merged=_quotes_of_merge(merge, commit, n_max), numbers=tuple(numbers))
    found = replace(found, listed=tuple(entries(history, numbers)[:MAX_ENTRIES]))
    bringing = commit if len(commit.parents) > 1 else merge
    if bringing is not None and not found.is_told:
        beside, adds = _beside(history, bringing, commit)
        found = replace(found, beside=beside, adds=adds)
    return found


def _beside(history: History, merge: Commit, commit: Commit) -> tuple[Commit | None, tuple[Quote, ...]]:
    """The plainest reason below the subject of another commit that the same merge brought, if those are few."""
    if len(merge.parents) != 2:
        return None, ()
    span = f"{merge.parents[0]}..{merge.parents[1]}"
    brought = history.log(CommitQuery(span=span, merges=False, n_max=MAX_BESIDE + 1))
    others = [other.sha for other in brought if other.sha != commit.sha]
    if not others or len(brought) > MAX_BESIDE:
        return None, ()
    rated: list[tuple[float, Commit, Quote]] = []
    for other in history.whole(others):
        for quote in told_reasons(message(other), n_title=len(other.subject), n_max=1):
            if quote.strength >= TELLING and quote.end > len(other.subject):
                rated.append((quote.strength, other, quote))
    if not rated:
        return None, ()
    _, other, quote = max(rated, key=lambda item: item[0])
    return other, (quote,)


def _merge(history: History, commit: Commit) -> Commit | None:
    """Of the merges that brought a commit, the first that says something or names a number; else the first.

    None where none tells more than that branches were joined.
    """
    if len(commit.parents) > 1:
        return None
    try:
        found = history.bringing(commit.sha)
    except (HistoryNotLoadedError, UnreadableError):
        return None
    for merge in found:
        if _quotes_of_merge(merge, commit, 1) or issue_links(message(merge)):
            return merge
    return found[0] if found and not _JOINS.fullmatch(found[0].subject) else None


def _undone_by(history: History, text: str) -> Commit | None:
    prefix = reverted(text)
    found = history.commits(prefix) if prefix else []
    return found[0] if len(found) == 1 else None


def _undoing(history: History, commit: Commit) -> Commit | None:
    """The newest commit that says it takes this one back."""
    try:
        naming = history.naming(commit.sha)
    except HistoryNotLoadedError:
        return None
    for other in history.whole([found.sha for found in naming[:MAX_LINKS]]):
        if commit.sha.startswith(reverted(message(other)) or "-"):
            return other
    return None


def _quotes_of_merge(merge: Commit, commit: Commit, n_max: int) -> tuple[Quote, ...]:
    """What a merge says beyond naming its branch: telling sentences, else the title of the pull request."""
    if not merge.body:
        return ()
    text = message(merge)
    known = _bare_title(commit.subject)
    told = [
        quote
        for quote in told_reasons(text, n_max=n_max)
        if quote.start > len(merge.subject) and _bare_title(text[quote.start : quote.end]) != known
    ]
    if told:
        return tuple(told)
    title = _first_sentence(text, len(merge.subject))
    is_new = title is not None and _bare_title(text[title.start : title.end]) != known
    return (title,) if title is not None and is_new else ()


def _bare_title(title: str) -> str:
    """A title without its kind ("fix(parser): ") and its number, to be compared."""
    return re.sub(r"^\w+(?:\([^)]*\))?!?: |\s*\(#\d+\)$", "", title.strip()).strip(" .").lower()


def _first_sentence(text: str, n_title: int) -> Quote | None:
    """The first sentence or list item of prose below the title that is more than links."""
    for start, end in plain_sentences(text):
        if start >= n_title and end - start >= MIN_CHARS:
            return Quote(start, end, 0.0)
    return None


# ---- in words


def tell(draft: Draft, grounds: Grounds) -> None:
    """Says, a line each, what was found of a commit that the draft has just named, with its subject."""
    commit = grounds.commit
    below = [quote for quote in grounds.own if quote.end > len(commit.subject)]
    draft.paragraph()
    if any(quote.strength >= TELLING for quote in below):
        draft.say(f"The message says: {quoted(commit, below)}", *citations(draft, commit, below))
    elif below:
        lead = "The message says no more than" if grounds.is_told else "The history gives no plain reason; it says"
        draft.say(f"{lead}: {quoted(commit, below)}", *citations(draft, commit, below))
    elif any(quote.strength >= TELLING for quote in grounds.own):
        draft.say("The message says no more of the reason than this subject", draft.commit(commit))
    elif not grounds.is_told:
        _tell_nothing(draft, grounds)
    elif grounds.goes_on is not None:
        said = quoted(commit, [grounds.goes_on])
        draft.say(f"The message goes on: {said}", *citations(draft, commit, [grounds.goes_on]))
    if grounds.merge is not None and (grounds.merged or not grounds.is_told):
        _tell_merge(draft, grounds, grounds.merge)
    if grounds.beside is not None:
        other, said = grounds.beside, quoted(grounds.beside, grounds.adds)
        draft.paragraph()
        whence = "which it brought" if len(commit.parents) > 1 else "of the same merge"
        draft.say(
            f'Commit {short(other.sha)} "{other.subject}", {whence}, says: {said}',
            draft.commit(other),
            *citations(draft, other, grounds.adds),
        )
    for entry in grounds.listed:
        cited = draft.lines(entry.path, entry.first, entry.last)
        draft.paragraph()
        draft.say(f"{place(entry)} has: {in_quotes(cited.quote)}", cited)
    if grounds.undoes is not None:
        undone = grounds.undoes
        draft.paragraph()
        draft.say(f'It takes back commit {short(undone.sha)} "{undone.subject}" of {day(undone)}', draft.commit(undone))
    if grounds.undone is not None:
        _tell_undone(draft, grounds.undone)
    _tell_links(draft, grounds)


def _tell_nothing(draft: Draft, grounds: Grounds) -> None:
    commit = grounds.commit
    if grounds.goes_on is not None:
        said = quoted(commit, [grounds.goes_on])
        cited = citations(draft, commit, [grounds.goes_on])
        draft.say(f"The history gives no reason for it; the message goes on: {said}", *cited)
    elif grounds.undoes is None:
        draft.say("The history does not say why: the message is this subject alone", draft.commit(commit))


def _tell_merge(draft: Draft, grounds: Grounds, merge: Commit) -> None:
    lead = f'It came with merge {short(merge.sha)} "{merge.subject}" of {day(merge)}'
    draft.paragraph()
    if grounds.merged:
        said = quoted(merge, grounds.merged)
        draft.say(f"{lead}, which says: {said}", draft.commit(merge), *citations(draft, merge, grounds.merged))
    else:
        draft.say(lead, draft.commit(merge))


def _tell_undone(draft: Draft, undoing: Commit) -> None:
    said = f'It was taken back by commit {short(undoing.sha)} "{undoing.subject}" of {day(undoing)}'
    reasons = told_reasons(message(undoing), n_title=len(undoing.subject), n_max=1)
    draft.paragraph()
    if reasons and reasons[0].end > len(undoing.subject):
        cited = citations(draft, undoing, reasons)
        draft.say(f"{said}, which says: {quoted(undoing, reasons)}", draft.commit(undoing), *cited)
    else:
        draft.say(said, draft.commit(undoing))


def _tell_links(draft: Draft, grounds: Grounds) -> None:
    named = links(draft, grounds)
    if named:
        listed = [f"#{citation.issue_id}" for citation in named]
        joined = listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
        draft.paragraph()
        draft.say(f"See {joined}", *named)


def links(draft: Draft, grounds: Grounds) -> list[Citation]:
    """The places in the messages where issues and pull requests are named, each number once."""
    found: dict[int, Citation] = {}
    for commit in (grounds.commit, grounds.merge):
        for link in issue_links(message(commit)) if commit is not None else ():
            if commit is not None and link.number not in found:
                found[link.number] = draft.message(commit, link.start, link.end, issue=str(link.number))
    return list(found.values())[:MAX_LINKS]


def place(entry: Entry | Comment) -> str:
    """ "HISTORY.md:12" or "HISTORY.md:12-14" """
    return f"{entry.path}:{entry.first}" + (f"-{entry.last}" if entry.last > entry.first else "")


def quoted(commit: Commit, quotes: Sequence[Quote]) -> str:
    """The quotes as they are shown: line breaks as spaces, dots where something was left out between them."""
    text = message(commit)
    shown = [in_quotes(text[quote.start : quote.end]) for quote in quotes]
    return " … ".join(shown)


def in_quotes(text: str) -> str:
    """A quotation on one line, its end left out where it is long."""
    said = " ".join(text.split()).removeprefix("- ").removeprefix("* ")
    if len(said) > MAX_SHOWN_CHARS:
        said = said[:MAX_SHOWN_CHARS].rpartition(" ")[0] + " …"
    return f'"{said}"'


def citations(draft: Draft, commit: Commit, quotes: Sequence[Quote]) -> list[Citation]:
    """One citation a quote."""
    return [draft.message(commit, quote.start, quote.end) for quote in quotes]

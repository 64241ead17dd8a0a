"""What changed between two states, each named by a tag, a date or a commit: read from a question, and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from whence.answer.facts.commits import change_row
from whence.answer.facts.draft import MAX_ROWS, Draft, Fact, commit_row, counted, short
from whence.answer.facts.lookup import find_commit, find_place, find_tag
from whence.answer.facts.query import End, FactQuery
from whence.errors import PartialCloneError
from whence.types import Citation, CommitQuery

if TYPE_CHECKING:
    from whence.answer.facts.wording import Token
    from whence.protocols import History  # brings numpy

_ENDS: Final = frozenset({"TAG", "DATE", "SHA"})
_WORDS: Final = "what which list change commit history since until between and from to in by files make project"
_ALLOWED: Final = _ENDS | {"FILE"} | set(_WORDS.split())
_SECOND: Final = timedelta(seconds=1)


def range_query(found: Sequence[Token]) -> FactQuery | None:
    """The query of a question for the changes between two ends, of which one may be left out; else None."""
    concepts = [token.concept for token in found]
    held = set(concepts)
    asks = ({"what", "which", "list", "commit", "history"} & held and {"change", "commit"} & held) or (
        concepts[0] == "change" and found[0].raw.lower() in {"changes", "differences", "modifications", "updates"}
    )
    if not asks or not held <= _ALLOWED or concepts.count("FILE") > 1:
        return None
    ends = ends_of(found)
    if ends is None:
        return None
    file = next((token.raw for token in found if token.concept == "FILE"), "")
    return FactQuery(kind="range_changes", file=file, ends=ends)


def ends_of(found: Sequence[Token], *, beside: bool = False) -> tuple[End, ...] | None:
    """The ends of a range: two, or one if it lasts until now; None where the words about them say nothing clear.

    With ``beside`` two ends may stand side by side, as git's own commands take them.
    """
    concepts = [token.concept for token in found]
    held = set(concepts)
    places = [place for place, concept in enumerate(concepts) if concept in _ENDS]
    if not 1 <= len(places) <= 2:
        return None
    ends = tuple(_end(found[place]) for place in places)
    if len(ends) == 2:
        is_beside = beside and places[1] == places[0] + 1
        is_range = {"between", "and"} <= held or ({"from", "since"} & held and {"to", "until"} & held)
        return ends if is_range or is_beside else None
    if places[0] and concepts[places[0] - 1] in {"since", "from"}:
        return ends
    if ends[0].period is None or {"until", "to", "between"} & held:
        return None
    return ends[0], ends[0]  # "in 2019", "last month": from its beginning to its end


def _end(token: Token) -> End:
    return End(words=token.raw, period=token.period, is_sha=token.concept == "SHA")


@dataclass(frozen=True, slots=True)
class State:
    """A commit and what to call it; ``sha`` is "" for the time before the first commit."""

    sha: str
    name: str


def changes(history: History, query: FactQuery) -> Fact:
    """Commits and files between two states; given backwards, they are taken in order of time, and that is said."""
    first, last = query.ends[0], query.ends[1] if len(query.ends) > 1 else None
    place = find_place(history, query.file) if query.file else None
    paths = (place.path,) if place else ()
    old, new, is_turned = states_between(history, first, last)
    draft = Draft(history)
    order = ", in order of time," if is_turned else ""
    asked = replace(_between(old, new), paths=paths)
    n = history.count(asked)
    command = draft.command(history.command(asked, count=not place))
    if place is not None:
        shown = place.path + ("/" if place.is_folder else "")
        if not n:
            draft.say(f"No commit changed {shown} from {old.name} to {new.name}{order.rstrip(',')}", command)
            return draft.fact()
        draft.say(f"From {old.name} to {new.name}{order} {counted(n, 'commit')} changed {shown}", command)
        found = history.log(replace(asked, n_max=MAX_ROWS))
        draft.rows([commit_row(commit) for commit in found], n, "commits", [draft.commit(commit) for commit in found])
        return draft.fact()
    verb = "is" if n == 1 else "are"
    draft.say(f"From {old.name} to {new.name}{order} there {verb} {counted(n, 'commit')}", command)
    if not n:
        return draft.fact()
    try:
        differing = history.changes(old.sha, new.sha)
    except PartialCloneError:
        return without_difference(draft, asked, n, command)
    added, removed = sum(c.added or 0 for c in differing), sum(c.removed or 0 for c in differing)
    diff = f"git diff -M50% --stat {short(old.sha) or '$(git hash-object -t tree /dev/null)'} {short(new.sha)}"
    verb = "differs" if len(differing) == 1 else "differ"
    draft.say(
        f"{counted(len(differing), 'file')} {verb}: {added:,} lines added, {removed:,} removed", draft.command(diff)
    )
    most = sorted(differing, key=lambda change: -((change.added or 0) + (change.removed or 0)))
    draft.rows([change_row(change) for change in most], len(differing), "files")
    return draft.fact()


def without_difference(draft: Draft, asked: CommitQuery, n: int, command: Citation) -> Fact:
    """The commits of a range in a partial clone, where nobody can tell by how many lines files differ."""
    draft.say("The files and lines that differ cannot be told from a partial clone", command)
    shown = draft.history.log(replace(asked, n_max=MAX_ROWS))
    draft.rows([commit_row(commit) for commit in shown], n, "commits", [draft.commit(commit) for commit in shown])
    return draft.fact()


def states_between(history: History, first: End, last: End | None) -> tuple[State, State, bool]:
    """The two states, and whether they were given backwards and are now in order of time. Raises ``Unknown``."""
    old, new = _older(history, first), _newer(history, last)
    if last is not None and first != last and not history.count(_between(old, new)):
        old_then, new_then = _older(history, last), _newer(history, first)
        if history.count(_between(old_then, new_then)):
            return old_then, new_then, True
    return old, new, False


def _between(old: State, new: State) -> CommitQuery:
    return CommitQuery(span=f"{old.sha}..{new.sha}" if old.sha else new.sha)


def _older(history: History, end: End) -> State:
    """The state from which changes count; of a date, the last one before it."""
    if end.period is None:
        return _named(history, end)
    before = CommitQuery(until=end.period.start - _SECOND, first_parent=True, n_max=1)
    found = history.log(before)
    if not found:
        return State("", "the first commit")
    return State(found[0].sha, f"{end.period.start:%Y-%m-%d} ({short(found[0].sha)})")


def _newer(history: History, end: End | None) -> State:
    """The state up to which changes count; of a date, the last one until its end, and at least the first of all."""
    if end is None:
        return State(history.revision, short(history.revision))
    if end.period is None:
        return _named(history, end)
    until = end.period.end - _SECOND
    found = history.log(CommitQuery(until=until, first_parent=True, n_max=1))
    commit = found[0] if found else history.ends(CommitQuery())[-1]
    return State(commit.sha, f"{until:%Y-%m-%d} ({short(commit.sha)})")


def _named(history: History, end: End) -> State:
    if end.is_sha:
        commit = find_commit(history, end.words)
        return State(commit.sha, short(commit.sha))
    tag = find_tag(history, end.words)
    return State(tag.sha, tag.name)

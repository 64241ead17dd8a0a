"""How big the difference between two states is, in files and lines: read from a question, and answered."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from whence.answer.facts.commits import change_row
from whence.answer.facts.draft import Draft, Fact, counted, short
from whence.answer.facts.lookup import Place, find_place
from whence.answer.facts.query import FactQuery
from whence.answer.facts.ranges import State, ends_of, states_between
from whence.types import Change, CommitQuery

if TYPE_CHECKING:
    from whence.answer.facts.wording import Token
    from whence.protocols import History  # brings numpy

_WORDS: Final = "how many what size change add remove line files list since until between from to and in project do get"
_ALLOWED: Final = frozenset({"TAG", "DATE", "SHA", "FILE", *_WORDS.split()})
_EMPTY_TREE: Final = "$(git hash-object -t tree /dev/null)"


def difference_query(found: Sequence[Token]) -> FactQuery | None:
    """The query of a question for the size of a difference between two ends, of which one may be left out; else None.

    It asks for a size, or for a number of lines or files that changed; a plain "how much" needs a file.
    """
    concepts = [token.concept for token in found]
    held = set(concepts)
    changed = held & {"change", "add", "remove"}
    counts = {"how", "many"} <= held and (
        held & {"line", "files", "FILE", "project"} or any(t.raw == "much" for t in found)
    )
    if not held <= _ALLOWED or not changed or not ("size" in held or counts) or concepts.count("FILE") > 1:
        return None
    if "many" in held and not held & {"line", "files"} and any(t.raw == "many" for t in found):
        return None
    ends = ends_of(found, beside="size" in held)
    if ends is None:
        return None
    file = next((token.raw for token in found if token.concept == "FILE"), "")
    return FactQuery(kind="difference", file=file, ends=ends)


def difference(history: History, query: FactQuery) -> Fact:
    """Files and lines that differ between two states; a file or folder by itself, through renames between the two."""
    first, last = query.ends[0], query.ends[1] if len(query.ends) > 1 else None
    place = find_place(history, query.file) if query.file else None
    old, new, is_turned = states_between(history, first, last)
    order = ", in order of time," if is_turned else ""
    found = history.changes(old.sha, new.sha)
    draft = Draft(history)
    if place is None:
        command = draft.command(_command(old, new))
        if not found:
            draft.say(f"From {old.name} to {new.name} no file differs", command)
            return draft.fact()
        draft.say(f"From {old.name} to {new.name}{order} {_told(found)}", command)
        return _with_rows(draft, found)
    names = _names(history, place)
    mine = [change for change in found if _is_of(change, place, names)]
    command = draft.command(_command(old, new, place, mine))
    shown = place.path + ("/" if place.is_folder else "")
    if not mine:
        if not any(history.changes("", state.sha, sorted(names)) for state in (old, new)):
            draft.say(f"{shown} is neither at {old.name} nor at {new.name}", command)
            return draft.fact(is_known=False)
        draft.say(f"{shown} is the same at {old.name} and {new.name}", command)
        return draft.fact()
    if place.is_folder:
        draft.say(f"From {old.name} to {new.name}{order or ','} below {shown}, {_told(mine)}", command)
        return _with_rows(draft, mine)
    change = mine[0]
    draft.say(f"From {old.name} to {new.name}{order} {_of_file(change, shown)}", command)
    return draft.fact()


def _names(history: History, place: Place) -> set[str]:
    """A path with those that the file had before."""
    if place.is_folder or not place.is_present:
        return {place.path}
    followed = history.log(CommitQuery(paths=(place.path,), follow=True, statuses="AR"))
    changes = [change for commit in followed for change in commit.changes]
    return {place.path, *(path for change in changes for path in (change.path, change.old_path) if path)}


def _is_of(change: Change, place: Place, names: set[str]) -> bool:
    """Whether a change is of a file, under any of its names, or of a file that is or was in a folder."""
    paths = [path for path in (change.path, change.old_path) if path]
    if place.is_folder:
        return any(path.startswith(f"{place.path}/") for path in paths)
    return any(path in names for path in paths)


def _told(found: Sequence[Change]) -> str:
    added, removed = sum(c.added or 0 for c in found), sum(c.removed or 0 for c in found)
    verb = "differs" if len(found) == 1 else "differ"
    binary = sum(c.added is None for c in found)
    left_out = f" ({counted(binary, 'binary file')} without lines among them)" if binary else ""
    lines = f"{counted(added, 'line')} added, {removed:,} removed"
    return f"{counted(len(found), 'file')} {verb}{left_out}: {lines}, {added + removed:,} in all"


def _of_file(change: Change, shown: str) -> str:
    if change.added is None or change.removed is None:
        return f"{change.path} differs, which is binary and has no lines"
    lines = (
        f"{counted(change.added, 'line')} added, {change.removed:,} removed, {change.added + change.removed:,} in all"
    )
    if change.status == "A":
        return f"{change.path} is new: {counted(change.added, 'line')}"
    if change.status == "D":
        return f"{change.path} is gone: {counted(change.removed, 'line')} removed"
    was = f", which was {change.old_path} before," if change.old_path and change.old_path != change.path else ""
    now = f", now {shown}," if change.path != shown else ""
    return f"{change.path}{was or now} has {lines}"


def _with_rows(draft: Draft, found: Sequence[Change]) -> Fact:
    most = sorted(found, key=lambda change: -((change.added or 0) + (change.removed or 0)))
    if len(most) > 1:
        draft.rows([change_row(change) for change in most], len(found), "files")
    return draft.fact()


def _command(old: State, new: State, place: Place | None = None, found: Sequence[Change] = ()) -> str:
    """The git command that gives the same numbers; with old paths beside new ones, so that git sees renames."""
    command = f"git diff -M50% --stat {short(old.sha) or _EMPTY_TREE} {short(new.sha)}"
    if place is None:
        return command
    outside = {
        path
        for change in found
        for path in (change.path, change.old_path)
        if path and path != place.path and not path.startswith(f"{place.path}/")
    }
    return f"{command} -- {shlex.join([place.path, *sorted(outside)])}"

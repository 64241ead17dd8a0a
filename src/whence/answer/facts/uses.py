"""Facts about call sites and other uses of a name in the code, by the name alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from whence.answer.facts.draft import MAX_ROWS, Draft, Fact, counted, short
from whence.answer.facts.query import FactQuery
from whence.types import Citation, Use

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

TESTS: Final = re.compile(
    r"(?:^|/)(?:tests?|testing|specs?|__tests__)/|(?:^|/)(?:test_|conftest)|[._-](?:test|spec)s?\.\w+$"
)
"""Paths of tests: their uses are listed after those of the code itself."""

_MAX_OWNERS: Final = 4
_OWN: Final = frozenset({"self", "this", "cls", "super()", "Self"})


def callers(history: History, query: FactQuery) -> Fact | None:
    """Every call of a name, by file; None for a name that neither occurs in calls nor is defined."""
    return _told(history, query, calls_only=True)


def usages(history: History, query: FactQuery) -> Fact | None:
    """Every use of a name in code, calls among them; None for a name that is neither used nor defined."""
    return _told(history, query, calls_only=False)


def _told(history: History, query: FactQuery, *, calls_only: bool) -> Fact | None:
    owner, _, name = query.text.rpartition(".")
    found = [use for use in history.uses(name) if use.is_call or not calls_only]
    meant = [use for use in found if not owner or is_of(use, owner)]
    draft = Draft(history)
    command = draft.command(f"git grep -n -w -F -e {name} {short(history.revision)}")
    if not meant and not found and not history.definitions(query.text):
        return None
    noun = "call" if calls_only else "use"
    if not meant:
        draft.say(f"No {noun} of `{query.text}` is in the code at {short(history.revision)}", command)
        _tell_others(draft, query.text, found, meant, noun)
        return draft.fact()
    by_file = _grouped(meant)
    files = sorted(by_file, key=lambda path: (TESTS.search(path) is not None, path))
    places = [_cited(draft, by_file[path]) for path in files[:MAX_ROWS]]
    verb = "called" if calls_only else "used"
    times = "once" if len(meant) == 1 else f"{len(meant):,} times"
    in_tests = sum(len(by_file[path]) for path in files if TESTS.search(path))
    tests = f", {in_tests:,} of them in tests" if in_tests and len(meant) > 1 else ""
    calls = sum(use.is_call for use in meant)
    among = f" ({counted(calls, 'call')} among them)" if not calls_only and len(meant) > 1 else ""
    whole = f"`{query.text}` is {verb} {times} in {counted(len(files), 'file')}{among}{tests}"
    clause = _clause(owner, noun)
    draft.say(f"{whole}, {clause}", places[0], command)
    rows = [(_lines(by_file[path]), _owners(by_file[path])) for path in files]
    draft.rows(rows, len(rows), "files", places)
    _tell_others(draft, query.text, found, meant, noun)
    return draft.fact()


def _clause(owner: str, noun: str) -> str:
    if owner:
        return f"counting {noun}s on `{owner.rpartition('.')[2]}`, on a variable of that name or inside that class"
    return "by the name alone: other things of that name count as well"


def _tell_others(draft: Draft, text: str, found: Sequence[Use], meant: Sequence[Use], noun: str) -> None:
    """What a dotted name leaves out because the text does not say whose it is."""
    n = len(found) - len(meant)
    if n:
        name = text.rpartition(".")[2]
        first = next(use for use in found if use not in meant)
        cited = draft.lines(first.path, first.line, first.line, symbol=first.within)
        other = "another" if n == 1 else f"{n:,} other"
        mean = "means" if n == 1 else "mean"
        noun = noun if n == 1 else f"{noun}s"
        draft.line(f"Whether {other} {noun} of `{name}` on other things {mean} it, too, the text does not say.", cited)


def is_of(use: Use, owner: str) -> bool:
    """Whether the text says that a use is of this owner's: by its name, a variable named after it, or from inside."""
    last = owner.rpartition(".")[2]
    before = re.split(r"\.|::|->", use.receiver)[-1].strip("()*& ")
    if use.receiver in _OWN or before in _OWN:
        return last in use.within.split(".")
    return _plain(before) == _plain(last) and bool(before)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _grouped(found: Sequence[Use]) -> dict[str, list[Use]]:
    by_file: dict[str, list[Use]] = {}
    for use in found:
        by_file.setdefault(use.path, []).append(use)
    return by_file


def _cited(draft: Draft, found: Sequence[Use]) -> Citation:
    return draft.lines(found[0].path, found[0].line, found[0].line, symbol=found[0].within)


def _lines(found: Sequence[Use]) -> str:
    """The file with the lines, as far as a row takes."""
    lines = list(dict.fromkeys(use.line for use in found))
    more = f" and {len(lines) - 6} more" if len(lines) > 6 else ""
    return f"{found[0].path}:{', '.join(map(str, lines[:6]))}{more}"


def _owners(found: Sequence[Use]) -> str:
    """The functions and classes the uses stand in."""
    names = list(dict.fromkeys(use.within or "(top of the file)" for use in found))
    more = f" and {len(names) - _MAX_OWNERS} more" if len(names) > _MAX_OWNERS else ""
    return "in " + ", ".join(names[:_MAX_OWNERS]) + more

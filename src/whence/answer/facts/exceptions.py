"""Facts about the exceptions that a project defines: every type that extends one, directly or through others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from whence.answer.facts.draft import MAX_ROWS, Draft, Fact, counted, short
from whence.answer.facts.query import FactQuery
from whence.answer.facts.uses import TESTS
from whence.types import Definition

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

_ROOTS: Final = (
    *("Exception", "BaseException", "OSError", "IOError", "RuntimeError", "ValueError", "TypeError", "KeyError"),
    *("LookupError", "AttributeError", "ImportError", "AssertionError", "UnicodeError", "NotImplementedError"),
    *("Warning", "UserWarning", "DeprecationWarning", "RuntimeWarning", "FutureWarning"),
    *("Error", "Throwable", "RuntimeException"),
)
"""What exceptions of a language are called, as far as projects commonly extend them."""
_NAMED: Final = re.compile(r"(?:Error|Exception|Warning|Throwable|Fault)\d*$")
_CODE: Final = re.compile(r"\.(?:pyi?|java|kts?|scala|cs|php|rb|swift|[cm]?[jt]sx?|cc|cpp|cxx|hpp|hh?)$")
_MAX_FILES: Final = 600
"""Of a project with more, only what extends one of ``_ROOTS`` is looked for, and the answer says so."""
_MAX_TYPES: Final = 400


def exceptions(history: History, _: FactQuery) -> Fact | None:
    """The exceptions that the code outside tests defines, by path and line; None where there are none."""
    paths = [path for path in history.files() if _CODE.search(path) and not TESTS.search(path)]
    is_whole = len(paths) <= _MAX_FILES
    own = _declared(history, paths) if is_whole else _heirs(history)
    if not own:
        return None
    files = sorted({item.path for item in own})
    draft = Draft(history)
    command = draft.command(f"git grep -n -E 'class +[A-Za-z0-9_]+' {short(history.revision)} -- {' '.join(files[:5])}")
    places = [draft.lines(item.path, item.start_line, item.start_line, symbol=item.symbol) for item in own[:MAX_ROWS]]
    what = f"{history.name} defines {'' if is_whole else 'at least '}{counted(len(own), 'exception')}"
    extending = "one" if is_whole else "one of the language's own"
    draft.say(f"{what} outside tests: types that extend {extending}, directly or through others", command)
    rows = [(item.symbol, f"extends {', '.join(item.bases)}", f"{item.path}:{item.start_line}") for item in own]
    draft.rows(rows, len(rows), "exceptions", places)
    rest = [f"`{item.symbol}`" for item in own[MAX_ROWS:]]
    if rest:
        more = f" and {len(rest) - 60:,} more" if len(rest) > 60 else ""
        draft.line(f"  The others: {', '.join(rest[:60])}{more}")
    return draft.fact()


def _declared(history: History, paths: Sequence[str]) -> list[Definition]:
    """The types of these files that extend what is called like an exception, or one another."""
    types = [item for path in paths for item in history.outline(path) if item.bases]
    found: dict[tuple[str, int], Definition] = {}
    names: set[str] = set()
    while True:
        more = [
            item
            for item in types
            if (item.path, item.start_line) not in found
            and any(base in names or _NAMED.search(base) for base in map(_last_part, item.bases))
        ]
        if not more:
            return [found[place] for place in sorted(found)]
        found |= {(item.path, item.start_line): item for item in more}
        names |= {item.symbol.rpartition(".")[2] for item in more}


def _last_part(base: str) -> str:
    return re.split(r"[<(\[]", base, maxsplit=1)[0].rpartition(".")[2].strip()


def _heirs(history: History) -> list[Definition]:
    """All types outside tests that extend a root or one another's name, each once, by path and line."""
    found: dict[tuple[str, int], Definition] = {}
    wanted, seen = list(_ROOTS), set(_ROOTS)
    while wanted and len(found) < _MAX_TYPES:
        for item in history.subclasses(wanted.pop(0)):
            if TESTS.search(item.path):
                continue
            found.setdefault((item.path, item.start_line), item)
            name = item.symbol.rpartition(".")[2]
            if name not in seen:
                seen.add(name)
                wanted.append(name)
    return [found[place] for place in sorted(found)]

"""What the target of ``whence why`` means: lines, a file, a name, a commit or a number, tried in that order of form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from whence.answer.facts import why
from whence.answer.facts.draft import Draft, Fact, counted, short
from whence.answer.facts.lookup import Unknown
from whence.answer.facts.query import FactKind, FactQuery
from whence.answer.facts.why_removed import gone, removed
from whence.answer.facts.wording import is_file
from whence.types import Definition

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

_NUMBER: Final = re.compile(r"(?:#|gh-)(\d{1,9})", re.IGNORECASE)
_LINES: Final = re.compile(r"(?P<path>.+?)(?:#L|:L?)(?P<first>\d{1,9})(?:[-–,]L?(?P<last>\d{1,9}))?")
_SHA: Final = re.compile(r"(?=[0-9a-f]*\d)[0-9a-f]{7,40}|[0-9a-f]{40}", re.IGNORECASE)
_SHORT_SHA: Final = re.compile(r"[0-9a-f]{4,40}", re.IGNORECASE)
_NAME: Final = re.compile(r"[^\W\d][\w$]*(?:(?:\.|::|#|->)~?[^\W\d][\w$]*)*(?:\(\))?")
MAX_LISTED: Final = 10


def answer(history: History, query: FactQuery) -> Fact:
    """Why the target ``query.text`` is as it is. Raises ``Unknown`` where nothing is called so, or several things."""
    target = query.text.strip().strip("`")
    if match := _NUMBER.fullmatch(target):
        return why.number(history, FactQuery(kind="why", number=int(match[1])))
    path, mark, symbol = target.partition("::")
    if mark and is_file(path) and symbol:
        return _in_file(history, path, symbol)
    if (match := _LINES.fullmatch(target)) and _may_be_file(match["path"]):
        first, last = int(match["first"]), int(match["last"] or match["first"])
        return why.line(
            history, FactQuery(kind="why_line", file=match["path"], line=min(first, last), last_line=max(first, last))
        )
    if _SHA.fullmatch(target) or (_SHORT_SHA.fullmatch(target) and len(history.commits(target.lower())) == 1):
        return why.commit(history, FactQuery(kind="why_commit", sha=target))
    if is_file(target) and not _is_dotted_name(history, target):
        return why.file(history, FactQuery(kind="why_file", file=target))
    if _NAME.fullmatch(target):
        return _named(history, target.removesuffix("()").replace("::", ".").replace("->", ".").replace("#", "."))
    return why.file(history, FactQuery(kind="why_file", file=target))


def _may_be_file(path: str) -> bool:
    return is_file(path) or not re.search(r"\s", path)


def _is_dotted_name(history: History, target: str) -> bool:
    """Whether something that has the form of a file's name is the name of a definition ("flask.json")."""
    if "/" in target or not _NAME.fullmatch(target) or any(path.endswith(target) for path in history.files()):
        return False
    return bool(history.definitions(target))


def _named(history: History, name: str) -> Fact:
    found = why.chosen(history.definitions(name))
    if len(found) == 1:
        return why.name(history, found[0])
    if found:
        raise Unknown(_ambiguous(history, name, found))
    if "." not in name:
        stems = [path for path in history.files() if name in path.split("/") or path.endswith(f"/{name}")]
        stems += [path for path in history.files() if path.rpartition("/")[2].partition(".")[0] == name]
        if stems:
            return why.file(history, FactQuery(kind="why_file", file=name))
    owner, _, last = name.rpartition(".")
    is_misspelt = bool(owner and _near(last, [item.symbol for item in _members(history, owner)]))
    for text in (*(() if is_misspelt else (name,)), f"def {last}", f"class {last}", f"{last} = "):
        reason = gone(history, text)
        if reason is not None:
            return reason
    raise Unknown(_no_name(history, name))


def _in_file(history: History, wanted: str, symbol: str) -> Fact:
    place = why.present_place(history, wanted)
    symbol = symbol.removesuffix("()").replace("::", ".")
    inside = [item for item in history.definitions(symbol) if item.path == place.path]
    found = why.chosen(inside)
    if len(found) == 1:
        return why.name(history, found[0])
    if found:
        raise Unknown(_ambiguous(history, symbol, found))
    known = [item.symbol for item in history.outline(place.path)] if place.is_present else []
    near = _near(symbol, known)
    meant = f"; did you mean {', '.join(near)}?" if near else ""
    draft = Draft(history)
    command = f"git show {short(history.revision)}:{place.path}"
    draft.say(f"{place.path} defines no `{symbol}` at {short(history.revision)}{meant}", draft.command(command))
    raise Unknown(draft.fact(is_known=False))


def _ambiguous(history: History, name: str, found: Sequence[Definition]) -> Fact:
    draft = Draft(history)
    cited = [draft.lines(item.path, item.start_line, item.start_line, symbol=item.symbol) for item in found]
    draft.say(f"`{name}` is defined {counted(len(found), 'time')}; say which, as FILE::NAME or by its lines", cited[0])
    rows = [(f"{item.path}:{item.start_line}", item.what, item.symbol) for item in found]
    draft.rows(rows, len(rows), "definitions", cited[:MAX_LISTED])
    return draft.fact(is_known=False)


def _no_name(history: History, name: str) -> Fact:
    draft = Draft(history)
    command = f"git log -S{name.rpartition('.')[2]} {short(history.revision)}"
    owner, _, last = name.rpartition(".")
    near = _near(last, [item.symbol for item in _members(history, owner)]) if owner else []
    present = history.files_with(last)
    if present or near:
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        if not meant:
            meant = f"; the text is in {present[0]}" + (
                f" and {counted(len(present) - 1, 'other file')}" if present[1:] else ""
            )
            meant += ": name a line of it, as FILE:LINE"
        draft.say(f"Nothing called `{name}` is defined at {short(history.revision)}{meant}", draft.command(command))
        return draft.fact(is_known=False)
    files = [path for path in history.files() if path.rpartition("/")[2].partition(".")[0]]
    stems = {path.rpartition("/")[2].partition(".")[0]: path for path in reversed(files)}
    near = [stems[stem] for stem in get_close_matches(name, stems, n=3, cutoff=0.75)]
    meant = f"; did you mean {', '.join(near)}?" if near else ""
    draft.say(
        f"Nothing called `{name}` is at {short(history.revision)}, nor was there in any commit{meant}",
        draft.command(command),
    )
    return draft.fact(is_known=False)


def _members(history: History, owner: str) -> list[Definition]:
    """What the definitions of a name hold."""
    found = []
    for item in history.definitions(owner)[:3]:
        found += [member for member in history.outline(item.path) if member.symbol.startswith(f"{item.symbol}.")]
    return found


def _near(wanted: str, known: Sequence[str]) -> list[str]:
    last = {symbol.rpartition(".")[2]: symbol for symbol in reversed(known)}
    return [last[name] for name in get_close_matches(wanted.rpartition(".")[2], last, n=3, cutoff=0.6)]


ANSWERS: Final[Mapping[FactKind, Callable[[History, FactQuery], Fact | None]]] = {
    "why": answer,
    "why_line": why.line,
    "why_file": why.file,
    "why_added": why.added,
    "why_removed": removed,
    "why_renamed": why.renamed,
    "why_changed": why.changed,
    "why_commit": why.commit,
}
"""What answers each kind of question for a reason."""

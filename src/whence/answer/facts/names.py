"""Facts about a name or an exact piece of text: when it came, when it went, where it is defined, what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.answer.facts.draft import Draft, Fact, counted, named, short, told
from whence.answer.facts.query import FactQuery
from whence.types import Commit, CommitQuery, Definition

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy


def introduced(history: History, query: FactQuery) -> Fact | None:
    """The oldest commit that changes how often the text occurs, which is where it first appears.

    Where only a merge brought it, the first one along first parents. None for a text that never occurred and looks
    like no name.
    """
    draft = Draft(history)
    text = query.text.rpartition(".")[2] if _is_dotted(query.text) else query.text
    asked, commit = _oldest(history, text)
    command = draft.command(history.command(asked))
    if commit is None:
        draft.say(f"`{text}` does not occur in any commit of the history", command)
        return draft.fact(is_known=False)
    draft.say(f"`{text}` first appears in {named(commit)}", draft.commit(commit), command)
    if history.is_cut:
        draft.say(
            "The history here is cut (a shallow clone), so it may be older",
            draft.command("git rev-parse --is-shallow-repository"),
        )
    return draft.fact()


def _oldest(history: History, text: str) -> tuple[CommitQuery, Commit | None]:
    for first_parent in (False, True):
        asked = CommitQuery(text=text, first_parent=first_parent)
        found = history.ends(asked)
        if found:
            return asked, found[-1]
    return CommitQuery(text=text), None


def removed(history: History, query: FactQuery) -> Fact | None:
    """The newest commit that changes how often a text occurs which is no longer there; says so where it is."""
    draft = Draft(history)
    text = query.text.rpartition(".")[2] if _is_dotted(query.text) else query.text
    present = history.files_with(text)
    if present:
        command = draft.command(f"git grep -l -F -e '{text}' {short(history.revision)}")
        others = f" and {len(present) - 1} more" if len(present) > 1 else ""
        draft.say(f"`{text}` was not removed: at {short(history.revision)} it is in {present[0]}{others}", command)
        return draft.fact()
    for first_parent in (False, True):
        asked = CommitQuery(text=text, first_parent=first_parent)
        found = history.ends(asked)
        if found:
            command = draft.command(history.command(asked))
            commit = found[0]
            if history.files_with(text, commit.sha):  # a merge took the other side
                told_so = (
                    f"`{text}` is not in {short(history.revision)}; the last commit that changed how often it occurs"
                )
                draft.say(f"{told_so} is {named(commit)}, which still has it", draft.commit(commit), command)
            else:
                draft.say(f"`{text}` was removed {told(commit)}", draft.commit(commit), command)
            return draft.fact()
    draft.say(f"`{text}` does not occur in any commit of the history", draft.command(history.command(asked)))
    return draft.fact(is_known=False)


def definition(history: History, query: FactQuery) -> Fact | None:
    """Where a name is defined in Python; None where it is not, so that others may look."""
    found = history.definitions(query.text)
    if not found:
        return None
    draft = Draft(history)
    first = found[0]
    if len(found) == 1:
        where = f"{first.path}:{first.start_line}"
        line = draft.lines(first.path, first.start_line, first.start_line, symbol=first.symbol)
        draft.say(f"`{first.symbol}` is defined in {where}, as a {first.what}", line)
        return draft.fact()
    files = len({item.path for item in found})
    places = [draft.lines(item.path, item.start_line, item.start_line, symbol=item.symbol) for item in found[:10]]
    draft.say(f"`{query.text}` is defined {len(found)} times, in {counted(files, 'file')}", places[0])
    rows = [(f"{item.path}:{item.start_line}", item.what, item.symbol) for item in found]
    draft.rows(rows, len(rows), "definitions", places)
    return draft.fact()


def signature(history: History, query: FactQuery) -> Fact | None:
    """The signature of a Python function, or of a class by its ``__init__``."""
    found = _callables(history, query.text)
    if not found:
        return None
    draft = Draft(history)
    for item in found[:10]:
        line = draft.lines(item.path, item.start_line, _last_line(history, item), symbol=item.symbol)
        draft.say(f"`{item.symbol}{item.signature}` in {item.path}:{item.start_line}", line)
    if len(found) > 10:
        draft.say(f"There are {len(found) - 10} more definitions of that name", line)
    return draft.fact()


def default_value(history: History, query: FactQuery) -> Fact | None:
    """The default of one parameter, as it is written."""
    found = _callables(history, query.text)
    if not found:
        return None
    draft = Draft(history)
    said = False
    for item in found[:10]:
        parameters = dict(item.parameters)
        line = draft.lines(item.path, item.start_line, _last_line(history, item), symbol=item.symbol)
        if query.parameter not in parameters:
            continue
        default = parameters[query.parameter]
        value = f"is `{default}`" if default is not None else "is not set: it has no default"
        draft.say(
            f"The default of `{query.parameter}` in `{item.symbol}` {value} ({item.path}:{item.start_line})", line
        )
        said = True
    if said:
        return draft.fact()
    item = found[0]
    line = draft.lines(item.path, item.start_line, _last_line(history, item), symbol=item.symbol)
    names = ", ".join(name for name, _ in item.parameters) or "none"
    draft.say(f"`{item.symbol}` has no parameter `{query.parameter}`; its parameters are {names}", line)
    return draft.fact(is_known=False)


def _callables(history: History, name: str) -> list[Definition]:
    found = history.definitions(name)
    made = [item for item in found if item.signature]
    if made:
        return made
    classes = [item for item in found if item.what == "class"]
    return [
        init for item in classes for init in history.definitions(f"{item.symbol}.__init__") if init.path == item.path
    ]


def _last_line(history: History, item: Definition) -> int:
    """The line on which a definition's head ends."""
    lines = (history.text(item.path) or "").split("\n")
    depth = 0
    for number in range(item.start_line, item.end_line + 1):
        code = lines[number - 1].partition("#")[0]
        depth += sum(code.count(mark) for mark in "([{") - sum(code.count(mark) for mark in ")]}")
        if depth <= 0 and code.rstrip().endswith(":"):
            return number
    return item.start_line


def _is_dotted(text: str) -> bool:
    return "." in text and all(part.isidentifier() for part in text.split("."))

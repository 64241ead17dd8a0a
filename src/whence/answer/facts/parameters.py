"""Who added a parameter to a function: of all versions of its file one commit must stand out, or none is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from whence.answer.facts.draft import Draft, Fact, told
from whence.answer.facts.function_origin import origin_of
from whence.answer.facts.heads import Heads, State
from whence.answer.facts.query import FactQuery
from whence.types import Commit, CommitQuery, Definition

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

ReadVersions = Callable[[Sequence[tuple[str, str]]], Sequence[str | None]]
"""(path, commit) pairs to texts, None where there is none."""

MAX_VERSIONS: Final = 1_500
MAX_CHARS: Final = 20_000_000
MAX_PATHS: Final = 8
MAX_BROKEN: Final = 3


@dataclass(frozen=True, slots=True)
class _Gain:
    """A commit after which the function takes the parameter; ``was_there`` says that its parents had the function."""

    commit: Commit
    was_there: bool


def added(history: History, query: FactQuery, read: ReadVersions) -> Fact | None:
    """The one commit that gave a Python function a parameter which it still has, or brought the function with it.

    None where that is not beyond doubt: several such functions or commits, a version that cannot be read as Python, a
    function that had another name, a cut history.
    """
    found = history.definitions(query.text)
    if len(found) != 1 or history.is_cut:
        return None
    function = found[0]
    if query.parameter not in {name.lstrip("*") for name, _ in function.parameters}:
        return None
    heads = Heads(function.symbol, query.parameter)
    touching = history.patched(_telling(function.symbol, query.parameter))
    path, span = function.path, ""
    for _ in range(MAX_PATHS):
        asked = CommitQuery(paths=(path,), span=span)
        gain = _only_gain(_able(history.log(asked), touching), path, heads, read)
        if gain is None:
            return None
        command = history.command(asked)
        if gain.was_there:
            return _told(
                history, gain.commit, f"`{query.parameter}` was added to `{function.symbol}`", command, path, function
            )
        former = _former_path(history, gain.commit, path)
        if not former:
            origin = origin_of(history, gain.commit, path, function.symbol, read)
            if origin is None:
                return None
            if origin == "":
                text = f"`{query.parameter}` came with `{function.symbol}` itself, which was added"
                return _told(history, gain.commit, text, command, path, function)
            former = origin
        path, span = former, gain.commit.parents[0]
    return None


def _told(history: History, commit: Commit, what: str, command: str, path: str, function: Definition) -> Fact:
    draft = Draft(history)
    place = "" if path == function.path else f", then in {path}"
    draft.say(f"{what} {told(commit)}{place}", draft.commit(commit), draft.command(command))
    return draft.fact()


def _telling(symbol: str, parameter: str) -> list[tuple[str, ...]]:
    """Words of which a patch has one group, if it changes whether the function takes the parameter."""
    *owners, name = symbol.split(".")
    return [(parameter,), ("def", name), *(("class", owner) for owner in owners), *(("def", owner) for owner in owners)]


def _able(commits: Sequence[Commit], touching: frozenset[str] | None) -> list[Commit]:
    """Those that may have changed whether the function takes the parameter; merges always may."""
    return [commit for commit in commits if touching is None or len(commit.parents) > 1 or commit.sha in touching]


def _only_gain(commits: Sequence[Commit], path: str, heads: Heads, read: ReadVersions) -> _Gain | None:
    """The only commit at which the parameter came, if it never went and every version could be read."""
    if len(commits) > MAX_VERSIONS:
        return None
    wanted = list(dict.fromkeys((path, sha) for commit in commits for sha in (commit.sha, *commit.parents)))
    texts = {sha: text for (_, sha), text in zip(wanted, read(wanted), strict=True)}
    if sum(len(text) for text in set(texts.values()) if text) > MAX_CHARS:
        return None
    states = _states(commits, texts, heads)
    if "unclear" in states.values():
        return None
    gains: list[_Gain] = []
    for commit in commits:
        before = [states[sha] for sha in commit.parents]
        if states[commit.sha] != "takes":
            if "takes" in before:
                return None
        elif "takes" not in before:
            gains.append(_Gain(commit, bool(before) and all(state == "lacks" for state in before)))
    if len(gains) != 1 or (not gains[0].was_there and "lacks" in states.values()):
        return None
    return gains[0]


def _states(commits: Sequence[Commit], texts: Mapping[str, str | None], heads: Heads) -> dict[str, State]:
    """The state at each commit. A version that is broken, on top of ones that take the parameter, takes it as well:

    if it did not, the next whole version would show a loss. Other broken versions stay unclear.
    """
    of_text = _states_of(list(dict.fromkeys(texts.values())), heads)
    for commit in reversed(commits):
        is_unclear = of_text[texts[commit.sha]] == "unclear" and bool(commit.parents)
        if is_unclear and all(of_text[texts[sha]] == "takes" for sha in commit.parents):
            of_text[texts[commit.sha]] = "takes"
    return {sha: of_text[text] for sha, text in texts.items()}


def _states_of(texts: Sequence[str | None], heads: Heads) -> dict[str | None, State]:
    """The state of each version; those with the same heads are read once, another one if the first is broken."""
    of_layout: dict[tuple[str, ...], list[str | None]] = {}
    for text in texts:
        of_layout.setdefault(heads.layout(text), []).append(text)
    states: dict[str | None, State] = {}
    for alike in of_layout.values():
        read = (heads.state(text) for text in alike[:MAX_BROKEN])
        state: State = next((state for state in read if state != "unclear"), "unclear")
        states |= dict.fromkeys(alike, state)
    return states


def _former_path(history: History, commit: Commit, path: str) -> str:
    """The path that a commit renamed the file from, or "" where it did not."""
    if len(commit.parents) != 1:
        return ""
    changes = history.changes(commit.parents[0], commit.sha)
    return next((change.old_path for change in changes if change.path == path and change.status == "R"), "")

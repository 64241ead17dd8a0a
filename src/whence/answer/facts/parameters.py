"""Who added a parameter to a function: of all versions of its file one commit must stand out, or none is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from whence.answer.facts.draft import Draft, Fact, told
from whence.answer.facts.heads import Heads, State
from whence.answer.facts.query import FactQuery
from whence.types import Commit, CommitQuery

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

ReadVersions = Callable[[Sequence[tuple[str, str]]], Sequence[str | None]]
"""(path, commit) pairs to texts, None where there is none."""

MAX_VERSIONS: Final = 1_500
MAX_CHARS: Final = 20_000_000
MAX_PATHS: Final = 8


@dataclass(frozen=True, slots=True)
class _Gain:
    """A commit after which the function takes the parameter; ``was_there`` says that its parents had the function."""

    commit: Commit
    was_there: bool


def added(history: History, query: FactQuery, read: ReadVersions) -> Fact | None:
    """The one commit that gave a Python function a parameter which it still has.

    None where that is not beyond doubt: several such functions or commits, a version that cannot be read as Python, a
    function that had the parameter from the start or came from another file, a cut history.
    """
    found = history.definitions(query.text)
    if len(found) != 1 or history.is_cut:
        return None
    function = found[0]
    if query.parameter not in {name.lstrip("*") for name, _ in function.parameters}:
        return None
    heads = Heads(function.symbol, query.parameter)
    path, span = function.path, ""
    for _ in range(MAX_PATHS):
        asked = CommitQuery(paths=(path,), span=span)
        gain = _only_gain(history.log(asked), path, heads, read)
        if gain is None:
            return None
        if gain.was_there:
            draft = Draft(history)
            draft.say(
                f"`{query.parameter}` was added to `{function.symbol}` {told(gain.commit)}",
                draft.commit(gain.commit),
                draft.command(history.command(asked)),
            )
            return draft.fact()
        former = _former_path(history, gain.commit, path)
        if not former:
            return None
        path, span = former, gain.commit.parents[0]
    return None


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
    return gains[0] if len(gains) == 1 else None


def _states(commits: Sequence[Commit], texts: Mapping[str, str | None], heads: Heads) -> dict[str, State]:
    """The state at each commit. A version that is broken, on top of ones that take the parameter, takes it as well:

    if it did not, the next whole version would show a loss. Other broken versions stay unclear.
    """
    of_text = {text: heads.state(text) for text in set(texts.values())}
    for commit in reversed(commits):
        is_unclear = of_text[texts[commit.sha]] == "unclear" and bool(commit.parents)
        if is_unclear and all(of_text[texts[sha]] == "takes" for sha in commit.parents):
            of_text[texts[commit.sha]] = "takes"
    return {sha: of_text[text] for sha, text in texts.items()}


def _former_path(history: History, commit: Commit, path: str) -> str:
    """The path that a commit renamed the file from, or "" where it did not."""
    if len(commit.parents) != 1:
        return ""
    changes = history.changes(commit.parents[0], commit.sha)
    return next((change.old_path for change in changes if change.path == path and change.status == "R"), "")

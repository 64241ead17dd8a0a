"""Facts about a name or an exact piece of text: when it came, when it went."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from whence.answer.facts.draft import Draft, Fact, counted, named, short, told
from whence.answer.facts.query import FactQuery
from whence.errors import UnreadableError
from whence.types import Commit, CommitQuery

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

N_LOOKED_AT: Final = 8
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PLAIN_WORD: Final = re.compile(r"[a-z]+|[A-Z][a-z]+")
_PROSE: Final = re.compile(
    r"\.(?:md|rst|txt|adoc|markdown|html?|textile|rdoc|org|texi|pod)$|(?:^|/)(?:change(?:s|log)?|history|news|authors|contributors)$",
    re.IGNORECASE,
)


def introduced(history: History, query: FactQuery) -> Fact | None:
    """The oldest commit that changes how often the text occurs, which is where it first appears.

    A name counts as itself, not as a part of longer ones, unless it is nowhere by itself. Where only a merge brought
    it, the first one along first parents. None for a text that never occurred and looks like no name.
    """
    draft = Draft(history)
    text = looked_for(query.text)
    if query.only_types and not history.definitions(text):
        return None
    asked, commit = oldest(history, text)
    command = draft.command(history.command(asked))
    if commit is None:
        draft.say(f"`{text}` does not occur in any commit of the history", command)
        return draft.fact(is_known=False)
    by_itself = " by itself" if asked.is_word else ""
    draft.say(f"`{text}` first appears{by_itself} in {named(commit)}", draft.commit(commit), command)
    if history.is_cut:
        draft.say(
            "The history here is cut (a shallow clone), so it may be older",
            draft.command("git rev-parse --is-shallow-repository"),
        )
    return draft.fact()


def oldest(history: History, text: str) -> tuple[CommitQuery, Commit | None]:
    """The oldest commit that changes how often a text occurs, and the query that finds it.

    Of a name that has only parts of longer names there, the oldest that changes how often it stands by itself.
    """
    for first_parent in (False, True):
        asked = CommitQuery(text=text, first_parent=first_parent)
        commit = history.oldest(asked)
        if commit is not None:
            by_itself = None if first_parent else _first_by_itself(history, asked, commit)
            return by_itself or (asked, commit)
    return CommitQuery(text=text), None


def _first_by_itself(history: History, asked: CommitQuery, first: Commit) -> tuple[CommitQuery, Commit] | None:
    """The query and its commit, where the first commit with a name has it in longer names alone."""
    as_word = replace(asked, is_word=True)
    if not _NAME.fullmatch(asked.text) or history.log(replace(as_word, span=f"{first.sha}^!", n_max=1)):
        return None
    try:
        commit = history.oldest(as_word)
    except UnreadableError:  # it takes too long; where the letters first stood is known
        return None
    return (as_word, commit) if commit is not None else None


def _is_test(path: str) -> bool:
    return re.search(r"(?:^|/)(?:tests?|testing|benchmarks|examples)/|(?:^|/)test", path) is not None


def removed(history: History, query: FactQuery) -> Fact | None:
    """The newest commit that changes how often a text occurs which is no longer there; says so where it is.

    A text that only prose still has was removed: by the newest commit after which no other file has it. None for a
    plain word that is there and names nothing that is defined: whether the thing asked for went cannot be told by it.
    """
    draft = Draft(history)
    text = text_meant(history, query.text)
    present = history.files_with(text)
    if present:
        out = None if _in_code(present) else _taken_out(history, text)
        command = draft.command(f"git grep -l -F -e '{text}' {short(history.revision)}")
        others = f" and {counted(len(present) - 1, 'other file')}" if len(present) > 1 else ""
        if out is not None:
            draft.say(f"`{text}` was removed {told(out)}", draft.commit(out))
            draft.say(f"What still has it at {short(history.revision)} is text: {present[0]}{others}", command)
            return draft.fact()
        if _PLAIN_WORD.fullmatch(text) and not _is_defined(history, query.text):
            return None  # a word that other things have, too
        first = min(present, key=lambda path: (is_prose(path), path.startswith("."), "test" in path))
        draft.say(f"`{text}` was not removed: at {short(history.revision)} it is in {first}{others}", command)
        return draft.fact()
    for first_parent in (False, True):
        asked = CommitQuery(text=text, first_parent=first_parent)
        commit = history.newest(asked)
        if commit is not None:
            command = draft.command(history.command(asked))
            if history.files_with(text, commit.sha):  # a merge took the other side
                told_so = (
                    f"`{text}` is not in {short(history.revision)}; the last commit that changed how often it occurs"
                )
                draft.say(f"{told_so} is {named(commit)}, which still has it", draft.commit(commit), command)
                return draft.fact()
            out = _taken_out(history, text) if _was_in_prose_alone(history, text, commit) else None
            draft.say(f"`{text}` was removed {told(out or commit)}", draft.commit(out or commit), command)
            if out is not None:
                draft.say(f"The last text that wrote of it went with {named(commit)}", draft.commit(commit))
            return draft.fact()
    draft.say(f"`{text}` does not occur in any commit of the history", draft.command(history.command(asked)))
    return draft.fact(is_known=False)


def _is_defined(history: History, name: str) -> bool:
    """Whether the code defines the name; a dotted one under the type or in the file that stands before the dot."""
    owner, _, last = name.rpartition(".")
    found = [item for item in history.definitions(last) if not _is_test(item.path)]
    if not owner:
        return any("." not in item.symbol for item in found)
    above = owner.rpartition(".")[2]
    places = (
        f".{item.symbol}".endswith(f".{name}") or f"{above}." in item.path or f"/{above}/" in item.path
        for item in found
    )
    return any(places)


def is_prose(path: str) -> bool:
    """Whether a file is written for people: documentation or a change log, by its name."""
    return _PROSE.search(path) is not None


def _in_code(paths: Sequence[str]) -> bool:
    return any(not is_prose(path) for path in paths)


def _was_in_prose_alone(history: History, text: str, commit: Commit) -> bool:
    """Whether only files written for people still had a text before this commit."""
    before = history.files_with(text, commit.parents[0]) if commit.parents else []
    return bool(before) and not _in_code(before)


def _taken_out(history: History, text: str) -> Commit | None:
    """The newest commit before which some file that is not prose had the text, and after which none has."""
    for commit in history.log(CommitQuery(text=text, n_max=N_LOOKED_AT)):
        if _in_code(history.files_with(text, commit.sha)):
            continue  # on a branch that the merge did not follow
        if commit.parents and _in_code(history.files_with(text, commit.parents[0])):
            return commit
    return None


def text_meant(history: History, text: str) -> str:
    """What to look for: of a dotted name the last part, unless the name as a whole was written and is gone."""
    if not _is_dotted(text):
        return text
    last = text.rpartition(".")[2]
    if not history.definitions(last) and not _in_code(history.files_with(text)):
        return text if history.newest(CommitQuery(text=text)) is not None else last
    return last


def looked_for(text: str) -> str:
    """Of a dotted name the last part, else the text."""
    return text.rpartition(".")[2] if _is_dotted(text) else text


def _is_dotted(text: str) -> bool:
    return "." in text and all(part.isidentifier() for part in text.split("."))

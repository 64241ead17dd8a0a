"""Facts about a name or an exact piece of text: when it came, when it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.answer.facts.draft import Draft, Fact, named, short, told
from whence.answer.facts.query import FactQuery
from whence.types import Commit, CommitQuery

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
        commit = history.oldest(asked)
        if commit is not None:
            return asked, commit
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
        commit = history.newest(asked)
        if commit is not None:
            command = draft.command(history.command(asked))
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


def _is_dotted(text: str) -> bool:
    return "." in text and all(part.isidentifier() for part in text.split("."))

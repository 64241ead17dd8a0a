"""Why something was removed; of what is still there that is said first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.answer.facts import files, names
from whence.answer.facts.draft import Draft, Fact, named
from whence.answer.facts.grounds import find_grounds, tell
from whence.answer.facts.lookup import find_place
from whence.answer.facts.query import FactQuery
from whence.types import CommitQuery, is_commit_id

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy


def removed(history: History, query: FactQuery) -> Fact | None:
    """Why a file, a name or a piece of text was removed; None for a file that is there and what never was.

    Of a text that is still there that is said first, then what the last commit says that changed how often it occurs.
    """
    if query.file:
        found = find_place(history, query.file)
        return None if found.is_present else after(history, files.removal(history, query))
    fact = names.removed(history, query)
    if fact is None or not fact.is_known:
        return None
    return after(history, fact) or _still_there(history, names.text_meant(history, query.text), fact)


def gone(history: History, text: str) -> Fact | None:
    """Why a piece of text was removed; None where it is still there or never was."""
    return after(history, names.removed(history, FactQuery(kind="why_removed", text=text)))


def _still_there(history: History, text: str, fact: Fact) -> Fact:
    draft = Draft(history)
    draft.adopt(fact)
    asked = CommitQuery(text=text)
    last = history.newest(asked)
    if last is not None:
        told_so = f"The last commit that changed how often it occurs is {named(last)}"
        draft.say(told_so, draft.commit(last), draft.command(history.command(asked)))
        tell(draft, find_grounds(history, history.whole([last.sha])[0]))
    return draft.fact()


def after(history: History, fact: Fact | None) -> Fact | None:
    """The fact, and the reasons of the commit that it cites first; None where it cites none."""
    cited = fact.citations[0] if fact is not None and fact.is_known and fact.citations else None
    if fact is None or cited is None or not is_commit_id(cited.document_id) or cited.commit is None:
        return None
    draft = Draft(history)
    draft.adopt(fact)
    tell(draft, find_grounds(history, history.whole([cited.commit])[0]))
    return draft.fact()

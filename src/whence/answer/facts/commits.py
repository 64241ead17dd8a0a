"""Facts about commits: one by its id, the first and the last, those that name an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.answer.facts.draft import MAX_ROWS, Draft, Fact, commit_row, counted, day, named, short
from whence.answer.facts.lookup import find_commit, find_person
from whence.answer.facts.query import FactQuery
from whence.errors import PartialCloneError, UnreadableError
from whence.types import Change, Commit, CommitQuery

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

_VERBS = {"A": "added", "D": "removed", "R": "renamed", "C": "copied", "T": "changed its type"}


def details(history: History, query: FactQuery) -> Fact:
    """By whom and when a commit was made."""
    commit = find_commit(history, query.sha)
    draft = Draft(history)
    cited = draft.commit(commit)
    draft.say(
        f'Commit {commit.sha[:12]} "{commit.subject}" was written by {commit.author} <{commit.author_email}> '
        f"on {commit.authored_at:%Y-%m-%d %H:%M} UTC",
        cited,
    )
    if (commit.committer, commit.committed_at) != (commit.author, commit.authored_at):
        draft.say(f"It was committed by {commit.committer} on {commit.committed_at:%Y-%m-%d %H:%M} UTC", cited)
    return draft.fact()


def changes(history: History, query: FactQuery) -> Fact:
    """Files that a commit changed, compared with its first parent."""
    commit = find_commit(history, query.sha)
    draft = Draft(history)
    parent = commit.parents[0] if commit.parents else ""
    try:
        found = history.changes(parent, commit.sha)
    except PartialCloneError:
        touched = _touched(history, commit)
        if touched is None:
            raise
        return touched
    added, removed = sum(c.added or 0 for c in found), sum(c.removed or 0 for c in found)
    amount = f"changed {counted(len(found), 'file')}: {added:,} lines added, {removed:,} removed"
    draft.say(
        f'Commit {commit.sha[:12]} "{commit.subject}"{_compared(commit)} '
        f"by {commit.author} on {commit.authored_at:%Y-%m-%d} {amount}",
        draft.commit(commit),
    )
    draft.rows([change_row(change) for change in found], len(found), "files")
    return draft.fact()


def _compared(commit: Commit) -> str:
    n = len(commit.parents)
    return f", a merge of {n} parents, compared with the first of them," if n > 1 else ""


def _touched(history: History, commit: Commit) -> Fact | None:
    """Files of a commit, as its trees alone tell them; None where these are not there either."""
    asked = CommitQuery(span=f"{commit.sha}^!", statuses="AMDT", first_parent=True)
    try:
        found = [change for one in history.log(asked) for change in one.changes]
    except UnreadableError:
        return None
    draft = Draft(history)
    draft.say(
        f'Commit {commit.sha[:12]} "{commit.subject}"{_compared(commit)} '
        f"by {commit.author} on {commit.authored_at:%Y-%m-%d} changed {counted(len(found), 'file')}",
        draft.commit(commit),
    )
    if not found:
        return draft.fact()
    draft.say(
        "By how many lines cannot be told from a partial clone, and a renamed file counts as removed and added",
        draft.command(history.command(asked)),
    )
    draft.rows([(_VERBS.get(change.status, "modified"), change.path) for change in found], len(found), "files")
    return draft.fact()


def change_row(change: Change) -> tuple[str, str, str]:
    """A row of a table of changed files."""
    name = f"{change.old_path} -> {change.path}" if change.old_path else change.path
    lines = "binary" if change.added is None else f"+{change.added} -{change.removed}"
    return _VERBS.get(change.status, "modified"), lines, name


def first(history: History, query: FactQuery) -> Fact:
    """The oldest commit in the order of ``git log``, of the project or of one author."""
    author = find_person(history, query.person) if query.person else ""
    draft = Draft(history)
    commit = history.ends(CommitQuery(author=author))[-1]
    whose = f" by {author}" if author else ""
    draft.say(f"The first commit{whose} is {_own(commit, author)}", draft.commit(commit))
    if history.is_cut:
        draft.say(
            "The history here is cut (a shallow clone): it begins there, and earlier commits may exist",
            draft.command("git rev-parse --is-shallow-repository"),
        )
    return draft.fact()


def last(history: History, query: FactQuery) -> Fact:
    """The newest commit in the order of ``git log``, of the project or of one author."""
    author = find_person(history, query.person) if query.person else ""
    draft = Draft(history)
    commit = history.log(CommitQuery(author=author, n_max=1))[0]
    whose = f" by {author}" if author else ""
    draft.say(
        f"The last commit{whose}, up to {short(history.revision)}, is {_own(commit, author)}", draft.commit(commit)
    )
    return draft.fact()


def _own(commit: Commit, author: str) -> str:
    """The commit, without its author where the sentence has said who."""
    return (
        f'{short(commit.sha)} "{commit.subject}" of {day(commit)}' if author else named(commit).removeprefix("commit ")
    )


def mentions(history: History, query: FactQuery) -> Fact:
    """Commits whose message names an issue or pull request."""
    draft = Draft(history)
    found = history.mentions(query.number)
    command = draft.command(
        f"git log -E -i --grep='(#|gh-|/issues?/|/pulls?/){query.number}([^0-9a-z_]|$)' {short(history.revision)}"
    )
    if not found:
        draft.say(f"No commit message mentions #{query.number}", command)
        return draft.fact()
    if len(found) == 1:
        draft.say(f"#{query.number} is mentioned by one commit: {named(found[0])}", draft.commit(found[0]), command)
        return draft.fact()
    cited = [draft.commit(commit) for commit in found[:MAX_ROWS]]
    draft.say(f"#{query.number} is mentioned by {counted(len(found), 'commit')}", cited[0], command)
    draft.rows([commit_row(commit) for commit in found], len(found), "commits", cited)
    return draft.fact()

"""From a fact query to its answer, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from whence.answer.facts import (
    code,
    commits,
    counts,
    difference,
    exceptions,
    files,
    growth,
    names,
    parameters,
    people,
    ranges,
    releases,
    uses,
)
from whence.answer.facts.draft import Draft, Fact
from whence.answer.facts.lookup import Unknown
from whence.answer.facts.query import FactKind, FactQuery
from whence.types import CommitQuery

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

_ANSWERS: Final[Mapping[FactKind, Callable[[History, FactQuery], Fact | None]]] = {
    "file_last_change": files.last_change,
    "file_first_change": files.first_change,
    "file_authors": files.authors,
    "file_removal": files.removal,
    "file_renames": files.renames,
    "file_changes": files.changes,
    "line_author": files.line_author,
    "introduced": names.introduced,
    "removed": names.removed,
    "definition": code.definition,
    "signature": code.signature,
    "default_value": code.default_value,
    "return_type": code.return_type,
    "members": code.members,
    "subclasses": code.subclasses,
    "exceptions": exceptions.exceptions,
    "file_definitions": code.file_definitions,
    "callers": uses.callers,
    "usages": uses.usages,
    "file_experts": people.experts,
    "person_activity": people.activity,
    "new_authors": people.newcomers,
    "reviewers": people.reviewers,
    "file_size": growth.size,
    "coupled_files": growth.coupled,
    "commits_by_period": growth.by_period,
    "oldest_files": growth.oldest,
    "untouched_files": growth.untouched,
    "unreleased": releases.unreleased,
    "release_at": releases.current_at,
    "commit_details": commits.details,
    "commit_changes": commits.changes,
    "first_commit": commits.first,
    "last_commit": commits.last,
    "mentions": commits.mentions,
    "count_commits": counts.commits,
    "count_authors": counts.authors,
    "count_files": counts.files,
    "top_authors": counts.top_authors,
    "top_files": counts.top_files,
    "count_tags": releases.count,
    "tags": releases.tags,
    "last_tag": releases.last,
    "tag_date": releases.date,
    "release_changes": releases.changes,
    "changes_since": releases.since,
    "range_changes": ranges.changes,
    "difference": difference.difference,
    "release_of": releases.landed,
}


_LAST_YEAR: Final = 2099
"""Later dates git reads as others."""


def answer_fact(query: FactQuery, history: History, read: parameters.ReadVersions | None = None) -> Fact | None:
    """The answer, or None where the question is better answered from the text after all.

    What is not known is a fact, too, with ``is_known`` False. ``read`` gives old versions of files; what needs them is
    not answered without. Raises ``HistoryNotLoadedError`` and
    ``UnreadableError``.
    """
    if not history.revision:
        draft = Draft(history)
        draft.say(f"{history.name} has no commits yet", draft.command("git log"))
        return draft.fact(is_known=False)
    if query.is_guess and not (history.commits(query.sha) if query.sha else history.definitions(query.text)):
        return None
    if query.kind != "release_at":  # the newest is current from now on
        now = datetime.now(UTC)
        begins = [query.since, *(end.period.start for end in query.ends if end.period is not None)]
        ahead = next((moment for moment in begins if moment is not None and moment > now), None)
        if ahead is not None:
            return _of_future(history, ahead)
        if query.until is not None and query.until.year > _LAST_YEAR:
            query = replace(query, until=None)
    if query.kind == "parameter_added":
        return parameters.added(history, query, read) if read is not None else None
    try:
        return _answer(query.kind)(history, query)
    except Unknown as found:
        return found.fact


def _of_future(history: History, moment: datetime) -> Fact:
    """What is said of a time that is not yet."""
    draft = Draft(history)
    newest = history.log(CommitQuery(n_max=1))[0]
    sentence = f"{moment:%Y-%m-%d} lies in the future: the newest commit here is of {newest.committed_at:%Y-%m-%d}"
    draft.say(f"{sentence}; name a day until then", draft.commit(newest))
    return draft.fact(is_known=False)


def _answer(kind: FactKind) -> Callable[[History, FactQuery], Fact | None]:
    """What answers a kind; reasons are read by many patterns, which no other fact should wait for."""
    if kind not in _ANSWERS:
        from whence.answer.facts.why_target import ANSWERS

        return ANSWERS[kind]
    return _ANSWERS[kind]

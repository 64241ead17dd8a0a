"""From a fact query to its answer, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from whence.answer.facts import commits, counts, files, names, parameters, releases
from whence.answer.facts.draft import Draft, Fact
from whence.answer.facts.lookup import Unknown
from whence.answer.facts.query import FactKind, FactQuery

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
    "definition": names.definition,
    "signature": names.signature,
    "default_value": names.default_value,
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
    "release_of": releases.landed,
}


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
    if query.kind == "parameter_added":
        return parameters.added(history, query, read) if read is not None else None
    try:
        return _ANSWERS[query.kind](history, query)
    except Unknown as found:
        return found.fact

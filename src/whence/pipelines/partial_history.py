"""The history of a partial clone, which has all commits and their lists of files, but not what the files held.

Who, when, which commits, how many and tags are told as ever. Renames are not followed, and what needs the contents of
earlier files is refused in one sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from whence.answer.facts.draft import Draft, Fact
from whence.answer.facts.query import FactQuery
from whence.errors import PartialCloneError
from whence.pipelines.history import StoredHistory
from whence.pipelines.past import PastHistory
from whence.sources.mirror import completed_file
from whence.store.history import HistoryTables
from whence.types import Change, Commit, CommitQuery, LineOrigin, Origins

if TYPE_CHECKING:
    from whence.protocols import History  # brings numpy

_FOLLOWING: Final = frozenset(
    {"file_first_change", "file_authors", "file_changes", "count_commits", "top_authors", "oldest_files", "top_files"}
)
"""Facts that follow files through renames, or would."""


_OF_ALL: Final = frozenset(
    {
        *("file_first_change", "file_authors", "file_removal", "file_renames", "file_changes", "introduced", "removed"),
        *("release_changes", "changes_since", "range_changes", "first_commit", "count_commits", "count_authors"),
        *("count_tags", "top_authors", "top_files", "mentions", "release_of", "tags", "last_tag", "tag_date"),
        *("coupled_files", "person_activity", "commits_by_period", "oldest_files", "untouched_files", "unreleased"),
        *("release_at", "new_authors", "reviewers", "difference", "file_experts", "line_author", "parameter_added"),
    }
)
"""Facts that commits count for which a shallow clone may lack."""


_OF_CONTENTS: Final = frozenset({"introduced", "file_renames", "why_added", "why_removed"})
"""Facts that a file which cannot be read may have a part in."""


class WithoutContents(StoredHistory):
    """Refuses what needs the contents of files. Satisfies ``protocols.History``."""

    def log(self, query: CommitQuery) -> list[Commit]:
        """The commits asked for, renames not followed."""
        return super().log(self._plain(query))

    def ends(self, query: CommitQuery) -> list[Commit]:
        """The newest and the oldest of them."""
        return super().ends(self._plain(query))

    def oldest(self, query: CommitQuery) -> Commit | None:
        """The oldest of them."""
        return super().oldest(self._plain(query))

    def newest(self, query: CommitQuery) -> Commit | None:
        """The newest of them."""
        return super().newest(self._plain(query))

    def count(self, query: CommitQuery) -> int:
        """How many there are."""
        return super().count(self._plain(query))

    def authors(self, query: CommitQuery) -> list[tuple[str, int]]:
        """Who wrote them, most first."""
        return super().authors(self._plain(query))

    def changes(self, old: str, new: str, paths: Sequence[str] = ()) -> list[Change]:
        """Refused, but for the state of the revision itself, whose files are there."""
        if not old and new == self.revision:
            return super().changes(old, new, paths)
        raise self.refused()

    def blame(self, path: str, line: int) -> LineOrigin | None:  # noqa: ARG002
        """Refused."""
        raise self.refused()

    def line_authors(self, path: str) -> list[tuple[str, int]]:  # noqa: ARG002
        """Refused."""
        raise self.refused()

    def origins(self, path: str, first: int, last: int) -> Origins | None:  # noqa: ARG002
        """Refused."""
        raise self.refused()

    def sizes(self, path: str) -> list[tuple[str, int]]:  # noqa: ARG002
        """Refused."""
        raise self.refused()

    def files_with(self, text: str, revision: str = "") -> list[str]:
        """Those of the revision; of another one refused."""
        if revision and revision != self.revision:
            raise self.refused()
        return super().files_with(text)

    def _plain(self, query: CommitQuery) -> CommitQuery:
        """The query without renames. Raises ``PartialCloneError`` where it asks for texts or for renames alone."""
        if query.text or query.statuses == "R":
            raise self.refused()
        return replace(query, follow=False, statuses=query.statuses.replace("R", ""))

    def refused(self) -> PartialCloneError:
        """The error that says what can be told and what cannot."""
        return PartialCloneError(
            f"{self.name} is indexed from a partial clone (git clone --filter), which left out what files held before: "
            "who, when, which commits, how many and which release can be told of it, lines, texts, differences and "
            "renames cannot; index a whole clone for these."
        )


def refuse(query: FactQuery, history: History) -> None:
    """Raises ``PartialCloneError`` for renames in a partial clone, where none can be found."""
    if query.kind == "file_renames" and isinstance(history, WithoutContents):
        raise history.refused()


class PartialHistory(WithoutContents):
    """The newest state of a partial clone."""


class PartialPastHistory(WithoutContents, PastHistory):
    """An earlier state of a partial clone."""


def with_lack(fact: Fact, query: FactQuery, history: History) -> Fact:
    """The fact with what the copy lacks for it: renames in a partial clone, the beginning in a shallow one, damage."""
    draft = Draft(history)
    draft.adopt(fact)
    draft.paragraph()
    is_of_files = query.kind in _FOLLOWING and (query.file or query.kind.endswith("files"))
    if is_of_files and fact.is_known and isinstance(history, WithoutContents):
        draft.say(
            "Renames are not followed in a partial clone, so this is of the present path alone",
            draft.command("git config --get-regexp partialclone"),
        )
    elif query.kind in _OF_ALL and history.is_cut and "a shallow clone" not in fact.text:
        draft.say(
            "The history here is cut (a shallow clone), so earlier commits and their tags may be missing from this",
            draft.command("git rev-parse --is-shallow-repository"),
        )
    elif query.kind in _OF_CONTENTS and isinstance(history, StoredHistory) and history.n_unreadable:
        n = history.n_unreadable
        commits = "1 commit" if n == 1 else f"{n:,} commits"
        draft.say(f"Files of {commits} cannot be read here, and count for nothing in this", draft.command("git fsck"))
    else:
        return fact
    return draft.fact(is_known=fact.is_known)


def forget_incomplete(tables: HistoryTables, index: str, mirror: Path) -> None:
    """Makes the tables of an index anew, once, where a whole clone has taken the place of a partial one."""
    kept = completed_file(mirror)
    if not kept.is_file():
        return
    name = hashlib.sha256(index.encode()).hexdigest()[:16]
    done = kept.read_text(encoding="ascii").split()
    if name not in done:
        tables.forget(index)
        kept.write_text("\n".join([*done, name]), encoding="ascii")

"""A project's files and history as a caller may see them: what protocols for programs ask beyond questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from whence.answer.facts.lookup import Place, Unknown, find_commit, find_person, find_place
from whence.answer.facts.periods import find_periods
from whence.answer.facts.query import FactQuery
from whence.answer.facts.uses import TESTS, is_of
from whence.errors import UsageError
from whence.pipelines.status import IndexStatus
from whence.serving.access import Caller, Right
from whence.serving.problems import denied
from whence.types import Answer, Change, Citation, Commit, CommitQuery, Definition, Use, commit_id

if TYPE_CHECKING:
    from whence.pipelines.indexing import IndexReport
    from whence.protocols import History
    from whence.serving.service import Service

_MARK = re.compile(r" \[\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A file, or what a commit shows, at one revision: all of its lines."""

    index: str
    path: str
    revision: str
    url: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Some commits, newest first. ``more`` says that others follow; ``n`` counts all where that was asked for."""

    index: str
    revision: str
    about: str
    commits: Sequence[Commit]
    more: bool
    command: str
    n: int | None = None
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """Where a name is defined, used or extended. The first ``n_sure`` uses are its own as far as the text tells."""

    index: str
    revision: str
    definitions: Sequence[Definition]
    uses: Sequence[Use]
    n_sure: int
    subclasses: Sequence[Definition]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which commits: all fields empty means every commit. Times and persons are as people write them."""

    path: str = ""
    text: str = ""
    author: str = ""
    since: str = ""
    until: str = ""
    skip: int = 0
    n_max: int = 20


class ProjectView:
    """Files, commits, people and names, narrowed to a caller's rights. Thread-safe.

    Methods raise ``UnknownIndexError`` for an index that is absent or hidden, ``AsOfError`` for a state that the
    history does not have, and ``UsageError`` for what is not there.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def read(self, caller: Caller, index: str, path: str, as_of: str = "") -> Lines:
        """A whole file: one of the index (the end of its path will do), or any file as of a state."""
        seen, whence = self._service.sees(caller, index), self._service.whence
        try:
            cited = whence.cite_lines(path, 1, 1, name=index, as_of=as_of, allowed=seen)
        except UsageError as error:
            whole = "" if as_of else self._meant(caller, index, path)
            if not whole:
                raise
            if whole == path:
                raise UsageError(
                    f"{path} is in the repository and not in the index (binary, vendored, large)."
                ) from error
            cited = whence.cite_lines(whole, 1, 1, name=index, allowed=seen)
            path = whole
        text = whence.read(cited)
        if text is None:
            raise UsageError(f"{path} can no longer be read at its source: sync the index {index}.")
        return Lines(index=index, path=path, revision=cited.revision, url=cited.url, lines=_lines(text))

    def show(self, caller: Caller, index: str, sha: str) -> Lines:
        """A commit, by its id, a tag, or HEAD: its message, the files it changes, and the beginning of its patch."""
        for history in self._histories(caller, index, ""):
            try:
                commit = find_commit(history, _id_of(history, sha))
            except Unknown as error:
                raise _usage(error) from error
            cited = Citation(
                document_id=commit_id(history.source_id, commit.sha),
                revision=commit.sha,
                path="",
                start=0,
                end=0,
                start_line=1,
                end_line=1,
                quote="",
            )
            text = self._service.whence.read(cited)
            if text is not None:
                return Lines(index=index, path="", revision=commit.sha, url="", lines=_lines(text))
        raise UsageError(f"{index} has no commit {sha}.")

    def fact(self, caller: Caller, index: str, query: FactQuery, question: str, as_of: str = "") -> Answer:
        """The answer to a fact question that is understood already."""
        seen = self._service.sees(caller, index)
        return self._service.whence.fact(query, question, name=index, as_of=as_of, allowed=seen)

    def log(self, caller: Caller, index: str, asked: Asked, as_of: str = "") -> Log:
        """The commits asked for, of the first repository of the index that has them."""
        found: Log | None = None
        unknown: Unknown | None = None
        for history in self._histories(caller, index, as_of):
            try:
                found = _log(history, index, asked)
            except Unknown as error:
                unknown = unknown or error
                continue
            if found.commits:
                return found
        if found is None and unknown is not None:
            raise _usage(unknown) from unknown
        assert found is not None
        return found

    def between(self, caller: Caller, index: str, old: str, new: str, asked: Asked) -> Log:
        """The commits that ``new`` ("": the indexed state) has and ``old`` has not, and the files that differ.

        Given backwards the two are swapped, and ``about`` says so.
        """
        seen, whence = self._service.sees(caller, index), self._service.whence
        first = whence.meant(old, name=index, allowed=seen)
        last = whence.meant(new, name=index, allowed=seen) if new else {}
        history = next((one for one in self._histories(caller, index, "") if one.source_id in first), None)
        if history is None:
            raise UsageError(f"{index} has no history to compare: that needs a git repository.")
        begin = first[history.source_id].revision
        end = last[history.source_id].revision if history.source_id in last else history.revision
        about = f"from {old} ({begin[:7]}) to {new or 'the indexed state'} ({end[:7]})"
        try:
            place = find_place(history, asked.path) if asked.path else None
        except Unknown as error:
            raise _usage(error) from error
        paths = (place.path,) if place else ()
        query = CommitQuery(span=f"{begin}..{end}", paths=paths)
        n = history.count(query)
        if not n and history.count(CommitQuery(span=f"{end}..{begin}", paths=paths)):
            begin, end, about = end, begin, f"{about}, in order of time"
            query = CommitQuery(span=f"{begin}..{end}", paths=paths)
            n = history.count(query)
        commits = history.log(replace(query, n_max=asked.skip + asked.n_max))[asked.skip :]
        differing = [one for one in history.changes(begin, end) if place is None or _is_at(one, place)]
        changes = sorted(differing, key=lambda change: -((change.added or 0) + (change.removed or 0)))
        return Log(
            index=index,
            revision=end,
            about=about + (f", {place.path} only" if place else ""),
            commits=commits,
            more=n > asked.skip + len(commits),
            command=history.command(query),
            n=n,
            changes=changes,
        )

    def symbol(
        self, caller: Caller, index: str, name: str, also: Literal["", "uses", "subclasses"], as_of: str = ""
    ) -> Symbol:
        """Where a name is defined in the code, and what uses or extends it where ``also`` asks for that."""
        told: list[Symbol] = []
        for history in self._histories(caller, index, as_of):
            uses, n_sure = _uses(history, name) if also == "uses" else ([], 0)
            made = Symbol(
                index=index,
                revision=history.revision,
                definitions=history.definitions(name),
                uses=uses,
                n_sure=n_sure,
                subclasses=history.subclasses(name) if also == "subclasses" else (),
            )
            if made.definitions or made.uses or made.subclasses:
                return made
            told.append(made)
        return told[0]

    def status(self, caller: Caller) -> list[IndexStatus]:
        """The indexes of which the caller may see something, with those of their sources."""
        whence, found = self._service.whence, []
        names = self._service.index_names(caller)
        for status in whence.status():
            if status.name in names:
                seen = self._service.sees(caller, status.name)
                found.append(replace(status, sources=[one for one in status.sources if one.id in seen]))
        return found

    def behind(self, caller: Caller, index: str) -> dict[str, int]:
        """Commits that each local repository has beyond what is indexed, by source."""
        seen = self._service.sees(caller, index)
        return {key: n for key, n in self._service.whence.behind(index).items() if key in seen}

    def sync(self, caller: Caller, index: str, until: Literal["text", "vectors"]) -> list[IndexReport]:
        """Brings an index up to its sources. For editors who see all of it. Raises ``Problem`` (403)."""
        rows = self._service.whence.ledger.sources(index)
        if not caller.may(Right.WRITE) or self._service.sees(caller, index) != {row.id for row in rows}:
            self._service.audit(caller, "sync", "denied", index)
            raise denied(f"Syncing {index} is for editors and administrators who may see all of it.")
        reports = self._service.whence.sync(index, until=until)
        self._service.audit(caller, "sync", "done", index)
        return reports

    def _histories(self, caller: Caller, index: str, as_of: str) -> Sequence[History]:
        seen = self._service.sees(caller, index)
        found = self._service.whence.histories(index, as_of=as_of, allowed=seen)
        if not found:
            raise UsageError(f"{index} has no history to ask: that needs a git repository.")
        return found

    def _meant(self, caller: Caller, index: str, path: str) -> str:
        """The one file that the end of a path means, "" without a history. Raises ``UsageError`` with what is there."""
        try:
            histories = self._histories(caller, index, "")
        except UsageError:
            return ""
        for history in histories:
            try:
                place = find_place(history, path)
            except Unknown as error:
                raise _usage(error) from error
            if place.is_folder:
                inside = [name for name in history.files() if name.startswith(f"{place.path}/")]
                raise UsageError(f"{place.path} is a folder of {len(inside)} files: {', '.join(inside[:20])}.")
            if not place.is_present:
                raise UsageError(f"{place.path} is no longer there: see its history, and read it with as_of.")
            return place.path
        return ""


def _usage(unknown: Unknown) -> UsageError:
    """What is not there, without the marks of citations that an error does not have."""
    return UsageError(_MARK.sub("", unknown.fact.text))


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _is_at(change: Change, place: Place) -> bool:
    """Whether a change is one of a file or of what a folder holds; compared whole, so that renames are found."""
    inside = f"{place.path}/"
    return place.path in (change.path, change.old_path) or change.path.startswith(inside)


def _uses(history: History, name: str) -> tuple[list[Use], int]:
    """(uses of the last part of a name, how many of the first are its owner's): the owner's first, tests last."""
    owner, _, last = name.rpartition(".")
    found = sorted(history.uses(last), key=lambda use: TESTS.search(use.path) is not None)
    sure = [use for use in found if not owner or is_of(use, owner)]
    return [*sure, *(use for use in found if use not in sure)], len(sure)


def _id_of(history: History, name: str) -> str:
    """The commit that a tag or HEAD, the indexed one, stands for; any other name as it is."""
    if name == "HEAD":
        return history.revision
    return next((tag.sha for tag in history.tags() if tag.name == name), name)


def _log(history: History, index: str, asked: Asked) -> Log:
    """Raises ``Unknown``, ``UsageError``."""
    place = find_place(history, asked.path) if asked.path else None
    author = find_person(history, asked.author) if asked.author else ""
    query = CommitQuery(
        paths=(place.path,) if place else (),
        text=asked.text,
        author=author,
        since=_moment(asked.since, "since") if asked.since else None,
        until=_moment(asked.until, "until") if asked.until else None,
        follow=place is not None and place.is_present and not place.is_folder,
        n_max=asked.skip + asked.n_max + 1,
    )
    found = history.log(query)[asked.skip :]
    told = [place.path if place else "all files"]
    told += [f"by {author}"] if author else []
    told += [f"changing how often {asked.text!r} occurs"] if asked.text else []
    told += [f"since {asked.since}"] if asked.since else []
    told += [f"until {asked.until}"] if asked.until else []
    return Log(
        index=index,
        revision=history.revision,
        about=", ".join(told),
        commits=found[: asked.n_max],
        more=len(found) > asked.n_max,
        command=history.command(replace(query, n_max=0)),
    )


def _moment(words: str, what: Literal["since", "until"]) -> datetime:
    """The first or last moment of a date in a person's words. Raises ``UsageError``."""
    found = list(find_periods(words, datetime.now(UTC)))
    if len(found) != 1 or found[0][0] > 0 or found[0][1] < len(words.strip()):
        raise UsageError(f"{what}: {words!r} is no date; write 2020, 2020-01, 2020-01-31 or '3 months ago'.")
    period = found[0][2]
    return period.start if what == "since" else period.end - timedelta(seconds=1)

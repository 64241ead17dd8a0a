"""Cited places as a caller may see them: the file at its revision, the commit with its patch, the stored document."""

import re
from dataclasses import dataclass

from whence.serving.access import Caller
from whence.serving.problems import not_found
from whence.serving.service import Service
from whence.serving.source_records import CitedCommit, CitedReply
from whence.sources.languages import classify
from whence.sources.stored import is_repository
from whence.types import Citation, Commit, commit_id, is_commit_id

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a citation points at; ``start`` and ``end`` count characters of the text, both 0 for the whole."""

    index: str
    document_id: str
    revision: str
    start: int = 0
    end: int = 0


class CitedView:
    """Opens citations, narrowed to a caller's rights. Thread-safe."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def open(self, caller: Caller, place: Place) -> CitedReply:
        """The text that a citation is of. Raises ``Problem`` (404), the same for hidden and for absent ones."""
        index = self._service.choose(caller, place.index)
        seen = self._service.sees(caller, index)
        source_id = next((one for one in seen if place.document_id.startswith(f"{one}:")), None)
        reply = None
        if source_id is not None and is_repository(source_id):
            reply = self._of_git(index, source_id, place)
        elif source_id is not None:
            reply = self._of_document(index, place)
        if reply is None:
            raise not_found(f"{place.document_id[:200]!r} is not to be had as it was cited.")
        return reply

    def _of_git(self, index: str, source_id: str, place: Place) -> CitedReply | None:
        """A file or a commit; only at commits that the indexed revision reaches."""
        whence, what = self._service.whence, place.document_id.removeprefix(f"{source_id}:")
        if not _SHA.fullmatch(place.revision):
            return None
        histories = [one for one in whence.histories(index) if one.source_id == source_id]
        commit = next((one for history in histories for one in history.commits(place.revision)), None)
        is_commit = is_commit_id(place.document_id)
        if commit is None or (is_commit and place.document_id != commit_id(source_id, commit.sha)):
            return None
        citation = _citation(place, path=what)
        text = whence.read(citation)
        if text is None:
            return None
        present = [] if is_commit else whence.ledger.documents(index, [place.document_id])
        first, last = _lines(text, place)
        return CitedReply(
            document_id=place.document_id,
            sort="commit" if is_commit else "file",
            path="" if is_commit else what,
            title=commit.subject if is_commit else what,
            language="diff" if is_commit else classify(what)[1],
            revision=place.revision,
            url="",
            is_present=is_commit or any(one.text == text for one in present),
            start_line=first,
            end_line=last,
            commit=_told(commit) if is_commit else None,
            text=text,
        )

    def _of_document(self, index: str, place: Place) -> CitedReply | None:
        """A document of a folder, or one that was handed in, as the ledger holds it now."""
        found = self._service.whence.ledger.documents(index, [place.document_id])
        if not found:
            return None
        document = found[0]
        is_present = document.revision == place.revision or not place.revision
        first, last = _lines(document.text, place)
        return CitedReply(
            document_id=document.id,
            sort="document",
            path=document.path,
            title=document.title or document.path,
            language=document.language,
            revision=document.revision,
            url=document.url,
            is_present=is_present,
            start_line=first,
            end_line=last,
            commit=None,
            text=document.text,
        )


def _citation(place: Place, path: str) -> Citation:
    return Citation(
        document_id=place.document_id,
        revision=place.revision,
        path=path,
        start=place.start,
        end=place.end,
        start_line=1,
        end_line=1,
        quote="",
    )


def _lines(text: str, place: Place) -> tuple[int, int]:
    """First and last line of the characters that were cited; (0, 0) where none are meant or they are not there."""
    if place.end <= place.start or place.end > len(text):
        return 0, 0
    first = text.count("\n", 0, place.start) + 1
    return first, first + text.count("\n", place.start, place.end - 1)


def _told(commit: Commit) -> CitedCommit:
    return CitedCommit(
        sha=commit.sha,
        author=commit.author,
        authored_at=commit.authored_at,
        committed_at=commit.committed_at,
        subject=commit.subject,
        body=commit.body,
    )

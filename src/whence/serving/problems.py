"""Errors as problem details (RFC 9457): one table from the errors of the core to status and type.

``type`` is a URN that never changes, ``detail`` the sentence for people. What went wrong inside the service (5xx) is
told in full to administrators only, as it may name files of the machine; everyone gets the id to ask about.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from whence import errors

MEDIA_TYPE = "application/problem+json"
URN = "urn:whence:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: HTTP status, the last part of its type, its title."""

    status: int
    slug: str
    title: str


TABLE: Mapping[type[errors.WhenceError], Kind] = {
    errors.QuestionError: Kind(422, "question", "The question cannot be read"),
    errors.AsOfError: Kind(404, "as-of", "There is no such earlier state"),
    errors.UnknownIndexError: Kind(404, "unknown-index", "There is no such index, or several and none chosen"),
    errors.UsageError: Kind(400, "request", "The request cannot be carried out as it stands"),
    errors.RevisionError: Kind(404, "revision", "There is no such revision"),
    errors.NotARepositoryError: Kind(404, "source", "There is no such source"),
    errors.PartialCloneError: Kind(422, "partial-clone", "The clone does not hold what is wanted"),
    errors.UnreadableError: Kind(422, "unreadable", "The data cannot be read"),
    errors.RefusedError: Kind(403, "refused", "Reading it is not allowed"),
    errors.HistoryNotLoadedError: Kind(503, "history-loading", "The history is still being read"),
    errors.SourceError: Kind(503, "source", "A source cannot be read"),
    errors.DiskFullError: Kind(507, "disk-full", "There is no room left"),
    errors.BusyError: Kind(503, "busy", "Another process is writing"),
    errors.VersionError: Kind(503, "version", "The index was made by another version"),
    errors.StoreError: Kind(503, "store", "The index cannot be used now"),
    errors.JudgeError: Kind(503, "judge", "A model server cannot be used"),
    errors.TruncatedError: Kind(503, "generation", "A generated text broke off"),
    errors.GenerationError: Kind(503, "generation", "A generating model cannot be used"),
    errors.MissingExtraError: Kind(501, "missing-extra", "A part is not installed"),
    errors.ModelError: Kind(503, "model", "A model cannot be used"),
    errors.WhenceError: Kind(500, "failed", "It failed"),
}
"""The nearest ancestor of an error that stands here decides."""

DEFECT = Kind(500, "defect", "A defect in whence")
INVALID = Kind(422, "invalid", "The request does not have the form it should")
BUSY_RETRY_S = 2


@dataclass(slots=True)
class Problem(Exception):
    """A reply that reports a problem; raised anywhere below the service's front."""

    kind: Kind
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def body(self, request_id: str) -> bytes:
        """The problem as JSON."""
        record = {
            "type": URN + self.kind.slug,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "request_id": request_id,
            **self.more,
        }
        return json.dumps(record).encode()


def unauthorized(detail: str) -> Problem:
    """401: no key, or one that opens nothing."""
    kind = Kind(401, "key", "A key is needed")
    return Problem(kind, detail, {"WWW-Authenticate": 'Bearer realm="whence"'})


def denied(detail: str) -> Problem:
    """403: the key does not open this."""
    return Problem(Kind(403, "denied", "The key does not open this"), detail)


def not_found(detail: str) -> Problem:
    """404: it does not exist for this caller."""
    return Problem(Kind(404, "not-found", "There is no such thing"), detail)


def conflict(detail: str) -> Problem:
    """409: it is not the service's to change."""
    return Problem(Kind(409, "conflict", "It cannot be changed here"), detail)


def too_many(slug: str, detail: str, retry_s: float) -> Problem:
    """429: come back after so many seconds."""
    kind = Kind(429, slug, "Too many requests")
    return Problem(kind, detail, {"Retry-After": str(max(1, round(retry_s + 0.5)))})


def of_status(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> Problem:
    """A problem that HTTP itself has a name for."""
    phrase = HTTPStatus(status).phrase
    return Problem(Kind(status, phrase.lower().replace(" ", "-"), phrase), detail or f"{phrase}.", headers or {})


def of_error(error: BaseException, *, tell_all: bool) -> Problem:
    """The problem that an error of the core, or a defect, is told as."""
    if isinstance(error, Problem):
        return error
    kind = next((TABLE[parent] for parent in type(error).__mro__ if parent in TABLE), DEFECT)
    detail = str(error) if kind is not DEFECT else f"{type(error).__name__}: {error}"
    if kind.status >= 500 and not tell_all:
        detail = f"{kind.title}; the log of the service says more under this request's id."
    headers = {"Retry-After": str(BUSY_RETRY_S)} if kind.status == 503 else {}
    return Problem(kind, detail, headers)

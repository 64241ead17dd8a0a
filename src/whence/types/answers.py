"""What is replied: claims with their citations, and what a generator is asked to write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from whence.types.documents import is_commit_id
from whence.types.reading import Hit

AnswerKind = Literal["fact", "extractive", "generated", "none"]

CitedKind = Literal["lines", "hunk", "commit", "issue", "command"]
"""What a citation is of: lines of a file or document, a hunk of a commit, what a commit says, an issue that it names
there, or a git command that anyone can repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Whence a claim comes. ``quote`` is exactly ``text[start:end]`` of the document at ``revision``.

    ``answer_start`` and ``answer_end`` bound, within it, the words that answer; None where none are marked.
    """

    document_id: str
    revision: str
    path: str
    start: int
    end: int
    start_line: int
    end_line: int
    quote: str
    symbol: str = ""
    title: str = ""
    page: int | None = None
    commit: str | None = None
    issue_id: str | None = None
    comment_id: str | None = None
    url: str = ""
    answer_start: int | None = None
    answer_end: int | None = None


def cited_kind(citation: Citation) -> CitedKind:
    """What is cited; only lines and hunks have a path, and only hunks have lines that are not those of the document."""
    is_of_commit = is_commit_id(citation.document_id)
    if citation.path:
        return "hunk" if is_of_commit else "lines"
    if not is_of_commit:
        return "command"
    return "issue" if citation.issue_id is not None else "commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A span of ``Answer.answer`` and the numbers (from 1) of the citations that carry it."""

    start: int
    end: int
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The whole reply. ``abstained`` means: not found, ``hits`` are the nearest passages.

    ``snapshot`` names the index state it was made from, ``as_of`` the revision, ``indexed`` the share (0..1) of the
    scope that is completely indexed, ``skipped`` the stages that did not run and why. ``asked_as_of`` is the earlier
    state in the words it was asked for ("v2.0", "2019"), "" for the newest indexed one.
    """

    id: str
    question: str
    answer: str
    kind: AnswerKind
    confidence: float
    abstained: bool
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]
    hits: tuple[Hit, ...]
    models: Mapping[str, str]
    index: str
    snapshot: int
    as_of: str
    as_of_date: datetime | None
    indexed: float
    fresh_at: datetime | None
    skipped: tuple[str, ...]
    elapsed_ms: float
    asked_as_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a generator is given: the rules, and the material with the question; at most ``max_tokens`` come back."""

    rules: str
    material: str
    max_tokens: int

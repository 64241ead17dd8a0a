"""What goes over the wire: requests and replies, with the examples that /docs shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from whence.store.listing import ListedDocument
from whence.types import Answer, Citation, Claim, Hit, Kind

Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Conversation = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
Words = str | list[str]


class Filters(BaseModel):
    """What a request asks to be narrowed to; nothing named, nothing narrowed."""

    model_config = ConfigDict(extra="forbid")

    sources: Words = Field(default_factory=list, description="Ids of sources.")
    kinds: Words = Field(default_factory=list, description="code, doc, data, ...")
    paths: Words = Field(default_factory=list, description="Globs over the whole path, such as src/*.")
    languages: Words = Field(default_factory=list, description="python, markdown, ...")


class SearchRequest(BaseModel):
    """A question to find passages for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"question": "strip auth on redirect", "k": 3}]}
    )

    question: str = Field(min_length=1, max_length=20_000, pattern=r"\S")
    index: Name | None = Field(None, description="Which index; may be left out where there is only one.")
    k: int = Field(10, ge=1, le=100, description="How many passages.")
    as_of: str = Field(
        "", max_length=200, description="An earlier state: a tag, a date or a commit, such as v2.0 or 2020-01-31."
    )
    filters: Filters = Field(default_factory=Filters)


class QuestionRequest(SearchRequest):
    """A question to answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"question": "why is the Authorization header dropped on some redirects?"},
                {"question": "and who wrote it?", "conversation": "c-17", "stream": True},
            ]
        },
    )

    conversation: Conversation | None = Field(
        None, description="Any id of yours: follow-up questions with the same id are understood with what was said."
    )
    stream: bool = Field(False, description="Reply as server-sent events: hits, text, citations.")


class Context(BaseModel):
    """A passage that was found. ``similarity`` is the cosine to the question, null where it has no vector."""

    rank: int
    score: float
    similarity: float | None
    document_id: str
    kind: Kind
    path: str
    symbol: str
    start_line: int
    end_line: int
    revision: str
    commit: str | None
    issue_id: str | None
    url: str
    title: str
    text: str


class Source(BaseModel):
    """Where the first citation comes from."""

    commit: str | None
    issue_id: str | None


class SearchReply(BaseModel):
    """Passages, best first."""

    question: str
    index: str
    hits: Sequence[Context]
    similarity: float | None = Field(description="Of the nearest passage.")
    warning: str = Field(description="A sentence where all passages are far from the question, else empty.")
    skipped: Sequence[str]
    elapsed_ms: float


class AnswerReply(BaseModel):
    """An answer. ``claims`` are spans of ``answer`` with the numbers (from 1) of the citations that carry them."""

    id: str
    question: str
    asked: str = Field(description="The question that was searched; differs where the conversation completed it.")
    conversation: str
    answer: str
    kind: Literal["fact", "extractive", "generated", "none"]
    confidence: float
    abstained: bool
    citations: Sequence[Citation]
    claims: Sequence[Claim]
    source: Source
    contexts: Sequence[Context]
    similarity: float | None
    warning: str
    models: Mapping[str, str]
    index: str
    snapshot: int
    as_of: str
    as_of_date: datetime | None
    asked_as_of: str = Field(description="The earlier state that was asked for, in the asker's words.")
    indexed: float
    fresh_at: datetime | None
    skipped: Sequence[str]
    timings_ms: Mapping[str, float]
    elapsed_ms: float


class FeedbackRequest(BaseModel):
    """What somebody thinks of an answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "answer_id": "5f0c9d4be1c94f1f8a3f6b1a2c3d4e5f",
                    "thumbs": "down",
                    "reason": "The limit was raised in 2.1.",
                    "corrected_answer": "At most 40 kilograms since 2.1.",
                }
            ]
        },
    )

    answer_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    thumbs: Literal["up", "down"]
    reason: str = Field("", max_length=10_000)
    corrected_answer: str = Field("", max_length=50_000)


class FeedbackReply(BaseModel):
    """What was stored; a second feedback of the same caller replaces the first."""

    answer_id: str
    thumbs: Literal["up", "down"]
    replaced: bool


class FeedbackEntry(BaseModel):
    """Feedback as a log shows it."""

    at: datetime
    caller: str
    thumbs: Literal["up", "down"]
    reason: str
    corrected_answer: str


class LogEntry(BaseModel):
    """An answer as the log shows it. ``withheld`` says why answer and contexts are not shown, else empty."""

    number: int
    at: datetime
    caller: str
    withheld: str
    feedback: Sequence[FeedbackEntry]
    reply: AnswerReply


class LogPage(BaseModel):
    """Answers, newest first. ``next`` is the ``before`` of the following page, null after the last."""

    entries: Sequence[LogEntry]
    next: int | None


class AuditRecord(BaseModel):
    """One deed."""

    number: int
    at: datetime
    caller: str
    address: str
    action: str
    target: str
    outcome: str
    request_id: str


class AuditPage(BaseModel):
    """Deeds, newest first."""

    entries: Sequence[AuditRecord]
    next: int | None


DocumentId = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class PutRequest(BaseModel):
    """A document as text. ``id`` or ``path`` must be given; equal ids are the same document."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "id": "handbook/leave",
                    "path": "handbook/leave.md",
                    "title": "Leave",
                    "text": "# Leave\n\nEverybody has 30 days of leave a year, because rest keeps people well.\n",
                    "url": "https://intranet.example/handbook/leave",
                }
            ]
        },
    )

    id: DocumentId | None = None
    path: DocumentId | None = Field(None, description="Its suffix tells the format; default: the id, as plain text.")
    text: str = Field(min_length=1)
    index: Name | None = Field(None, description="Which index; it is made if it is not there.")
    title: str = Field("", max_length=500)
    url: str = Field("", max_length=2_000)
    author: str = Field("", max_length=200)
    authored_at: datetime | None = None
    licence: str = Field("", max_length=200)


class PutEntry(BaseModel):
    """What became of one document. It is durable; ``searchable`` says whether it can be found already."""

    id: str
    outcome: Literal["created", "replaced", "unchanged"]
    revision: str
    redactions: int = Field(description="Secrets that were blanked.")
    searchable: bool


class PutReply(BaseModel):
    """What became of the documents of a request."""

    index: str
    documents: Sequence[PutEntry]


class DocumentPage(BaseModel):
    """Documents by id. ``next`` is the ``after`` of the following page, null after the last."""

    index: str
    documents: Sequence[ListedDocument]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReply(ListedDocument):
    """A document as it was stored: its text decoded, and secrets in it blanked."""

    index: str
    licence: str
    committed_at: datetime | None
    text: str


class IndexEntry(BaseModel):
    """An index as its caller sees it."""

    name: str
    documents: int
    snapshot: int
    sources: Sequence[str]
    fresh_at: datetime | None


class IndexList(BaseModel):
    """What can be asked."""

    indexes: Sequence[IndexEntry]


class Health(BaseModel):
    """How the service is."""

    status: str


class ProblemReply(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str


def context(hit: Hit, url: str) -> Context:
    """A hit as it goes over the wire."""
    chunk, dense = hit.chunk, hit.legs.get("dense")
    return Context(
        rank=hit.rank,
        score=hit.score,
        similarity=dense.score if dense else None,
        document_id=chunk.document_id,
        kind=chunk.kind,
        path=chunk.path,
        symbol=chunk.symbol,
        start_line=chunk.start_line,
        end_line=chunk.end_line,
        revision=chunk.revision,
        commit=chunk.revision if chunk.kind in ("commit", "hunk") else None,
        issue_id=None,
        url=url,
        title=chunk.title,
        text=chunk.text,
    )


def answer_reply(answer: Answer, contexts: Sequence[Context], **more: Any) -> AnswerReply:
    """An answer as it goes over the wire; ``more`` are the fields that the record does not have."""
    first = answer.citations[0] if answer.citations else None
    return AnswerReply(
        id=answer.id,
        answer=answer.answer,
        kind=answer.kind,
        confidence=answer.confidence,
        abstained=answer.abstained,
        citations=answer.citations,
        claims=answer.claims,
        source=Source(commit=first.commit if first else None, issue_id=first.issue_id if first else None),
        contexts=contexts,
        models=answer.models,
        index=answer.index,
        snapshot=answer.snapshot,
        as_of=answer.as_of,
        as_of_date=answer.as_of_date,
        asked_as_of=answer.asked_as_of,
        indexed=answer.indexed,
        fresh_at=answer.fresh_at,
        skipped=answer.skipped,
        elapsed_ms=answer.elapsed_ms,
        **more,
    )

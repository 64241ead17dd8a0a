"""Requests and replies in the form of chat completions, and the answer of this service as one.

Of a request the model and the messages count; what steers a sampler is taken and has no effect. Citations stand in the
text, where every client shows them, and whole in the field ``whence`` beside the choices.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whence.errors import QuestionError
from whence.serving.problems import not_found
from whence.serving.records import AnswerReply
from whence.serving.service import Asked
from whence.types import WITHOUT_DENSE, Citation, cited_kind

MODEL = "whence"
"""The model that asks the only index; "whence/NAME" asks that one."""

_PIECE_CHARS = 120
_BYTES_A_TOKEN = 4


class Part(BaseModel):
    """A part of a message; only text is read."""

    model_config = ConfigDict(extra="ignore")

    type: str = "text"
    text: str = ""


class Message(BaseModel):
    """What somebody said."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """All of its text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream tells besides."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool | None = False


class ChatRequest(BaseModel):
    """A chat. The last message of the user is the question; those before it complete it."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {"model": MODEL, "messages": [{"role": "user", "content": "who last changed README.md?"}]},
            ]
        },
    )

    model: str = Field(MODEL, max_length=200, description='"whence", or "whence/INDEX".')
    messages: list[Message] = Field(min_length=1, max_length=1_000)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = Field(1, ge=1, le=1, description="There is one answer.")


def asked_of(request: ChatRequest) -> Asked:
    """The question, with what it follows on. Raises ``QuestionError``, and a 404 ``Problem`` for another model."""
    name, _, index = request.model.partition("/")
    if name != MODEL:
        raise not_found(f"There is no model {request.model[:100]!r}: say {MODEL!r}, or one that GET /v1/models lists.")
    questions = [message.text for message in request.messages if message.role == "user" and message.text.strip()]
    if not questions or request.messages[-1].role not in ("user", "system", "developer"):
        raise QuestionError("The last message must be the user's question, as text.")
    return Asked(
        question=questions[-1],
        index=index or None,
        conversation=_conversation(request.model, questions),
        follows=_conversation(request.model, questions[:-1]) if len(questions) > 1 else "",
        earlier=questions[:-1],
    )


def _conversation(model: str, questions: Sequence[str]) -> str:
    """The same talk gets the same name in every request, though clients send none."""
    written = json.dumps([model, *questions])
    return "chat-" + hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:40]


def text_of(reply: AnswerReply) -> str:
    """The answer, and below it the places of its citations."""
    parts = [reply.answer]
    if reply.citations:
        parts.append("\n".join(f"[{n}] {_place(one)}" for n, one in enumerate(reply.citations, start=1)))
    if reply.asked != reply.question:
        parts.append(f"(understood as: {reply.asked})")
    notes = [note for note in (reply.warning, *reply.skipped) if note and note not in WITHOUT_DENSE]
    parts += [f"({note})" for note in notes]
    return "\n\n".join(parts)


def _place(cited: Citation) -> str:
    kind = cited_kind(cited)
    if kind in {"lines", "hunk"}:
        span = str(cited.start_line) + (f"-{cited.end_line}" if cited.end_line != cited.start_line else "")
        return f"{cited.path}:{span} @{cited.revision[:7]}" + (f" {cited.url}" if cited.url else "")
    if kind in {"commit", "issue"}:
        quote = " ".join(cited.quote.split())[:120]
        return f"commit {cited.revision[:12]} {quote}" + (f" {cited.url}" if cited.url else "")
    return cited.quote


def completion(reply: AnswerReply, request: ChatRequest) -> dict[str, Any]:
    """The whole reply."""
    text = text_of(reply)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, "refusal": None, "annotations": []},
        "logprobs": None,
        "finish_reason": "stop",
    }
    return {**_head(reply, request, "chat.completion"), "choices": [choice], "usage": _usage(request, text)} | _whence(
        reply
    )


def chunks(reply: AnswerReply, request: ChatRequest) -> Iterator[dict[str, Any]]:
    """The reply in pieces; the last one with a choice has the field ``whence``."""
    text = text_of(reply)
    head = _head(reply, request, "chat.completion.chunk")

    def piece(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]}

    yield piece({"role": "assistant", "content": ""})
    for start in range(0, len(text), _PIECE_CHARS):
        yield piece({"content": text[start : start + _PIECE_CHARS]})
    yield piece({}, "stop") | _whence(reply)
    if request.stream_options and request.stream_options.include_usage:
        yield {**head, "choices": [], "usage": _usage(request, text)}


def models(names: Sequence[str]) -> dict[str, Any]:
    """What can be chosen: the only index, and each by its name."""
    listed = [MODEL, *(f"{MODEL}/{name}" for name in names)]
    return {
        "object": "list",
        "data": [{"id": name, "object": "model", "created": 0, "owned_by": "whence"} for name in listed],
    }


def failure(detail: str, kind: str, status: int) -> dict[str, Any]:
    """An error in the form that clients of this protocol look for."""
    return {"error": {"message": detail, "type": kind, "code": kind, "param": None, "status": status}}


def _head(reply: AnswerReply, request: ChatRequest, what: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{reply.id}", "object": what, "created": int(time.time()), "model": request.model}


def _whence(reply: AnswerReply) -> dict[str, Any]:
    return {"whence": reply.model_copy(update={"contexts": ()}).model_dump(mode="json")}


def _usage(request: ChatRequest, text: str) -> dict[str, int]:
    """Estimated: nothing here is counted in a model's tokens."""
    asked = sum(len(message.text.encode("utf-8", "replace")) for message in request.messages) // _BYTES_A_TOKEN + 1
    told = len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN + 1
    return {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}

"""The door for programs that speak to an OpenAI-compatible server: chat completions and the list of models."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from whence.errors import WhenceError
from whence.serving.access import Caller, Right
from whence.serving.application import Application, Here, Who
from whence.serving.openai_records import ChatRequest, asked_of, chunks, completion, failure, models
from whence.serving.problems import Problem, of_error
from whence.serving.records import AnswerReply, ProblemReply
from whence.serving.wire_replies import json_reply

router = APIRouter(tags=["chat completions"], prefix="/v1")
logger = logging.getLogger("whence.serving")

_EVENT = {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}}
_STREAM = {"text/event-stream": {"schema": _EVENT, "example": "data: {...}\n\ndata: [DONE]\n\n"}}

_FAILURE = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "code", "param", "status"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "code": {"type": "string"},
                "param": {"type": "null"},
                "status": {"type": "integer"},
            },
        }
    },
}
_PROBLEM = {"application/problem+json": {"schema": ProblemReply.model_json_schema()}}
_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"description": told, "content": {"application/json": {"schema": _FAILURE}, **_PROBLEM}}
    for status, told in {
        400: "The question cannot be answered as it stands.",
        403: "The key does not open this.",
        404: "There is no such model, or not for this caller.",
        422: "The request does not have the form it should.",
        429: "Too many requests; Retry-After says when to come again.",
        503: "The index or a model cannot be used now.",
    }.items()
}
"""In the form that clients of such servers know; problem details where the request did not get as far as that."""


@router.post(
    "/chat/completions",
    summary="Answer the last message of a chat",
    responses={200: {"description": "A chat completion, or its chunks as events.", "content": _STREAM}, **_FAILURES},
)
async def chat(request: ChatRequest, here: Here, who: Who) -> Response:
    """The form of an OpenAI-compatible server, so that its clients work unchanged; the answer is that of `/question`.

    Citations stand below the text, and whole in the field `whence`. Messages before the last one complete a follow-up
    question; system messages and what steers a sampler have no effect. `usage` is estimated.
    """
    try:
        asked = asked_of(request)
        future = here.work.submit(lambda: here.service.ask(who, asked))
        if request.stream:
            return _stream(here, who, request, future)
        return json_reply(_bytes(completion(await future, request)))
    except (WhenceError, Problem) as error:
        return _failed(here, who, error)


@router.get("/models", summary="List what can be asked, as models")
async def list_models(here: Here, who: Who) -> Response:
    """`whence` is the only index; `whence/NAME` is the one of that name."""
    return json_reply(await here.work.glance(lambda: _bytes(models(here.service.index_names(who)))))


def _stream(here: Application, who: Caller, request: ChatRequest, future: "asyncio.Future[AnswerReply]") -> Response:
    """Chunks as events. An answer is checked as a whole before any of it leaves, so it begins when it is complete."""

    async def written() -> AsyncIterator[bytes]:
        try:
            reply = await future
            for chunk in chunks(reply, request):
                yield b"data: " + _bytes(chunk) + b"\n\n"
        except Exception as error:
            logger.exception("an answer broke off", extra={"request_id": who.request_id})
            yield b"data: " + bytes(_failed(here, who, error).body) + b"\n\n"
        finally:
            future.cancel()
        yield b"data: [DONE]\n\n"

    return StreamingResponse(written(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _failed(here: Application, who: Caller, error: Exception) -> Response:
    problem = of_error(error, tell_all=who.may(Right.ADMIN))
    here.meters.problems.labels(problem.kind.slug).inc()
    reply = json_reply(_bytes(failure(problem.detail, problem.kind.slug, problem.kind.status)), problem.kind.status)
    reply.headers.update(problem.headers)
    return reply


def _bytes(record: dict[str, object]) -> bytes:
    return json.dumps(record).encode()

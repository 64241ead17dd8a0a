"""Questions: answered whole or as a stream of events, and searches."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.responses import Response, StreamingResponse

from whence.serving.access import Caller, Right
from whence.serving.application import Application, Here, Who
from whence.serving.problems import of_error
from whence.serving.records import (
    AnswerReply,
    Context,
    IndexList,
    QuestionRequest,
    SearchReply,
    SearchRequest,
)
from whence.serving.service import Asked
from whence.serving.wire_replies import event, json_reply, to_bytes

router = APIRouter(tags=["questions"])
logger = logging.getLogger("whence.serving")

_STREAM = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": {"enum": ["hits", "text", "citations", "problem"]},
                "data": {"type": "string", "contentMediaType": "application/json"},
            },
        },
        "example": 'event: hits\ndata: [...]\n\nevent: text\ndata: {"text": "..."}\n\n'
        "event: citations\ndata: {...}\n\n",
    }
}


@router.post(
    "/question",
    summary="Answer a question",
    response_model=AnswerReply,
    responses={200: {"description": "The answer; as events where `stream` asks for them.", "content": _STREAM}},
)
async def question(asked: QuestionRequest, here: Here, who: Who) -> Response:
    """An answer whose citations were read again at their source, or one that abstains (`abstained`, kind "none").

    With `stream`: the event `hits` (the contexts) as soon as they are found, and once more where a model orders them
    anew (the last counts); `text` with the answer, then `citations` with everything else. A fact has no hits. An error
    after the beginning is an event `problem`.
    """
    wanted = _asked(asked, asked.conversation or "")
    if asked.stream:
        return _stream(here, who, wanted)
    body = await here.work.run(lambda: to_bytes(here.service.ask(who, wanted)))
    return json_reply(body)


@router.post("/search", summary="Find passages", response_model=SearchReply)
async def search(asked: SearchRequest, here: Here, who: Who) -> Response:
    """The passages that fit best, by words, by meaning, and by the names that the question mentions."""
    wanted = _asked(asked, "")
    return json_reply(await here.work.run(lambda: to_bytes(here.service.search(who, wanted))))


@router.get("/indexes", summary="List what can be asked", response_model=IndexList)
async def indexes(here: Here, who: Who) -> Response:
    """Each index of which the caller may see something."""
    return json_reply(await here.work.glance(lambda: to_bytes(IndexList(indexes=here.service.indexes(who)))))


def _asked(request: SearchRequest, conversation: str) -> Asked:
    filters = request.filters.model_dump(exclude_unset=True)
    if request.as_of:
        filters["as_of"] = request.as_of
    return Asked(
        question=request.question, index=request.index, k=request.k, filters=filters, conversation=conversation
    )


def _stream(here: Application, who: Caller, wanted: Asked) -> Response:
    """Events as they come. Whether the question is taken at all is decided before the reply begins."""
    loop, events = asyncio.get_running_loop(), asyncio.Queue[bytes | None]()
    began = time.perf_counter()

    def tell(*told: bytes | None) -> None:
        for item in told:
            loop.call_soon_threadsafe(events.put_nowait, item)

    def answer() -> None:
        told = False

        def hits(contexts: Sequence[Context]) -> None:
            nonlocal told
            tell(event("hits", _contexts.dump_json(contexts)))
            if not told:
                here.meters.first_event_s.observe(time.perf_counter() - began)
            told = True

        try:
            reply = here.service.ask(who, wanted, hits)
            if not told:
                here.meters.first_event_s.observe(time.perf_counter() - began)
            rest = reply.model_copy(update={"contexts": ()})
            tell(event("text", json.dumps({"text": reply.answer}).encode()), event("citations", to_bytes(rest)))
        except Exception as error:
            problem = of_error(error, tell_all=who.may(Right.ADMIN))
            if problem.kind.status >= 500:
                logger.exception("an answer broke off", extra={"request_id": who.request_id})
            here.meters.problems.labels(problem.kind.slug).inc()
            tell(event("problem", problem.body(who.request_id)))
        finally:
            tell(None)

    future = here.work.submit(answer)

    async def written() -> AsyncIterator[bytes]:
        try:
            while (item := await events.get()) is not None:
                yield item
        finally:
            future.cancel()  # whoever left before it began is not worked for

    return StreamingResponse(written(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


_contexts = TypeAdapter(Sequence[Context])

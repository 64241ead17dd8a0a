"""The log of answers and the audit log."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response, StreamingResponse

from whence.serving.application import Here, Who
from whence.serving.records import AuditPage, LogEntry, LogPage
from whence.serving.wire_replies import json_reply, to_bytes
from whence.store.answer_log import LogFilter

router = APIRouter(tags=["logs"])

_LINES = {"application/x-ndjson": {"schema": {"type": "string"}}}


@router.get(
    "/logs",
    summary="List answers, newest first",
    response_model=LogPage,
    responses={200: {"description": "A page, or with `format=jsonl` all as JSON Lines.", "content": _LINES}},
)
async def logs(
    here: Here,
    who: Who,
    index: str | None = None,
    user: Annotated[str | None, Query(description="Id of a key; administrators only.")] = None,
    conversation: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    kind: Annotated[Literal["", "fact", "extractive", "generated", "none"], Query()] = "",
    abstained: bool | None = None,
    min_confidence: Annotated[float | None, Query(ge=0, le=1)] = None,
    max_confidence: Annotated[float | None, Query(ge=0, le=1)] = None,
    text: Annotated[str, Query(max_length=200, description="Part of the question.")] = "",
    thumbs: Annotated[Literal["", "up", "down"], Query()] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[int | None, Query(ge=0, le=2**31 - 1, description="`next` of the page before.")] = None,
    format: Annotated[Literal["json", "jsonl"], Query()] = "json",
) -> Response:
    """Readers and editors see their own questions, administrators those of everyone.

    What an answer quoted is withheld where the caller may not see it, or where it was deleted since.
    """
    wanted = LogFilter(
        caller=user,
        conversation=conversation,
        since=since,
        until=until,
        kind=kind,
        abstained=abstained,
        least_confidence=min_confidence,
        most_confidence=max_confidence,
        text=text,
        is_good={"up": True, "down": False}.get(thumbs),
    )
    if format == "json":
        page = await here.work.glance(
            lambda: to_bytes(here.logs.page(who, wanted, index=index, n_max=limit, before=before))
        )
        return json_reply(page)

    def lines() -> Iterator[bytes]:
        position = before
        while True:
            page = here.logs.page(who, wanted, index=index, n_max=limit, before=position)
            yield b"".join(to_bytes(entry) + b"\n" for entry in page.entries)
            if page.next is None:
                return
            position = page.next

    first = lines()
    head = await here.work.glance(lambda: next(first))

    def all_lines() -> Iterator[bytes]:
        yield head
        yield from first

    await here.work.glance(lambda: here.service.audit(who, "export log", "done", index or ""))
    return StreamingResponse(all_lines(), media_type="application/x-ndjson")


@router.get("/logs/{id}", summary="Show one answer", response_model=LogEntry)
async def log(id: Annotated[str, Path(max_length=64)], here: Here, who: Who) -> Response:
    """With its contexts, timings, models, snapshot and feedback. 404 where it does not exist for the caller."""
    return json_reply(await here.work.glance(lambda: to_bytes(here.logs.entry(who, id))))


@router.get("/audit", summary="List who did what, newest first", response_model=AuditPage)
async def audit(
    here: Here,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
) -> Response:
    """Changes, exports of the log, and everyone who was refused."""
    return json_reply(await here.work.glance(lambda: to_bytes(here.logs.audit_page(limit, before))))

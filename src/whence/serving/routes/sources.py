"""Sources and cited places: what the web page shows beside answers."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from whence.serving.application import Here, Who
from whence.serving.cited_view import Place
from whence.serving.records import ProblemReply
from whence.serving.source_records import CitedReply, SourceList, SyncReply, SyncRequest
from whence.serving.wire_replies import json_reply, to_bytes

router = APIRouter(tags=["sources"])

_HIDDEN = {"content": {"application/problem+json": {"schema": ProblemReply.model_json_schema()}}}


@router.get("/sources", summary="Show what the indexes are made of", response_model=SourceList)
async def sources(here: Here, who: Who) -> Response:
    """Each source with its revision, when it was read, and what was left out; and what the caller may do."""
    return json_reply(await here.work.glance(lambda: to_bytes(here.sources.page(who))))


@router.post("/sync", summary="Bring an index up to date", status_code=202, response_model=SyncReply)
async def sync(wanted: SyncRequest, here: Here, who: Who) -> Response:
    """Returns at once; `GET /sources` says `working` until it is done, and `failed` where it did not end well."""
    return json_reply(await here.work.glance(lambda: to_bytes(here.sources.sync(who, wanted.index))), 202)


@router.get(
    "/cited",
    summary="Open a citation",
    response_model=CitedReply,
    responses={404: {"description": "It does not exist for the caller as it was cited.", **_HIDDEN}},
)
async def cited(
    here: Here,
    who: Who,
    index: Annotated[str, Query(max_length=80)],
    document_id: Annotated[str, Query(max_length=2_000)],
    revision: Annotated[str, Query(max_length=64)] = "",
    start: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    end: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """The whole text: a file as it was at the revision, a commit with its patch, a document as it is now."""
    place = Place(index=index, document_id=document_id, revision=revision, start=start, end=end)
    return json_reply(await here.work.glance(lambda: to_bytes(here.cited.open(who, place))))

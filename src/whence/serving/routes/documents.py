"""Documents: put, listed, shown, deleted."""

import asyncio
import time
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from whence.pipelines.pushing import PushedDocument
from whence.serving.application import Here, Who
from whence.serving.document_view import Wanted
from whence.serving.problems import of_status
from whence.serving.records import DocumentPage, DocumentReply, ProblemReply, PutReply, PutRequest
from whence.serving.wire_replies import json_reply, to_bytes

router = APIRouter(tags=["documents"])

_MOST_FILES = 100
_POLL_S = 0.1
_FORM_FIELDS = ("id", "path", "index", "title", "url", "author", "authored_at", "licence")
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1},
        **{name: {"type": "string"} for name in _FORM_FIELDS},
    },
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": PutRequest.model_json_schema(),
                "examples": {"text": {"value": PutRequest.model_config["json_schema_extra"]["examples"][0]}},  # type: ignore[index]
            },
            "multipart/form-data": {"schema": _FORM},
        },
    }
}
_CREATED: dict[int | str, dict[str, Any]] = {
    201: {"model": PutReply, "description": "At least one was new."},
    415: {
        "description": "Neither JSON nor a form.",
        "content": {"application/problem+json": {"schema": ProblemReply.model_json_schema()}},
    },
}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}

Id = Annotated[str | None, Query(description="Where several indexes have it.", max_length=80)]


@router.put("/document", summary="Store documents", response_model=PutReply, responses=_CREATED, openapi_extra=_BODY)
async def put(
    request: Request,
    here: Here,
    who: Who,
    wait_s: Annotated[float, Query(ge=0, le=60, description="How long to wait for it to be searchable.")] = 0.0,
) -> Response:
    """JSON with a text, or files as `multipart/form-data` in any format that folders are read in (PDF, HTML, ...).

    When this replies, the documents are durable and can be read; they are searchable a little later. Putting the same
    again changes nothing. Secrets are blanked before anything is stored. A form with one file may say `id`, `path`,
    `title`, ...; of several files each has its name as id.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        body = await request.body()
        reply = await here.work.run(lambda: here.documents.put(who, *_from_json(body)))
    elif kind == "multipart/form-data":
        async with request.form(max_files=_MOST_FILES, max_fields=20) as form:
            index, given = await _from_form(form)
        reply = await here.work.run(lambda: here.documents.put(who, index, given))
    else:
        raise of_status(415, "A document comes as application/json or multipart/form-data.")
    until = time.monotonic() + wait_s
    while not all(one.searchable for one in reply.documents) and time.monotonic() < until:
        await asyncio.sleep(_POLL_S)
        reply = await here.work.glance(partial(here.documents.with_searchable, reply))
    created = any(one.outcome == "created" for one in reply.documents)
    return json_reply(to_bytes(reply), 201 if created else 200)


@router.get("/documents", summary="List documents", response_model=DocumentPage)
async def documents(
    here: Here,
    who: Who,
    index: Id = None,
    path: Annotated[list[str], Query(description="Globs over the whole path.", max_length=20)] = [],  # noqa: B006
    kind: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    language: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    source: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str, Query(max_length=2_000, description="`next` of the page before.")] = "",
) -> Response:
    """By id, without their texts."""
    wanted = Wanted(index=index, paths=path, kinds=kind, languages=language, sources=source, after=after, n_max=limit)
    return json_reply(await here.work.glance(lambda: to_bytes(here.documents.page(who, wanted))))


@router.get(
    "/document/{id:path}",
    summary="Show a document",
    response_model=DocumentReply,
    responses={200: {"description": "The document; its text alone where text/plain is asked for.", "content": _TEXT}},
)
async def get(id: str, request: Request, here: Here, who: Who, index: Id = None) -> Response:
    """The original as it was stored: decoded, secrets blanked."""
    if request.headers.get("accept", "").startswith("text/plain"):
        found = await here.work.glance(lambda: here.documents.get(who, id, index).text.encode("utf-8", "replace"))
        return Response(found, media_type="text/plain; charset=utf-8")
    return json_reply(await here.work.glance(lambda: to_bytes(here.documents.get(who, id, index))))


@router.delete("/document/{id:path}", summary="Delete a document", status_code=204)
async def delete(id: str, here: Here, who: Who, index: Id = None) -> Response:
    """Nobody finds or reads it any more when this replies. Only what was put: 409 for what a repository holds."""
    await here.work.run(lambda: here.documents.delete(who, id, index))
    return Response(status_code=204)


def _from_json(body: bytes) -> tuple[str | None, list[PushedDocument]]:
    try:
        request = PutRequest.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
        ) from error
    name = request.id or request.path
    if name is None:
        raise of_status(422, "A document needs an `id` or a `path`.")
    return request.index, [
        PushedDocument(
            id=name,
            data=request.text.encode("utf-8"),
            path=request.path or "",
            title=request.title,
            url=request.url,
            author=request.author,
            authored_at=request.authored_at,
            licence=request.licence,
        )
    ]


async def _from_form(form: FormData) -> tuple[str | None, list[PushedDocument]]:
    files = [item for item in form.getlist("file") if isinstance(item, UploadFile)]
    told = {name: value for name, value in form.items() if isinstance(value, str)}
    if not files or set(told) - set(_FORM_FIELDS):
        raise of_status(422, f"A form holds one or more files as `file`, and may say {', '.join(_FORM_FIELDS)}.")
    if len(files) > 1 and {"id", "path", "title", "url"} & set(told):
        raise of_status(422, "Of several files none can have the `id`, `path`, `title` or `url` of the form.")
    given = [await _from_file(file, told) for file in files]
    return told.get("index") or None, given


async def _from_file(file: UploadFile, told: dict[str, str]) -> PushedDocument:
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    path = told.get("path") or name or told.get("id", "")
    return PushedDocument(
        id=told.get("id") or path,
        data=await file.read(),
        path=path,
        title=told.get("title", ""),
        url=told.get("url", ""),
        author=told.get("author", ""),
        authored_at=_moment(told.get("authored_at", "")),
        licence=told.get("licence", ""),
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise of_status(422, "`authored_at` is a time like 2026-05-17T09:00:00Z.") from None

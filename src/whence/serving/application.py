"""The application: one object of everything the service has, and the ASGI application around it.

A worker process makes its own with ``from_environment``; tests and other programs make one with ``create``.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from whence.interface import Whence
from whence.monitoring.meters import Meters
from whence.serving.access import Caller, Doorkeeper
from whence.serving.cited_view import CitedView
from whence.serving.document_view import DocumentView, WriteBehind
from whence.serving.doors import ROUTERS, TAKES_ANY_PARAMETER, TAKES_DOCUMENTS
from whence.serving.front import Front
from whence.serving.gate import Gate, is_loopback
from whence.serving.heap import give_back_free_memory
from whence.serving.log_view import LogView
from whence.serving.options import ServingOptions
from whence.serving.problems import INVALID, Problem, of_status
from whence.serving.records import ProblemReply
from whence.serving.service import Service
from whence.serving.source_view import SourceView
from whence.serving.work import Work

ENVIRONMENT = "WHENCE_SERVING"
"""Names the variable by which a worker learns what its parent was told: JSON of data, config and options."""

_FORGET_EVERY_S = 3600.0
_OBSERVE_EVERY_S = 5.0
_TRIM_EVERY_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What routes need. ``request.app.state.application`` is one; ``Here`` and ``Who`` hand it to a route."""

    service: Service
    work: Work
    meters: Meters
    options: ServingOptions
    doorkeeper: Doorkeeper
    logs: LogView
    documents: DocumentView
    sources: SourceView
    cited: CitedView


def application_of(request: Request) -> Application:
    """The application that a request has reached."""
    found: Application = request.app.state.application
    return found


def caller_of(request: Request) -> Caller:
    """Who was let in."""
    found: Caller = request.state.caller
    return found


Here = Annotated[Application, Depends(application_of)]
Who = Annotated[Caller, Depends(caller_of)]


def asks_for_keys(options: ServingOptions) -> bool:
    """Whether nobody gets in without a key."""
    return options.access == "keys" or not is_loopback(options.host)


def create(reopen: Callable[[], Whence], options: ServingOptions) -> FastAPI:
    """The ASGI application over the data folder that ``reopen`` opens, and opens again when asked to reload.

    Raises ``StoreError``.
    """
    meters = Meters()
    service = Service(reopen, options, meters, readers=options.readers or _cores())
    doorkeeper = Doorkeeper(service.keys, asks_for_keys=asks_for_keys(options))
    work = Work(options.threads, options.queue, meters)
    write_behind = WriteBehind(service)
    application = Application(
        service=service,
        work=work,
        meters=meters,
        options=options,
        doorkeeper=doorkeeper,
        logs=LogView(service),
        documents=DocumentView(service, write_behind),
        sources=SourceView(service),
        cited=CitedView(service),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=service.warm, name="whence-warm", daemon=True).start()
        chores = asyncio.create_task(_chores(application))
        try:
            yield
        finally:
            chores.cancel()
            await asyncio.to_thread(work.close)
            await asyncio.to_thread(write_behind.close)
            await asyncio.to_thread(service.close)

    middleware = [Middleware(Front, meters=meters)]
    if options.cors_origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=options.cors_origins,
                allow_methods=["GET", "POST", "PUT", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Request-ID"],
                expose_headers=["X-Request-ID", "Retry-After"],
            )
        )
    middleware.append(Middleware(Gate, service=service, doorkeeper=doorkeeper, options=options))
    app = FastAPI(
        title="whence",
        version=version("whence"),
        description="Answers with citations that the program resolves itself. Every error is a problem detail "
        "(RFC 9457); 429 says in Retry-After when to come again.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        middleware=middleware,
        max_body_size=options.max_question_bytes,
        responses=_problem_responses(),
        redirect_slashes=False,
    )
    app.state.application = application
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    for name in ROUTERS:
        limit = options.max_document_bytes if name in TAKES_DOCUMENTS else None
        checked = [] if name in TAKES_ANY_PARAMETER else [Depends(only_known_parameters)]
        app.include_router(import_module(name).router, max_body_size=limit, dependencies=checked)
    return app


def from_environment() -> FastAPI:
    """The application of a worker process, made as its parent was told."""
    sys.setswitchinterval(0.001)  # a search takes the interpreter up again many times, each after as long a wait
    told = json.loads(os.environ[ENVIRONMENT])
    lists = {name: tuple(value) for name, value in told["options"].items() if isinstance(value, list)}
    options = ServingOptions(**(told["options"] | lists))
    return create(lambda: Whence(told["data"], config=told["config"]), options)


async def _chores(application: Application) -> None:
    """What has to be done now and then; an error of it must not end it."""
    ticks, trims = (int(every / _OBSERVE_EVERY_S) for every in (_FORGET_EVERY_S, _TRIM_EVERY_S))
    tick = 0
    while True:
        if tick % trims == trims - 1:
            await asyncio.to_thread(give_back_free_memory)
        application.meters.observe_process()
        if tick % ticks == 0:
            await asyncio.to_thread(application.service.forget_old_answers)
        tick += 1
        await asyncio.sleep(_OBSERVE_EVERY_S)


async def only_known_parameters(request: Request) -> None:
    """Refuses what a route does not know: a misspelt filter or page would be left out without a word."""
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    for name in request.query_params:
        if name not in known:
            choice = f"choose from {', '.join(sorted(known))}" if known else "there is none here"
            message = f"There is no such parameter: {choice}"
            raise Problem(
                INVALID, f"query.{name}: {message}.", more={"errors": [{"at": ["query", name], "message": message}]}
            )


async def _invalid(_: Request, error: Exception) -> Any:
    assert isinstance(error, RequestValidationError)
    faults = [_fault(item) for item in error.errors()]
    first = faults[0] if faults else {"at": [], "message": "it cannot be read"}
    place = ".".join(str(part) for part in first["at"])
    raise Problem(INVALID, f"{place}: {first['message']}.", more={"errors": faults})


def _fault(item: Any) -> dict[str, Any]:
    if item["type"] == "json_invalid":
        said = str(item.get("ctx", {}).get("error", "")).rstrip(".")
        return {"at": ["body"], "message": f"It is not JSON: {said} (character {item['loc'][-1]})"}
    if item["type"] in {"model_attributes_type", "model_type"} and item["loc"] == ("body",):
        return {"at": ["body"], "message": "It must be a JSON object, sent with Content-Type: application/json"}
    return {"at": list(item["loc"]), "message": item["msg"]}


async def _http_error(_: Request, error: Exception) -> Any:
    assert isinstance(error, HTTPException)
    raise of_status(error.status_code, str(error.detail), error.headers)


def _problem_responses() -> dict[int | str, dict[str, Any]]:
    content = {"application/problem+json": {"schema": ProblemReply.model_json_schema()}}
    told = {
        400: "The request cannot be carried out as it stands.",
        401: "A key is needed.",
        403: "The key does not open this.",
        404: "There is no such thing, or not for this caller.",
        413: "The request is too large.",
        422: "The request does not have the form it should.",
        429: "Too many requests; Retry-After says when to come again.",
        503: "The index or a model cannot be used now.",
    }
    return {status: {"description": text, "content": content} for status, text in told.items()}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

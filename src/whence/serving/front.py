"""The outermost layer: every request gets an id, a line in the log, its meters and safe headers; problems a body."""

import json
import logging
import re
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whence.monitoring.meters import Meters
from whence.serving.access import Caller, Right
from whence.serving.openai_records import failure
from whence.serving.problems import MEDIA_TYPE, Problem, of_error

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
}
"""Given unless a route has set its own."""

logger = logging.getLogger("whence.serving")


class Front:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and sees to what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        began, status, sent_bytes = time.perf_counter(), 0, 0

        async def send_safely(message: Message) -> None:
            nonlocal status, sent_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers["X-Request-ID"] = request_id
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
            elif message["type"] == "http.response.body":
                sent_bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_safely)
        except Exception as error:
            if status:
                logger.exception("a reply broke off", extra={"request_id": request_id})
            else:
                await self.reply_problem(error, scope, send_safely)
        finally:
            self._tell(scope, status, sent_bytes, time.perf_counter() - began)

    async def reply_problem(self, error: Exception, scope: Scope, send: Send) -> None:
        """The reply to a request that an error ended."""
        state = scope["state"]
        caller: Caller | None = state.get("caller")
        problem = of_error(error, tell_all=caller is not None and caller.may(Right.ADMIN))
        if problem.kind.status >= 500 and not isinstance(error, Problem):  # which is meant, as while it starts
            logger.error(str(error), exc_info=error, extra={"request_id": state["request_id"]})
        self._meters.problems.labels(problem.kind.slug).inc()
        if scope["path"].startswith("/v1/"):  # clients of that protocol show nothing else of a problem
            problem = replace(
                problem, more={**problem.more, **failure(problem.detail, problem.kind.slug, problem.kind.status)}
            )
        body = problem.body(state["request_id"])
        headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **problem.headers}
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": problem.kind.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    def _tell(self, scope: Scope, status: int, sent_bytes: int, elapsed_s: float) -> None:
        state = scope["state"]
        route = state.get("route", "unknown")
        caller: Caller | None = state.get("caller")
        method = scope["method"] if route != "unknown" else "other"
        self._meters.requests.labels(method, route, str(status)).inc()
        self._meters.request_s.labels(route).observe(elapsed_s)
        record = {
            "request_id": state["request_id"],
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(elapsed_s * 1000, 1),
            "bytes": sent_bytes,
            "caller": caller.id if caller else "",
            "address": scope["client"][0] if scope.get("client") else "",
        }
        logger.info("request", extra={"request": record})


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and whatever the record was given."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in ("request_id", "request", "audit"):
            if hasattr(record, name):
                value = getattr(record, name)
                line |= value if isinstance(value, dict) else {name: value}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def logging_settings(level: str = "INFO") -> dict[str, object]:
    """Settings for ``logging.config``: JSON lines of everything on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {name: {"level": level} for name in ("whence", "uvicorn", "uvicorn.error")},
    }

"""Every door of the service: which router answers it and which right it asks for, in this one place.

A further router is one file with a ``router``, a line in ``ROUTERS``, and one in ``DOORS`` for each of its routes. A
request that fits no line here is answered 404 (405 where only the method differs), whatever routes there are: a route
that was forgotten here cannot be reached.
"""

import re
from dataclasses import dataclass

from starlette.routing import compile_path

from whence.serving.access import Right

ROUTERS = (
    "whence.serving.routes.health",
    "whence.serving.routes.questions",
    "whence.serving.routes.documents",
    "whence.serving.routes.feedback",
    "whence.serving.routes.logs",
    "whence.serving.routes.mcp",
    "whence.serving.routes.openai",
    "whence.serving.routes.reference",
    "whence.serving.routes.sources",
    "whence.serving.routes.page",
)
"""Modules with a ``router``."""

TAKES_DOCUMENTS = frozenset({"whence.serving.routes.documents"})
"""Routers whose requests may be as large as documents."""

TAKES_ANY_PARAMETER = frozenset(
    f"whence.serving.routes.{name}" for name in ("health", "mcp", "openai", "page", "reference")
)
"""Routers that other programs and browsers call, which add parameters of their own to an address."""

DOORS: tuple[tuple[str, str, Right], ...] = (
    ("GET", "/", Right.OPEN),
    ("GET", "/page/{name}", Right.OPEN),
    ("GET", "/healthz", Right.OPEN),
    ("GET", "/readyz", Right.OPEN),
    ("GET", "/docs", Right.OPEN),
    ("GET", "/openapi.json", Right.OPEN),
    ("POST", "/question", Right.READ),
    ("POST", "/search", Right.READ),
    ("GET", "/indexes", Right.READ),
    ("GET", "/documents", Right.READ),
    ("PUT", "/document", Right.WRITE),
    ("GET", "/document/{id:path}", Right.READ),
    ("DELETE", "/document/{id:path}", Right.WRITE),
    ("GET", "/sources", Right.READ),
    ("GET", "/cited", Right.READ),
    ("POST", "/sync", Right.WRITE),
    ("POST", "/feedback", Right.READ),
    ("POST", "/mcp", Right.READ),
    ("POST", "/v1/chat/completions", Right.READ),
    ("GET", "/v1/models", Right.READ),
    ("GET", "/logs", Right.READ),
    ("GET", "/logs/{id}", Right.READ),
    ("GET", "/audit", Right.ADMIN),
    ("GET", "/metrics", Right.ADMIN),
)


@dataclass(frozen=True, slots=True)
class Door:
    """A door as a request finds it."""

    method: str
    path: str
    right: Right
    pattern: re.Pattern[str]


def doors() -> list[Door]:
    """The doors in order; of those that fit a path the first counts."""
    return [Door(method, path, right, compile_path(path)[0]) for method, path, right in DOORS]

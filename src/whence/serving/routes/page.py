"""The web page: files of the package, given as they are. The page itself asks for the rest, with the user's key."""

import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import Response

from whence.serving.problems import of_status

router = APIRouter(include_in_schema=False)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Nothing inline, nothing from elsewhere, and no text becomes markup: the browser itself refuses."""

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@router.get("/")
async def page(request: Request) -> Response:
    """The page."""
    return _reply("index.html", request)


@router.get("/page/{name}")
async def part(name: str, request: Request) -> Response:
    """A script, a style sheet or a picture of the page."""
    if name not in _names() or name == "index.html":
        raise of_status(404, "The page has no such part.")
    return _reply(name, request)


@cache
def _names() -> frozenset[str]:
    folder = files("whence.serving.page").iterdir()
    return frozenset(one.name for one in folder if "." + one.name.rpartition(".")[2] in _MEDIA_TYPES)


@cache
def _content(name: str) -> tuple[bytes, str]:
    data = files("whence.serving.page").joinpath(name).read_bytes()
    return data, f'"{hashlib.sha256(data).hexdigest()[:20]}"'


def _reply(name: str, request: Request) -> Response:
    data, tag = _content(name)
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = _MEDIA_TYPES["." + name.rpartition(".")[2]]
    return Response(data, headers=headers)

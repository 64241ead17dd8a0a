"""The MCP door of the service: streamable HTTP without sessions, so that any worker can answer any request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from whence.errors import MissingExtraError
from whence.serving.access import Caller

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from whence.serving.application import Application
    from whence.serving.mcp_reply import Told


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The door is open while the application runs; without the SDK it is answered by what is missing."""
    app.state.mcp = None
    if find_spec("mcp") is None:
        yield
        return
    manager = _manager(app.state.application)
    async with manager.run():
        app.state.mcp = manager
        yield


def _manager(application: Application) -> StreamableHTTPSessionManager:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from whence.serving.mcp_server import make_server
    from whence.serving.mcp_tools import Toolbox

    def caller_of(context: Any) -> Caller:
        found: Caller = context.request.state.caller
        return found

    async def work(call: Callable[[], Told]) -> Told:
        return await application.work.run(call)

    server = make_server(Toolbox(application.service), caller_of, work)
    return StreamableHTTPSessionManager(server, json_response=True, stateless=True)


router = APIRouter(lifespan=_lifespan)


class _Handed(Response):
    """A reply that the SDK writes itself."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the SDK read the request and answer it."""
        await self._manager.handle_request(scope, receive, send)


@router.post("/mcp", include_in_schema=False)
async def mcp(request: Request) -> Response:
    """One message of the protocol."""
    manager: StreamableHTTPSessionManager | None = request.app.state.mcp
    if manager is None:
        raise MissingExtraError("This service was installed without its MCP part: pip install 'whence[mcp]'.")
    return _Handed(manager)

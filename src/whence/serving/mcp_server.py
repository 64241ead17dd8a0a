"""The MCP door over the official SDK: the tools as a server, for standard streams and for HTTP.

Tools run in threads; what goes wrong is a result that says so, since a model can act on a sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import mcp_types as types
from mcp.server import Server
from mcp.server.stdio import stdio_server

from whence.serving.access import Caller, Right
from whence.serving.mcp_arguments import schema_of
from whence.serving.mcp_reply import Told
from whence.serving.mcp_tools import INSTRUCTIONS, TOOLS, Toolbox
from whence.serving.problems import DEFECT, of_error

if TYPE_CHECKING:
    from whence.serving.service import Service

Work = Callable[[Callable[[], Told]], Awaitable[Told]]
"""Runs a tool in a thread. May raise ``Problem`` where there is too much to do."""

CallerOf = Callable[[Any], Caller]
"""Who calls, by the context that the SDK hands to each request."""

logger = logging.getLogger("whence.serving")

_OUTPUT: dict[str, Any] = {
    "type": "object",
    "properties": {"tokens": {"type": "integer"}, "next_cursor": {"type": ["string", "null"]}},
    "required": ["tokens", "next_cursor"],
}


def make_server(toolbox: Toolbox, caller_of: CallerOf, work: Work, *, may_sync: bool = True) -> Server[Any]:
    """An MCP server of the tools. ``may_sync`` False leaves out the only tool that changes anything."""

    async def list_tools(_context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=described(may_sync=may_sync))

    async def call_tool(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        caller = caller_of(context)
        try:
            if params.name == "sync" and not may_sync:
                return _failed("This server does not sync.")
            told = await work(lambda: toolbox.call(caller, params.name, params.arguments or {}))
        except Exception as error:
            problem = of_error(error, tell_all=caller.may(Right.ADMIN))
            if problem.kind.status >= 500:
                logger.error(str(error), exc_info=error if problem.kind is DEFECT else None)
            return _failed(problem.detail)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=told.text)], structured_content=dict(told.fields)
        )

    return Server(
        "whence",
        version=version("whence"),
        title="whence",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def described(*, may_sync: bool = True) -> list[types.Tool]:
    """The tools as clients list them."""
    return [
        types.Tool(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            input_schema=schema_of(tool.arguments),
            output_schema=_OUTPUT,
            annotations=types.ToolAnnotations(
                title=tool.title,
                read_only_hint=tool.reads_only,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=not tool.reads_only,
            ),
        )
        for tool in TOOLS.values()
        if may_sync or tool.reads_only
    ]


def serve_streams(service: Service, default_index: str = "", *, may_sync: bool = True) -> None:
    """Serves one client over standard input and output until it hangs up; it may see and do everything."""
    owner = Caller(name="mcp", right=Right.ADMIN)
    threads = anyio.CapacityLimiter(service.options.threads)

    async def work(call: Callable[[], Told]) -> Told:
        return await anyio.to_thread.run_sync(call, limiter=threads)

    server = make_server(Toolbox(service, default_index), lambda _: owner, work, may_sync=may_sync)

    async def serve() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    anyio.run(serve)


def _failed(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=sentence)], is_error=True)

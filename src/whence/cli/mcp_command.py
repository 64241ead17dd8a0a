"""whence mcp: tools for coding agents over standard input and output."""

import click

from whence.cli.options import folder_options, index_option, opened


@click.command("mcp")
@index_option("The index that a call without one means (default: that of the folder you are in, else the only one).")
@click.option("--no-sync", is_flag=True, help="Leave out the tool that brings an index up to date.")
@folder_options
def command(name: str | None, no_sync: bool, data: str | None, config: str | None) -> None:
    """Serve the Model Context Protocol over standard input and output, for coding agents.

    An agent starts this command itself; its settings name it. `whence serve` has the same tools at /mcp, with keys.

    \b
    {"mcpServers": {"whence": {"command": "whence", "args": ["mcp"]}}}
    """
    import logging
    import sys
    import threading

    from whence.errors import MissingExtraError, UnknownIndexError

    try:
        from whence.monitoring.meters import Meters
        from whence.serving.mcp_server import serve_streams
        from whence.serving.service import Service
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"The MCP server needs {error.name}, which is not installed: pip install 'whence[mcp]'."
        ) from error
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    with opened(data, config, reads=True) as whence:
        settings = whence.settings
        try:
            default = whence.choose(name)
        except UnknownIndexError:
            if name is not None:
                raise
            default = ""
    service = Service(lambda: opened(str(settings.data), config), settings.serving, Meters(), readers=2)
    threading.Thread(target=service.warm, name="whence-warm", daemon=True).start()
    try:
        serve_streams(service, default, may_sync=not no_sync)
    finally:
        service.close()

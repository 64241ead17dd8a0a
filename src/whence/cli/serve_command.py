"""whence serve: the REST service."""

from typing import Any

import click

from whence.cli.options import folder_options, opened


@click.command("serve")
@click.option("--host", metavar="ADDRESS", help="Where to listen (default: 127.0.0.1, this machine only).")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Port (default: 8420; 0 takes a free one).")
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Processes on the one index (default: 1).")
@click.option("--require-keys", is_flag=True, help="Ask for a key on this machine, too (behind a proxy, always).")
@folder_options
def command(
    host: str | None, port: int | None, workers: int | None, require_keys: bool, data: str | None, config: str | None
) -> None:
    """Serve questions, documents, logs and metrics over HTTP.

    Without keys the service listens on this machine only; `whence keys add` makes keys. The page /docs lists every
    request with examples. The log goes to standard error, one JSON object a line.

    \b
    whence serve
    whence keys add website --role reader && whence serve --host 0.0.0.0
    """
    from dataclasses import replace

    from whence.errors import MissingExtraError

    try:
        from whence.serving.start import check_access, serve
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"The service needs {error.name}, which is not installed: pip install 'whence[serve]'."
        ) from error
    given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    given |= {"access": "keys"} if require_keys else {}
    with opened(data, config) as whence:
        options = replace(
            whence.settings.serving, **{name: value for name, value in given.items() if value is not None}
        )
        check_access(whence, options)
        folder = whence.settings.data
    serve(folder, config, options)

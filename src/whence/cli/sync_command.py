"""whence sync: bring indexes up to date."""

import click

from whence.cli.options import complete_index, data_options, opened


@click.command("sync")
@click.argument("names", nargs=-1, metavar="[NAME...]", shell_complete=complete_index)
@data_options
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], data: str | None, config: str | None, as_json: bool) -> None:
    """Fetch what changed and index only that; all indexes if none is named.

    Also finishes what an interrupted run has left. An index whose source cannot be reached keeps what it has, the
    others are brought up to date, and the exit code is 1.
    """
    from whence.cli.each import report_each
    from whence.cli.progress import ProgressDisplay

    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display, reads=True) as whence:
        wanted = [whence.ledger.require(name) for name in names] or whence.ledger.index_names()
        failed, _ = report_each("index", wanted, whence.sync, display, as_json=as_json)
    if failed:
        ctx.exit(1)

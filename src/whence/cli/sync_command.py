"""whence sync: bring indexes up to date."""

import click

from whence.cli.options import complete_index, data_options, opened, print_json


@click.command("sync")
@click.argument("names", nargs=-1, metavar="[NAME...]", shell_complete=complete_index)
@data_options
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], data: str | None, config: str | None, as_json: bool) -> None:
    """Fetch what changed and index only that; all indexes if none is named.

    Also finishes what an interrupted run has left. An index whose source cannot be reached keeps what it has, the
    others are brought up to date, and the exit code is 1.
    """
    from whence.cli.failures import print_error
    from whence.cli.progress import ProgressDisplay
    from whence.cli.reports import print_report
    from whence.errors import WhenceError
    from whence.wire import to_json

    failed = 0
    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display, reads=True) as whence:
        wanted = [whence.ledger.require(name) for name in names] or whence.ledger.index_names()
        for name in dict.fromkeys(wanted):
            display.begin()
            try:
                reports = whence.sync(name)
            except WhenceError as error:
                if len(wanted) == 1:
                    raise
                failed += 1
                display.stop()
                print_error(str(error) if name in str(error) else f"{name}: {error}")
                if as_json:
                    print_json({"index": name, "error": str(error)})
                continue
            display.stop()
            for report in reports:
                if as_json:
                    print_json(to_json(report))
                else:
                    print_report(report, told_ready=display.told_ready)
    if failed:
        ctx.exit(1)

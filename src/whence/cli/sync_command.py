"""whence sync: bring indexes up to date."""

import click

from whence.cli.options import data_options, opened, print_json
from whence.cli.progress import ProgressDisplay
from whence.cli.reports import print_report


@click.command("sync")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@data_options
def command(names: tuple[str, ...], data: str | None, config: str | None, as_json: bool) -> None:
    """Fetch what changed and index only that; all indexes if none is named.

    Also finishes what an interrupted run has left.
    """
    from whence.wire import to_json

    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display) as whence:
        for name in names or whence.ledger.index_names():
            for report in whence.sync(name):
                if as_json:
                    print_json(to_json(report))
                else:
                    print_report(report)

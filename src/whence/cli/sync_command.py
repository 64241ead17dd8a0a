"""whence sync: bring indexes up to date."""

from typing import TYPE_CHECKING

import click

from whence.cli.options import complete_index, data_options, opened

if TYPE_CHECKING:
    from whence.pipelines.indexing import IndexReport


@click.command("sync")
@click.argument("names", nargs=-1, metavar="[NAME...]", shell_complete=complete_index)
@click.option(
    "--as-of",
    "as_of",
    metavar="STATE",
    multiple=True,
    help="Also make this earlier state ready: a tag, a date or a commit. Repeatable.",
)
@data_options
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    as_of: tuple[str, ...],
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Fetch what changed and index only that; all indexes if none is named.

    Also finishes what an interrupted run has left. An index whose source cannot be reached keeps what it has, the
    others are brought up to date, and the exit code is 1.

    Questions as of an earlier state need no preparation: the first one makes what it needs. With --as-of that is done
    ahead, and searching by meaning is as complete as at present.
    """
    from whence.cli.each import report_each
    from whence.cli.progress import ProgressDisplay

    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display, reads=True) as whence:
        wanted = [whence.ledger.require(name) for name in names] or whence.ledger.index_names()

        def synced(name: str) -> "list[IndexReport]":
            reports = whence.sync(name)
            if as_of:
                whence.prepare(*as_of, name=name)
            return reports

        failed, _ = report_each("index", wanted, synced, display, as_json=as_json)
    if failed:
        ctx.exit(1)

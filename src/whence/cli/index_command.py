"""whence index: read sources, make them searchable."""

from typing import TYPE_CHECKING

import click

from whence.cli.options import data_options, opened, print_json
from whence.cli.progress import ProgressDisplay
from whence.cli.reports import print_report

if TYPE_CHECKING:
    from whence.pipelines.indexing import Until


@click.command("index")
@click.argument("locations", nargs=-1, required=True, metavar="PATH_OR_URL...")
@click.option("--name", help="Name of the index (default: the project's or folder's name).")
@click.option("--revision", default="", help="Branch, tag or commit to index (default: HEAD).")
@click.option(
    "--until",
    type=click.Choice(["text", "vectors"]),
    default="vectors",
    show_default=True,
    help="Stop when full text is searchable, or when vectors are made too.",
)
@data_options
def command(
    locations: tuple[str, ...],
    name: str | None,
    revision: str,
    until: str,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Index git repositories, folders, files or URLs.

    Text is searchable within seconds; vectors follow. Interrupt at any time: the same command goes on from there.
    Ask from another terminal meanwhile.
    """
    from whence.wire import to_json

    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display) as whence:
        chosen: Until = "text" if until == "text" else "vectors"
        for location in locations:
            for report in whence.index(location, name=name, until=chosen, revision=revision):
                if as_json:
                    print_json(to_json(report))
                else:
                    print_report(report)

"""whence index: read sources, make them searchable."""

from typing import TYPE_CHECKING

import click

from whence.cli.options import complete_index, data_options, opened

if TYPE_CHECKING:
    from whence.pipelines.indexing import Until


@click.command("index")
@click.argument("locations", nargs=-1, required=True, metavar="PATH_OR_URL...")
@click.option(
    "--name",
    metavar="NAME",
    shell_complete=complete_index,
    help="Name of the index (default: the project's or folder's own).",
)
@click.option("--revision", metavar="REV", default="", help="Branch, tag or commit to index (default: HEAD).")
@click.option(
    "--until",
    type=click.Choice(["text", "vectors"]),
    default="vectors",
    show_default=True,
    help="Stop when full text is searchable, or when vectors are made too.",
)
@data_options
@click.pass_context
def command(
    ctx: click.Context,
    locations: tuple[str, ...],
    name: str | None,
    revision: str,
    until: str,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Index git repositories, folders, files or URLs.

    Text is searchable within seconds; vectors follow. Interrupt at any time: the same command goes on from there. Ask
    from another terminal meanwhile. Several locations become an index each, or one index with --name; one that fails
    does not stop the others, and the exit code is 1.

    \b
    whence index .
    whence index ~/src/requests https://github.com/pallets/flask
    whence index ~/papers --name papers
    """
    from whence.cli.each import report_each
    from whence.cli.failures import print_error
    from whence.cli.progress import ProgressDisplay

    chosen: Until = "text" if until == "text" else "vectors"
    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display) as whence:
        failed, total = report_each(
            "location",
            locations,
            lambda location: whence.index(location, name=name, until=chosen, revision=revision),
            display,
            as_json=as_json,
        )
    if failed:
        print_error(f"{failed} of {total} locations could not be indexed; the others are ready.")
        ctx.exit(1)

"""whence remove: forget an index."""

import sys

import click

from whence.cli.options import complete_index, data_options, opened, print_json


@click.command("remove")
@click.argument("name", shell_complete=complete_index)
@click.option(
    "--purge", is_flag=True, help="Also overwrite what the database freed: no trace stays in the data folder."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_options
@click.pass_context
def command(
    ctx: click.Context, name: str, purge: bool, yes: bool, data: str | None, config: str | None, as_json: bool
) -> None:
    """Remove an index: its documents are invisible at once, then gone from the disk. Sources are not touched."""
    from whence.cli.progress import ProgressDisplay
    from whence.cli.screen import count
    from whence.errors import UsageError

    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display, reads=True) as whence:
        whence.ledger.require(name)
        if not yes:
            if as_json or not sys.stdin.isatty():
                raise UsageError(f"Nobody is there to confirm: whence remove {name} --yes removes it.")
            if not click.confirm(f"Remove the index {name}?", err=True):
                click.echo("Nothing was removed.", err=True)
                ctx.exit(1)
        documents = whence.remove(name, purge=purge)
    if as_json:
        print_json({"removed": name, "documents": documents, "purged": purge})
    else:
        click.echo(f"Removed {name}: {count(documents, 'document')}.")

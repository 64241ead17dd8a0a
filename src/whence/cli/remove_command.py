"""whence remove: forget an index."""

import click

from whence.cli.options import data_options, opened, print_json
from whence.cli.progress import ProgressDisplay


@click.command("remove")
@click.argument("name")
@click.option(
    "--purge", is_flag=True, help="Also overwrite what the database freed: no trace stays in the data folder."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_options
def command(name: str, purge: bool, yes: bool, data: str | None, config: str | None, as_json: bool) -> None:
    """Remove an index: its documents are invisible at once, then gone from the disk. Sources are not touched."""
    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display) as whence:
        whence.ledger.require(name)
        if not yes and not as_json:
            click.confirm(f"Remove the index {name}?", abort=True, err=True)
        documents = whence.remove(name, purge=purge)
    if as_json:
        print_json({"removed": name, "documents": documents, "purged": purge})
    else:
        click.echo(f"Removed {name}: {documents:,} documents.")

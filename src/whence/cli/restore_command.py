"""whence restore: a data folder from a backup."""

import click

from whence.cli.options import data_options, print_json


@click.command("restore")
@click.argument("file", type=click.Path())
@data_options
def command(file: str, data: str | None, config: str | None, as_json: bool) -> None:
    """Make a data folder of a backup: all of it, checked, or nothing.

    The folder must not hold anything yet. What was being written when the backup was made goes on with the next
    `whence sync`.

    \b
    whence restore whence-2030-01-31.tar --data ~/restored
    """
    from pathlib import Path

    from whence.interface import Whence
    from whence.store.backup import restore

    with Whence(data, config=config) as whence:
        report = restore(Path(file).expanduser(), whence.folder)
    if as_json:
        print_json({"data": str(whence.folder.root), "indexes": list(report.indexes), "bytes": report.n_bytes})
    else:
        click.echo(f"Restored {', '.join(report.indexes) or 'no index'} to {whence.folder.root}.")

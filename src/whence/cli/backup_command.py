"""whence backup: a copy of everything, made while it is in use."""

import click

from whence.cli.options import data_options, opened, print_json


@click.command("backup")
@click.argument("file", type=click.Path())
@data_options
def command(file: str, data: str | None, config: str | None, as_json: bool) -> None:
    """Write all indexes, keys and logs to one file, while others read and write them.

    It holds the texts and the hashes of keys: keep it as private as the data folder.

    \b
    whence backup whence-2030-01-31.tar
    """
    from pathlib import Path

    from whence.cli.screen import count
    from whence.store.backup import backup

    with opened(data, config, reads=True) as whence:
        report = backup(whence.ledger, Path(file).expanduser())
    if as_json:
        print_json({"file": file, "indexes": list(report.indexes), "files": report.n_files, "bytes": report.n_bytes})
    else:
        size = f"{report.n_bytes / 1e6:,.1f} MB"
        click.echo(
            f"Wrote {file}: {', '.join(report.indexes) or 'no index'} ({count(report.n_files, 'file')}, {size})."
        )

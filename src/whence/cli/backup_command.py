"""whence backup: a copy of everything, made while it is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from whence.cli.options import data_options, opened, print_json

if TYPE_CHECKING:
    from whence.settings import Settings


@click.command("backup")
@click.argument("file", type=click.Path())
@data_options
def command(file: str, data: str | None, config: str | None, as_json: bool) -> None:
    """Write all indexes, keys, logs and models to one file, while others read and write them.

    Models that settings name outside the data folder are not in it, and are named. It holds the texts and the hashes of
    keys: keep it as private as the data folder.

    \b
    whence backup whence-2030-01-31.tar
    """
    from pathlib import Path

    from whence.cli.screen import count
    from whence.store.backup import backup

    with opened(data, config, reads=True) as whence:
        report = backup(whence.ledger, Path(file).expanduser())
        elsewhere = _models_elsewhere(whence.settings)
    if as_json:
        told = {"file": file, "indexes": list(report.indexes), "files": report.n_files, "bytes": report.n_bytes}
        print_json({**told, "not_included": elsewhere})
    else:
        size = f"{report.n_bytes / 1e6:,.1f} MB"
        click.echo(
            f"Wrote {file}: {', '.join(report.indexes) or 'no index'} ({count(report.n_files, 'file')}, {size})."
        )
        if elsewhere:
            click.echo(f"Not in it, as it lies outside the data folder: {', '.join(elsewhere)}.")


def _models_elsewhere(settings: Settings) -> list[str]:
    """Folders of models that the settings name outside the data folder."""
    from pathlib import Path

    named = [settings.embedding.model, settings.embedding.folder, settings.reader.model]
    folders = [Path(name).expanduser().absolute() for name in named if name not in ("", "shipped", "none")]
    return [str(folder) for folder in folders if folder.is_dir() and not folder.is_relative_to(settings.data)]

"""whence status: what is indexed, computed from the index."""

import click

from whence.cli.options import data_options, opened, print_json
from whence.cli.reports import age, console, skipped_words


@click.command("status")
@data_options
def command(data: str | None, config: str | None, as_json: bool) -> None:
    """Say what is indexed, how complete and how fresh it is, and what was skipped."""
    from whence.pipelines.status import disk_bytes
    from whence.wire import to_json

    with opened(data, config) as whence:
        statuses = whence.status() if whence.folder.exists() else []
        size = disk_bytes(whence.folder) if whence.folder.exists() else 0
        place = whence.folder.root
    if as_json:
        print_json({"data": str(place), "disk_bytes": size, "indexes": [to_json(status) for status in statuses]})
        return
    screen = console()
    for status in statuses:
        share = 100 * status.vectors / status.chunks if status.chunks else 100
        state = (
            "[green]complete[/]" if not status.pending and status.vectors >= status.chunks else "[yellow]incomplete[/]"
        )
        screen.print(
            f"[bold]{status.name}[/]   {status.documents:,} files · {status.chunks:,} chunks · "
            f"vectors {share:.0f} %   {state}"
        )
        if status.pending:
            screen.print(
                f"  [yellow]{status.pending:,} documents stored and not searchable yet: whence sync {status.name}[/]"
            )
        if status.working:
            screen.print(f"  [yellow]unfinished: {status.working}[/]")
        for source in status.sources:
            revision = f" @{source.revision[:7]}" if source.committed_at else ""
            date = f" ({source.committed_at:%Y-%m-%d})" if source.committed_at else ""
            branch = f" on {source.branch}" if source.branch else ""
            screen.print(f"  {source.location}{revision}{date}{branch}   [dim]read {age(source.fetched_at)}[/]")
            if source.skipped:
                screen.print(f"  [dim]skipped {skipped_words(source.skipped)}[/]")
            if source.redactions:
                screen.print(f"  [dim]{source.redactions:,} secrets redacted[/]")
    if not statuses:
        screen.print(f"Nothing is indexed in {place}. Begin with: whence index PATH")
    else:
        screen.print(f"[dim]{size / 1e6:,.0f} MB in {place}[/]")

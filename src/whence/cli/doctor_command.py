"""whence doctor: what is wrong, and what to do about it."""

import click

from whence.cli.options import data_options, opened, print_json
from whence.cli.progress import ProgressDisplay
from whence.cli.reports import console


@click.command("doctor")
@click.option("--in", "name", help="Only this index.")
@click.option("--rebuild", is_flag=True, help="Make the tables of --in NAME (or of all) anew from the ledger.")
@data_options
@click.pass_context
def command(
    ctx: click.Context, name: str | None, rebuild: bool, data: str | None, config: str | None, as_json: bool
) -> None:
    """Examine the data folder: ledger, disk, queue, model, and every index. Exit code 1 when something is wrong."""
    from whence.wire import to_json

    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display) as whence:
        if rebuild:
            for index in [name] if name else whence.ledger.index_names():
                whence.rebuild(index)
        findings = whence.doctor(name)
    if as_json:
        print_json([to_json(finding) for finding in findings])
    else:
        screen = console()
        for finding in findings:
            mark = "[green]ok[/]   " if finding.ok else "[red]wrong[/]"
            remedy = f"\n        [yellow]{finding.remedy}[/]" if finding.remedy else ""
            screen.print(f"{mark} [bold]{finding.subject}[/]: {finding.text}{remedy}")
    if not all(finding.ok for finding in findings):
        ctx.exit(1)

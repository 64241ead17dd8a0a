"""whence doctor: what is wrong, and what to do about it."""

from typing import TYPE_CHECKING

import click

from whence.cli.options import data_options, index_option, opened, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.pipelines.doctor import Finding


@click.command("doctor")
@index_option("Only this index.")
@click.option("--rebuild", is_flag=True, help="Make the tables of --in NAME (or of all) anew from the ledger.")
@data_options
@click.pass_context
def command(
    ctx: click.Context, name: str | None, rebuild: bool, data: str | None, config: str | None, as_json: bool
) -> None:
    """Examine the data folder: ledger, disk, queue, model, and every index. Exit code 1 when something is wrong."""
    from whence.cli.progress import ProgressDisplay
    from whence.wire import to_json

    with ProgressDisplay(quiet=as_json) as display, opened(data, config, display, reads=True) as whence:
        if rebuild:
            for index in [name] if name else whence.ledger.index_names():
                whence.rebuild(index)
        findings = whence.doctor(name)
    if as_json:
        print_json([to_json(finding) for finding in findings])
    else:
        _print(findings)
    if not all(finding.ok for finding in findings):
        ctx.exit(1)


def _print(findings: "Sequence[Finding]") -> None:
    from rich.text import Text

    from whence.cli.screen import WARNING, console, print_beside, printable

    width = max((len(finding.subject) for finding in findings), default=0)
    rows = []
    for finding in findings:
        mark = ("ok     ", "green") if finding.ok else ("wrong  ", "bold red")
        subject = (f"{finding.subject:<{width}}  ", "bold")
        rows.append((Text.assemble(mark, subject), Text(printable(finding.text))))
        if finding.remedy:
            rows.append((Text(" " * (7 + width + 2)), Text(finding.remedy, style=WARNING)))
    print_beside(console(), rows)

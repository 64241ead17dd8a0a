"""What commands print for people about indexes: reports of a run, and states."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from whence.pipelines.indexing import IndexReport


def console() -> "Console":
    """The screen: colour on a terminal, plain text into a pipe, never wrapped where there is no terminal."""
    import sys

    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def print_report(report: "IndexReport") -> None:
    """Two lines: what is searchable now, and what this run did."""
    screen = console()
    vectors = ""
    if report.vectors_ready_s is not None:
        vectors = f" · {report.n_vectors:,} vectors ({report.vectors_ready_s:.1f} s)"
    revision = f" [cyan]@{report.revision[:7]}[/]" if report.revision else ""
    screen.print(
        f"[bold]{report.index}[/]{revision}   {report.n_documents:,} files · {report.n_chunks:,} chunks{vectors}"
        f"   [green]ready[/]"
    )
    changes = [
        f"{report.written:,} read" if report.written else "",
        f"{report.removed:,} removed" if report.removed else "",
    ]
    changes.append(f"{report.unchanged:,} unchanged" if report.unchanged else "")
    changes.append(f"{report.redactions:,} secrets redacted" if report.redactions else "")
    changes.append(f"skipped {skipped_words(report.skipped)}" if report.skipped else "")
    screen.print("  [dim]" + " · ".join(change for change in changes if change) + "[/]")
    if report.uncommitted:
        files = "1 uncommitted change" if report.uncommitted == 1 else f"{report.uncommitted:,} uncommitted changes"
        screen.print(f"  [yellow]{files} in the working tree: not part of the index, which holds the commit[/]")


def skipped_words(skipped: Mapping[str, int]) -> str:
    """ "5 files (3 binary, 2 vendored)" """
    total = sum(skipped.values())
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(skipped.items(), key=lambda item: -item[1]))
    return f"{total:,} {'file' if total == 1 else 'files'} ({reasons})"


def age(moment: datetime | None) -> str:
    """How long ago, in the largest fitting unit."""
    if moment is None:
        return "never"
    seconds = max(0, round((datetime.now(UTC) - moment).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"

"""What commands print for people about indexes: reports of a run, and ages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from whence.cli.screen import WARNING, console, count, duration, joined, print_under

if TYPE_CHECKING:
    from whence.pipelines.indexing import IndexReport


def print_report(report: "IndexReport", *, told_ready: bool = False) -> None:
    """What is searchable now, and what this run did. ``told_ready``: the first was just said on the same screen."""
    from rich.text import Text

    screen = console()
    if not told_ready:
        revision = f" @{report.revision[:7]}" if report.revision else ""
        changed = report.written or report.removed
        commits = f" · {count(report.n_commits, 'commit')}" if report.n_commits else ""
        amounts = f"{count(report.n_documents, 'file')}{commits} · {count(report.n_chunks, 'chunk')}"
        vectors = f" · {count(report.n_vectors, 'vector')}" if report.n_vectors else ""
        state = ("ready" if changed else "up to date", "green") if report.n_documents else ("empty", WARNING)
        screen.print(Text.assemble((report.index, "bold"), (revision, "cyan"), f"   {amounts}{vectors}   ", state))
    print_under(screen, joined(_done(report, told_ready=told_ready)))
    if not report.n_documents:
        print_under(screen, Text("nothing in it could be indexed", style=WARNING))
    if report.vectors_ready_s is None and report.n_vectors < report.n_chunks:
        missing = f"search by meaning follows with the vectors: whence sync {report.index}"
        print_under(screen, Text(missing, style="dim"))
    if report.uncommitted:
        changes = f"{count(report.uncommitted, 'uncommitted change')} in the working tree"
        print_under(screen, Text(f"{changes}: not part of the index, which holds the commit", style=WARNING))


def _done(report: "IndexReport", *, told_ready: bool) -> list[str]:
    took_s = report.vectors_ready_s or report.history_ready_s or report.text_ready_s
    vectors = f"{count(report.n_vectors, 'vector')}" if told_ready and report.n_vectors else ""
    return [
        vectors,
        f"{report.written:,} read" if report.written else "",
        f"{report.removed:,} removed" if report.removed else "",
        f"{report.unchanged:,} unchanged" if report.unchanged else "",
        f"{count(report.redactions, 'secret')} redacted" if report.redactions else "",
        f"skipped {skipped_words(report.skipped)}" if report.skipped else "",
        f"hunks left out of {left_out_words(report.left_out)}" if report.left_out else "",
        f"done in {duration(took_s)}",
    ]


def skipped_words(skipped: Mapping[str, int]) -> str:
    """ "5 files (3 binary, 2 vendored)" """
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(skipped.items(), key=lambda item: -item[1]))
    return f"{count(sum(skipped.values()), 'file')} ({reasons})"


def left_out_words(left_out: Mapping[str, int]) -> str:
    """ "13 commits (patch of more than 5,000 lines)" """
    return f"{count(sum(left_out.values()), 'commit')} ({', '.join(left_out)})"


def age(moment: datetime | None) -> str:
    """How long ago, in the largest fitting unit."""
    if moment is None:
        return "never"
    seconds = max(0, round((datetime.now(UTC) - moment).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"

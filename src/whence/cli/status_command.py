"""whence status: what is indexed, computed from the index."""

from typing import TYPE_CHECKING

import click

from whence.cli.options import data_options, opened, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text

    from whence.pipelines.status import IndexStatus, SourceStatus
    from whence.store.kept import KeptState
    from whence.types import HistoryState

_SHOWN_STATES = 6


@click.command("status")
@data_options
def command(data: str | None, config: str | None, as_json: bool) -> None:
    """Say what is indexed, how complete and how fresh it is, and what was skipped.

    For local repositories it also says how many commits the index is behind; nothing is fetched for that.
    """
    from whence.cli.screen import console, joined, print_under
    from whence.pipelines.status import disk_bytes
    from whence.wire import to_json

    with opened(data, config) as whence:
        there = whence.folder.exists()
        statuses = whence.status() if there else []
        behind = {status.name: whence.behind(status.name) for status in statuses}
        size = disk_bytes(whence.folder) if there else 0
        place = whence.folder.root
    if as_json:
        indexes = [{**to_json(status), "behind": behind[status.name]} for status in statuses]
        print_json({"data": str(place), "disk_bytes": size, "indexes": indexes})
        return
    screen = console()
    for status in statuses:
        heading, *rest = _lines(status, behind[status.name])
        screen.print(heading)
        for line in rest:
            print_under(screen, line)
    if statuses:
        screen.print(joined([f"{size / 1e6:,.0f} MB in {place}"]))
    else:
        screen.print(f"Nothing is indexed in {place}. Begin with: whence index PATH")


def _lines(status: "IndexStatus", behind: "Mapping[str, int]") -> "list[Text]":
    from rich.text import Text

    from whence.cli.screen import WARNING, count

    missing = status.embeddable - status.vectors
    complete = not status.pending and missing <= 0 and status.snapshot
    empty = complete and not status.documents
    state = ("empty", WARNING) if empty else ("complete", "green") if complete else ("incomplete", WARNING)
    share = f"vectors {100 * status.vectors / status.embeddable:.0f} %   " if missing > 0 else ""
    commits = f" · {count(status.commits, 'commit')}" if status.commits else ""
    amounts = f"{count(status.documents, 'file')}{commits} · {count(status.chunks, 'chunk')}"
    lines = [Text.assemble((status.name, "bold"), f"   {amounts}   {share}", state)]
    if status.working:
        lines.append(Text(f"at work: {status.working}", style=WARNING))
    elif not complete:
        waiting = f"{count(status.pending, 'file')} not searchable yet" if status.pending else "vectors are missing"
        lines.append(Text(f"{waiting}: whence sync {status.name}", style=WARNING))
    elif empty:
        lines.append(Text("nothing in it could be indexed: whence index PATH --name " + status.name, style=WARNING))
    for source in status.sources:
        lines += _source_lines(source, status.name, behind.get(source.id, 0))
    if status.kept:
        lines.append(_kept_line(status.kept))
    return lines


def _kept_line(kept: "Sequence[KeptState]") -> "Text":
    """Earlier states that are ready, in the words they were asked in."""
    from rich.text import Text

    from whence.cli.screen import printable

    told = []
    for state in kept[:_SHOWN_STATES]:
        commits = ", ".join(sorted({revision[:7] for revision in state.revisions.values()}))
        told.append(f"{' = '.join(reversed(state.wanted)) or commits} ({commits})")
    more = f" and {len(kept) - _SHOWN_STATES} more" if len(kept) > _SHOWN_STATES else ""
    return Text(printable(f"ready as of {', '.join(told)}{more}"), style="dim")


def _history_line(history: "HistoryState", revision: str, index: str) -> "Text":
    from rich.text import Text

    from whence.cli.screen import WARNING, count, printable

    if history.revision == revision:
        cut = ", cut: the repository is shallow" if history.is_cut else ""
        told = Text(f"history complete: {count(history.n_commits, 'commit')}{cut}", style="dim")
        return told.append(printable(f"   {history.problem}"), style=WARNING) if history.problem else told
    if history.problem:
        return Text(printable(f"history not loaded: {history.problem}"), style=WARNING)
    loaded = f"{history.n_commits:,} of {count(history.n_wanted, 'commit')}"
    return Text(f"history incomplete: {loaded} loaded: whence sync {index}", style=WARNING)


def _source_lines(source: "SourceStatus", index: str, behind: int) -> "list[Text]":
    from rich.text import Text

    from whence.cli.reports import age, skipped_words
    from whence.cli.screen import WARNING, count, joined, printable

    revision = f" @{source.revision[:7]}" if source.committed_at else ""
    date = f" ({source.committed_at:%Y-%m-%d})" if source.committed_at else ""
    branch = f" on {source.branch}" if source.branch else ""
    place = Text.assemble(printable(source.location), (revision, "cyan"), date, printable(branch))
    place.append(f"   read {age(source.fetched_at)}", style="dim")
    lines = [place]
    if source.history is not None:
        lines.append(_history_line(source.history, source.revision, index))
    if behind:
        lines.append(Text(f"{count(behind, 'commit')} behind: whence sync {index}", style=WARNING))
    if source.uncommitted:
        changes = count(source.uncommitted, "uncommitted change")
        lines.append(Text(f"{changes} when it was read: not part of the index", style="dim"))
    told = [
        f"skipped {skipped_words(source.skipped)}" if source.skipped else "",
        f"{count(source.redactions, 'secret')} redacted" if source.redactions else "",
    ]
    return [*lines, joined(told)] if any(told) else lines

"""What `whence eval` prints for people: suites, tables of measures, comparisons, and what failed."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.screen import WARNING, console, count, duration, joined, print_under, printable

if TYPE_CHECKING:
    from rich.console import Console

    from whence.evaluating.calibrate import Calibrated
    from whence.evaluation.compare import Comparison, Difference, Pairing
    from whence.evaluation.derived import Calibration, Summary, Value
    from whence.evaluation.protocols import Suite
    from whence.evaluation.report import Header, Report

Limit = tuple[str, str, float]
"""(suite, or "" for all, measure, least mean)"""

SYSTEM = "whence"
"""The system that is measured; the others are floors, of which nothing is demanded."""

_SHOWN_SHIFTS = 5
_QUESTION_CHARS = 90


def print_suites(suites: "Sequence[Suite]", missing: Mapping[str, str]) -> None:
    """One line a suite, and below it what it lacks."""
    from rich.text import Text

    screen = console()
    width = max((len(suite.name) for suite in suites), default=0)
    for suite in suites:
        lacks = missing[suite.name]
        screen.print(Text.assemble((suite.name.ljust(width), "dim" if lacks else "bold"), "  ", suite.about))
        if lacks:
            print_under(screen, Text(lacks, style=WARNING), indent=width + 2)


def print_reports(reports: "Sequence[Report]") -> None:
    """One suite: a column a system, a line a measure; then abstaining, confidence and cost of the first."""
    from rich.text import Text

    from whence.evaluation.derived import summarized

    summaries = [summarized(report) for report in reports]
    header = reports[0].header
    screen = console()
    screen.print(Text.assemble((header.suite, "bold"), "   ", (_asked(header, summaries[0]), "dim")))
    names = [measure.name for measure in header.measures if any(measure.name in one.values for one in summaries)]
    rows = [["", "n", *(summary.system for summary in summaries)]]
    for name in names:
        shown = [summary.values.get(name) for summary in summaries]
        n = next(str(value.n) for value in shown if value)
        rows.append([name, n, *(_value(value, with_interval=place == 0) for place, value in enumerate(shown))])
    for place, line in enumerate(aligned(rows)):
        print_under(screen, Text(line, style="dim" if place == 0 else ""))
    for line in _told(summaries[0]):
        print_under(screen, Text(line, style="dim"))
    for report, summary in zip(reports, summaries, strict=True):
        _print_problems(screen, report, summary)
    screen.print()


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns of equal width: the first to the left, the others to the right but for their intervals."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column in {0, 2} else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _asked(header: "Header", summary: "Summary") -> str:
    corpora = list(header.corpora.values())
    documents = sum(corpus.n_documents for corpus in corpora)
    seed = f", seed {header.seed}" if header.n_wanted else ""
    return (
        f"{header.dataset} · {count(summary.counts.n, 'question')}{seed} · {count(documents, 'document')}, "
        f"{count(sum(corpus.n_chunks for corpus in corpora), 'chunk')}"
    )


def _value(value: "Value | None", *, with_interval: bool) -> str:
    if value is None:
        return "–"
    return f"{value.mean:.3f} [{value.low:.3f}, {value.high:.3f}]" if with_interval else f"{value.mean:.3f}"


def _told(summary: "Summary") -> Iterable[str]:
    counts = summary.counts
    if counts.must_pass:
        yield f"must pass: {counts.must_pass - len(counts.failed_must_pass)} of {counts.must_pass} do"
    if summary.calibration is not None:
        yield (
            f"answered {counts.n - counts.abstained - counts.errors}, abstained {counts.abstained} · "
            f"not answered though answerable {counts.wrongly_abstained} of {counts.answerable}"
            + (f" · answered though not answerable {counts.wrongly_answered} of {counts.unanswerable}")
            * bool(counts.unanswerable)
        )
        yield _confidence(summary.calibration)
    if counts.citations:
        found = "all" if not counts.unresolved else f"{counts.citations - counts.unresolved:,}"
        yield f"{count(counts.citations, 'citation')}, {found} found again at the source"
    if summary.latency is not None:
        yield (
            f"p50 {summary.latency.p50_ms:.0f} ms · p95 {summary.latency.p95_ms:.0f} ms · "
            f"p99 {summary.latency.p99_ms:.0f} ms · {summary.cpu_s / max(counts.n, 1):.3f} core-seconds a question"
        )


def _confidence(found: "Calibration") -> str:
    parts = (
        ("AUROC answerable", "auroc_answerable"),
        ("AUROC right", "auroc_right"),
        ("ECE", "ece"),
        ("over equal bins", "ece_adaptive"),
        ("Brier", "brier"),
        ("AURC", "aurc"),
        ("coverage at 90 % right", "coverage_at_90"),
    )
    told = []
    for name, field in parts:
        value, bounds = getattr(found, field), found.intervals.get(field)
        if value is not None:
            told.append(f"{name} {value:.3f}" + (f" [{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else ""))
            if field == "ece" and found.ece_of_perfect is not None:
                told[-1] += f" (by chance {found.ece_of_perfect:.3f})"
    return "confidence: " + " · ".join(told)


def _print_problems(screen: "Console", report: "Report", summary: "Summary") -> None:
    from rich.text import Text

    counts = summary.counts
    lines: list[str] = []
    if counts.errors:
        first = next(outcome for outcome in report.outcomes if outcome.error)
        lines.append(f"{count(counts.errors, 'question')} failed, first {first.id}: {first.error}")
    for name, n in counts.failures.items():
        first = next(outcome for outcome in report.outcomes if name in outcome.failures)
        lines.append(f"{name} could not be computed for {count(n, 'question')}, first {first.id}: "
                     f"{first.failures[name]}")  # fmt: skip
    if summary.system == SYSTEM:
        lines += [f"must pass, but failed: {name}" for name in counts.failed_must_pass[:_SHOWN_SHIFTS]]
        if len(counts.failed_must_pass) > _SHOWN_SHIFTS:
            lines.append(f"and {len(counts.failed_must_pass) - _SHOWN_SHIFTS} more that must pass")
    prefix = "" if summary.system == SYSTEM else f"{summary.system}: "
    if counts.unresolved:
        first = next(one for one in report.outcomes if one.n_resolved is not None and one.n_resolved < one.n_citations)
        lines.append(f"{count(counts.unresolved, 'citation')} not found again, first of {first.id}")
    for line in lines:
        print_under(screen, Text(printable(prefix + line), style=WARNING))


def print_calibrated(found: "Calibrated") -> None:
    """The confidence before and after, on questions that the fit has not seen, and what becomes of it."""
    from rich.text import Text

    screen, fit = console(), found.fit
    screen.print(
        Text.assemble((found.index, "bold"), "   ", (f"{count(fit.n, 'question')} not seen by the fit", "dim"))
    )
    rows = [["", "as shipped", "fitted"]]
    for label, field in (
        ("ECE", "ece"),
        ("Brier", "brier"),
        ("AUROC right", "auroc_right"),
        ("AUROC answerable", "auroc_answerable"),
        ("coverage at 90 % right", "coverage_at_90"),
        ("right answers held back", "lost"),
        ("unanswerable questions caught", "caught"),
    ):
        values = [getattr(scores, field) for scores in (fit.before, fit.after)]
        rows.append([label, *("–" if value is None else f"{value:.3f}" for value in values)])
    for place, line in enumerate(aligned(rows)):
        print_under(screen, Text(line, style="dim" if place == 0 else ""))
    if found.n_failed:
        print_under(screen, Text(f"{count(found.n_failed, 'question')} failed and were left out", style=WARNING))
    said = (
        f"in force: abstains below {fit.threshold:.2f}; `whence eval calibrate --reset` takes it back"
        if found.is_kept
        else "not kept: on questions it has not seen it is no better"
    )
    print_under(screen, Text(said, style="" if found.is_kept else WARNING))


def print_end(
    reports: "Sequence[Report]", left_out: Mapping[str, str], page: Path | None, limits: Sequence[Limit]
) -> None:
    """What was left out and why, which limits were missed, and where the reports are."""
    from rich.text import Text

    screen = console()
    for name, reason in left_out.items():
        screen.print(Text(f"left out: {name}. {reason}" if name not in reason else f"left out: {reason}", style="dim"))
    for line in missed(reports, limits):
        screen.print(Text(line, style=WARNING))
    if page is not None:
        total_s = sum(report.header.elapsed_s for report in reports)
        took = f"{count(len(reports), 'report')} in {duration(total_s)}"
        screen.print(Text.assemble((took, "dim"), "   ", (str(page), f"link {page.absolute().as_uri()}")))


def missed(reports: "Sequence[Report]", limits: Sequence[Limit]) -> list[str]:
    """A sentence for each mean of whence that is below its limit. Raises ``UsageError`` where nothing has a measure."""
    from whence.errors import UsageError
    from whence.evaluation.derived import summarized

    own = [summarized(report) for report in reports if report.header.origin.system == SYSTEM]
    told = []
    for suite, measure, least in limits:
        meant = [summary for summary in own if suite in ("", summary.suite) and measure in summary.values]
        if not meant:
            known = sorted({name for summary in own for name in summary.values})
            raise UsageError(
                f"--fail-under {suite + ':' if suite else ''}{measure}: no suite that ran has it; "
                f"there are {', '.join(known)}."
            )
        told += [
            f"{summary.suite}: {measure} is {summary.values[measure].mean:.3f}, below {least:g}"
            for summary in meant
            if summary.values[measure].mean < least
        ]
    return told


def print_comparison(comparison: "Comparison", *, all_slices: bool) -> None:
    """Per suite: what was compared, a line a measure, the slices that changed, the questions won and lost."""
    from rich.text import Text

    screen = console()
    for pairing in comparison.pairings:
        own = [one for one in comparison.overall if one.suite == pairing.suite]
        screen.print(
            Text.assemble((pairing.suite, "bold"), "   ", (f"{pairing.before} → {pairing.after} · ", "dim"))
            + joined(_compared(pairing))
        )
        for note in pairing.notes:
            print_under(screen, Text(note, style=WARNING))
        _print_table(screen, own, heading="")
        sliced = [one for one in comparison.sliced if one.suite == pairing.suite]
        _print_table(screen, [one for one in sliced if all_slices or one.is_significant], heading="slice")
        _print_shifts(screen, own)
        for name in pairing.newly_failed:
            print_under(screen, Text(f"must pass, and does no longer: {name}", style=WARNING))
        if pairing.new_errors:
            print_under(screen, Text(f"{count(len(pairing.new_errors), 'question')} failed anew", style=WARNING))
    if comparison.unmatched:
        screen.print(Text(f"not compared, only one side has them: {', '.join(comparison.unmatched)}", style="dim"))
    if comparison.verdict is not None:
        screen.print(Text("all suites, their own verdicts", style="bold"))
        _print_table(screen, [comparison.verdict], heading="")
    lost = [f"{one.suite}: {one.measure}" for one in comparison.significant_losses]
    verdict = f"worse by more than chance: {', '.join(lost)}" if lost else "nothing is worse by more than chance"
    screen.print(Text(verdict, style=WARNING if lost else "green"))


def _compared(pairing: "Pairing") -> list[str]:
    return [
        count(pairing.n_shared, "common question"),
        f"{pairing.only_before} only in the first" if pairing.only_before else "",
        f"{pairing.only_after} only in the second" if pairing.only_after else "",
        f"{pairing.reworded} asked differently, left out" if pairing.reworded else "",
    ]


def _print_table(screen: "Console", differences: "Sequence[Difference]", heading: str) -> None:
    from rich.text import Text

    if not differences:
        return
    rows = [[heading, "n", "change", "before", "after", "won", "lost", "p", "p Holm"]]
    for one in differences:
        rows.append(
            [
                f"{one.measure}, {one.group}" if one.group else one.measure,
                str(one.n),
                f"{one.change:+.3f} [{one.low:+.3f}, {one.high:+.3f}]",
                f"{one.before:.3f}",
                f"{one.after:.3f}",
                str(len(one.wins)),
                str(len(one.losses)),
                _p(one.p),
                _p(one.p_holm),
            ]
        )
    styles = ["dim", *("" if not one.is_significant else "green" if one.gain > 0 else WARNING for one in differences)]
    for line, style in zip(aligned(rows), styles, strict=True):
        print_under(screen, Text(line, style=style))


def _print_shifts(screen: "Console", differences: "Sequence[Difference]") -> None:
    """The questions that the first measure won and lost most."""
    from rich.text import Text

    one = next((difference for difference in differences if difference.wins or difference.losses), None)
    if one is None:
        return
    for what, shifts, style in (("lost", one.losses, WARNING), ("won", one.wins, "green")):
        for shift in shifts[:_SHOWN_SHIFTS]:
            change = f"{what} ({one.measure} {shift.before:.2f} → {shift.after:.2f})"
            text = f"  {shift.id}  {printable(shift.text)[:_QUESTION_CHARS]}".rstrip()
            print_under(screen, Text.assemble((change, style), text))
        if len(shifts) > _SHOWN_SHIFTS:
            print_under(screen, Text(f"and {len(shifts) - _SHOWN_SHIFTS} more {what}: --json lists all", style="dim"))


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"

"""The page itself: all suites at a glance, then each with its plots, slices and worst questions."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files

from whence.evaluation.derived import LEAST_IN_SLICE, Calibration, Summary, Value, summarized, total_ms
from whence.evaluation.page.plots import bars, histogram, legend, reliability_curve, risk_coverage_curve
from whence.evaluation.page.worst import worst_questions
from whence.evaluation.report import Header, Report

_DRAWN_MEASURES = 8
_SLICE_MEASURES = 3
FAILURE_MODE = "failure mode"
"""The slice that names known ways to fail; it gets a table of its own, the worst first."""


def page(reports: Sequence[Report]) -> str:
    """HTML of reports: those of the same suite stand together, the first of them is looked into.

    Everything from questions, documents and answers is escaped; nothing is fetched.
    """
    groups: dict[str, list[Report]] = {}
    for report in reports:
        groups.setdefault(report.header.suite, []).append(report)
    summaries = {suite: [summarized(report) for report in group] for suite, group in groups.items()}
    systems = list(dict.fromkeys(report.header.origin.system for report in reports))
    body = [_opening(reports[0].header if reports else None, list(groups))]
    if len(groups) > 1:
        body.append(_overview(groups, summaries, systems))
    body += [_suite(group, summaries[suite]) for suite, group in groups.items()]
    folder = files(__package__)
    style = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in ("plots.css", "page.css"))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>whence: evaluation</title>'
        f"<style>{style}</style></head>\n<body>{''.join(body)}</body></html>\n"
    )


def _opening(header: Header | None, suites: Sequence[str]) -> str:
    if header is None:
        return "<h1>Evaluation</h1><p>There is no report.</p>"
    origin, machine = header.origin, header.machine
    about = [f"whence {origin.version}", origin.commit and f"at {origin.commit}", header.began[:10]]
    if machine:
        about.append(f"{machine.cores} cores, {machine.cpu}, {machine.memory_gib:.0f} GiB")
    about += [f"{role} {name}" for role, name in origin.models.items()]
    links = "".join(f'<a href="#{escape(_anchor(suite))}">{escape(suite)}</a>' for suite in suites)
    said = " · ".join(escape(part) for part in about if part)
    nav = f"<nav>{links}</nav>" if len(suites) > 1 else ""
    return (
        f'<h1>Evaluation</h1><p class="faint">{said}</p><p class="faint">Bars and figures are means over questions; '
        f"whiskers and brackets are 95 % bootstrap intervals.</p>{nav}"
    )


def _overview(
    groups: Mapping[str, Sequence[Report]], summaries: Mapping[str, Sequence[Summary]], systems: Sequence[str]
) -> str:
    rows = []
    for suite, group in groups.items():
        by_system = {summary.system: summary for summary in summaries[suite]}
        measure = group[0].header.right
        values = [by_system[name].values.get(measure) if name in by_system else None for name in systems]
        rows.append((f"{suite} ({measure})" if measure != "right" else suite, values))
    drawn = bars(rows, systems, "Share of right replies by suite")
    note = '<p class="faint">What counts as right stands with each suite.</p>'
    return f"<h2>All suites</h2>{note}{legend(systems)}{drawn}"


def _suite(group: Sequence[Report], summaries: Sequence[Summary]) -> str:
    report, summary = group[0], summaries[0]
    header = report.header
    own = [one.system for one in summaries]
    names = [measure.name for measure in header.measures if any(measure.name in one.values for one in summaries)]
    shares = [measure.name for measure in header.measures if measure.is_share and measure.name in names]
    rows = [(name, [one.values.get(name) for one in summaries]) for name in shares[:_DRAWN_MEASURES]]
    drawn = bars(rows, own, f"Measures of {header.suite}") if rows else ""
    parts = [
        f'<h2 id="{escape(_anchor(header.suite))}">{escape(header.suite)}</h2>',
        f"<p>{escape(_sentence(header.about))}</p>",
        f'<p class="faint">{escape(_asked(header, summary))}</p>',
        _problems(report, summary),
        f'<div class="beside-table">{legend(own) if len(own) > 1 else ""}{drawn}</div>',
        _measures(report, names, summaries),
        _curves(group, summaries),
        _slices(summary, sorted(names, key=lambda name: name != header.right)[:_SLICE_MEASURES]),
        worst_questions(report),
    ]
    return "".join(parts)


def _asked(header: Header, summary: Summary) -> str:
    counts = summary.counts
    drawn = f", drawn with seed {header.seed}" if header.n_wanted else ", all there are"
    corpora = header.corpora.values()
    parts = [
        header.dataset,
        f"{counts.n:,} questions{drawn}",
        f"{sum(corpus.n_documents for corpus in corpora):,} documents, "
        f"{sum(corpus.n_chunks for corpus in corpora):,} chunks",
    ]
    if counts.unanswerable:
        parts.append(f"{counts.unanswerable:,} have no answer in what was searched")
    if summary.calibration:
        parts.append(f"{counts.abstained:,} not answered, {counts.wrongly_abstained:,} of these answerable")
    if counts.citations and not counts.unresolved:
        parts.append(f"{counts.citations:,} citations, all found again at the source")
    if summary.latency:
        parts.append(
            f"p50 {summary.latency.p50_ms:.0f} ms, p95 {summary.latency.p95_ms:.0f} ms, "
            f"{summary.cpu_s / max(counts.n, 1):.3f} core-seconds a question"
        )
    return " · ".join(parts)


def _problems(report: Report, summary: Summary) -> str:
    lines = []
    if summary.counts.errors:
        first = next(outcome for outcome in report.outcomes if outcome.error)
        lines.append(f"{summary.counts.errors} questions failed with an error; the first, {first.id}: {first.error}")
    lines += [f"{name} could not be computed for {n} questions" for name, n in summary.counts.failures.items()]
    lines += [f"must pass, but failed: {name}" for name in summary.counts.failed_must_pass]
    if summary.counts.unresolved:
        lines.append(f"{summary.counts.unresolved} of {summary.counts.citations:,} citations not found at the source")
    if summary.counts.must_pass and not summary.counts.failed_must_pass:
        return f'<p class="good">All {summary.counts.must_pass} questions that must pass do.</p>' + _bad(lines)
    return _bad(lines)


def _bad(lines: Sequence[str]) -> str:
    return "".join(f'<p class="bad">{escape(line)}</p>' for line in lines)


def _measures(report: Report, names: Sequence[str], summaries: Sequence[Summary]) -> str:
    about = {measure.name: measure for measure in report.header.measures}
    rows = []
    for name in names:
        head = about[name]
        lower = " (lower is better)" if head.is_lower_better else ""
        cells = "".join(f"<td>{_cell(one.values.get(name))}</td>" for one in summaries)
        n = next(one.values[name].n for one in summaries if name in one.values)
        told = f'{escape(name)}<br><span class="faint">{escape(head.about + lower)}</span>'
        rows.append(f'<tr><td style="white-space:normal">{told}</td><td>{n:,}</td>{cells}</tr>')
    heads = "".join(f"<th>{escape(one.system)}</th>" for one in summaries)
    return _table(f"<th>measure</th><th>questions</th>{heads}", rows)


def _curves(group: Sequence[Report], summaries: Sequence[Summary]) -> str:
    figures: list[tuple[str, str]] = []
    found = summaries[0].calibration
    suite = summaries[0].suite
    if found and found.bins:
        said = ", ".join(_confidence(found))
        told = f"Reliability of the {found.n_answered:,} answers: below the line is too sure. {said}"
        figures.append((reliability_curve(found.bins, f"Reliability, {suite}"), told))
    if found and found.curve:
        curves = [(one.system, one.calibration.curve if one.calibration else ()) for one in summaries]
        said = f"AURC {found.aurc:.3f}; {found.coverage_at_90 or 0:.0%} can be answered with 90 % right"
        told = f"Wrong among the answers, most confident first. {said}"
        figures.append((risk_coverage_curve(curves, f"Risk and coverage, {suite}"), told))
    times = [total_ms(cost) for cost in group[0].costs if total_ms(cost) > 0]
    latency = summaries[0].latency
    if times and latency:
        told = f"Times: p50 {latency.p50_ms:.0f}, p95 {latency.p95_ms:.0f}, p99 {latency.p99_ms:.0f} ms"
        figures.append((histogram(times, f"Times, {suite}"), told))
    drawn = "".join(f"<figure>{svg}<figcaption>{escape(told)}</figcaption></figure>" for svg, told in figures)
    return f'<div class="plots">{drawn}</div>' if figures else ""


def _confidence(found: Calibration) -> Iterator[str]:
    fields = (
        ("ECE", "ece"),
        ("over bins of equal size", "ece_adaptive"),
        ("Brier", "brier"),
        ("AUROC of answerable", "auroc_answerable"),
    )
    for name, field in fields:
        value, bounds = getattr(found, field), found.intervals.get(field)
        if value is not None:
            told = f"{name} {value:.3f}" + (f" [{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else "")
            chance = f" (chance alone: {found.ece_of_perfect:.3f})" if field == "ece" and found.ece_of_perfect else ""
            yield told + chance


def _slices(summary: Summary, names: Sequence[str]) -> str:
    modes = summary.slices.get(FAILURE_MODE, {})
    rest = {name: groups for name, groups in summary.slices.items() if name != FAILURE_MODE}
    worst_first = sorted(modes, key=lambda mode: modes[mode][names[0]].mean if names[0] in modes[mode] else 1.0)
    rows = [_slice_row(mode, modes[mode], names) for mode in worst_first]
    parts = [_slice_table("Known failure modes", "way to fail", rows, names)] if rows else []
    rows = [
        _slice_row(f"{name}: {group}", values, names)
        for name, groups in rest.items()
        for group, values in groups.items()
        if max((values[one].n for one in names if one in values), default=0) >= LEAST_IN_SLICE
    ]
    return "".join([*parts, _slice_table("Slices", "slice", rows, names)] if rows else parts)


def _slice_row(label: str, values: Mapping[str, Value], names: Sequence[str]) -> str:
    n = max((value.n for value in values.values()), default=0)
    cells = "".join(f"<td>{_cell(values.get(name))}</td>" for name in names)
    return f"<tr><td>{escape(label)}</td><td>{n:,}</td>{cells}</tr>"


def _slice_table(heading: str, what: str, rows: Sequence[str], names: Sequence[str]) -> str:
    heads = "".join(f"<th>{escape(name)}</th>" for name in names)
    return f"<h3>{heading}</h3>" + _table(f"<th>{what}</th><th>questions</th>{heads}", rows)


def _cell(value: Value | None) -> str:
    if value is None:
        return "–"
    return f'{value.mean:.3f} <span class="faint">[{value.low:.3f}, {value.high:.3f}]</span>'


def _table(head: str, rows: Sequence[str]) -> str:
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _anchor(suite: str) -> str:
    return "suite-" + "".join(letter if letter.isalnum() else "-" for letter in suite)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."

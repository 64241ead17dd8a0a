"""Puts the reports of ``whence eval`` into ``docs/evaluation.md``: tables, plots and ``results/evaluation.json``.

    whence eval all --baseline fts5 --out FOLDER
    python -m benchmarks.evaluation FOLDER

The reports hold the questions of data sets and stay where they are; only names, counts and figures are kept here.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.report import RESULTS, table
from whence.evaluation.derived import Calibration, Summary, Value, summarized
from whence.evaluation.page.plots import bars, reliability_curve, risk_coverage_curve, standalone
from whence.evaluation.report import Report, read_report
from whence.wire import to_json

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "evaluation.md"
FIGURES = DOCS / "figures"
DRAWN = "covid-qa"
"""The suite whose curves are shown."""

_PLACE = re.compile(r"(<!-- (?P<title>suites|confidence|measures|origin) -->\n).*?(<!-- end -->)", re.DOTALL)

Groups = Mapping[str, Sequence[Report]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where `whence eval --out` put its reports")
    groups = _groups(parser.parse_args().folder)
    summaries = {suite: [summarized(report) for report in reports] for suite, reports in groups.items()}
    systems = list(dict.fromkeys(one.system for group in summaries.values() for one in group))
    parts = {
        "suites": _suites(groups, summaries, systems),
        "confidence": _confidence(summaries),
        "measures": _measures(groups, summaries),
        "origin": _origin(groups),
    }
    kept = {
        suite: {
            "dataset": reports[0].header.dataset,
            "n_wanted": reports[0].header.n_wanted,
            "seed": reports[0].header.seed,
            "origin": to_json(reports[0].header.origin),
            "machine": to_json(reports[0].header.machine),
            "began": reports[0].header.began,
            "summaries": [_kept(summary) for summary in summaries[suite]],
        }
        for suite, reports in groups.items()
    }
    RESULTS.mkdir(exist_ok=True)
    written = ",\n".join(f"{json.dumps(suite)}: {json.dumps(value, sort_keys=True)}" for suite, value in kept.items())
    (RESULTS / "evaluation.json").write_text(f"{{\n{written}\n}}\n", encoding="utf-8")
    _draw(groups, summaries, systems)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_PLACE.sub(lambda m: f"{m[1]}\n{parts[m['title']]}\n\n{m[3]}", text), encoding="utf-8")
    print(parts["suites"])


def _groups(folder: Path) -> dict[str, list[Report]]:
    """Reports by suite, whence first."""
    reports = [read_report(path) for path in sorted(folder.glob("*.json"))]
    if not reports:
        sys.exit(f"There is no report in {folder}: run `whence eval all --baseline fts5 --out {folder}` first.")
    groups: dict[str, list[Report]] = {}
    for report in sorted(reports, key=lambda report: (report.header.suite, report.header.origin.system != "whence")):
        groups.setdefault(report.header.suite, []).append(report)
    return groups


def _suites(groups: Groups, summaries: Mapping[str, Sequence[Summary]], systems: Sequence[str]) -> str:
    rows: list[list[object]] = []
    for suite, reports in groups.items():
        own = summaries[suite][0]
        right = reports[0].header.right
        others = [_of(summaries[suite], system, right) for system in systems[1:]]
        spent = f"{1000 * own.cpu_s / max(own.counts.n, 1):.0f}"
        times = [f"{own.latency.p50_ms:.0f}", f"{own.latency.p95_ms:.0f}"] if own.latency else [None, None]
        rows.append(
            [suite, own.counts.n, own.counts.unanswerable, _told(own.values.get(right)), *others, *times, spent]
        )
    heads = ["suite", "questions", "of them unanswerable", "right", *systems[1:], "p50 ms", "p95 ms"]
    return table([*heads, "core-ms a question"], rows)


def _confidence(summaries: Mapping[str, Sequence[Summary]]) -> str:
    rows: list[list[object]] = []
    for suite, (own, *_) in summaries.items():
        found = own.calibration
        if found is not None:
            values = [_bounded(found, field) for field in ("auroc_answerable", "auroc_right", "ece", "ece_adaptive")]
            counts = (found.n_answered, own.counts.wrongly_abstained, own.counts.wrongly_answered)
            rows.append([suite, *counts, *values, found.ece_of_perfect, found.brier, found.coverage_at_90])
    heads = ["suite", "answered", "answerable, not answered", "unanswerable, answered", "AUROC answerable"]
    return table(
        [*heads, "AUROC right", "ECE", "over equal bins", "ECE by chance alone", "Brier", "coverage at 90 % right"],
        rows,
    )


def _bounded(found: Calibration, field: str) -> str | None:
    value, bounds = getattr(found, field), found.intervals.get(field)
    if value is None:
        return None
    return f"{value:.3f} [{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else f"{value:.3f}"


def _measures(groups: Groups, summaries: Mapping[str, Sequence[Summary]]) -> str:
    parts = []
    for suite, reports in groups.items():
        header, own = reports[0].header, summaries[suite]
        rows: list[list[object]] = []
        for measure in header.measures:
            values = [one.values.get(measure.name) for one in own]
            first = next((value for value in values if value is not None), None)
            if first is not None:
                rest = [value.mean if value else None for value in values[1:]]
                rows.append([measure.name, first.n, _told(values[0]), *rest])
        heads = ["measure", "questions", *(one.system for one in own)]
        documents = sum(corpus.n_documents for corpus in header.corpora.values())
        about = f"{header.about[:1].upper()}{header.about[1:]}. {header.dataset}; {documents:,} documents."
        parts.append(f"### {suite}\n\n{about}\n\n{table(heads, rows)}")
    return "\n\n".join(parts)


def _origin(groups: Groups) -> str:
    seen = {}
    for reports in groups.values():
        header = reports[0].header
        machine = f"{header.machine.cores} cores, {header.machine.cpu}" if header.machine else ""
        seen[f"whence {header.origin.commit or header.origin.version}, {header.began[:10]}, {machine}"] = True
    own = [summarized(reports[0]) for reports in groups.values()]
    citations, lost = (sum(getattr(one.counts, field) for one in own) for field in ("citations", "unresolved"))
    minutes = sum(report.header.elapsed_s for reports in groups.values() for report in reports) / 60
    return (
        "Measured with " + "; ".join(seen) + f". {sum(one.counts.n for one in own):,} questions, "
        f"{minutes:.0f} minutes of asking. Of {citations:,} citations "
        + (f"{lost:,} were not found again at their source." if lost else "every one was found again at its source.")
    )


def _draw(groups: Groups, summaries: Mapping[str, Sequence[Summary]], systems: Sequence[str]) -> None:
    FIGURES.mkdir(exist_ok=True)
    rows = []
    for suite, reports in groups.items():
        by_system = {one.system: one.values.get(reports[0].header.right) for one in summaries[suite]}
        rows.append((suite, [by_system.get(system) for system in systems]))
    (FIGURES / "evaluation-suites.svg").write_text(standalone(bars(rows, systems, "Share of right replies by suite")))
    own = summaries.get(DRAWN, [])
    if own and own[0].calibration:
        found = own[0].calibration
        curves = [(one.system, one.calibration.curve if one.calibration else ()) for one in own]
        reliable = reliability_curve(found.bins, f"Reliability, {DRAWN}")
        risk = risk_coverage_curve(curves, f"Risk and coverage, {DRAWN}")
        (FIGURES / "evaluation-reliability.svg").write_text(standalone(reliable))
        (FIGURES / "evaluation-risk-coverage.svg").write_text(standalone(risk))


def _kept(summary: Summary) -> object:
    """The summary without its slices and curves, floats short."""
    content = to_json(summary)
    del content["slices"]
    if content["calibration"]:
        del content["calibration"]["bins"], content["calibration"]["curve"]
    return json.loads(json.dumps(content), parse_float=lambda text: round(float(text), 4))


def _of(summaries: Sequence[Summary], system: str, measure: str) -> float | None:
    value = next((one.values.get(measure) for one in summaries if one.system == system), None)
    return value.mean if value else None


def _told(value: Value | None) -> str | None:
    return f"{value.mean:.3f} [{value.low:.3f}, {value.high:.3f}]" if value else None


if __name__ == "__main__":
    main()

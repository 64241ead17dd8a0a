"""What the reading model gains and costs: the same questions of suites, asked without it and with it.

    printf '[reader]\nmodel = "none"\n' > /tmp/plain.toml
    whence eval SUITE... -n 120 --data DIR --out WITHOUT --config /tmp/plain.toml
    whence eval SUITE... -n 120 --data DIR --out WITH
    python -m benchmarks.reading_gain WITHOUT WITH

Differences are paired: 95 % bootstrap intervals and Fisher's randomisation test over the questions that both have.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import table, write_result
from whence.evaluation.compare import Difference, compared
from whence.evaluation.derived import summarized
from whence.evaluation.report import Report, read_report

SHOWN = (
    "right",
    "right, never abstaining",
    "first cites answer, never abstaining",
    "abstained, answerable",
    "abstained, unanswerable",
    "MRR",
    "MRR (marked places)",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("without", type=Path, metavar="WITHOUT", help="reports made without a reading model")
    parser.add_argument("with_", type=Path, metavar="WITH", help="reports made with it")
    options = parser.parse_args()
    before, after = _reports(options.without), _reports(options.with_)
    found = [one for one in compared(before, after).overall if one.measure in SHOWN]
    measures = table(
        ["suite and measure", "questions", "without", "with", "difference", "p"], [_row(one) for one in found]
    )
    costs = table(
        ["suite", "questions", "core-ms a question without", "with", "Brier without", "with"],
        [_costs(suite, [before[suite], after[suite]]) for suite in before if suite in after],
    )
    print(f"{measures}\n\n{costs}")
    settings = {"reader": {suite: report.header.origin.models.get("reader", "") for suite, report in after.items()}}
    results = {f"{one.suite}: {one.measure}": [one.n, one.before, one.after, one.low, one.high, one.p] for one in found}
    write_result("reading_gain", settings, results, {"measures": measures, "costs": costs})


def _reports(folder: Path) -> dict[str, Report]:
    """Reports of whence itself, by suite."""
    read = [read_report(path) for path in sorted(folder.glob("*.json"))]
    return {report.header.suite: report for report in read if report.header.origin.system == "whence"}


def _row(one: Difference) -> list[object]:
    difference = f"{one.change:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
    return [
        f"{one.suite}: {one.measure}",
        one.n,
        one.before,
        one.after,
        difference,
        "<0.001" if one.p < 0.001 else one.p,
    ]


def _costs(suite: str, both: Sequence[Report]) -> list[object]:
    without, with_ = (summarized(report) for report in both)
    core_ms = [f"{1000 * one.cpu_s / max(one.counts.n, 1):.0f}" for one in (without, with_)]
    briers = [one.calibration.brier if one.calibration else None for one in (without, with_)]
    return [suite, with_.counts.n, *core_ms, *briers]


if __name__ == "__main__":
    main()

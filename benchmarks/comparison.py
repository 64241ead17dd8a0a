"""Per-question values of several systems, and the table that compares their means."""

from collections.abc import Mapping, Sequence
from statistics import median

from whence.metrics.bootstrap import bootstrap_interval
from whence.metrics.randomization import randomization_p

Values = Mapping[str, Mapping[str, float]]
"""Question id to measure to value; a measure without a value for a question is left out there."""


def interval_text(values: Sequence[float]) -> str:
    """Mean with its 95 % bootstrap interval over the questions, as "0.812 [0.731, 0.885]"."""
    interval = bootstrap_interval(values)
    return f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def mean_of(values: Values, measure: str) -> float | None:
    """Mean over the questions that have the measure, None when none has it."""
    present = [row[measure] for row in values.values() if measure in row]
    return sum(present) / len(present) if present else None


def median_of(values: Values, measure: str) -> float | None:
    """Median over the questions that have the measure, None when none has it; for times, whose first one is odd."""
    present = [row[measure] for row in values.values() if measure in row]
    return median(present) if present else None


def paired_p(values: Values, reference: Values, measure: str) -> float:
    """p of the randomization test over the questions that both systems have a value for."""
    shared = [key for key in values if measure in values[key] and measure in reference.get(key, {})]
    return randomization_p([values[key][measure] for key in shared], [reference[key][measure] for key in shared])


def rows(
    systems: Mapping[str, Values],
    *,
    intervals: Sequence[str] = (),
    means: Sequence[str] = (),
    medians: Sequence[str] = (),
    reference: str | None = None,
    tested: str = "",
) -> list[list[object]]:
    """A row a system: ``intervals`` of means, ``means``, ``medians``, and p against ``reference`` on ``tested``."""
    found: list[list[object]] = []
    for name, values in systems.items():
        row: list[object] = [name]
        for measure in intervals:
            row.append(interval_text([line[measure] for line in values.values() if measure in line]))
        row.extend(mean_of(values, measure) for measure in means)
        row.extend(median_of(values, measure) for measure in medians)
        if reference is not None:
            row.append(None if name == reference else _p_text(paired_p(values, systems[reference], tested)))
        found.append(row)
    return found


def _p_text(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"

"""Means, intervals, slices, curves and costs: everything a report says beyond its questions is computed here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from whence.evaluation.records import Cost, Outcome
from whence.evaluation.report import Report
from whence.metrics.bootstrap import bootstrap_interval
from whence.metrics.calibration import (
    area_under_risk_coverage,
    auroc,
    brier_score,
    expected_calibration_error,
    risk_coverage,
)
from whence.metrics.calibration_adaptive import adaptive_calibration_error
from whence.metrics.calibration_interval import error_of_perfect, paired_interval
from whence.metrics.coverage_at_precision import coverage_at_precision
from whence.metrics.latency import Latency, latency
from whence.metrics.reliability import ReliabilityBin, reliability

Stated = tuple[Sequence[float], Sequence[bool]]
"""Confidences, and whether each came true."""

SLICE_RESAMPLES = 2_000
LEAST_IN_SLICE = 5
"""Pages leave smaller groups out: their means are better read from the questions themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Mean of a measure over the ``n`` questions that have it, with its 95 % bootstrap interval."""

    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far the confidence can be believed; None where a value has no meaning on these questions.

    ``auroc_answerable`` orders answerable above unanswerable questions, over all ``n`` with a confidence. ``ece`` and
    ``brier`` are over the ``n_answered`` answers that were given, and so are ``bins``. ``curve`` has (coverage, risk)
    over all ``n``: a question that is not answered, or cannot be, counts as one that an answer would get wrong; so
    do ``auroc_right``, ``aurc`` and ``coverage_at_90`` (the share that may be answered with 90 % of it right).
    ``ece_of_perfect`` is what as many answers with these very confidences would get on average if each were true: few
    answers never come near 0. ``ece_adaptive`` is the error over bins of equally many answers, few bins for few: chance
    has a smaller part in it. ``intervals`` are 95 % bootstrap intervals (low, high) over questions, by field.
    """

    n: int
    n_answered: int
    auroc_answerable: float | None = None
    auroc_right: float | None = None
    ece: float | None = None
    ece_of_perfect: float | None = None
    ece_adaptive: float | None = None
    brier: float | None = None
    aurc: float | None = None
    coverage_at_90: float | None = None
    bins: tuple[ReliabilityBin, ...] = ()
    curve: tuple[tuple[float, float], ...] = ()
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Questions by what became of them. ``failures`` counts by measure where it could not be computed.

    ``wrongly_abstained`` are answerable questions without an answer, ``wrongly_answered`` unanswerable ones with one.
    ``citations`` are all that were looked up again at their source, ``unresolved`` those that were not found there.
    """

    n: int
    errors: int
    answerable: int
    unanswerable: int
    abstained: int
    wrongly_abstained: int
    wrongly_answered: int
    must_pass: int
    failed_must_pass: tuple[str, ...] = ()
    citations: int = 0
    unresolved: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All that is derived from one report. ``slices`` go by name of the slice, group, measure."""

    suite: str
    system: str
    counts: Counts
    values: Mapping[str, Value]
    slices: Mapping[str, Mapping[str, Mapping[str, Value]]]
    calibration: Calibration | None
    latency: Latency | None
    questions_per_s: float = 0.0
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A report as a key: the very object, since comparing thousands of outcomes would cost more than it saves."""

    report: Report

    def __hash__(self) -> int:
        return id(self.report)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.report is other.report


def summarized(report: Report) -> Summary:
    """Everything at once; pure, and the same for the same report. Asked again of a report, it is looked up."""
    return _summarized(_Same(report))


@lru_cache(maxsize=64)
def _summarized(same: _Same) -> Summary:
    report = same.report
    outcomes = report.outcomes
    measures = [measure.name for measure in report.header.measures]
    times = [total_ms(cost) for cost in report.costs]
    spent_s = sum(times) / 1000
    return Summary(
        suite=report.header.suite,
        system=report.header.origin.system,
        counts=_counts(outcomes),
        values=_values(outcomes, measures),
        slices=_slices(outcomes, measures),
        calibration=_calibration(outcomes),
        latency=latency(times) if any(times) else None,
        questions_per_s=len(times) / spent_s if spent_s else 0.0,
        cpu_s=sum(cost.cpu_ms for cost in report.costs) / 1000,
    )


def total_ms(cost: Cost) -> float:
    """What the asker waits for: the answer where there is one, else the search."""
    return cost.ask_ms or cost.search_ms


def _values(outcomes: Sequence[Outcome], measures: Sequence[str], resamples: int = 10_000) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name in measures:
        present = [outcome.scores[name] for outcome in outcomes if name in outcome.scores]
        if present:
            found = bootstrap_interval(present, resamples=resamples)
            values[name] = Value(n=len(present), mean=found.mean, low=found.low, high=found.high)
    return values


def _slices(outcomes: Sequence[Outcome], measures: Sequence[str]) -> dict[str, dict[str, dict[str, Value]]]:
    slices: dict[str, dict[str, dict[str, Value]]] = {}
    for name in dict.fromkeys(name for outcome in outcomes for name in outcome.slices):
        groups = grouped(outcomes, lambda outcome, name=name: outcome.slices.get(name, ""))  # type: ignore[misc]
        if len(groups) > 1:
            slices[name] = {group: _values(own, measures, SLICE_RESAMPLES) for group, own in sorted(groups.items())}
    return slices


def grouped(outcomes: Iterable[Outcome], key: Callable[[Outcome], str]) -> dict[str, list[Outcome]]:
    """Outcomes by a key; those with an empty one are left out."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if key(outcome):
            groups.setdefault(key(outcome), []).append(outcome)
    return groups


def _counts(outcomes: Sequence[Outcome]) -> Counts:
    failures: dict[str, int] = {}
    for outcome in outcomes:
        for name in outcome.failures:
            failures[name] = failures.get(name, 0) + 1
    looked_up = [outcome for outcome in outcomes if outcome.n_resolved is not None]
    return Counts(
        n=len(outcomes),
        errors=sum(bool(outcome.error) for outcome in outcomes),
        answerable=sum(outcome.is_answerable for outcome in outcomes),
        unanswerable=sum(not outcome.is_answerable for outcome in outcomes),
        abstained=sum(outcome.abstained is True for outcome in outcomes),
        wrongly_abstained=sum(outcome.abstained is True and outcome.is_answerable for outcome in outcomes),
        wrongly_answered=sum(outcome.abstained is False and not outcome.is_answerable for outcome in outcomes),
        must_pass=sum(outcome.must_pass for outcome in outcomes),
        failed_must_pass=tuple(outcome.id for outcome in outcomes if outcome.must_pass and not outcome.is_right),
        citations=sum(outcome.n_citations for outcome in looked_up),
        unresolved=sum(outcome.n_citations - (outcome.n_resolved or 0) for outcome in looked_up),
        failures=failures,
    )


def _calibration(outcomes: Sequence[Outcome]) -> Calibration | None:
    stated = [(outcome, outcome.confidence) for outcome in outcomes if outcome.confidence is not None]
    if not stated:
        return None
    confidences = [confidence for _, confidence in stated]
    right = [_is_right_answer(outcome) for outcome, _ in stated]
    answerable = [outcome.is_answerable for outcome, _ in stated]
    given = [n for n, (outcome, _) in enumerate(stated) if outcome.abstained is False and outcome.is_right is not None]
    of_given: Stated = ([confidences[n] for n in given], [right[n] for n in given])
    best = coverage_at_precision(confidences, right)
    differ = len(set(confidences)) > 1  # where all are alike, there is no order to judge
    return Calibration(
        n=len(stated),
        n_answered=len(given),
        auroc_answerable=auroc(confidences, answerable) if differ and len(set(answerable)) == 2 else None,
        auroc_right=auroc(confidences, right) if differ and len(set(right)) == 2 else None,
        ece=expected_calibration_error(*of_given) if given else None,
        ece_of_perfect=error_of_perfect(of_given[0]) if given else None,
        ece_adaptive=adaptive_calibration_error(*of_given) if given else None,
        brier=brier_score(*of_given) if given else None,
        aurc=area_under_risk_coverage(confidences, right),
        coverage_at_90=best.coverage if best else 0.0,
        bins=tuple(reliability(*of_given)) if given else (),
        curve=tuple((point.coverage, point.risk) for point in risk_coverage(confidences, right)),
        intervals=_intervals(confidences, right, answerable, of_given),
    )


def _intervals(
    confidences: Sequence[float], right: Sequence[bool], answerable: Sequence[bool], given: Stated
) -> dict[str, tuple[float, float]]:
    """Of every measure of the confidence that has a value; those of ``given`` are over the answers alone."""
    wanted: dict[str, tuple[Callable[[Sequence[float], Sequence[bool]], float], Stated]] = {
        "auroc_answerable": (auroc, (confidences, answerable)),
        "auroc_right": (auroc, (confidences, right)),
        "ece": (expected_calibration_error, given),
        "ece_adaptive": (adaptive_calibration_error, given),
        "brier": (brier_score, given),
    }
    found = {name: paired_interval(of, *stated) for name, (of, stated) in wanted.items() if stated[0]}
    return {name: bounds for name, bounds in found.items() if bounds is not None}


def _is_right_answer(outcome: Outcome) -> bool:
    return outcome.is_right is True and outcome.abstained is False and outcome.is_answerable

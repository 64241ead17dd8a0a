"""Two reports, question by question: what was won and lost, and which differences are more than chance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from whence.errors import UsageError
from whence.evaluation.records import Outcome
from whence.evaluation.report import MeasureHead, Report
from whence.metrics.bootstrap import paired_bootstrap_interval
from whence.metrics.holm import holm
from whence.metrics.randomization import randomization_p

LEVEL = 0.05
ALL_SUITES = "all suites"
_RIGHT = MeasureHead(name="right", about="the suites' own verdicts", is_lower_better=False, is_share=True)
_PERMUTATIONS = 20_000
_LEAST_IN_SLICE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A question whose value changed. ``text`` is the question where a report kept it."""

    id: str
    text: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One measure over the ``n`` questions that both reports have it for; ``group`` is "" for all, else "slice: value".

    ``change`` is after minus before with its 95 % interval (paired bootstrap); ``p`` that of Fisher's randomisation
    test, ``p_holm`` corrected for all tests of the same family: the measures over all questions are one, the slices
    another. ``gain`` is the change with the sign turned where lower is better; wins and losses are counted by it.
    """

    suite: str
    measure: str
    group: str
    n: int
    before: float
    after: float
    change: float
    low: float
    high: float
    p: float
    p_holm: float
    gain: float
    wins: tuple[Shift, ...]
    losses: tuple[Shift, ...]

    @property
    def is_significant(self) -> bool:
        """Whether chance is unlikely after correction."""
        return self.p_holm < LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Which questions of one suite were compared, and what was not. Ids in the order of the reports.

    ``newly_failed`` must pass and did before; ``new_errors`` are questions on which the second system broke, which
    therefore have no values and count in no mean.
    """

    suite: str
    before: str
    after: str
    n_shared: int
    only_before: int
    only_after: int
    reworded: int
    newly_failed: tuple[str, ...]
    new_errors: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All pairs of reports, and all differences: over all questions first, then by slice.

    ``verdict`` is the one question that is asked first, and so a family of its own: the suites' own verdicts over all
    questions of all suites. Corrected for the dozens of measures beside it, a loss of one answer in ten would pass.
    ``unmatched`` are the reports that only one side has.
    """

    pairings: tuple[Pairing, ...]
    unmatched: tuple[str, ...]
    overall: tuple[Difference, ...]
    sliced: tuple[Difference, ...]
    verdict: Difference | None = None

    @property
    def significant_losses(self) -> tuple[Difference, ...]:
        """Measures that are worse over all questions, by more than chance; the verdict first."""
        every = (self.verdict, *self.overall) if self.verdict else self.overall
        return tuple(one for one in every if one.is_significant and one.gain < 0)

    @property
    def newly_failed(self) -> tuple[str, ...]:
        """Must-pass questions that passed before and do not now, as "suite: id"."""
        return tuple(f"{pairing.suite}: {name}" for pairing in self.pairings for name in pairing.newly_failed)

    @property
    def passes(self) -> bool:
        """Whether nothing is worse by more than chance, and nothing fails that did not."""
        broken = any(pairing.newly_failed or pairing.new_errors for pairing in self.pairings)
        return not (self.significant_losses or broken)


def compared(before: Mapping[str, Report], after: Mapping[str, Report]) -> Comparison:
    """Compares what is asked alike: reports by the same key (the suite's name), questions by the same id and wording.

    Raises ``UsageError`` where no question is common.
    """
    pairings: list[Pairing] = []
    overall: list[Difference] = []
    sliced: list[Difference] = []
    judged: list[tuple[Outcome, Outcome]] = []
    for key in [key for key in before if key in after]:
        pairing, old, new = _paired(key, before[key], after[key])
        pairings.append(pairing)
        if old:
            judged += [(_verdict(key, one), _verdict(key, two)) for one, two in zip(old, new, strict=True)]
            measures = _shared_measures(before[key], after[key])
            overall += _differences(pairing.suite, measures, "", old, new)
            for group, chosen in _groups(new):
                sliced += _differences(pairing.suite, measures, group, *_chosen(old, new, chosen))
    if not overall:
        raise UsageError(
            "The reports have no question in common: "
            f"the first is of {', '.join(before) or 'nothing'}, the second of {', '.join(after) or 'nothing'}."
        )
    return Comparison(
        pairings=tuple(pairings),
        unmatched=tuple(key for key in [*before, *after] if (key in before) != (key in after)),
        overall=tuple(_corrected(overall)),
        sliced=tuple(_corrected(sliced)),
        verdict=next(iter(_differences(ALL_SUITES, [_RIGHT], "", *zip(*judged, strict=True))), None),
    )


def _verdict(suite: str, outcome: Outcome) -> Outcome:
    """The outcome with the suite's verdict as its only measure, and an id that tells suites apart."""
    scores = {} if outcome.is_right is None else {_RIGHT.name: float(outcome.is_right)}
    return replace(outcome, id=f"{suite}: {outcome.id}", scores=scores)


def _paired(suite: str, before: Report, after: Report) -> tuple[Pairing, list[Outcome], list[Outcome]]:
    olds = {outcome.id: outcome for outcome in before.outcomes}
    news = {outcome.id: outcome for outcome in after.outcomes}
    common = [name for name in olds if name in news]
    shared = [name for name in common if olds[name].digest == news[name].digest]
    notes = [
        f"{what} differs: {old} / {new}"
        for what, old, new in (
            ("the data set", before.header.dataset, after.header.dataset),
            ("the seed", before.header.seed, after.header.seed),
        )
        if old != new
    ]
    pairing = Pairing(
        suite=suite,
        before=before.header.origin.system,
        after=after.header.origin.system,
        n_shared=len(shared),
        only_before=len(olds) - len(common),
        only_after=len(news) - len(common),
        reworded=len(common) - len(shared),
        newly_failed=tuple(
            name for name in shared if news[name].must_pass and olds[name].is_right and not news[name].is_right
        ),
        new_errors=tuple(name for name in shared if news[name].error and not olds[name].error),
        notes=tuple(notes),
    )
    return pairing, [olds[name] for name in shared], [news[name] for name in shared]


def _shared_measures(before: Report, after: Report) -> list[MeasureHead]:
    known = {measure.name for measure in before.header.measures}
    return [measure for measure in after.header.measures if measure.name in known]


def _groups(outcomes: Sequence[Outcome]) -> Iterable[tuple[str, set[str]]]:
    """Groups with enough questions, but not those that hold all of them."""
    members: dict[str, set[str]] = {}
    for outcome in outcomes:
        for name, value in outcome.slices.items():
            members.setdefault(f"{name}: {value}", set()).add(outcome.id)
    return [(group, ids) for group, ids in members.items() if _LEAST_IN_SLICE <= len(ids) < len(outcomes)]


def _chosen(old: Sequence[Outcome], new: Sequence[Outcome], ids: set[str]) -> tuple[list[Outcome], list[Outcome]]:
    return [one for one in old if one.id in ids], [one for one in new if one.id in ids]


def _differences(
    suite: str, measures: Sequence[MeasureHead], group: str, old: Sequence[Outcome], new: Sequence[Outcome]
) -> list[Difference]:
    found = []
    for measure in measures:
        pairs = [
            (one, two)
            for one, two in zip(old, new, strict=True)
            if measure.name in one.scores and measure.name in two.scores
        ]
        if pairs:
            found.append(_difference(suite, measure, group, pairs))
    return found


def _difference(suite: str, measure: MeasureHead, group: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> Difference:
    firsts = [one.scores[measure.name] for one, _ in pairs]
    seconds = [two.scores[measure.name] for _, two in pairs]
    change = paired_bootstrap_interval(seconds, firsts, resamples=2_000)
    sign = -1.0 if measure.is_lower_better else 1.0
    shifts = [
        Shift(id=two.id, text=two.question.question if two.question else "", before=first, after=second)
        for (_, two), first, second in zip(pairs, firsts, seconds, strict=True)
        if first != second
    ]
    p = randomization_p(seconds, firsts, permutations=_PERMUTATIONS)
    return Difference(
        suite=suite,
        measure=measure.name,
        group=group,
        n=len(pairs),
        before=sum(firsts) / len(firsts),
        after=sum(seconds) / len(seconds),
        change=change.mean,
        low=change.low,
        high=change.high,
        p=p,
        p_holm=p,
        gain=sign * change.mean,
        wins=_by_size(shift for shift in shifts if sign * (shift.after - shift.before) > 0),
        losses=_by_size(shift for shift in shifts if sign * (shift.after - shift.before) < 0),
    )


def _by_size(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    return tuple(sorted(shifts, key=lambda shift: (-abs(shift.after - shift.before), shift.id)))


def _corrected(differences: Sequence[Difference]) -> list[Difference]:
    """With p corrected for the number of tests in the family."""
    corrected = holm([one.p for one in differences])
    return [replace(one, p_holm=p) for one, p in zip(differences, corrected, strict=True)]

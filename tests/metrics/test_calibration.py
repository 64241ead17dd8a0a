"""Calibration, discrimination and selective answering."""

import itertools
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.metrics.calibration import (
    area_under_risk_coverage,
    auroc,
    brier_score,
    expected_calibration_error,
    risk_coverage,
)

PAIRS = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1, max_size=40)
STATED = [0.9, 0.8, 0.8, 0.6, 0.35, 0.1]
RIGHT = [True, True, False, True, False, False]


def test_values_worked_by_hand() -> None:
    assert brier_score(STATED, RIGHT) == pytest.approx((0.01 + 0.04 + 0.64 + 0.16 + 0.1225 + 0.01) / 6)
    # Of 3 right and 3 wrong, the right one at .9 wins 3, .8 wins 2 and ties 1, .6 wins 2.
    assert auroc(STATED, RIGHT) == pytest.approx((3 + 2.5 + 2) / 9)
    points = risk_coverage(STATED, RIGHT)
    assert [(p.threshold, round(p.coverage * 6), p.risk) for p in points] == [
        (0.9, 1, 0.0),
        (0.8, 3, 1 / 3),
        (0.6, 4, 1 / 4),
        (0.35, 5, 2 / 5),
        (0.1, 6, 1 / 2),
    ]
    assert area_under_risk_coverage(STATED, RIGHT) == pytest.approx((0 + 2 / 3 + 1 / 4 + 2 / 5 + 1 / 2) / 6)


def test_calibration_error_worked_by_hand() -> None:
    # Bins of width .5: (.0, .5] holds .1 (wrong) and .5 (right), (.5, 1] holds .6 (right) and .8 (wrong).
    stated, right = [0.1, 0.5, 0.6, 0.8], [False, True, True, False]
    assert expected_calibration_error(stated, right, n_bins=2) == pytest.approx(
        abs(0.3 - 0.5) * 0.5 + abs(0.7 - 0.5) * 0.5
    )
    assert expected_calibration_error([0.0, 1.0], [False, True]) == 0
    assert expected_calibration_error([0.25] * 4, [True, False, False, False]) == 0
    assert expected_calibration_error([1.0, 1.0], [False, False]) == 1


def test_an_order_without_meaning_scores_as_chance() -> None:
    assert auroc([0.5] * 4, [True, False, True, False]) == 0.5
    assert auroc([3.0, 2.0, -1.0], [True, True, False]) == 1
    assert area_under_risk_coverage([0.5] * 4, [True, False, True, False]) == 0.5


@given(PAIRS)
def test_agreement_with_the_definitions(pairs: list[tuple[float, bool]]) -> None:
    stated, right = [s for s, _ in pairs], [r for _, r in pairs]
    assert brier_score(stated, right) == pytest.approx(sum((s - r) ** 2 for s, r in pairs) / len(pairs))
    bins: dict[int, list[tuple[float, bool]]] = {}
    for s, r in pairs:
        bins.setdefault(max(1, math.ceil(round(s * 10, 9))), []).append((s, r))
    gaps = [abs(sum(s for s, _ in b) - sum(r for _, r in b)) for b in bins.values()]
    assert expected_calibration_error(stated, right) == pytest.approx(sum(gaps) / len(pairs), abs=1e-9)
    hits, misses = [s for s, r in pairs if r], [s for s, r in pairs if not r]
    if hits and misses:
        wins = sum(1.0 if h > m else 0.5 if h == m else 0.0 for h in hits for m in misses)
        assert auroc(stated, right) == pytest.approx(wins / (len(hits) * len(misses)))
    for point in risk_coverage(stated, right):
        answered = [r for s, r in pairs if s >= point.threshold]
        assert point.coverage == pytest.approx(len(answered) / len(pairs))
        assert point.risk == pytest.approx(answered.count(False) / len(answered))


@given(PAIRS)
def test_bounds(pairs: list[tuple[float, bool]]) -> None:
    stated, right = [s for s, _ in pairs], [r for _, r in pairs]
    assert 0 <= brier_score(stated, right) <= 1
    assert 0 <= expected_calibration_error(stated, right) <= 1
    assert 0 <= area_under_risk_coverage(stated, right) <= 1
    curve = risk_coverage(stated, right)
    assert curve[-1].coverage == 1
    assert curve[-1].risk == pytest.approx(right.count(False) / len(right))
    assert all(a.coverage < b.coverage and a.threshold > b.threshold for a, b in itertools.pairwise(curve))


@pytest.mark.parametrize(
    "measure", [brier_score, expected_calibration_error, auroc, risk_coverage, area_under_risk_coverage]
)
def test_what_has_no_value_is_refused(measure: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        measure([], [])
    with pytest.raises(ValueError, match="as many"):
        measure([0.5], [True, False])
    with pytest.raises(ValueError, match="finite"):
        measure([math.nan, 0.5], [True, False])


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.1"):
        brier_score([1.5], [True])
    with pytest.raises(ValueError, match=r"0\.\.1"):
        expected_calibration_error([-0.1], [True])
    with pytest.raises(ValueError, match="n_bins"):
        expected_calibration_error([0.1], [True], n_bins=0)
    with pytest.raises(ValueError, match="both right and wrong"):
        auroc([0.1, 0.2], [True, True])

"""Calibration error over groups of equal size, worked by hand and against its definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.metrics.calibration import expected_calibration_error
from whence.metrics.calibration_adaptive import LEAST_IN_BIN, adaptive_calibration_error

PAIRS = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1, max_size=60)


def test_values_worked_by_hand() -> None:
    # Two bins of two: .1 and .5 with one right, .6 and .8 with one right.
    stated, right = [0.8, 0.1, 0.6, 0.5], [False, False, True, True]
    assert adaptive_calibration_error(stated, right, n_bins=2, least=1) == pytest.approx((0.4 + 0.4) / 4)
    assert adaptive_calibration_error(stated, right, n_bins=2, least=3) == pytest.approx(0.0)  # one bin: 2 of 2.0
    assert adaptive_calibration_error([1.0, 1.0], [False, False]) == 1


def test_few_answers_are_one_bin_where_equal_widths_see_chance() -> None:
    stated = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95]
    right = [False] * 5 + [True] * 5  # as many as stated in all
    assert expected_calibration_error(stated, right) == pytest.approx(0.25)
    assert adaptive_calibration_error(stated, right) == pytest.approx(0)
    assert len(stated) < 2 * LEAST_IN_BIN


def test_equal_confidences_share_a_bin() -> None:
    right = [True] * 30 + [False] * 30
    assert adaptive_calibration_error([0.5] * 60, right) == pytest.approx(0)


@given(PAIRS)
def test_it_is_never_below_the_gap_of_the_means_and_never_above_one(pairs: list[tuple[float, bool]]) -> None:
    stated, right = [s for s, _ in pairs], [r for _, r in pairs]
    found = adaptive_calibration_error(stated, right, least=5)
    gap = abs(sum(stated) - sum(right)) / len(pairs)
    assert gap - 1e-9 <= found <= 1
    assert adaptive_calibration_error(stated, right, n_bins=1) == pytest.approx(gap)


def test_what_has_no_bins_is_refused() -> None:
    with pytest.raises(ValueError, match="n_bins"):
        adaptive_calibration_error([0.5], [True], n_bins=0)
    with pytest.raises(ValueError, match="at least one"):
        adaptive_calibration_error([], [])

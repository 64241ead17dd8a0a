"""Intervals of measures of confidence, and the error that chance alone makes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.metrics.calibration import auroc, brier_score, expected_calibration_error
from whence.metrics.calibration_interval import error_of_perfect, paired_interval


def drawn(n: int, seed: int) -> tuple[list[float], list[bool]]:
    """Confidences that are exactly true, and outcomes."""
    generator = np.random.default_rng(seed)
    stated = generator.random(n)
    return stated.tolist(), (generator.random(n) < stated).tolist()


def test_the_interval_holds_the_true_error_of_a_perfect_confidence_most_of_the_time() -> None:
    holds = 0
    for seed in range(20):
        found = paired_interval(brier_score, *drawn(200, seed))
        assert found is not None
        holds += found[0] <= 1 / 6 <= found[1]  # the mean of p (1 - p) over 0..1
    assert holds >= 17


def test_more_questions_give_a_narrower_interval() -> None:
    widths = []
    for n in (50, 800):
        found = paired_interval(expected_calibration_error, *drawn(n, 3))
        assert found is not None
        widths.append(found[1] - found[0])
    assert widths[1] < widths[0] / 2


def test_one_sort_of_outcome_has_no_order_to_judge() -> None:
    assert paired_interval(auroc, [0.2, 0.9, 0.4], [True, True, True]) is None


def test_the_interval_of_the_order_holds_its_value() -> None:
    stated, right = drawn(300, 1)
    found = paired_interval(auroc, stated, right)
    assert found is not None
    assert found[0] < auroc(stated, right) < found[1]


def test_chance_alone_makes_a_larger_error_of_fewer_answers() -> None:
    few, many = error_of_perfect([0.7] * 25), error_of_perfect([0.7] * 2500)
    assert few > 0.05
    assert 0 < many < 0.02
    assert error_of_perfect([1.0] * 25) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_intervals_lie_in_order_within_the_unit(pairs: list[tuple[float, bool]]) -> None:
    stated, right = [one for one, _ in pairs], [one for _, one in pairs]
    for of in (auroc, brier_score, expected_calibration_error):
        found = paired_interval(of, stated, right, resamples=20)
        assert found is None or 0 <= found[0] <= found[1] <= 1


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="as many"):
        paired_interval(brier_score, [0.5], [True, False])

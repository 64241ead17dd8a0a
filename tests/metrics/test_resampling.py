"""Bootstrap intervals and randomization tests."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.metrics.bootstrap import bootstrap_interval, paired_bootstrap_interval
from whence.metrics.randomization import randomization_p

VALUES = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=30)


@given(VALUES)
@settings(max_examples=30)
def test_an_interval_holds_its_mean_within_the_range_of_the_values(values: list[float]) -> None:
    interval = bootstrap_interval(values, resamples=200)
    assert min(values) <= interval.low <= interval.high <= max(values)
    assert interval.mean == pytest.approx(math.fsum(values) / len(values))


def test_an_interval_agrees_with_the_normal_theory_of_a_share() -> None:
    # 200 questions, 60 % right: the standard error of the share is sqrt(.6 * .4 / 200) = .03464.
    interval = bootstrap_interval([1.0] * 120 + [0.0] * 80)
    assert interval.mean == 0.6
    assert interval.low == pytest.approx(0.6 - 1.96 * 0.03464, abs=0.008)
    assert interval.high == pytest.approx(0.6 + 1.96 * 0.03464, abs=0.008)


def test_the_interval_of_two_values_is_the_exact_one() -> None:
    # Means are 0, 1/2 and 1 with probabilities 1/4, 1/2 and 1/4, so the central half ends at 0 or 1/2.
    interval = bootstrap_interval([0.0, 1.0], level=0.4, resamples=20_000)
    assert (interval.low, interval.high) == (0.5, 0.5)
    interval = bootstrap_interval([0.0, 1.0], level=0.6, resamples=20_000)
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = [0.1, 0.9, 0.4, 0.2, 1.0, 0.0, 0.3]
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)
    assert bootstrap_interval(values, seed=3, resamples=500) != bootstrap_interval(values, seed=4, resamples=500)


def test_a_higher_level_is_not_narrower() -> None:
    values = [0.0, 0.25, 0.5, 1.0, 1.0, 0.2]
    narrow, wide = bootstrap_interval(values, level=0.5), bootstrap_interval(values, level=0.99)
    assert wide.low <= narrow.low <= narrow.high <= wide.high


def test_pairing_takes_out_what_is_hard_for_both() -> None:
    first = [0.1, 0.5, 0.9, 0.3, 0.7]
    second = [value - 0.1 for value in first]
    difference = paired_bootstrap_interval(first, second)
    assert (difference.low, difference.high) == pytest.approx((0.1, 0.1))


def test_values_without_an_interval_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        bootstrap_interval([])
    with pytest.raises(ValueError, match="finite"):
        bootstrap_interval([1.0, math.nan])
    with pytest.raises(ValueError, match="level must lie"):
        bootstrap_interval([1.0], level=1.0)
    with pytest.raises(ValueError, match="zip"):
        paired_bootstrap_interval([1.0], [1.0, 2.0])


def test_p_of_three_pairs_worked_by_hand() -> None:
    # Differences 1, 2, 4: of the 8 sign patterns only +++ and --- reach a sum of 7.
    assert randomization_p([1, 2, 4], [0, 0, 0]) == 2 / 8
    # Differences 1, 1, -1: the sum is 1, and every pattern reaches at least 1.
    assert randomization_p([1, 1, 0], [0, 0, 1]) == 1.0


PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=7)


@given(PAIRS)
def test_exact_p_counts_every_exchange(pairs: list[tuple[int, int]]) -> None:
    observed = abs(sum(a - b for a, b in pairs))
    sums = [
        abs(sum(b - a if swapped else a - b for (a, b), swapped in zip(pairs, pattern, strict=True)))
        for pattern in itertools.product([False, True], repeat=len(pairs))
    ]
    expected = sum(value >= observed for value in sums) / len(sums)
    first, second = zip(*pairs, strict=True)
    assert randomization_p(first, second) == pytest.approx(expected)
    assert randomization_p(second, first) == randomization_p(first, second)


def test_drawn_p_agrees_with_the_sign_test_it_becomes_on_equal_differences() -> None:
    # 20 wins against 5 of the same size: exact two-sided binomial p.
    first, second = [1.0] * 20 + [0.0] * 5, [0.0] * 20 + [1.0] * 5
    exact = 2 * sum(math.comb(25, wins) for wins in range(20, 26)) / 2**25
    assert randomization_p(first, second) == pytest.approx(exact, rel=0.15)


def test_drawn_p_is_never_zero_and_ties_do_not_count() -> None:
    first, second = [1.0] * 40, [0.0] * 40
    assert randomization_p(first, second, permutations=999) == 1 / 1000
    assert randomization_p([1, 2, 4, 9, 9], [0, 0, 0, 9, 9]) == 2 / 8
    assert randomization_p([0.5, 0.5], [0.5, 0.5]) == 1.0


def test_rounding_does_not_make_an_equal_exchange_less_extreme() -> None:
    # .1 + .2 and .3 differ in the last bit; both exchanges are as extreme as the observed one.
    assert randomization_p([0.1, 0.2, 0.3], [0.0, 0.0, 0.0]) == 2 / 8
    assert randomization_p([0.1, 0.2, 0.0], [0.0, 0.0, 0.3]) == 1.0


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one question"):
        randomization_p([], [])
    with pytest.raises(ValueError, match="zip"):
        randomization_p([1.0], [])

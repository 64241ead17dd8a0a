"""Quantiles of times."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.metrics.latency import latency


def test_quantiles_worked_by_hand() -> None:
    measured = latency([float(time) for time in range(101)])
    assert (measured.n, measured.mean_ms, measured.p50_ms, measured.p95_ms, measured.p99_ms, measured.max_ms) == (
        101,
        50.0,
        50.0,
        95.0,
        99.0,
        100.0,
    )
    assert latency([1.0, 2.0]).p95_ms == pytest.approx(1.95)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_quantiles_are_ordered_and_do_not_depend_on_the_order(times: list[float]) -> None:
    measured = latency(times)
    assert min(times) <= measured.p50_ms <= measured.p95_ms <= measured.p99_ms <= measured.max_ms == max(times)
    assert latency(times[::-1]).p95_ms == measured.p95_ms


@pytest.mark.parametrize("times", [[], [-1.0], [math.nan], [math.inf]])
def test_times_without_quantiles_are_refused(times: list[float]) -> None:
    with pytest.raises(ValueError, match="at least one time"):
        latency(times)

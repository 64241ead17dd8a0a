"""Latencies: the middle and the tail of a set of times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Quantiles of ``n`` times, in milliseconds. ``p95_ms`` of fewer than 20 times is close to ``max_ms``."""

    n: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


def latency(times_ms: Sequence[float]) -> Latency:
    """Quantiles of ``times_ms``, interpolated linearly between neighbours.

    Raises ``ValueError`` on no times and on times that are negative or not finite.

    Source: R. J. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50(4), 1996
    (definition 7).
    """
    times = np.asarray(times_ms, dtype=np.float64)
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all() or times.min() < 0:
        raise ValueError("quantiles need at least one time, none of them negative or not finite")
    p50, p95, p99 = np.quantile(times, [0.5, 0.95, 0.99])
    return Latency(
        n=times.size,
        mean_ms=float(times.mean()),
        p50_ms=float(p50),
        p95_ms=float(p95),
        p99_ms=float(p99),
        max_ms=float(times.max()),
    )

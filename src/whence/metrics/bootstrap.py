"""Bootstrap intervals: how much a mean over questions owes to which questions were asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CELLS_PER_BLOCK = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and the bounds of its interval; ``low`` <= ``high``, and all three lie within the range of the values."""

    mean: float
    low: float
    high: float


def bootstrap_interval(
    values: Sequence[float], *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Percentile interval of the mean of per-question ``values``, questions drawn with replacement.

    The same seed gives the same interval. Raises ``ValueError`` on no values, a value that is not finite, a ``level``
    outside 0..1 or fewer than 1 resample.

    Source: B. Efron, "Bootstrap Methods: Another Look at the Jackknife", The Annals of Statistics 7(1), 1979;
    percentile interval: B. Efron, "Nonparametric standard errors and confidence intervals", Canadian Journal of
    Statistics 9(2), 1981.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or sample.size == 0 or not np.isfinite(sample).all():
        raise ValueError("an interval needs at least one value, all of them finite")
    if not 0.0 < level < 1.0 or resamples < 1:
        raise ValueError(f"level must lie between 0 and 1 and resamples be at least 1, not {level} and {resamples}")
    means = _resampled_means(sample, resamples, np.random.default_rng(seed))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    bounds = float(sample.min()), float(sample.max())
    return Interval(
        mean=_clipped(float(sample.mean()), *bounds),
        low=_clipped(float(low), *bounds),
        high=_clipped(float(high), *bounds),
    )


def paired_bootstrap_interval(
    first: Sequence[float], second: Sequence[float], *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Interval of the mean of ``first - second``, both for the same questions in the same order.

    Questions are drawn in pairs, so what is hard for both does not widen the interval.
    Raises ``ValueError`` on unequal lengths, and as ``bootstrap_interval``.

    Source: P. Koehn, "Statistical Significance Tests for Machine Translation Evaluation", EMNLP, 2004.
    """
    differences = [a - b for a, b in zip(first, second, strict=True)]
    return bootstrap_interval(differences, level=level, resamples=resamples, seed=seed)


def _resampled_means(
    sample: NDArray[np.float64], resamples: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    means = np.empty(resamples, dtype=np.float64)
    block = max(1, _CELLS_PER_BLOCK // sample.size)
    for start in range(0, resamples, block):
        stop = min(resamples, start + block)
        drawn = generator.integers(0, sample.size, size=(stop - start, sample.size))  # (block, n)
        means[start:stop] = sample[drawn].mean(axis=1)
    return means


def _clipped(value: float, low: float, high: float) -> float:
    # A mean of equal values can leave their range by the last bit.
    return min(max(value, low), high)

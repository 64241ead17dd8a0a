"""How much a measure of confidence owes to chance: intervals over questions, and what a perfect one would get."""

from collections.abc import Callable, Sequence

import numpy as np

from whence.metrics.calibration import check_outcomes, expected_calibration_error

_LEAST_USABLE = 0.5
"""Share of the resamples that must have a value (both outcomes, say) for an interval to mean anything."""


def paired_interval(
    of: Callable[[Sequence[float], Sequence[bool]], float],
    confidences: Sequence[float],
    outcomes: Sequence[bool],
    *,
    level: float = 0.95,
    resamples: int = 500,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Interval of a measure of (confidences, outcomes), questions drawn with replacement; None where it has none.

    Resamples on which ``of`` raises ``ValueError`` are passed over. The interval is the basic one, mirrored at the
    value itself and kept within 0..1, since resampling biases an error such as the ECE upwards and this takes as much
    off again. The same seed gives the same interval.

    Source: A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application", 1997, section 5.2.
    """
    stated, right = check_outcomes(confidences, outcomes, probabilities=False)
    try:
        value = of(confidences, outcomes)
    except ValueError:
        return None
    generator = np.random.default_rng(seed)
    drawn: list[float] = []
    for _ in range(resamples):
        rows = generator.integers(0, stated.size, stated.size)
        try:
            drawn.append(of(stated[rows], right[rows] == 1))  # type: ignore[arg-type]
        except ValueError:
            continue
    if len(drawn) < _LEAST_USABLE * resamples:
        return None
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    bounds = np.clip([2.0 * value - high, 2.0 * value - low], 0.0, 1.0)
    return float(bounds[0]), float(bounds[1])


def error_of_perfect(confidences: Sequence[float], *, resamples: int = 500, seed: int = 0, n_bins: int = 10) -> float:
    """Mean expected calibration error of confidences that are exactly true, from chance in the outcomes alone.

    Raises ``ValueError`` as ``expected_calibration_error`` does.

    Source: J. Broecker, L. A. Smith, "Increasing the Reliability of Reliability Diagrams", Weather and Forecasting
    22(3), 2007, whose consistency resampling this is.
    """
    stated, _ = check_outcomes(confidences, [True] * len(confidences), probabilities=True)
    generator = np.random.default_rng(seed)
    errors = [
        expected_calibration_error(confidences, list(generator.random(stated.size) < stated), n_bins)
        for _ in range(resamples)
    ]
    return float(np.mean(errors))

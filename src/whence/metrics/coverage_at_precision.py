"""Coverage at a precision: how many questions may be answered if so many answers must be right?"""

from collections.abc import Sequence

from whence.metrics.calibration import RiskCoverage, risk_coverage


def coverage_at_precision(
    confidences: Sequence[float], outcomes: Sequence[bool], precision: float = 0.9
) -> RiskCoverage | None:
    """The point of greatest coverage with a share of right answers of at least ``precision``; None where there is none.

    Chosen on the questions it is measured on, so it flatters: fit the threshold on other questions than it is reported
    on. Raises ``ValueError`` on a ``precision`` outside 0..1 and as the measures of ``calibration`` do.

    Source: R. El-Yaniv, Y. Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11, 2010;
    guaranteed risk at a threshold: Y. Geifman, R. El-Yaniv, "Selective Classification for Deep Neural Networks", 2017.
    """
    if not 0.0 <= precision <= 1.0:
        raise ValueError(f"precision must lie in 0..1, not {precision}")
    points = [point for point in risk_coverage(confidences, outcomes) if 1.0 - point.risk >= precision - 1e-12]
    return max(points, key=lambda point: point.coverage, default=None)

"""How far a confidence can be believed: calibration, and the order it puts right and wrong answers in.

All take ``confidences`` and ``outcomes`` of the same questions in the same order; an outcome is True (1) when the
answer was right. All raise ``ValueError`` on unequal lengths, on no questions and on confidences that are not finite;
those that read confidences as probabilities also outside 0..1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCoverage:
    """One point of a risk-coverage curve.

    Answering only what has a confidence of at least ``threshold`` answers the share ``coverage`` of the questions, and
    the share ``risk`` of those answers is wrong.
    """

    threshold: float
    coverage: float
    risk: float


def brier_score(confidences: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Mean squared difference of confidence and outcome, in 0..1, lower is better; always saying 0.5 scores 0.25.

    Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78(1),
    1950, in the two-class form without its factor 2.
    """
    stated, right = check_outcomes(confidences, outcomes, probabilities=True)
    return float(np.mean((stated - right) ** 2))


def expected_calibration_error(confidences: Sequence[float], outcomes: Sequence[bool], n_bins: int = 10) -> float:
    """Mean absolute gap between confidence and share of right answers, over equal-width bins weighted by their size.

    Bins are (0, 1/n], (1/n, 2/n], ..., with 0 in the first. Lower is better; the value depends on ``n_bins`` and is
    biased upwards on few questions.

    Source: M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
    Binning", AAAI, 2015; bin borders as in C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern
    Neural Networks", ICML, 2017.
    """
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1, not {n_bins}")
    stated, right = check_outcomes(confidences, outcomes, probabilities=True)
    edges = np.arange(1, n_bins) / n_bins
    bins = np.searchsorted(edges, stated, side="left")
    gaps = np.bincount(bins, weights=stated - right, minlength=n_bins)
    return float(np.abs(gaps).sum() / stated.size)


def auroc(confidences: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Probability that a right answer has a higher confidence than a wrong one, ties counted half.

    Any finite scores will do. Raises ``ValueError`` when all answers are right or all are wrong.

    Source: J. A. Hanley, B. J. McNeil, "The meaning and use of the area under a receiver operating characteristic
    (ROC) curve", Radiology 143(1), 1982.
    """
    scores, right = check_outcomes(confidences, outcomes, probabilities=False)
    n_right = int(right.sum())
    n_wrong = right.size - n_right
    if n_right == 0 or n_wrong == 0:
        raise ValueError("the area under the curve needs both right and wrong answers")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(counts) - (counts - 1) / 2.0  # rank of a tie: the mean of the ranks it takes, from 1
    rank_sum = float(mean_ranks[place][right == 1].sum())
    return (rank_sum - n_right * (n_right + 1) / 2.0) / (n_right * n_wrong)


def risk_coverage(confidences: Sequence[float], outcomes: Sequence[bool]) -> list[RiskCoverage]:
    """The curve of error against coverage, one point per distinct confidence, coverage increasing to 1.

    Any finite scores will do.

    Source: R. El-Yaniv, Y. Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11, 2010.
    """
    scores, right = check_outcomes(confidences, outcomes, probabilities=False)
    distinct, place = np.unique(-scores, return_inverse=True)
    answered = np.cumsum(np.bincount(place, minlength=distinct.size))
    wrong = np.cumsum(np.bincount(place, weights=1.0 - right, minlength=distinct.size))
    return [
        RiskCoverage(threshold=float(-score), coverage=float(n / scores.size), risk=float(bad / n))
        for score, n, bad in zip(distinct, answered, wrong, strict=True)
    ]


def area_under_risk_coverage(confidences: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Mean risk over all coverages, in 0..1, lower is better; without any order it is the share of wrong answers.

    Each question adds the risk at its own confidence, so tied ones share the risk of the whole tie.

    Source: Y. Geifman, G. Uziel, R. El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers",
    ICLR, 2019.
    """
    points = risk_coverage(confidences, outcomes)
    steps = np.diff([0.0, *(point.coverage for point in points)])
    return float(np.dot(steps, [point.risk for point in points]))


def check_outcomes(
    confidences: Sequence[float], outcomes: Sequence[bool], *, probabilities: bool
) -> tuple[_Floats, _Floats]:
    """Both as arrays of shape (n,), outcomes as 0 and 1; raises ``ValueError`` as said above."""
    stated = np.asarray(confidences, dtype=np.float64)
    right = np.asarray(outcomes, dtype=bool).astype(np.float64)
    if stated.ndim != 1 or stated.shape != right.shape or stated.size == 0:
        raise ValueError(f"as many confidences as outcomes are needed, and at least one: {stated.size}, {right.size}")
    if not np.isfinite(stated).all() or (probabilities and (stated.min() < 0 or stated.max() > 1)):
        raise ValueError("confidences must be finite" + (" and lie in 0..1" if probabilities else ""))
    return stated, right

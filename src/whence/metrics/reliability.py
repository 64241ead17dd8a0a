"""The reliability curve: how often answers of a stated confidence are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whence.metrics.calibration import check_outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """The ``n`` answers with a confidence in (``low``, ``high``]; the first bin holds 0 too."""

    low: float
    high: float
    n: int
    mean_confidence: float
    share_right: float


def reliability(confidences: Sequence[float], outcomes: Sequence[bool], n_bins: int = 10) -> list[ReliabilityBin]:
    """The bins that are not empty, by confidence; their gaps, weighted by ``n``, are the expected calibration error.

    Raises ``ValueError`` as the measures of ``calibration`` do.

    Source: M. H. DeGroot, S. E. Fienberg, "The Comparison and Evaluation of Forecasters", The Statistician 32, 1983;
    A. Niculescu-Mizil, R. Caruana, "Predicting Good Probabilities With Supervised Learning", ICML, 2005.
    """
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1, not {n_bins}")
    stated, right = check_outcomes(confidences, outcomes, probabilities=True)
    place = np.searchsorted(np.arange(1, n_bins) / n_bins, stated, side="left")
    return [
        ReliabilityBin(
            low=one / n_bins,
            high=(one + 1) / n_bins,
            n=int(inside.sum()),
            mean_confidence=float(stated[inside].mean()),
            share_right=float(right[inside].mean()),
        )
        for one in range(n_bins)
        if (inside := place == one).any()
    ]

"""How far a confidence can be believed, of few questions: calibration error over groups of equal size."""

from collections.abc import Sequence

import numpy as np

from whence.metrics.calibration import check_outcomes

LEAST_IN_BIN = 15
"""So many answers a bin at least: of fewer the share that is right says little."""


def adaptive_calibration_error(
    confidences: Sequence[float], outcomes: Sequence[bool], n_bins: int = 10, least: int = LEAST_IN_BIN
) -> float:
    """Mean absolute gap between confidence and share of right answers, over bins of equally many answers.

    At most ``n_bins`` bins, and only so many that each has ``least`` answers; fewer than twice that are one bin, and
    the value is the gap between their mean confidence and the share that is right. Equal confidences share a bin.
    Raises ``ValueError`` as the measures of ``calibration`` do.

    Source: K. Nguyen, B. O'Connor, "Posterior calibration and exploratory analysis for natural language processing
    models", EMNLP, 2015, which bins so that each has as many.
    """
    if n_bins < 1 or least < 1:
        raise ValueError(f"n_bins and least must be at least 1, not {n_bins} and {least}")
    stated, right = check_outcomes(confidences, outcomes, probabilities=True)
    order = np.argsort(stated, kind="stable")
    stated, right = stated[order], right[order]
    n = max(min(n_bins, stated.size // least), 1)
    borders = np.arange(1, n) * stated.size // n
    first_of_tie = np.searchsorted(stated, stated[borders], side="left")
    starts = np.unique(np.concatenate([[0], first_of_tie]))
    gaps = np.add.reduceat(stated - right, starts)
    return float(np.abs(gaps).sum() / stated.size)

"""Fits how an index corrects its confidence, and says what that brings on questions that the fit has not seen."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whence.errors import UsageError
from whence.metrics.calibration import auroc, brier_score, expected_calibration_error
from whence.metrics.coverage_at_precision import coverage_at_precision

N_FOLDS = 5
LEAST = 40
"""Fewer questions, or fewer than a fourth of that right or wrong, are too few to fit two numbers and a threshold."""

LOST = 0.08
"""The threshold gives up at most this share of the answers that are right."""

_MAX_STEPS, _STOP, _LEAST_SLOPE = 100, 1e-9, 0.1
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One question: the shipped confidence, whether the answer it would give is right, and the article, file or the
    like it is about, which a split must keep together.
    """

    confidence: float
    is_right: bool
    is_answerable: bool
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How good a confidence is. ``lost`` is the share of right answers below the threshold, ``caught`` that of
    unanswerable questions; None where there are none, or where only one sort of outcome is there.
    """

    ece: float
    brier: float
    auroc_right: float | None
    auroc_answerable: float | None
    coverage_at_90: float
    lost: float | None
    caught: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Slope, offset and threshold from all questions; both scores are over all of them, ``after`` by ``N_FOLDS``-fold
    cross-validation by group, so that no question is scored by a fit that has seen its group.
    """

    slope: float
    offset: float
    threshold: float
    n: int
    n_groups: int
    before: Scores
    after: Scores

    @property
    def is_better(self) -> bool:
        """Whether the correction pays on questions it has not seen: lower Brier score."""
        return self.after.brier < self.before.brier


def fit_recalibration(observed: Sequence[Observed], threshold: float) -> Fit:
    """``threshold`` is the one in force before. Raises ``UsageError`` on too few questions or groups."""
    right = np.array([one.is_right for one in observed])
    n_right = int(right.sum())
    if len(observed) < LEAST or min(n_right, len(observed) - n_right) < LEAST // 4:
        raise UsageError(
            f"{len(observed)} questions, {n_right} of them answered rightly, are too few to fit a confidence: at least "
            f"{LEAST} are needed, {LEAST // 4} right and {LEAST // 4} not."
        )
    groups = sorted({one.group for one in observed})
    if len(groups) < N_FOLDS:
        raise UsageError(f"The questions are about {len(groups)} things only: {N_FOLDS} are needed to check a fit.")
    stated = np.array([one.confidence for one in observed])
    folds = _folds(observed)
    corrected, thresholds = np.empty_like(stated), np.empty_like(stated)
    for fold in np.unique(folds):
        seen, held = folds != fold, folds == fold
        slope, offset = _platt(stated[seen], right[seen])
        corrected[held] = _corrected(stated[held], slope, offset)
        thresholds[held] = _threshold(_corrected(stated[seen], slope, offset), right[seen])
    slope, offset = _platt(stated, right)
    return Fit(
        slope=round(slope, 5),
        offset=round(offset, 5),
        threshold=round(_threshold(_corrected(stated, slope, offset), right), 4),
        n=len(observed),
        n_groups=len(groups),
        before=_scores(observed, stated, np.full_like(stated, threshold)),
        after=_scores(observed, corrected, thresholds),
    )


def _folds(observed: Sequence[Observed]) -> NDArray[np.int64]:
    """The fold of each question, groups kept together: the largest first, each to the fold with the fewest so far.

    Right and wrong ones are dealt out in turn, so that no fold has another share of them than the rest by accident.
    """
    members: dict[str, list[bool]] = {}
    for one in observed:
        members.setdefault(one.group, []).append(one.is_right)
    fold_of: dict[str, int] = {}
    counts = np.zeros((N_FOLDS, 2))
    by_size = sorted(members, key=lambda name: (-len(members[name]), hashlib.sha256(name.encode()).hexdigest()))
    totals = np.maximum(np.array([sum(one.is_right for one in observed), sum(not one.is_right for one in observed)]), 1)
    for name in by_size:
        own = np.array([sum(members[name]), len(members[name]) - sum(members[name])])
        fullness = ((counts + own) / totals) ** 2
        fold_of[name] = int(np.argmin(fullness.sum(axis=1) - ((counts / totals) ** 2).sum(axis=1)))
        counts[fold_of[name]] += own
    return np.array([fold_of[one.group] for one in observed])


def _logit(confidence: _Floats) -> _Floats:
    inside = np.clip(confidence, 1e-9, 1.0 - 1e-9)
    return np.asarray(np.log(inside / (1.0 - inside)), np.float64)


def _corrected(confidence: _Floats, slope: float, offset: float) -> _Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(slope * _logit(confidence) + offset, -30.0, 30.0))), np.float64)


def _platt(confidence: _Floats, right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset by Newton's method, towards outcomes a little inside 0 and 1 as Platt has them.

    A little penalty draws towards leaving the confidence as it is, and the slope stays above 0: the order is kept.
    """
    n_right = float(right.sum())
    wanted = np.where(right, (n_right + 1) / (n_right + 2), 1 / (right.size - n_right + 2))
    x = np.stack([_logit(confidence), np.ones_like(confidence)], axis=1)  # (n, 2)
    start = np.array([1.0, 0.0])

    def loss(beta: _Floats) -> float:
        z = x @ beta
        return float((np.logaddexp(0.0, z) - wanted * z).sum() + ((beta - start) ** 2).sum() / 2.0)

    beta = start.copy()
    for _ in range(_MAX_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -30.0, 30.0)))
        gradient = x.T @ (p - wanted) + (beta - start)
        step = np.linalg.solve((x.T * (p * (1.0 - p))) @ x + np.eye(2), gradient)
        while loss(beta - step) > loss(beta) and float(np.abs(step).max()) > _STOP:
            step = step / 2.0  # a whole step overshoots where most confidences lie at the ends
        beta = beta - step
        if float(np.abs(step).max()) <= _STOP:
            break
    return max(float(beta[0]), _LEAST_SLOPE), float(beta[1])


def _threshold(confidence: _Floats, right: NDArray[np.bool_]) -> float:
    return float(np.quantile(confidence[right], LOST)) if right.any() else 1.0


def _scores(observed: Sequence[Observed], stated: _Floats, thresholds: _Floats) -> Scores:
    values = stated.tolist()
    right = [one.is_right for one in observed]
    answerable = [one.is_answerable for one in observed]
    below = stated < thresholds
    best = coverage_at_precision(values, right, 0.9)
    return Scores(
        ece=expected_calibration_error(values, right),
        brier=brier_score(values, right),
        auroc_right=auroc(values, right) if 0 < sum(right) < len(right) else None,
        auroc_answerable=auroc(values, answerable) if 0 < sum(answerable) < len(answerable) else None,
        coverage_at_90=best.coverage if best else 0.0,
        lost=float(below[np.array(right)].mean()) if any(right) else None,
        caught=None if all(answerable) else float(below[~np.array(answerable)].mean()),
    )

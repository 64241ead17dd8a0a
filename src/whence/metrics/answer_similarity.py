"""Semantic answer similarity: do two answers mean the same, though they share few words?"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchThreshold:
    """The lowest similarity that counts as the same answer, and the share of the fitting pairs it labels rightly."""

    threshold: float
    accuracy: float


def answer_similarity(predictions: ArrayLike, references: ArrayLike) -> NDArray[np.float64]:
    """Cosine of each pair of rows, in -1..1: shapes (n, dim) and (n, dim) give (n,). Rows must not be zero.

    Source: J. Risch, T. Möller, J. Gutsch, M. Pietsch, "Semantic Answer Similarity for Evaluating Question Answering
    Models", MRQA workshop, 2021, arXiv 2108.06130 (the form with two separate encodings).
    """
    one, other = np.asarray(predictions, dtype=np.float64), np.asarray(references, dtype=np.float64)
    if one.ndim != 2 or one.shape != other.shape:
        raise ValueError(f"two equal shapes (n, dim) are needed, not {one.shape} and {other.shape}")
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    if (lengths == 0).any():
        raise ValueError("a vector of zeros has no direction to compare")
    return np.asarray(np.clip((one * other).sum(axis=1) / lengths, -1.0, 1.0), np.float64)


def match_threshold(similarities: Sequence[float], same: Sequence[bool]) -> MatchThreshold:
    """The threshold with the most rightly labelled pairs; among equals the middle of the widest gap.

    Report its accuracy on other pairs than these. Raises ``ValueError`` without pairs of both sorts.

    Source: J. Risch, T. Möller, J. Gutsch, M. Pietsch, "Semantic Answer Similarity for Evaluating Question Answering
    Models", MRQA workshop, 2021, arXiv 2108.06130 (similarity); a decision stump on it: own choice.
    """
    if len(similarities) != len(same) or len(set(same)) < 2:
        raise ValueError("a threshold is fitted on pairs that mean the same and pairs that do not")
    ordered = sorted(set(similarities))
    edges = [ordered[0] - 1.0, *ordered, ordered[-1] + 1.0]
    middles = [((low + high) / 2.0, high - low) for low, high in itertools.pairwise(edges)]
    values, truth = np.asarray(similarities), np.asarray(same)
    right = [(float(((values >= cut) == truth).mean()), gap, cut) for cut, gap in middles]
    accuracy, _, cut = max(right)
    return MatchThreshold(threshold=cut, accuracy=accuracy)

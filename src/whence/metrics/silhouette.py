"""Silhouette: do vectors of one document lie nearer to each other than to those of the next document?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_BLOCK = 1024


def silhouette(vectors: ArrayLike, labels: Sequence[str]) -> NDArray[np.float64]:
    """The value of each row, in -1..1, in order; their mean is the score of the whole. Shape (n, dim) gives (n,).

    Distance is 1 - cosine; rows need not have length 1. A row that is alone with its label gets 0. Takes n * n
    distances in blocks. Raises ``ValueError`` on unequal lengths, a row of zeros, and fewer than two labels.

    Source: P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
    Journal of Computational and Applied Mathematics 20, 1987.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    names, place = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
    if rows.ndim != 2 or rows.shape[0] != place.size:
        raise ValueError(f"as many rows as labels are needed: {rows.shape}, {place.size}")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if names.size < 2 or not np.isfinite(rows).all() or (lengths == 0).any():
        raise ValueError("a silhouette needs two labels at least, and rows that are finite and not zero")
    rows = rows / lengths
    sizes = np.bincount(place)  # (labels,)
    member = np.eye(names.size)[place]  # (n, labels)
    values = np.empty(place.size)
    for start in range(0, place.size, _BLOCK):
        own = place[start : start + _BLOCK]
        here = np.arange(own.size)
        sums = (1.0 - rows[start : start + _BLOCK] @ rows.T) @ member  # (block, labels), distance to itself is 0
        inside = sums[here, own] / np.maximum(sizes[own] - 1, 1)
        means = sums / sizes
        means[here, own] = np.inf
        outside = means.min(axis=1)
        largest = np.maximum(inside, outside)
        alone = (sizes[own] == 1) | (largest <= 0)
        values[start : start + _BLOCK] = np.where(alone, 0.0, (outside - inside) / np.where(alone, 1.0, largest))
    return np.clip(values, -1.0, 1.0)

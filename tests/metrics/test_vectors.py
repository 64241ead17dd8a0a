"""Measures over vectors: silhouette by document, similarity of answers and its threshold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.metrics.answer_similarity import answer_similarity, match_threshold
from whence.metrics.silhouette import silhouette

SEEDS = st.integers(0, 2**32 - 1)


def test_a_silhouette_worked_by_hand() -> None:
    values = silhouette([[1, 0], [0, 1], [-1, 0]], ["a", "a", "b"])
    # First row: 1 to its own, 2 to the other document. Second: 1 to its own, 1 to the other. Third is alone.
    assert values.tolist() == pytest.approx([(2 - 1) / 2, 0.0, 0.0])
    assert silhouette([[1, 0], [2, 0], [0, 3], [0, 1]], ["a", "a", "b", "b"]).tolist() == pytest.approx([1] * 4)


@settings(deadline=None)  # the first call imports the library
@given(SEEDS, st.integers(3, 40), st.integers(2, 6))
def test_silhouettes_agree_with_scikit_learn(seed: int, n: int, n_labels: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    generator = np.random.default_rng(seed)
    rows, labels = generator.normal(size=(n, 5)), [str(one) for one in generator.integers(0, n_labels, n)]
    if len(set(labels)) in {1, n}:
        return
    wanted = metrics.silhouette_samples(rows, labels, metric="cosine")
    assert silhouette(rows, labels) == pytest.approx(wanted, abs=1e-9)


def test_what_has_no_silhouette_is_refused() -> None:
    with pytest.raises(ValueError, match="two labels"):
        silhouette([[1.0, 0.0]], ["a"])
    with pytest.raises(ValueError, match="not zero"):
        silhouette([[1.0, 0.0], [0.0, 0.0]], ["a", "b"])
    with pytest.raises(ValueError, match="as many rows"):
        silhouette([[1.0, 0.0]], ["a", "b"])


def test_similarity_worked_by_hand() -> None:
    values = answer_similarity([[1, 0], [1, 0], [3, 4]], [[2, 0], [0, 1], [4, 3]])
    assert values.tolist() == pytest.approx([1, 0, 24 / 25])
    with pytest.raises(ValueError, match="no direction"):
        answer_similarity([[0.0, 0.0]], [[1.0, 0.0]])
    with pytest.raises(ValueError, match="two equal shapes"):
        answer_similarity([[0.0]], [[1.0, 0.0]])


def test_a_threshold_worked_by_hand() -> None:
    fitted = match_threshold([0.1, 0.4, 0.8, 0.9, 0.2], [False, False, True, True, True])
    assert fitted.threshold == pytest.approx(0.6)
    assert fitted.accuracy == 4 / 5
    with pytest.raises(ValueError, match="pairs that do not"):
        match_threshold([0.1, 0.2], [True, True])


@given(st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=2, max_size=30))
def test_no_other_threshold_labels_more_pairs(pairs: list[tuple[float, bool]]) -> None:
    values, same = [value for value, _ in pairs], [one for _, one in pairs]
    if len(set(same)) < 2:
        return
    fitted = match_threshold(values, same)
    reached = sum((value >= fitted.threshold) == one for value, one in pairs) / len(pairs)
    assert math.isclose(reached, fitted.accuracy)
    for cut in [*values, 2.0]:
        assert sum((value >= cut) == one for value, one in pairs) / len(pairs) <= fitted.accuracy + 1e-12

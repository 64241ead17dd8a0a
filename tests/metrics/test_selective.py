"""Reliability, coverage at a precision, and the cost of a run; agreement with independent libraries."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.metrics.average_precision import average_precision
from whence.metrics.calibration import auroc, brier_score, expected_calibration_error
from whence.metrics.coverage_at_precision import coverage_at_precision
from whence.metrics.hit_rate import hit_rate
from whence.metrics.ndcg import ndcg
from whence.metrics.precision import precision
from whence.metrics.recall import recall
from whence.metrics.reciprocal_rank import reciprocal_rank
from whence.metrics.reliability import reliability
from whence.metrics.resources import Meter, peak_rss_mib

PAIRS = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1, max_size=40)
IDS = [f"d{number:02d}" for number in range(15)]


def test_a_reliability_curve_worked_by_hand() -> None:
    bins = reliability([0.1, 0.5, 0.6, 0.8], [False, True, True, False], n_bins=2)
    assert [(one.low, one.high, one.n, one.share_right) for one in bins] == [(0, 0.5, 2, 0.5), (0.5, 1, 2, 0.5)]
    assert [one.mean_confidence for one in bins] == pytest.approx([0.3, 0.7])
    with pytest.raises(ValueError, match="n_bins"):
        reliability([0.1], [True], n_bins=0)


@given(PAIRS)
def test_the_gaps_of_the_curve_are_the_calibration_error(pairs: list[tuple[float, bool]]) -> None:
    stated, right = [one for one, _ in pairs], [one for _, one in pairs]
    bins = reliability(stated, right)
    assert sum(one.n for one in bins) == len(pairs)
    gaps = sum(one.n * abs(one.mean_confidence - one.share_right) for one in bins) / len(pairs)
    assert gaps == pytest.approx(expected_calibration_error(stated, right))


def test_coverage_worked_by_hand() -> None:
    stated, right = [0.9, 0.8, 0.7, 0.6, 0.5], [True, True, False, True, False]
    best = coverage_at_precision(stated, right, 0.75)
    assert best is not None
    assert (best.threshold, best.coverage, best.risk) == (0.6, 4 / 5, 1 / 4)
    assert coverage_at_precision([0.9, 0.8], [False, True], 0.9) is None
    with pytest.raises(ValueError, match=r"0\.\.1"):
        coverage_at_precision([0.9], [True], 1.5)


@given(PAIRS, st.sampled_from([0.5, 0.8, 0.9, 1.0]))
def test_no_wider_threshold_keeps_the_precision(pairs: list[tuple[float, bool]], wanted: float) -> None:
    best = coverage_at_precision([one for one, _ in pairs], [one for _, one in pairs], wanted)
    for cut in {one for one, _ in pairs}:
        answered = [one for stated, one in pairs if stated >= cut]
        if sum(answered) / len(answered) >= wanted:
            assert best is not None
            assert len(answered) / len(pairs) <= best.coverage + 1e-12


def test_a_meter_counts_processor_seconds() -> None:
    meter = Meter()
    while meter.read().cpu_s < 0.02:
        sum(range(1000))
    cost = meter.read()
    assert cost.elapsed_s > 0
    assert cost.per_second(10) == 10 / cost.elapsed_s
    assert cost.peak_rss_mib <= peak_rss_mib()
    assert peak_rss_mib() > 1


@settings(deadline=None)
@given(st.permutations(IDS), st.integers(1, 15), st.dictionaries(st.sampled_from(IDS), st.integers(1, 4), min_size=1))
def test_rankings_agree_with_trec_eval(order: list[str], n: int, grades: dict[str, int]) -> None:
    pytrec_eval: Any = pytest.importorskip("pytrec_eval", reason="pytrec_eval is not installed")
    ranked = order[:n]
    wanted = {"ndcg_cut_5", "ndcg_cut_10", "map", "map_cut_10", "recip_rank", "P_5", "recall_5", "success_5"}
    run = {"q": {name: float(len(ranked) - rank) for rank, name in enumerate(ranked)}}
    theirs = pytrec_eval.RelevanceEvaluator({"q": grades}, wanted).evaluate(run)["q"]
    gains = {name: float(grade) for name, grade in grades.items()}
    ours = {
        "ndcg_cut_5": ndcg(ranked, gains, 5),
        "ndcg_cut_10": ndcg(ranked, gains, 10),
        "map": average_precision(ranked, gains.keys()),
        "map_cut_10": average_precision(ranked, gains.keys(), 10),
        "recip_rank": reciprocal_rank(ranked, gains.keys()),
        "P_5": precision(ranked, gains.keys(), 5),
        "recall_5": recall(ranked, gains.keys(), 5),
        "success_5": hit_rate(ranked, gains.keys(), 5),
    }
    assert ours == pytest.approx(theirs)


@settings(deadline=None)  # the first call imports the library
@given(PAIRS)
def test_confidences_agree_with_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    calibration = pytest.importorskip("sklearn.calibration", reason="scikit-learn is not installed")
    stated, right = np.array([one for one, _ in pairs]), np.array([one for _, one in pairs])
    if right.all() or not right.any():
        return
    assert auroc(stated.tolist(), right.tolist()) == pytest.approx(metrics.roc_auc_score(right, stated))
    assert brier_score(stated.tolist(), right.tolist()) == pytest.approx(metrics.brier_score_loss(right, stated))
    # scikit-learn closes its bins on the other side, so only confidences that are no border are compared.
    inside = np.clip(stated * 0.98 + 0.0123, 0, 1)
    shares, means = calibration.calibration_curve(right, inside, n_bins=10)
    bins = reliability(inside.tolist(), right.tolist())
    assert [one.share_right for one in bins] == pytest.approx(shares.tolist())
    assert [one.mean_confidence for one in bins] == pytest.approx(means.tolist())
    assert all(low.high <= high.low + 1e-12 for low, high in itertools.pairwise(bins))

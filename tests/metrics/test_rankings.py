"""Measures of a ranking: hand-worked cases, bounds, and agreement with definitions written down another way."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.metrics.average_precision import average_precision
from whence.metrics.hit_rate import hit_rate
from whence.metrics.ndcg import ndcg
from whence.metrics.precision import precision
from whence.metrics.recall import recall
from whence.metrics.reciprocal_rank import reciprocal_rank

IDS = [f"d{number}" for number in range(12)]
RANKINGS = st.lists(st.sampled_from(IDS), unique=True)
RELEVANT = st.frozensets(st.sampled_from(IDS), min_size=1)
CUTS = st.integers(1, 15)


def test_a_ranking_worked_by_hand() -> None:
    ranked, relevant = ["a", "b", "c", "d", "e"], {"b", "d", "z"}
    assert reciprocal_rank(ranked, relevant) == 1 / 2
    assert reciprocal_rank(ranked, relevant, k=1) == 0
    assert hit_rate(ranked, relevant, k=1) == 0
    assert hit_rate(ranked, relevant, k=2) == 1
    assert recall(ranked, relevant) == 2 / 3
    assert recall(ranked, relevant, k=3) == 1 / 3
    assert precision(ranked, relevant, k=4) == 2 / 4
    assert precision(ranked, relevant, k=10) == 2 / 10
    assert average_precision(ranked, relevant) == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert average_precision(ranked, relevant, k=2) == pytest.approx((1 / 2) / 3)


def test_ndcg_worked_by_hand() -> None:
    grades = {"a": 3.0, "b": 2.0, "c": 3.0, "d": 0.0, "e": 1.0, "f": 2.0}
    gained = 3 + 2 / 1.58496 + 3 / 2 + 0 + 1 / 2.58496 + 2 / 2.80735
    ideal = 3 + 3 / 1.58496 + 2 / 2 + 2 / 2.32193 + 1 / 2.58496
    assert ndcg(["a", "b", "c", "d", "e", "f"], grades) == pytest.approx(gained / ideal, abs=1e-5)
    # A discount of log2(rank) from rank 2 on, the paper's own, would leave rank 2 whole.
    assert ndcg(["x", "a"], {"a": 1.0}) == pytest.approx(1 / math.log2(3))
    assert ndcg(["b", "a"], {"a": 2.0, "b": 1.0}, gain="exponential") == pytest.approx(
        (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))
    )


def test_ndcg_is_not_harmed_by_what_lies_beyond_the_cut() -> None:
    grades = dict.fromkeys(IDS, 1.0)
    assert ndcg(IDS[:3], grades, k=3) == 1.0


def test_values_that_trec_eval_gives() -> None:
    """Computed with trec_eval (pytrec_eval 0.5): ndcg_cut_5, map, recip_rank, P_5, recall_5."""
    ranked = ["d3", "d7", "d1", "d9", "d4", "d0", "d2"]
    grades = {"d1": 2.0, "d2": 1.0, "d4": 3.0, "d5": 1.0, "d7": 1.0}
    assert ndcg(ranked, grades, k=5) == pytest.approx(0.5003214938213958)
    assert average_precision(ranked, grades.keys()) == pytest.approx(0.46761904761904755)
    assert reciprocal_rank(ranked, grades.keys()) == 0.5
    assert precision(ranked, grades.keys(), k=5) == 0.6
    assert recall(ranked, grades.keys(), k=5) == 0.6


@given(RANKINGS, RELEVANT, CUTS)
def test_values_lie_in_the_unit_interval_and_agree_on_nothing_found(
    ranked: list[str], relevant: frozenset[str], k: int
) -> None:
    values = [
        reciprocal_rank(ranked, relevant, k),
        hit_rate(ranked, relevant, k),
        recall(ranked, relevant, k),
        precision(ranked, relevant, k),
        average_precision(ranked, relevant, k),
        ndcg(ranked, dict.fromkeys(relevant, 1.0), k),
    ]
    assert all(0 <= value <= 1 for value in values)
    assert len({value > 0 for value in values}) == 1


@given(RANKINGS, RELEVANT, CUTS)
def test_agreement_with_definitions_over_sets(ranked: list[str], relevant: frozenset[str], k: int) -> None:
    top = set(ranked[:k])
    assert recall(ranked, relevant, k) == len(top & relevant) / len(relevant)
    assert precision(ranked, relevant, k) == len(top & relevant) / k
    assert hit_rate(ranked, relevant, k) == bool(top & relevant)
    ranks = [ranked.index(item) + 1 for item in sorted(top & relevant)]
    assert reciprocal_rank(ranked, relevant, k) == (1 / min(ranks) if ranks else 0)
    at_each = [len(set(ranked[:rank]) & relevant) / rank for rank in ranks]
    assert average_precision(ranked, relevant, k) == pytest.approx(sum(at_each) / len(relevant))
    gained = sum(1 / math.log2(rank + 1) for rank in ranks)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(relevant)) + 1))
    assert ndcg(ranked, dict.fromkeys(relevant, 1.0), k) == pytest.approx(gained / best)


@given(st.dictionaries(st.sampled_from(IDS), st.integers(0, 4), min_size=1), CUTS)
def test_the_ideal_order_has_ndcg_one_and_no_order_has_more(grades: dict[str, int], k: int) -> None:
    if not any(grades.values()):
        grades["d0"] = 1
    gains = {item: float(grade) for item, grade in grades.items()}
    ideal = sorted(gains, key=lambda item: -gains[item])
    assert ndcg(ideal, gains, k) == 1.0
    assert ndcg(ideal[::-1], gains, k) <= 1.0


@given(RANKINGS, RELEVANT)
def test_moving_a_relevant_result_up_never_lowers_a_value(ranked: list[str], relevant: frozenset[str]) -> None:
    for place in range(1, len(ranked)):
        if ranked[place] in relevant and ranked[place - 1] not in relevant:
            better = [*ranked[: place - 1], ranked[place], ranked[place - 1], *ranked[place + 1 :]]
            assert average_precision(better, relevant) > average_precision(ranked, relevant)
            assert reciprocal_rank(better, relevant) >= reciprocal_rank(ranked, relevant)
            weights = dict.fromkeys(relevant, 1.0)
            assert ndcg(better, weights) > ndcg(ranked, weights)


@pytest.mark.parametrize("measure", [reciprocal_rank, hit_rate, recall, precision, average_precision])
def test_what_has_no_value_is_refused(measure: Callable[..., float]) -> None:
    with pytest.raises(ValueError, match="nothing relevant"):
        measure(["a"], set(), k=1)
    with pytest.raises(ValueError, match="'a' is ranked twice"):
        measure(["a", "b", "a"], {"b"}, k=1)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        measure(["a"], {"a"}, k=0)


def test_ndcg_refuses_what_has_no_value() -> None:
    with pytest.raises(ValueError, match="no grade above 0"):
        ndcg(["a"], {"a": 0.0})
    with pytest.raises(ValueError, match="must not be negative"):
        ndcg(["a"], {"a": -1.0, "b": 1.0})
    with pytest.raises(ValueError, match="ranked twice"):
        ndcg(["a", "a"], {"a": 1.0})

"""From logits to spans, and from answers to scores, by cases worked out by hand."""

from math import isnan

import numpy as np
import pytest

from whence.training.reading_scores import (
    LONGEST_ANSWER_TOKENS,
    ReadAnswer,
    best_span,
    scores,
    separation,
)


def test_the_best_span_lies_in_the_passage_and_ends_after_it_begins() -> None:
    start = np.array([9, 5, 5, 0, 1, 7, 0, 4], np.float32)
    end = np.array([9, 5, 5, 6, 0, 0, 3, 4], np.float32)
    span = best_span(start, end, n_head=3, n_tokens=8)  # places 3 to 6; 7 is the last [SEP]
    assert (span.first, span.last, span.score, span.none_score) == (5, 6, 10.0, 18.0)


def test_no_span_is_longer_than_an_answer_may_be_and_an_empty_passage_has_none() -> None:
    n = LONGEST_ANSWER_TOKENS + 20
    start, end = np.zeros(n, np.float32), np.zeros(n, np.float32)
    start[3], end[n - 2] = 5, 5
    span = best_span(start, end, n_head=3, n_tokens=n)
    assert 0 <= span.last - span.first < LONGEST_ANSWER_TOKENS
    assert best_span(start, end, n_head=3, n_tokens=4).score == -np.inf


def test_separation_counts_pairs_and_halves_of_ties() -> None:
    assert separation([2.0, 1.0], [1.0, 0.0]) == pytest.approx(3.5 / 4)
    assert isnan(separation([], [1.0]))


def test_scores_are_of_answerable_questions_and_separation_of_both() -> None:
    rows = [
        ReadAnswer(id="a", answer="the old lamp", margin=3.0, relevance=1.0),
        ReadAnswer(id="b", answer="stone", margin=-1.0, relevance=2.0),
        ReadAnswer(id="c", answer="rope", margin=0.0, relevance=-1.0),
    ]
    made = scores(rows, {"a": ("old lamp",), "b": ("rope and stone",), "c": ()})
    assert (made.n_answerable, made.n_unanswerable, made.exact) == (2, 1, 0.5)
    assert made.f1 == pytest.approx((1 + 0.5) / 2)
    assert (made.none_auc, made.relevance_auc) == (0.5, 1.0)

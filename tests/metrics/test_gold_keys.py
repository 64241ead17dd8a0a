"""One ranking of passages, read at the level of files, marked places and lines."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.metrics.average_precision import average_precision
from whence.metrics.gold_keys import LEVELS, Level, Place, gold_keys, ranked_keys
from whence.metrics.hit_rate import hit_rate
from whence.metrics.line_overlap import LineRange, line_recall
from whence.metrics.ndcg import ndcg
from whence.metrics.precision import precision
from whence.metrics.recall import recall
from whence.metrics.reciprocal_rank import reciprocal_rank

GOLD = [Place(path="a.py", start=10, end=12), Place(path="a.py", start=40, end=41), Place(path="b.py", start=1, end=2)]
HITS = [
    Place(path="c.py", start=1, end=9),
    Place(path="a.py", start=11, end=20),
    Place(path="a.py", start=12, end=13),
    Place(path="b.py", start=2, end=3),
]
PLACES = st.builds(
    lambda path, start, length: Place(path=path, start=start, end=start + length),
    st.sampled_from("ab"),
    st.integers(1, 9),
    st.integers(0, 4),
)


def test_files_worked_by_hand() -> None:
    ranked, gold = ranked_keys(HITS, GOLD, "file"), gold_keys(GOLD, "file")
    assert ranked == ["c.py", "a.py", "b.py"]
    assert gold == ["a.py", "b.py"]
    assert reciprocal_rank(ranked, gold) == 1 / 2
    assert precision(ranked, gold, 2) == 1 / 2
    assert recall(ranked, gold, 2) == 1 / 2


def test_places_worked_by_hand() -> None:
    ranked, gold = ranked_keys(HITS, GOLD, "place"), gold_keys(GOLD, "place")
    assert ranked == ["c.py:1-9", "a.py:10-12", "b.py:1-2"]  # the third hit meets only what the second has met
    assert recall(ranked, gold) == 2 / 3
    assert average_precision(ranked, gold) == pytest.approx((1 / 2 + 2 / 3) / 3)
    assert hit_rate(ranked, gold, 1) == 0
    assert ndcg(ranked, dict.fromkeys(gold, 1.0)) == pytest.approx(
        (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3) + 1 / 2)
    )


def test_a_hit_that_meets_two_places_finds_both() -> None:
    ranked = ranked_keys([Place(path="a.py", start=1, end=99)], GOLD, "place")
    assert ranked == ["a.py:10-12", "a.py:40-41"]


def test_lines_worked_by_hand() -> None:
    ranked, gold = ranked_keys(HITS, GOLD, "line"), gold_keys(GOLD, "line")
    assert len(gold) == 7
    assert recall(ranked, gold) == 3 / 7
    assert precision(ranked, gold, len(ranked)) == 3 / (9 + 10 + 2)
    assert reciprocal_rank(ranked, gold) == 1 / 10


def test_a_whole_document_has_no_lines_to_count() -> None:
    assert gold_keys([Place(path="a.txt")], "file") == ["a.txt"]
    assert ranked_keys(HITS, [Place(path="b.py")], "place")[-1] == gold_keys([Place(path="b.py")], "place")[0]
    with pytest.raises(ValueError, match=r"a\.txt is given without its last line"):
        gold_keys([Place(path="a.txt")], "line")


@given(st.lists(PLACES, max_size=6), st.lists(PLACES, min_size=1, max_size=4))
def test_every_level_ranks_each_key_once_and_line_recall_agrees(hits: list[Place], gold: list[Place]) -> None:
    for level in LEVELS:
        ranked = ranked_keys(hits, gold, level)
        assert len(set(ranked)) == len(ranked)
        assert 0 <= recall(ranked, gold_keys(gold, level)) <= 1
    found, wanted = (
        [LineRange(path=place.path, start=place.start, end=place.end) for place in places] for places in (hits, gold)
    )
    assert recall(ranked_keys(hits, gold, "line"), gold_keys(gold, "line")) == line_recall(found, wanted)


@given(st.lists(PLACES, max_size=6), st.lists(PLACES, min_size=1, max_size=4), st.sampled_from(LEVELS))
def test_more_hits_never_find_less(hits: list[Place], gold: list[Place], level: Level) -> None:
    keys = gold_keys(gold, level)
    values = [recall(ranked_keys(hits[:n], gold, level), keys) for n in range(len(hits) + 1)]
    assert values == sorted(values)

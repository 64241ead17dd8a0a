import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.retrieval.fusion import (
    FLOOR,
    LEXICAL,
    SIMILAR,
    Fused,
    FusionOptions,
    fuse,
    promote,
    reciprocal,
    scaled,
    score,
    sort,
    with_legs,
)
from whence.types import Leg, Scored

LEGS = ("code", "doc", "data", "dense")


def rows(*pairs: tuple[str, float]) -> list[Scored]:
    return [Scored(chunk_id=name, document_id=f"d{name}", score=value) for name, value in pairs]


@st.composite
def found_legs(draw: st.DrawFn) -> dict[str, list[Scored]]:
    """Rows of some legs; a chunk has one kind, so it is in one lexical leg at most."""
    names = draw(st.lists(st.text("abcdefgh", min_size=1, max_size=3), unique=True, max_size=20))
    kinds = draw(st.lists(st.sampled_from(LEGS[:3]), min_size=len(names), max_size=len(names)))
    found: dict[str, list[Scored]] = {}
    number = st.floats(0, 50, allow_nan=False)
    for name, kind in zip(names, kinds, strict=True):
        for leg in (kind, "dense"):
            if draw(st.booleans()):
                found.setdefault(leg, []).extend(rows((name, draw(number))))
    return {leg: sorted(own, key=lambda row: (-row.score, row.chunk_id)) for leg, own in found.items()}


@given(found_legs(), st.sampled_from([0.0, 0.1, 1.0]), st.randoms(use_true_random=False))
def test_the_order_of_the_legs_does_not_matter(
    found: dict[str, list[Scored]], by_score: float, chance: random.Random
) -> None:
    options = FusionOptions(by_score=by_score)
    shuffled = list(found.items())
    chance.shuffle(shuffled)
    assert fuse(dict(shuffled), options) == fuse(found, options)


@given(found_legs())
def test_every_row_is_a_candidate_once_and_scores_can_be_computed_again(found: dict[str, list[Scored]]) -> None:
    options = FusionOptions()
    fused = fuse(found, options)
    assert sorted(candidate.chunk_id for candidate in fused) == sorted(
        {row.chunk_id for own in found.values() for row in own}
    )
    assert all(candidate.score == score(candidate.legs, options) for candidate in fused)
    assert fused == sort(fused)
    for leg, own in found.items():
        assert sorted(candidate.legs[leg].rank for candidate in fused if leg in candidate.legs) == list(
            range(1, len(own) + 1)
        )


@given(found_legs(), st.data())
def test_exact_hits_are_never_dropped(found: dict[str, list[Scored]], data: st.DataObject) -> None:
    options = FusionOptions()
    fused = fuse(found, options)
    if not fused:
        return
    exact = data.draw(st.lists(st.sampled_from([candidate.chunk_id for candidate in fused]), unique=True, max_size=5))
    promoted = promote(fused, exact, options)
    order = [candidate.chunk_id for candidate in promoted]
    assert sorted(order) == sorted(candidate.chunk_id for candidate in fused)
    assert set(exact) <= set(order[: options.exact_within])
    assert set(exact[: options.exact_first]) <= set(order[: options.exact_first_within])
    assert promoted == sort(promoted)
    assert all(candidate.score == score(candidate.legs, options) for candidate in promoted)
    others = [name for name in order if name not in exact]
    assert others == [candidate.chunk_id for candidate in fused if candidate.chunk_id not in exact]


def test_reciprocal_ranks_by_hand() -> None:
    fused = fuse(
        {"code": rows(("a", 9.0), ("b", 5.0)), "dense": rows(("b", 0.9), ("c", 0.1))}, FusionOptions(by_score=0.0)
    )
    by_name = {candidate.chunk_id: candidate.score for candidate in fused}
    assert by_name["a"] == pytest.approx(0.5)
    assert by_name["b"] == pytest.approx(0.5 * 61 / 62 + 0.5)
    assert by_name["c"] == pytest.approx(0.5 * 61 / 62)
    assert [candidate.chunk_id for candidate in fused] == ["b", "a", "c"]


def test_scaled_scores_by_hand() -> None:
    options = FusionOptions(by_score=1.0, lexical=0.6, similar=0.4)
    found = {"code": rows(("a", 10.0), ("b", 5.0)), "dense": rows(("b", 0.9), ("a", 0.5), ("c", 0.1))}
    by_name = {candidate.chunk_id: candidate for candidate in fuse(found, options)}
    assert by_name["a"].score == pytest.approx(0.6 + 0.4 * 0.5)
    assert by_name["b"].score == pytest.approx(0.3 + 0.4)
    assert by_name["c"].score == pytest.approx(0.0)
    assert by_name["a"].legs["code"] == Leg(rank=1, score=10.0)
    assert by_name["b"].legs[LEXICAL].score == pytest.approx(0.5)


def test_lexical_legs_are_ranked_as_one_list() -> None:
    fused = fuse({"code": rows(("a", 3.0)), "doc": rows(("b", 7.0)), "data": rows(("c", 5.0))}, FusionOptions())
    assert [(candidate.chunk_id, candidate.legs[LEXICAL].rank) for candidate in fused] == [("b", 1), ("c", 2), ("a", 3)]
    assert all(SIMILAR not in candidate.legs for candidate in fused)


def test_ties_go_by_path_then_start_then_id() -> None:
    def row(chunk_id: str, path: str, start: int) -> Scored:
        return Scored(chunk_id=chunk_id, document_id="d", score=1.0, path=path, start=start)

    found = {"code": [row("b", "y", 1)], "doc": [row("a", "y", 9)], "data": [row("c", "x", 5)]}
    dense = {"dense": [row("d", "x", 5)]}
    fused = fuse({**found, **dense}, FusionOptions(rrf_k=10**9))
    assert [candidate.chunk_id for candidate in fused] == ["c", "d", "b", "a"]
    assert [(candidate.path, candidate.start) for candidate in fused] == [("x", 5), ("x", 5), ("y", 1), ("y", 9)]
    assert fused[0].score == fused[1].score


def test_scaling() -> None:
    assert scaled({}) == {}
    assert scaled({"a": 2.0}) == {"a": 1.0}
    assert scaled({"a": 2.0, "b": 2.0}) == {"a": 1.0, "b": 1.0}
    assert scaled({"a": 4.0, "b": 2.0}, lowest=0.0) == {"a": 1.0, "b": 0.5}
    assert reciprocal({"a": Leg(rank=1, score=0.0)}, 60) == {"a": 1.0}


def test_a_floor_lifts_and_never_lowers() -> None:
    options = FusionOptions()
    candidate = Fused(chunk_id="a", document_id="d", legs={LEXICAL: Leg(rank=1, score=0.8)}, score=0.4)
    assert with_legs(candidate, {FLOOR: Leg(rank=1, score=0.9)}, options).score == 0.9
    assert with_legs(candidate, {FLOOR: Leg(rank=1, score=0.1)}, options).score == pytest.approx(0.4)


def test_nothing_found() -> None:
    assert fuse({}, FusionOptions()) == []
    assert promote([], ["a"], FusionOptions()) == []

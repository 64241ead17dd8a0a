"""Whether two answers mean the same: rules, vectors, and what ships."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.evaluation.fakes import answer, question

from whence.evaluation.judging.same_answer import by_rule, fitted, same_answer, transformer_match
from whence.evaluation.records import Reply
from whence.protocols import Vectors
from whence.types import Role


class TwoTopics:
    """An ``Embedder`` that knows ships from oil."""

    digest = "two-topics"
    dim = 2

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        return np.array(
            [[1.0, 0.0] if "ship" in text or "vessel" in text else [0.0, 1.0] for text in texts], np.float32
        )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Yes.", "yes", True),
        ("Yes, it does.", "yes", True),
        ("No, never", "Yes", False),
        ("in 1912", "1913", False),
        ("1,000 ships", "1000 ships in all", True),
        ("the Amazon", "Amazon rainforest", True),
        ("a vessel", "the ship", None),
        ("no ship", "a ship", None),
        ("3 of 5", "5", True),
    ],
)
def test_rules_worked_by_hand(one: str, other: str, same: bool | None) -> None:
    assert by_rule(one, other) is same
    assert by_rule(other, one) is same


def test_vectors_decide_what_rules_do_not() -> None:
    assert same_answer("a vessel", ["oil", "the ship"], TwoTopics())
    assert not same_answer("a vessel", ["oil"], TwoTopics())
    assert not same_answer("a vessel of 1912", ["the ship of 1913"], TwoTopics())
    assert not same_answer("", ["the ship"], TwoTopics())


def test_abstaining_from_what_can_be_answered_matches_nothing() -> None:
    measure = transformer_match(TwoTopics())
    asked = question("a")
    assert measure.of(asked, Reply(hits=(), answer=answer("at quay a"))) == 1
    assert measure.of(asked, Reply(hits=(), answer=answer(""))) == 0
    assert measure.of(asked, Reply(hits=())) is None
    assert measure.of(question("b", answerable=False), Reply(hits=(), answer=answer(""))) is None


def test_what_ships_says_how_good_it_is() -> None:
    shipped = fitted()
    assert 0 < shipped.threshold < 1
    assert 0.85 < shipped.accuracy < 1
    assert shipped.n_held_out > 1000

"""Measures of answers against what was retrieved and cited: hand-worked cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.metrics.answer_match import holds_answer
from whence.metrics.answer_relevancy import answer_relevancy
from whence.metrics.average_precision import average_precision
from whence.metrics.citation_support import ClaimSupport, citation_precision, citation_recall
from whence.metrics.context_precision import context_precision
from whence.metrics.context_recall import context_recall
from whence.metrics.faithfulness import faithfulness
from whence.metrics.knowledge_precision import knowledge_precision


@pytest.mark.parametrize(
    ("text", "answers", "held"),
    [
        ("It was built by the Romans, in 122.", ["122"], True),
        ("It was built in 1229.", ["122"], False),
        ("A big party.", ["art"], False),
        ("The U.S. army", ["the us Army"], True),
        ("army of the US", ["US army"], False),
        ("anything", ["the"], False),
        ("anything", ["", "anything!"], True),
    ],
)
def test_an_answer_is_held_whole_and_in_order(text: str, answers: list[str], held: bool) -> None:
    assert holds_answer(text, answers) is held


def test_an_answer_match_needs_answers() -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        holds_answer("text", [])


def test_citations_worked_by_hand() -> None:
    claims = [
        ClaimSupport(together=True, alone=(True, False), without=(False, True)),  # the second is idle
        ClaimSupport(together=True, alone=(False, False), without=(False, False)),  # both are needed
        ClaimSupport(together=False, alone=(False,), without=(False,)),  # does not bear it out
        ClaimSupport(together=False),  # cites nothing
    ]
    assert citation_recall(claims) == 2 / 4
    assert citation_precision(claims) == 3 / 5


def test_two_citations_that_each_suffice_are_both_kept() -> None:
    assert citation_precision([ClaimSupport(together=True, alone=(True, True), without=(True, True))]) == 1


def test_retrieval_for_an_answer_worked_by_hand() -> None:
    assert faithfulness([True, False, True, True]) == 3 / 4
    assert context_recall([True, False]) == 1 / 2
    assert context_precision([False, True, True, False]) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert context_precision([False, False]) == 0
    assert answer_relevancy([0.9, 0.6, 0.6]) == pytest.approx(0.7)
    assert answer_relevancy([0.9], is_noncommittal=True) == 0
    # "the" is no word; "no" is said twice and known once
    assert knowledge_precision("No, no: the wall stands.", ["The wall has no gate", "it stands"]) == 3 / 4


@given(st.lists(st.booleans(), min_size=1, max_size=12).filter(any))
def test_context_precision_is_average_precision_over_what_was_found(helpful: list[bool]) -> None:
    ids = [str(place) for place in range(len(helpful))]
    wanted = [one for one, good in zip(ids, helpful, strict=True) if good]
    assert context_precision(helpful) == pytest.approx(average_precision(ids, wanted))


def test_what_has_no_value_is_refused() -> None:
    with pytest.raises(ValueError, match="makes no claim"):
        citation_recall([])
    with pytest.raises(ValueError, match="cites nothing"):
        citation_precision([ClaimSupport(together=False)])
    with pytest.raises(ValueError, match="judged twice"):
        ClaimSupport(together=True, alone=(True,))
    with pytest.raises(ValueError, match="no statement"):
        faithfulness([])
    with pytest.raises(ValueError, match="no statement"):
        context_recall([])
    with pytest.raises(ValueError, match="nothing was retrieved"):
        context_precision([])
    with pytest.raises(ValueError, match="no question"):
        answer_relevancy([])
    with pytest.raises(ValueError, match="no word"):
        knowledge_precision("the", ["text"])

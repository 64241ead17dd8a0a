from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.corpus import ANALYZER, EVERYTHING, index

from whence.retrieval.lexical import MAX_REPEATS, kinds_in, lexical, question_tokens
from whence.types import FILE_KINDS, Scope


def test_tokens_are_in_order_and_what_is_said_again_counts_again_once_more() -> None:
    tokens = question_tokens("redirect cookies redirect host " + "host " * 9, ANALYZER, 64)
    assert tokens == ["redirect", "redirect", "cooki", "host", "host"]


def test_past_the_limit_the_telling_tokens_are_kept() -> None:
    trail = " ".join(f"{n} x{n}" for n in range(500))
    tokens = question_tokens(f"why does it fail {trail} RetryPolicyError RetryPolicyError", ANALYZER, 20)
    assert len(set(tokens)) == 20
    assert tokens[0] == "fail"
    assert "retri" in tokens
    assert "499" not in tokens


@given(st.text(max_size=300), st.integers(2, 8))
def test_no_more_tokens_than_allowed_none_invented(text: str, limit: int) -> None:
    tokens = question_tokens(text, ANALYZER, limit)
    assert len(set(tokens)) <= limit
    assert all(1 <= tokens.count(token) <= MAX_REPEATS for token in tokens)
    assert set(tokens) <= set(ANALYZER.tokens(text))


def test_each_kind_is_its_own_leg() -> None:
    held = index(vectors=False)
    found = lexical(held, ["redirect"], FILE_KINDS, 10, EVERYTHING)
    assert set(found) == {"code", "doc"}
    assert lexical(held, [], FILE_KINDS, 10, EVERYTHING) == {}
    assert lexical(held, ["redirect"], ("doc",), 1, EVERYTHING)["doc"] == found["doc"][:1]


def test_kinds_of_a_scope() -> None:
    assert kinds_in(EVERYTHING) == FILE_KINDS
    assert kinds_in(Scope(index="i", sources=frozenset(), kinds=frozenset({"data", "code"}))) == ("code", "data")

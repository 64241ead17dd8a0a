import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.corpus import ANALYZER, CHUNKS, chunk

from whence.retrieval.coverage import coverage


def test_rare_words_weigh_more() -> None:
    chunks = [
        chunk("a.py", "walrus tusk"),
        chunk("b.md", "walrus", kind="doc"),
        chunk("c.md", "tusk", kind="doc"),
        chunk("d.md", "walrus ice", kind="doc"),
    ]
    share = {own.path: coverage(["walrus", "tusk"], chunks, ANALYZER)[own.id] for own in chunks}
    assert share["a.py"] == pytest.approx(1.0)
    assert share["b.md"] == share["d.md"] < share["c.md"] < 1.0


def test_a_word_that_no_chunk_holds_is_missing_in_all() -> None:
    own = chunk("a.py", "walrus")
    assert coverage(["walrus"], [own], ANALYZER) == {own.id: 1.0}
    assert 0.0 < coverage(["walrus", "zebra"], [own], ANALYZER)[own.id] < 0.5


def test_nothing_asked_nothing_covered() -> None:
    assert coverage([], CHUNKS[:2], ANALYZER) == {own.id: 0.0 for own in CHUNKS[:2]}
    assert coverage(["walrus"], [], ANALYZER) == {}


@given(st.lists(st.sampled_from(["session", "send", "redirect", "zebra", "cooki"]), max_size=6))
def test_a_share_in_any_order(tokens: list[str]) -> None:
    shares = coverage(tokens, CHUNKS, ANALYZER)
    assert shares == coverage(reversed(tokens), CHUNKS, ANALYZER)
    assert all(0.0 <= share <= 1.0 + 1e-9 for share in shares.values())

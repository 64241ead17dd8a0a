"""Words that occur nowhere are read as what occurs one typing error away; everything else stays as it was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.corpus import ANALYZER, CHUNKS, EVERYTHING, index

from whence.retrieval.spelling import MIN_CHARS, respelled, variants
from whence.types import Scope

COMMON = {"explain", "house"}


def read_as(question: str, scope: Scope = EVERYTHING) -> tuple[str, tuple[tuple[str, str], ...]]:
    return respelled(question, [], index(vectors=False), ANALYZER, scope, COMMON.__contains__)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("how are coookies kept", "how are cookies kept"),
        ("when is a Redirct followed", "when is a Redirect followed"),
        ("what does should_strip_atuh do", "what does should_strip_auth do"),
        ("HTTPAdpater send", "HTTPAdapter send"),
        ("hsot given", "host given"),
    ],
)
def test_a_typing_error_is_read_as_what_occurs(question: str, meant: str) -> None:
    found, replaced = read_as(question)
    assert found == meant
    assert len(replaced) == 1


@pytest.mark.parametrize(
    "question",
    [
        "how are cookies kept",
        "explain redirects",
        "what of zzyzxq",
        "does it stream content lazily",
        "redirecting hosts",
        "",
        "Настройки",
    ],
)
def test_what_occurs_or_has_no_neighbour_stays(question: str) -> None:
    assert read_as(question) == (question, ())


def test_common_words_stay_though_they_occur_nowhere() -> None:
    assert read_as("the house")[1] == ()
    unguarded = respelled("the streem", [], index(vectors=False), ANALYZER, EVERYTHING, lambda _: False)
    assert unguarded[1] == (("streem", "stream"),)


def test_what_a_scope_does_not_show_is_not_suggested() -> None:
    nothing = Scope(index="tiny", sources=frozenset())
    assert read_as("coookies", nothing) == ("coookies", ())


def test_words_of_what_was_found_are_not_looked_for() -> None:
    question = "coookies"
    held = [chunk for chunk in CHUNKS if "cookies" in chunk.text]
    assert respelled("cookies", held, index(vectors=False), ANALYZER, EVERYTHING, COMMON.__contains__)[0] == "cookies"
    assert respelled(question, held, index(vectors=False), ANALYZER, EVERYTHING, COMMON.__contains__)[1]


@given(st.text("abcdefgh", min_size=MIN_CHARS, max_size=9))
def test_variants_are_one_step_away(word: str) -> None:
    found = variants(word)
    assert word not in found
    assert len(found) == len(set(found))
    assert all(abs(len(variant) - len(word)) <= 1 for variant in found)

"""Texts that are alike are found, others are not: against a comparison of all with all."""

from hypothesis import given, settings
from hypothesis import strategies as st

from whence.training.likeness import ALIKE, alike, groups_of_alike, shingles, words_of

WORDS = st.sampled_from(["session", "keeps", "cookies", "on", "redirects", "the", "pool", "is", "closed"])
TEXTS = st.lists(st.lists(WORDS, max_size=12).map(" ".join), max_size=12)


def overlap(first: str, second: str) -> float:
    a, b = shingles(first), shingles(second)
    return len(a & b) / len(a | b)


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_only_what_is_alike_is_found_and_equals_always(texts: list[str], held_out: list[str]) -> None:
    found = alike(texts, held_out)
    for n, other in found.items():
        assert overlap(texts[n], held_out[other]) >= ALIKE
    for n, text in enumerate(texts):
        if words_of(text) in [words_of(one) for one in held_out]:
            assert n in found


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_equal_texts_are_one_group_and_unlike_ones_are_not(texts: list[str]) -> None:
    groups = groups_of_alike(texts)
    for n, text in enumerate(texts):
        near = [m for m in range(len(texts)) if m != n and overlap(text, texts[m]) >= ALIKE]
        if not near:
            assert groups.count(groups[n]) == 1
        assert all(groups[m] == groups[n] for m in near if words_of(texts[m]) == words_of(text))


def test_case_and_signs_do_not_hide_a_copy() -> None:
    held_out = ["How does the session keep cookies on redirects?"]
    assert alike(["how does the session  keep cookies, on redirects"], held_out) == {0: 0}
    assert alike(["how does the adapter mount itself on a prefix"], held_out) == {}


def test_one_changed_word_in_a_paragraph_does_not_hide_it() -> None:
    words = [f"word{n}" for n in range(60)]
    changed = [*words[:30], "other", *words[31:]]
    assert alike([" ".join(changed)], ["something else entirely here", " ".join(words)]) == {0: 1}
    assert len(set(groups_of_alike([" ".join(words), " ".join(changed)]))) == 1

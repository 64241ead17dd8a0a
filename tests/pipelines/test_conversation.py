"""Follow-ups point back; questions that name what their pronouns stand for do not."""

import pytest

from whence.pipelines.conversation import MAX_TERMS, follow_up

ASKED = "why was the `json` parameter added?"


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("who removed it?", "Who removed json?"),
        ("who added it and when?", "Who added json and when?"),
        ("And its default?", "json's default?"),
    ],
)
def test_a_pronoun_stands_for_what_was_asked_about(question: str, whole: str) -> None:
    assert follow_up(question, ASKED).lower() == whole.lower()


@pytest.mark.parametrize(
    "question",
    [
        "what exceptions can a session raise and how are they related?",
        "which adapters does a pool hold, and when are they closed?",
        "how are proxies chosen?",
    ],
)
def test_a_question_that_names_its_own_things_stays_as_it_is(question: str) -> None:
    assert follow_up(question, ASKED) == question


@pytest.mark.parametrize(
    ("asked", "question", "whole"),
    [
        ("what changed in 2.20.0?", "and in 2.21.0?", "what changed in 2.21.0?"),
        ("how many commits were made in 2019?", "and in 2020?", "how many commits were made in 2020?"),
        ("what changed between 1.2 and 1.3?", "and between 1.3 and 2.0?", "what changed between 1.3 and 2.0?"),
        ("what does `lift` do with a rope?", "and with a chain?", "what does `lift` do with a chain?"),
        ("what does `lift` do?", "Thanks! And `lower`?", "what does `lower` do?"),
        ("what is a heavy load?", "how is it lifted?", "how is it lifted (heavy load)?"),
        ("who wrote `lift`?", "how many are there?", "how many are there?"),
        ("who wrote `lift`?", "how many were lost?", "how many were lost (lift)?"),
        ("how are cranes oiled?", "is there a way to lift a crane?", "is there a way to lift a crane?"),
        ("how are cranes oiled?", "where is a crane that needs oil?", "where is a crane that needs oil?"),
        ("how are cranes oiled?", "good practices for ropes?", "good practices for ropes?"),
    ],
)
def test_follow_ups_take_the_place_of_what_they_vary(asked: str, question: str, whole: str) -> None:
    assert follow_up(question, asked) == whole


def test_a_long_question_lends_a_few_words_only() -> None:
    asked = " ".join(f"word{'abcdefghijklmnop'[n]}" for n in range(16))
    assert len(follow_up("why is it so?", asked).split()) <= 4 + MAX_TERMS

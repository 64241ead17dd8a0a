"""Follow-ups point back; questions that name what their pronouns stand for do not."""

import pytest

from whence.pipelines.conversation import follow_up

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

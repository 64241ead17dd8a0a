"""Kinds of questions, by examples people ask."""

import pytest

from whence.answer.route import question_kind

EXAMPLES = [
    ("Where is the timeout set?", "where"),
    ("In which file is the parser defined?", "where"),
    ("Why is the header dropped?", "why"),
    ("What is the reason for the retry?", "why"),
    ("What is the difference between data and json?", "compare"),
    ("sessions vs. requests", "compare"),
    ("Which exception is raised when the URL has no scheme?", "error"),
    ("What happens if the token is invalid?", "error"),
    ("When does it throw TimeoutError?", "error"),
    ("Who wrote the first parser?", "factoid"),
    ("How many retries are made?", "factoid"),
    ("In what year was it founded?", "factoid"),
    ("How do I stream an upload?", "how"),
    ("What is a session?", "definition"),
    ("What is the purpose of the registration flag?", "definition"),
    ("What are the built-in tags?", "list"),
    ("list all commands", "list"),
    ("Is it thread safe?", "yes_no"),
    ("does it verify certificates by default?", "yes_no"),
    ("What does prepare_body do?", "what"),
    ("Wie geht das?", "what"),
    ("", "what"),
]


@pytest.mark.parametrize(("question", "kind"), EXAMPLES)
def test_question_kind(question: str, kind: str) -> None:
    assert question_kind(question) == kind

"""What kind of place a path names, and which kinds of place a question asks for.

Answers to questions about the present come from code and documentation; tests and change logs are quoted only where
they are asked for, or where nothing else is left.
"""

import re
from typing import Final

_TEST: Final = re.compile(
    r"(?:^|/)(?:tests?|testing|specs?|__tests__|testdata|fixtures)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test\.\w+|[^/]*[._-](?:test|spec)\.\w+|[^/]*Tests?\.\w+|conftest\.py)$"
)
_CHANGES: Final = re.compile(
    r"(?:^|/)(?:change(?:s|log)?|history|news|release[_-]?notes|authors|contributors)(?:\.\w+)?$", re.IGNORECASE
)
_BESIDE: Final = (
    (re.compile(r"\.(?:pyi|d\.ts)$"), re.compile(r"\btyp(?:e|es|ed|ing)\b|\bannotat|\bstubs?\b", re.IGNORECASE)),
    (re.compile(r"(?:^|/)(?:asv_)?bench(?:es|mark)?s?/"), re.compile(r"\bbench|\bperforman|\bfast|\bslow", re.I)),
)
"""Declarations of types alone, and measurements of speed, each with the questions that ask for them."""
_ASKS_TESTS: Final = re.compile(
    r"\b(?:unit ?|py)?tests?\b|\btest(?:ed|ing|_\w+)\b|\bTest[A-Z]\w*|\bfixtures?\b|\bassert(?:s|ion)?\b"
)
_WHICH_TESTS: Final = re.compile(
    r"^(?:which|what|list|show|name|where (?:are|is)|(?:are|is) there)(?: all| any| the| an?| of)* (?:unit |pytest )?"
    r"tests?\b(?! (?:client|case|runner|fixture|data|suite))|^(?:where|how) (?:is|are) .*\btested\b",
    re.IGNORECASE,
)
_ASKS_CHANGES: Final = re.compile(
    r"^(?:since )?when (?:was|were|did|has|have)\b|\bsince (?:when|which|version)\b"
    r"|\b(?:which|what|in) (?:version|release)"
    r"|\bchange(?:d|s|log)\b|\bhistory\b|\bintroduced\b|\breleased?\b|\bdeprecated\b|\bremoved\b|\bno longer\b"
    r"|\b(?:was|were|been) added\b|\bversion \d",
    re.IGNORECASE,
)


def is_test(path: str) -> bool:
    """Whether a path looks like that of a test or of material for tests."""
    return _TEST.search(path) is not None


def is_changes(path: str) -> bool:
    """Whether a path looks like that of a change log or a list of people."""
    return _CHANGES.search(path) is not None


def out_of_place(question: str, path: str) -> bool:
    """Whether the path is a test, a change log or the like that the question does not ask for."""
    if any(place.search(path) and not asks.search(question) for place, asks in _BESIDE):
        return True
    if is_test(path):
        return _ASKS_TESTS.search(question) is None
    return is_changes(path) and _ASKS_CHANGES.search(question) is None


def asks_for_tests(question: str) -> bool:
    """Whether a question asks which tests there are, or where something is tested."""
    return _WHICH_TESTS.search(question.strip()) is not None

"""What a path says before the text is read: answers stand in the code more often than in its tests or change logs."""

import re
from dataclasses import dataclass

from whence.types import Chunk

_TEST = re.compile(
    r"(^|/)(tests?|testing|specs?|__tests__|testdata|fixtures)/"
    r"|(^|/)(test_[^/]*|[^/]*_test\.\w+|[^/]*[._-](test|spec)\.\w+|[^/]*Tests?\.\w+|conftest\.py)$"
)
_CHANGES = re.compile(
    r"(^|/)(change(s|log)?|history|news|release[_-]?notes|authors|contributors)(\.\w+)?$", re.IGNORECASE
)
_ASKS_TEST = re.compile(
    r"\b(unit ?|py)?tests?\b|\btest(s|ed|ing|_\w+)\b|\bTest[A-Z]\w*|\bfixtures?\b|\bassert(s|ion)\b", re.I
)
_ASKS_CHANGE = re.compile(
    r"\b(change[ds]?|changelog|histor(y|ical)|introduced|releas(e|ed|es)|versions?|deprecat\w+|since|removed|added)\b",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorOptions:
    """How much a place counts against a chunk, in 0..1 of the fusion's weight for ``prior``."""

    test: float = 1.0
    changes: float = 1.0
    data: float = 0.5
    doc: float = 0.0


def is_test(path: str) -> bool:
    """Whether a path looks like that of a test or of material for tests."""
    return _TEST.search(path) is not None


def is_changes(path: str) -> bool:
    """Whether a path looks like that of a change log or a list of people."""
    return _CHANGES.search(path) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a question asks for by kind of place."""

    test: bool
    changes: bool


def wish(question: str) -> Wish:
    """Whether the question speaks of tests, or of changes over time."""
    return Wish(test=_ASKS_TEST.search(question) is not None, changes=_ASKS_CHANGE.search(question) is not None)


def prior(chunk: Chunk, wanted: Wish, options: PriorOptions) -> float:
    """In -1..0: how much the place of a chunk counts against it for a question with this wish."""
    against = {"code": 0.0, "doc": options.doc, "data": options.data}[chunk.kind]
    if is_test(chunk.path) and not wanted.test:
        against = max(against, options.test)
    if is_changes(chunk.path) and not wanted.changes:
        against = max(against, options.changes)
    return -against

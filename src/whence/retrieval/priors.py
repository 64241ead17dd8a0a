"""What a path says before the text is read: answers stand in the code more often than in its tests or change logs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from whence.types import Chunk

_TEST = re.compile(
    r"(^|/)(tests?|testing|specs?|__tests__|testdata|fixtures)/"
    r"|(^|/)(test_[^/]*|[^/]*_test\.\w+|[^/]*[._-](test|spec)\.\w+|[^/]*Tests?\.\w+|conftest\.py)$"
)
_CHANGES = re.compile(
    r"(^|/)(change(s|log)?|history|news|release[_-]?notes|authors|contributors)(\.\w+)?$", re.IGNORECASE
)
_BESIDE = (
    (re.compile(r"\.(?:pyi|d\.ts)$"), re.compile(r"\btyp(?:e|es|ed|ing)\b|\bannotat|\bstubs?\b", re.I)),
    (re.compile(r"(^|/)(asv_)?bench(es|mark)?s?/"), re.compile(r"\bbench|\bperforman|\bfast|\bslow", re.I)),
)
"""Declarations of types alone, and measurements of speed, each with the questions that ask for them."""
_ASKS_TEST = re.compile(
    r"\b(unit ?|py)?tests?\b|\btest(s|ed|ing|_\w+)\b|\bTest[A-Z]\w*|\bfixtures?\b|\bassert(s|ion)\b", re.I
)
_ASKS_CHANGE = re.compile(
    r"\b(change[ds]?|changelog|histor(y|ical)|introduced|releas(e|ed|es)|versions?|deprecat\w+|since|removed|added)\b",
    re.I,
)
_ASKS_DOC = re.compile(
    r"\b(docs?|documentation|documented|tutorials?|guides?|readme|install\w*|how (do|can|should|could) (i|we|you))\b",
    re.I,
)
_ASKS_HOW_TO = re.compile(r"\bhow (?:do|can|should|could) (?:i|we|you)\b|\bhow to\b", re.I)
_ASKS_WHAT = re.compile(r"^\W*what(?:'s| is| are) (?:an? |the )?((?:[\w-]+ ){0,2}[\w-]+)\W*$", re.I)
_ASKS_SUPPORT = re.compile(
    r"^\W*(?:does|do|can|is|are|has|have)\b.*\b(?:support|handle|provide|offer|have|include|ship)(?:s|d|ed)?"
    r"(?: with| for)? (?:an? |the )?((?:[\w-]+ ){0,2}[\w-]+)\W*$",
    re.I,
)
_TELLS_APART = re.compile(
    r"\b(?:differences?|distinction) between (?:an? |the )?((?:[\w-]+ ){0,2}?[\w-]+)"
    r" and (?:an? |the )?((?:[\w-]+ ){0,2}[\w-]+)\W*$",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorOptions:
    """What a place costs, in the fusion's unit: 0.15 is about what a chunk loses between ranks 1 and 12 of both legs.

    A place costs that much where a better place matches the question at least ``comparable`` times as well, nothing
    where it matches less than ``poorer`` times as well, and in proportion between.
    """

    test: float = 0.15
    changes: float = 0.2
    data: float = 0.2
    doc: float = 0.2
    poorer: float = 0.5
    comparable: float = 0.8


def is_test(path: str) -> bool:
    """Whether a path looks like that of a test or of material for tests."""
    return _TEST.search(path) is not None


def is_changes(path: str) -> bool:
    """Whether a path looks like that of a change log or a list of people."""
    return _CHANGES.search(path) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What kind of place a question asks for."""

    test: bool
    changes: bool
    doc: bool
    stub: bool = False
    benchmark: bool = False


def wish(question: str) -> Wish:
    """Whether the question speaks of tests, of changes over time, or is one that documentation answers."""
    return Wish(
        test=_ASKS_TEST.search(question) is not None,
        changes=_ASKS_CHANGE.search(question) is not None,
        doc=_ASKS_DOC.search(question) is not None,
        stub=_BESIDE[0][1].search(question) is not None,
        benchmark=_BESIDE[1][1].search(question) is not None,
    )


def topics(question: str) -> tuple[str, ...]:
    """What a heading of documentation may say of a question: how to do what, what it is or has, what is told apart."""
    if _ASKS_HOW_TO.search(question):
        return (question,)
    told_apart = _TELLS_APART.search(question)
    if told_apart is not None:
        return told_apart.group(1), told_apart.group(2)
    asked = _ASKS_WHAT.match(question) or _ASKS_SUPPORT.match(question)
    return (asked.group(1),) if asked is not None else ()


def prior(chunk: Chunk, wanted: Wish, options: PriorOptions) -> float:
    """In -1..0: how much the place of a chunk counts against it for a question with this wish."""
    if chunk.kind == "commit":
        return 0.0
    against = {"doc": 0.0 if wanted.doc else options.doc, "data": options.data}.get(chunk.kind, 0.0)
    if is_test(chunk.path) and not wanted.test:
        against = max(against, options.test)
    for (place, _), is_wanted in zip(_BESIDE, (wanted.stub, wanted.benchmark), strict=True):
        if not is_wanted and place.search(chunk.path):
            against = max(against, options.test)
    if is_changes(chunk.path):
        against = 0.0 if wanted.changes else max(against, options.changes)
    return -against


def weighed(costs: Mapping[str, float], matches: Mapping[str, float], options: PriorOptions) -> dict[str, float]:
    """Each prior (by chunk id, in -1..0) as far as a chunk in a better place matches comparably well.

    That answers stand in code more often than in prose decides between two that could both hold the answer, and says
    nothing for code that hardly matches. ``matches`` say how well a chunk matches, 0 or more, comparable over all
    places. Where all places cost the same, nothing is to be decided, and the priors stay as they are.
    """
    best: dict[float, float] = {}
    for chunk_id, cost in costs.items():
        best[cost] = max(best.get(cost, 0.0), matches[chunk_id])
    if len(best) < 2:
        return dict(costs)
    better = {cost: max((match for other, match in best.items() if other > cost), default=0.0) for cost in best}
    width = max(options.comparable - options.poorer, 1e-9)
    return {
        chunk_id: cost * min(max((better[cost] / matches[chunk_id] - options.poorer) / width, 0.0), 1.0)
        if matches[chunk_id] > 0.0
        else cost
        for chunk_id, cost in costs.items()
    }

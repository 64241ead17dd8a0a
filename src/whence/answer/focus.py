"""What an answer leads with where the question says which sort of thing it wants.

A named function, the line that sets a default, a sentence that defines, tests, a row of declarations. What is chosen
here stands before all that a reader likes better: its weights come from prose, which has no such things.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from whence.answer.calls import last_part
from whence.answer.defaults import default_passages, is_type
from whence.answer.passages import Passage
from whence.answer.places import asks_for_tests, is_test
from whence.answer.quotes import requoted
from whence.answer.spans import spans_of
from whence.answer.terms import STOP_WORDS, asked_names, code_names, stems, words
from whence.types import Chunk, Evidence

_DEFINES: Final = (
    r"(?:is|are|was|represents?|provides?|allows?|lets?|means|refers? to|serves? as|acts? as|describes?|holds?|can be)"
    r"\b"
)
_SUBJECT: Final = re.compile(
    r"^(?:what|who)(?:'s| is| are) (?P<article>an?|the)? ?(?P<name>[\w.`'-]+(?: [\w'-]+){0,2})\s*\??$", re.IGNORECASE
)
_SAYS_OF_IT: Final = re.compile(rf"(?:These|This|They|It|Such)(?: \w+)? {_DEFINES}")
"""Goes on about what the sentence before it ended with."""
_ASSIGNED: Final = re.compile(r"^[ \t]*[A-Za-z_]\w*[ \t]*(?::[^=\n]+)?=(?!=)", re.MULTILINE)
_FEWEST_ASSIGNED: Final = 4
_LISTED: Final = re.compile(
    r"^(?:list|name|enumerate|show|which|what)(?: are)?(?: all)?(?: of)?(?: the)? (?P<words>[\w-]+(?: [\w-]+)?)",
    re.IGNORECASE,
)
_LED_BY_NAME: Final = ("what", "how", "error", "why", "definition")
_MOST_TESTS: Final = 6
_SPELLED: Final = 3
"""Words of a dotted name from which on a question that has them all in plain words names it."""


@dataclass(frozen=True, slots=True)
class Focus:
    """``passages`` are told first, as they are; then the places of ``leads``, chunk ids in their order, lead.

    ``alone``: nothing else belongs to the answer.
    """

    evidence: Sequence[Evidence]
    passages: tuple[Passage, ...] = ()
    leads: tuple[str, ...] = ()
    alone: bool = False
    named: frozenset[str] = field(default_factory=frozenset)


def focus_of(question: str, kind: str, evidence: Sequence[Evidence], *, usage: bool) -> Focus:
    """The focus of a question among the evidence found for it; ``usage``: it asks how to do something."""
    plain = Focus(evidence=evidence, named=frozenset(named_places(question, evidence)))
    if asks_for_tests(question):
        return _tests(plain)
    if set_there := default_passages(question, evidence):
        return replace(plain, passages=tuple(set_there), alone=True)
    if (defining := _defining(question, evidence)) is not None:
        return replace(plain, evidence=[defining, *evidence], leads=(defining.hit.chunk.id,))
    if kind == "list" and (row := _row(question, evidence)) is not None:
        return replace(plain, evidence=[row, *evidence], leads=(row.hit.chunk.id,))
    if kind in _LED_BY_NAME and not usage and len(plain.named) == 1 and not (kind == "error" and _names_type(question)):
        return replace(plain, leads=tuple(plain.named))
    return plain


def named_places(question: str, evidence: Sequence[Evidence]) -> list[str]:
    """The chunks that define a name the question has, one for each name, in the order of the evidence.

    A dotted name means the definition of just that name, where there is one.
    """
    first: dict[str, str] = {}
    for name in asked_names(question):
        last = last_part(name).lower()
        defining = [
            item.hit.chunk
            for item in evidence
            if last_part(item.hit.chunk.symbol).lower() == last and "\n" in item.hit.chunk.text.strip()
        ]
        exact = [one for one in defining if f".{one.symbol.lower()}".endswith(f".{name.lower()}")]
        for chunk in (exact or defining)[:1]:
            first.setdefault(last, chunk.id)
    asked = set(words(question))
    for item in evidence:
        chunk = item.hit.chunk
        parts = words(chunk.symbol)
        if chunk.kind == "code" and "." in chunk.symbol and len(parts) >= _SPELLED and asked.issuperset(parts):
            first.setdefault(chunk.symbol, chunk.id)
    order = {item.hit.chunk.id: place for place, item in reversed(list(enumerate(evidence)))}
    return sorted(set(first.values()), key=lambda chunk_id: order[chunk_id])


def is_namesake(question: str, symbol: str, told: Sequence[str]) -> bool:
    """Whether a symbol only shares its last part with one told of, where the question says whose it means."""
    last = last_part(symbol)
    owners = {part.lower() for name in code_names(question) for part in name.split(".")}
    return any(
        last_part(other) == last
        and other != symbol
        and "." in other
        and other.rsplit(".", 2)[-2].lower() in owners
        and not (set(symbol.lower().split(".")[:-1]) & owners)
        for other in told
    )


def _tests(plain: Focus) -> Focus:
    """The tests among the places, each told by where it stands; examples after the project's own."""
    found = {item.hit.chunk.id: item for item in reversed(plain.evidence) if is_test(item.hit.chunk.path)}
    order = list(dict.fromkeys(item.hit.chunk.id for item in plain.evidence if item.hit.chunk.id in found))
    order.sort(key=lambda chunk_id: found[chunk_id].hit.chunk.path.startswith(("examples/", "docs/")))
    shown = [Passage(evidence=_whole(found[chunk_id]), said=(), code="", place_first=True) for chunk_id in order]
    return replace(plain, passages=tuple(shown[:_MOST_TESTS]), alone=bool(shown))


def _whole(item: Evidence) -> Evidence:
    """The first line of a chunk that is not blank, which stands for the chunk."""
    chunk = item.hit.chunk
    start = len(chunk.text) - len(chunk.text.lstrip())
    end = chunk.text.find("\n", start)
    line = chunk.text[start : end if end > 0 else len(chunk.text)].rstrip()
    return _unmarked(item, start, start + len(line))


def _names_type(question: str) -> bool:
    """Whether a type is named, as that of an error: what raises it explains it better than its definition."""
    return any(is_type(last_part(name)) for name in code_names(question))


def _defining(question: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """The sentence that begins with what is asked for and says what it is, in the places found."""
    asked = _SUBJECT.match(" ".join(question.split()))
    if asked is None or (asked["article"] is None and " " not in asked["name"] and not asked["name"].islower()):
        return None
    name = asked["name"].strip("`'").lower().removesuffix("s")
    begins = r"(?:(?:in|for) [\w ]{1,20}, )?(?:an? |the )?(?:(?:term|word|concept|idea) (?:of )?)?[`*:\w~.]*?"
    spelled = r"\s+".join(map(re.escape, name.split()))
    says = re.compile(rf"{begins}{spelled}(?:s|es)?`?(?: objects?)? {_DEFINES}", re.IGNORECASE)
    names = re.compile(rf"\b{spelled}(?:s|es)?\W*$", re.IGNORECASE)
    seen: set[str] = set()
    later: Evidence | None = None
    for item in evidence:
        chunk = item.hit.chunk
        if chunk.id in seen or is_test(chunk.path):
            continue
        seen.add(chunk.id)
        top = max(one.score for one in evidence)
        spans = [span for span in spans_of(chunk) if span.role in ("sentence", "docstring")]
        for before, span in zip((None, *spans), spans, strict=False):
            if says.match(chunk.text, span.start, span.end):
                return replace(_unmarked(item, span.start, span.end), score=top)
            ends = before is not None and names.search(chunk.text, before.start, before.end)
            if later is None and before is not None and ends and _SAYS_OF_IT.match(chunk.text, span.start, span.end):
                later = replace(_unmarked(item, before.start, span.end), score=top)
    return later


def _row(question: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """A row of declarations that has the noun a list is asked of in its lines."""
    listed = _LISTED.match(question.strip())
    if listed is None:
        return None
    stem_of = stems(words(listed["words"]))
    nouns = set(stem_of.values()) - STOP_WORDS
    seen: set[str] = set()
    for item in evidence:
        chunk = item.hit.chunk
        if chunk.id in seen or chunk.kind != "code" or is_test(chunk.path):
            continue
        seen.add(chunk.id)
        for span in spans_of(chunk):
            text = chunk.text[span.start : span.end]
            assigned = len(_ASSIGNED.findall(text))
            if span.role == "step" and assigned >= _FEWEST_ASSIGNED and 2 * assigned > text.count("\n"):
                told = stems(words(f"{text} {chunk.symbol}")).values()
                if sum(noun in told for noun in nouns) >= len(nouns) / 2:
                    top = max(one.score for one in evidence)
                    return replace(_unmarked(item, *_run(chunk, span.start, span.end)), score=top)
    return None


def _run(chunk: Chunk, start: int, end: int) -> tuple[int, int]:
    """The declarations from ``start`` on as far as they go on without another sort of line."""
    for span in spans_of(chunk):
        if span.start < end:
            continue
        text = chunk.text[span.start : span.end]
        if span.role != "step" or 2 * len(_ASSIGNED.findall(text)) <= text.count("\n"):
            break
        end = span.end
    return start, end


def _unmarked(item: Evidence, start: int, end: int) -> Evidence:
    """Evidence of other characters of the same chunk, in which no words are marked."""
    return replace(requoted(item, start, end), answer_start=None, answer_end=None)

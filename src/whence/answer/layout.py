"""Which evidence an answer uses, in which order, and how wide each quote is: the plan of an answer.

Evidence comes best first; an answer keeps its best places and tells each place in the order of the source, because
steps that jump up and down a function do not read as steps.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from whence.answer.code_spans import leading_comment
from whence.answer.lines import Span
from whence.answer.spans import spans_of
from whence.answer.terms import code_names
from whence.types import Chunk, Evidence, Reading

WIDEST_CHARS: Final = 900
_BACKWARD: Final = re.compile(
    r"(?:This|These|Those|That|It|Its|They|Their|Them|He|She|His|Her|Such|However|Also|But|And|Then|Therefore|Thus|"
    r"Hence|Otherwise|Instead|In (?:this|that|these) \w+|For (?:this|that) reason)\b"
)
_ABOUT_DECLARATIONS: Final = re.compile(
    r"\b(?:argument|parameter|signature|default|inherit\w*|subclass\w*|superclass|base class\w*|decorator|declared|"
    r"hierarchy|implements?|parametri[sz]\w*)\b",
    re.IGNORECASE,
)
_RAISING: Final = re.compile(r"\b(?:raise|throw|except|catch|panic|Err|error|rescue|reject|abort)\b")
_LIMITS: Final = {"factoid": 2, "yes_no": 3, "where": 4, "definition": 4}
_WEAK: Final = 0.2
"""Of the best score: weaker evidence from another place is left out."""
_WEAK_SAME_PLACE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Passage:
    """One quote of an answer, its span split into prose and code as they are shown."""

    evidence: Evidence
    prose: str
    code: str
    place_first: bool = False
    itemised: bool = False

    def same_place(self, other: "Passage") -> bool:
        """Whether both stand in the same chunk."""
        return self.evidence.hit.chunk.id == other.evidence.hit.chunk.id


def arrange(question: str, reading: Reading, n_max: int) -> list[Passage]:
    """At most ``n_max`` passages in reading order."""
    kind = reading.question_kind
    limit = min(n_max, _LIMITS.get(kind, n_max))
    if not reading.evidence or limit < 1:
        return []
    declarations = bool(_ABOUT_DECLARATIONS.search(question))
    passages: list[Passage] = []
    taken: list[Evidence] = []
    for place in _places(_ordered(question, kind, reading.evidence), limit):
        for passage in _told(place, declarations):
            fresh = not any(_overlap(passage.evidence, other) for other in taken)
            if fresh and (passage.prose or passage.code) and len(passages) < limit:
                taken.append(passage.evidence)
                passages.append(passage)
    if kind == "where" and passages and passages[0].evidence.hit.chunk.kind != "doc":
        passages[0] = replace(passages[0], place_first=True)
    return passages


def _ordered(question: str, kind: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Best first, but what the kind of question asks for moves forward."""
    ordered = list(evidence)
    if kind == "error":
        ordered.sort(key=lambda item: not (_RAISING.search(item.text) and item.score >= _WEAK * evidence[0].score))
    elif kind == "compare":
        ordered = _one_for_each(code_names(question), ordered)
    elif kind == "why":
        ordered.sort(key=_is_code_only)
    return ordered


def _places(evidence: Sequence[Evidence], limit: int) -> list[list[Evidence]]:
    """Evidence by chunk, the chunk of the first evidence first; each in the order of the source.

    The first place may fill the answer but for one passage; a further place must be nearly as good and gets two.
    """
    places: dict[str, list[Evidence]] = {}
    for item in evidence:
        places.setdefault(item.hit.chunk.id, []).append(item)
    best = max(item.score for item in evidence)
    kept: list[list[Evidence]] = []
    for items in places.values():
        floor, most = (_WEAK_SAME_PLACE, max(limit - 1, 1)) if not kept else (_WEAK, 2)
        strong = [item for item in items if item.score >= floor * best] or (items[:1] if not kept else [])
        if strong:
            kept.append(sorted(strong[:most], key=lambda item: item.start))
    return kept


def _one_for_each(names: Sequence[str], evidence: list[Evidence]) -> list[Evidence]:
    """For each name compared the best evidence about it, then the rest."""
    first: list[Evidence] = []
    for name in names:
        last = name.rsplit(".", 1)[-1].lower()
        about = [item for item in evidence if item.hit.chunk.symbol.lower().rsplit(".", 1)[-1] == last]
        about = about or [item for item in evidence if last in item.text.lower()]
        first.extend(item for item in about[:1] if item not in first)
    return [*first, *(item for item in evidence if item not in first)]


def _is_code_only(item: Evidence) -> bool:
    return item.hit.chunk.kind == "code" and "#" not in item.text and _roles(item, None) <= {"step", "signature"}


def _told(items: list[Evidence], declarations: bool) -> list[Passage]:
    """The passages of one place; code is introduced by its summary, declarations are quoted only where asked for."""
    chunk = items[0].hit.chunk
    spans = spans_of(chunk)
    if chunk.kind == "doc":
        return [_passage(_widened(item, spans), spans) for item in items]
    lead = _summary(chunk, spans)
    if lead is not None:
        summary = _evidence(items[0], lead.start, lead.end)
        rest = [item for item in items if not _overlap(summary, item)]
        if lead.role != "signature" and not declarations:
            rest = [item for item in rest if _roles(item, spans) != {"signature"}]
        items = [summary, *rest]
    return [_passage(item, spans, itemised=True) for item in items]


def _summary(chunk: Chunk, spans: Sequence[Span]) -> Span | None:
    """The first sentence of the docstring or leading comment of what the chunk defines."""
    head = spans[:3]
    for index, span in enumerate(head):
        if span.role == "docstring" or (span.role == "comment" and index == 0):
            return span
        if span.role != "signature":
            break
    return next((span for span in head if span.role == "signature"), None) if chunk.symbol else None


def _widened(item: Evidence, spans: Sequence[Span]) -> Evidence:
    """With the sentence before it where it points back, and with the example that it announces."""
    base = item.hit.chunk.start
    start, end = item.start - base, item.end - base
    at = next((i for i, span in enumerate(spans) if span.end > start and span.start < end), None)
    if at is None:
        return item
    before = spans[at - 1] if at else None
    points_back = bool(_BACKWARD.match(item.text)) or spans[at].role == "example"
    if points_back and before is not None and before.role == "sentence" and end - before.start <= WIDEST_CHARS:
        start = before.start
    after = spans[at + 1] if at + 1 < len(spans) else None
    if item.text.endswith(":") and after is not None and after.role == "example" and after.end - start <= WIDEST_CHARS:
        end = after.end
    return _evidence(item, start, end)


def _evidence(item: Evidence, start: int, end: int) -> Evidence:
    chunk = item.hit.chunk
    return replace(item, start=chunk.start + start, end=chunk.start + end, text=chunk.text[start:end])


def _overlap(one: Evidence, other: Evidence) -> bool:
    same = one.hit.chunk.document_id == other.hit.chunk.document_id
    return same and one.start < other.end and other.start < one.end


def _roles(item: Evidence, spans: Sequence[Span] | None) -> set[str]:
    start, end = item.start - item.hit.chunk.start, item.end - item.hit.chunk.start
    spans = spans_of(item.hit.chunk) if spans is None else spans
    return {span.role for span in spans if span.end > start and span.start < end}


def _passage(item: Evidence, spans: Sequence[Span], *, itemised: bool = False) -> Passage:
    """Splits the quote into what reads as prose and what must keep its lines."""
    base = item.hit.chunk.start
    start, end = item.start - base, item.end - base
    text = item.hit.chunk.text
    said: list[str] = []
    shown: list[str] = []
    for span in spans:
        if span.end <= start or span.start >= end:
            continue
        part = text[max(span.start, start) : min(span.end, end)]
        if span.role in ("sentence", "docstring", "comment", "heading"):
            said.append(part)
        elif span.role == "step":
            comment, code = leading_comment(part)
            said.append(comment)
            shown.append(code)
        else:
            shown.append(part)
    prose_text = "\n".join(part for part in said if part.strip())
    return Passage(item, prose_text, "\n".join(part for part in shown if part.strip()), itemised=itemised)

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
_RAISING: Final = re.compile(r"\b(?:raise|throw|except|catch|panic|Err|error|rescue|reject|abort)\b")
_LIMITS: Final = {"factoid": 2, "yes_no": 3, "where": 4, "definition": 4}
_WEAK: Final = 0.12  # of the best score: weaker evidence from another place is left out


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
    evidence = list(reading.evidence)
    if not evidence or n_max < 1:
        return []
    limit = min(n_max, _LIMITS.get(reading.question_kind, n_max))
    kept = _chosen(question, reading.question_kind, evidence, limit)
    passages: list[Passage] = []
    taken: set[tuple[str, int]] = set()
    for group in _by_place(kept):
        for passage in _told(group):
            key = (passage.evidence.hit.chunk.document_id, passage.evidence.end)
            if key not in taken and (passage.prose or passage.code):
                taken.add(key)
                passages.append(passage)
    passages = passages[:limit]
    if reading.question_kind == "where" and passages and passages[0].evidence.hit.chunk.kind != "doc":
        passages[0] = replace(passages[0], place_first=True)
    return passages


def _chosen(question: str, kind: str, evidence: list[Evidence], limit: int) -> list[Evidence]:
    """The evidence to tell, best first: what the kind of question asks for moves forward, weak places fall away."""
    floor = _WEAK * evidence[0].score
    strong = [item for item in evidence if item.score >= floor]
    if kind == "error":
        strong.sort(key=lambda item: not _RAISING.search(item.text))
    elif kind == "compare":
        strong = _one_for_each(code_names(question), evidence, strong)
    elif kind == "why":
        strong.sort(key=lambda item: item.hit.chunk.kind == "code" and _is_code_only(item))
    return strong[:limit]


def _one_for_each(names: Sequence[str], evidence: list[Evidence], strong: list[Evidence]) -> list[Evidence]:
    """For each name compared the best evidence about it, then the rest."""
    first: list[Evidence] = []
    for name in names:
        last = name.rsplit(".", 1)[-1].lower()
        about = [item for item in evidence if item.hit.chunk.symbol.lower().rsplit(".", 1)[-1] == last]
        about = about or [item for item in evidence if last in item.text.lower()]
        first.extend(item for item in about[:1] if item not in first)
    return [*first, *(item for item in strong if item not in first)]


def _is_code_only(item: Evidence) -> bool:
    return all(span.role in ("step", "signature") for span in _spans_in(item)) and "#" not in item.text


def _by_place(evidence: list[Evidence]) -> list[list[Evidence]]:
    """Groups of one chunk each, the chunk of the best evidence first, each in the order of the source."""
    groups: dict[str, list[Evidence]] = {}
    for item in evidence:
        groups.setdefault(item.hit.chunk.id, []).append(item)
    return [sorted(group, key=lambda item: item.start) for group in groups.values()]


def _told(group: list[Evidence]) -> list[Passage]:
    chunk = group[0].hit.chunk
    spans = spans_of(chunk)
    if chunk.kind == "doc":
        return [_passage(_widened(item, spans), spans) for item in group]
    lead = _summary(chunk, spans)
    items = group
    if lead is not None:
        summary = _evidence(group[0], lead.start, lead.end)
        if all(not _overlap(summary, item) for item in group):
            items = [summary, *group]
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
    return one.start < other.end and other.start < one.end


def _spans_in(item: Evidence) -> list[Span]:
    start, end = item.start - item.hit.chunk.start, item.end - item.hit.chunk.start
    return [span for span in spans_of(item.hit.chunk) if span.end > start and span.start < end]


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

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
    r"hierarchy|parametri[sz]\w*)\b",
    re.IGNORECASE,
)
_ITEM: Final = re.compile(r"\s*(?::\w[^:`\n]*:\s|@\w|\.\. |[-*+•]\s|\d{1,3}[.)]\s|#\.\s)")
_SAID: Final = ("sentence", "docstring", "comment", "heading")
_RAISING: Final = re.compile(
    r"^\s*(?:raise|throw|except|catch|rescue|abort)\b|\b(?:raise|throw new|panic!|Err\(|reject\()", re.M
)
_LIMITS: Final = {"factoid": 2, "yes_no": 3, "where": 4, "definition": 4}
_MOST_PLACES: Final = 3
_WEAK: Final = 0.3
"""Of the best score: weaker evidence from another place is left out."""
_WEAK_SAME_PLACE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Passage:
    """One quote of an answer, its span split into prose and code as they are shown."""

    evidence: Evidence
    said: tuple[str, ...]
    code: str
    place_first: bool = False
    item: bool = False

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
            if fresh and (passage.said or passage.code) and len(passages) < limit:
                taken.append(passage.evidence)
                passages.append(passage)
    if not declarations:
        passages = [one for one in passages if not _bare(one)] or passages
    if kind == "where" and passages and passages[0].evidence.hit.chunk.kind != "doc":
        passages[0] = replace(passages[0], place_first=True)
    return passages


def _bare(passage: Passage) -> bool:
    """Whether it is the one line of a declaration, which says no more than the name."""
    chunk = passage.evidence.hit.chunk
    one_line = chunk.kind == "code" and not passage.said and "\n" not in passage.code.strip()
    return one_line and _roles(passage.evidence, None) == {"signature"}


def _ordered(question: str, kind: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Best first, but what the kind of question asks for moves forward."""
    ordered = list(evidence)
    if kind == "error":
        ordered.sort(key=lambda item: not (_raises(item) and item.score >= _WEAK * evidence[0].score))
    elif kind == "compare":
        ordered = _one_for_each(code_names(question), ordered)
    elif kind == "why":
        ordered.sort(key=_is_code_only)
    return ordered


def _places(evidence: Sequence[Evidence], limit: int) -> list[list[Evidence]]:
    """Evidence by chunk, the chunk of the first evidence first; each in the order of the source.

    The first place may fill the answer but for one passage; a further place gets two, and must be
    nearly as good unless it belongs to the same class.
    """
    places: dict[str, list[Evidence]] = {}
    for item in evidence:
        places.setdefault(item.hit.chunk.id, []).append(item)
    best = max(item.score for item in evidence)
    n_told = 0
    kept: list[list[Evidence]] = []
    for items in places.values():
        if not kept:
            strong = [item for item in items if item.score >= _WEAK_SAME_PLACE * best][: max(limit - 1, 1)] or items[:1]
        else:
            related = _related(kept[0][0].hit.chunk, items[0].hit.chunk)
            # What defines the name in the question outweighs all else, though one sentence seldom is the whole answer.
            other = max(item.score for item in evidence if not any(item in place for place in kept))
            floor = (_WEAK_SAME_PLACE if related else _WEAK) * (best if n_told > 2 else other)
            strong = [item for item in items if item.score >= floor][:2]
        if strong and len(kept) < _MOST_PLACES:
            n_told += len(strong)
            kept.append(sorted(strong, key=lambda item: item.start))
    return kept


def _related(chunk: Chunk, other: Chunk) -> bool:
    """Whether both belong to one class, or are one definition cut in two."""
    family, other_family = chunk.symbol.split(".", 1)[0], other.symbol.split(".", 1)[0]
    return bool(family) and family == other_family and chunk.document_id == other.document_id


def _one_for_each(names: Sequence[str], evidence: list[Evidence]) -> list[Evidence]:
    """For each name compared the best evidence about it, then the rest."""
    first: list[Evidence] = []
    for name in names:
        last = name.rsplit(".", 1)[-1].lower()
        about = [item for item in evidence if item.hit.chunk.symbol.lower().rsplit(".", 1)[-1] == last]
        about = about or [item for item in evidence if last in item.text.lower()]
        first.extend(item for item in about[:1] if item not in first)
    return [*first, *(item for item in evidence if item not in first)]


def _raises(item: Evidence) -> bool:
    return item.hit.chunk.kind == "code" and bool(_RAISING.search(item.text))


def _is_code_only(item: Evidence) -> bool:
    return item.hit.chunk.kind == "code" and "#" not in item.text and _roles(item, None) <= {"step", "signature"}


def _told(items: list[Evidence], declarations: bool) -> list[Passage]:
    """The passages of one place; code is introduced by its summary, declarations are quoted only where asked for."""
    chunk = items[0].hit.chunk
    spans = spans_of(chunk)
    if chunk.kind == "doc":
        items = [_widened(item, spans) for item in items]
    else:
        items = [
            _widened(item, spans) if item.text.endswith(":") and not _is_code_only(item) else item for item in items
        ]
        summary = _summary(chunk, spans)
        if summary is not None:
            lead = _evidence(items[0], summary.start, summary.end)
            items = [lead, *(item for item in items if not _overlap(lead, item))]
        if not declarations and any(_roles(item, spans) != {"signature"} for item in items):
            items = [item for item in items if _roles(item, spans) != {"signature"}]
    return [_passage(item, spans) for item in _merged(sorted(items, key=lambda item: item.start), spans)]


def _merged(items: Sequence[Evidence], spans: Sequence[Span]) -> list[Evidence]:
    """Neighbours, with nothing but white space between them and of one sort, become one quote."""
    out: list[Evidence] = []
    for item in items:
        if out and _overlap(out[-1], item):
            continue
        last = out[-1] if out else None
        if last is not None and _adjoin(last, item) and _sort(last, spans) == _sort(item, spans) != "field":
            base = item.hit.chunk.start
            out[-1] = replace(_evidence(last, last.start - base, item.end - base), score=max(last.score, item.score))
        else:
            out.append(item)
    return out


def _adjoin(one: Evidence, other: Evidence) -> bool:
    base = one.hit.chunk.start
    between = one.hit.chunk.text[one.end - base : other.start - base]
    return not between.strip() and other.end - one.start <= WIDEST_CHARS


def _sort(item: Evidence, spans: Sequence[Span]) -> str:
    """What of it can be joined: prose with prose, code with code, items of a list with nothing."""
    if _ITEM.match(item.text):
        return "field"
    return "code" if _roles(item, spans) & {"step", "signature", "example"} else "prose"


def _summary(chunk: Chunk, spans: Sequence[Span]) -> Span | None:
    """The first sentence of the docstring or leading comment of what the chunk defines."""
    head = spans[:3]
    for index, span in enumerate(head):
        said = span.role == "docstring" or (span.role == "comment" and index == 0)
        if said and not _ITEM.match(chunk.text, span.start):
            return span
        if span.role != "signature":
            break
    return next((span for span in head if span.role == "signature"), None) if chunk.symbol else None


def _widened(item: Evidence, spans: Sequence[Span]) -> Evidence:
    """With the sentence before it where it points back, and with the example or the list that it announces."""
    base = item.hit.chunk.start
    start, end = item.start - base, item.end - base
    at = next((i for i, span in enumerate(spans) if span.end > start and span.start < end), None)
    if at is None:
        return item
    before = spans[at - 1] if at else None
    points_back = bool(_BACKWARD.match(item.text)) or spans[at].role == "example"
    if points_back and before is not None and before.role == "sentence" and end - before.start <= WIDEST_CHARS:
        start = before.start
    if item.text.endswith(":"):
        for after in spans[at + 1 :]:
            announced = after.role == "example" or _ITEM.match(item.hit.chunk.text, after.start)
            if not announced or after.end - start > WIDEST_CHARS:
                break
            end = after.end
            if after.role == "example":
                break
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


def _passage(item: Evidence, spans: Sequence[Span]) -> Passage:
    """Splits the quote into what reads as prose and what must keep its lines; joined steps keep their comments."""
    base = item.hit.chunk.start
    start, end = item.start - base, item.end - base
    text = item.hit.chunk.text
    inside = [span for span in spans if span.end > start and span.start < end]
    parts = [(span, text[max(span.start, start) : min(span.end, end)]) for span in inside]
    said = [part for span, part in parts if span.role in _SAID]
    shown = [part for span, part in parts if span.role not in _SAID]
    if len(shown) > 1:
        shown = [text[text.rfind("\n", 0, start) + 1 : end]]
        said = []
    elif shown and len(parts) == 1 and parts[0][0].role == "step":
        comment, code = leading_comment(shown[0])
        said, shown = [comment], [code]
    return Passage(
        evidence=item,
        said=tuple(part for part in said if part.strip()),
        code="\n".join(part for part in shown if part.strip()),
        item=bool(_ITEM.match(item.text)),
    )


def is_item(text: str) -> bool:
    """Whether a quote is a list item or a field, which stands on a line of its own."""
    return bool(_ITEM.match(text))

"""How one place is told: which of its spans are joined, how wide each quote is, and what of it reads as prose.

A place is a chunk with the evidence found in it. Code is told by what its docstring or comment says, and by the body
where the body is short; prose by its sentences with the example or list that they announce.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from whence.answer.addressed import is_addressed
from whence.answer.code_spans import leading_comment
from whence.answer.lines import Span
from whence.answer.quotes import (
    CODE_DIRECTIVE,
    ITEM,
    WIDEST_CHARS,
    is_code_only,
    is_item,
    overlap,
    requoted,
    roles_of,
)
from whence.answer.spans import spans_of
from whence.answer.widening import ALTERNATIVE, SEE_ABOVE, widened
from whence.answer.wording import prose
from whence.types import Chunk, Evidence

BODY_LINES: Final = 16
"""The longest body of code that is shown whole; of a longer one only the steps that were found."""
FIRST_BODY_LINES: Final = 26
"""The same at the place that answers best, where the question is how or why something happens."""
_PROSE: Final = ("doc", "commit")
_GAP_CHARS: Final = 260
_PROSE_GAP_CHARS: Final = 120
_FEWEST_CODE_WORDS: Final = 3

_MID_SENTENCE: Final = re.compile(r"[a-z][a-z]* |(?:But|And|Then|However|Otherwise|Instead|Therefore|Thus|Hence)\b")
_SAID: Final = ("sentence", "docstring", "comment", "heading")
_SHOWN: Final = ("step", "signature", "example")


Shown = tuple[tuple[str, ...], str]
"""Pieces of prose, and the code that follows them."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One quote of an answer, its span split into prose and code as they are shown; ``more`` follows the first pair."""

    evidence: Evidence
    said: tuple[str, ...]
    code: str
    more: tuple["Shown", ...] = ()
    place_first: bool = False
    item: bool = False

    def same_place(self, other: "Passage") -> bool:
        """Whether both stand in the same chunk."""
        return self.evidence.hit.chunk.id == other.evidence.hit.chunk.id

    @property
    def is_place_only(self) -> bool:
        """Whether nothing is quoted: that it stands there is the answer."""
        return self.place_first and not (self.said or self.code)

    @property
    def dangling(self) -> bool:
        """Whether it leans on something that is not shown: it announces, points back, or begins in mid-sentence."""
        chunk = self.evidence.hit.chunk
        if chunk.kind != "doc":
            return False
        if self.said and self.code:
            return bool(ALTERNATIVE.match(self.evidence.text.lower()))
        if not self.said:
            return roles_of(self.evidence) == {"example"}
        text = self.evidence.text
        return text.rstrip().endswith(":") or bool(SEE_ABOVE.search(text)) or bool(_MID_SENTENCE.match(text))


@dataclass(frozen=True, slots=True)
class Telling:
    """What a question wants of each place.

    ``declarations``: signatures are part of the answer. ``bodies``: short code is shown whole, not only described.
    ``continued``: an example that follows soon belongs to the quote. ``placed``: a definition is quoted from its first
    line on, because its place is what is asked for. ``body_lines``: the longest body of code that is shown whole.
    ``in_parts``: the place is one of several of a definition, of each of which only the steps found are told.
    """

    declarations: bool
    bodies: bool
    continued: bool
    placed: bool = False
    body_lines: int = BODY_LINES
    in_parts: bool = False


def told(items: Sequence[Evidence], telling: Telling) -> list[Passage]:
    """The passages of one place, in the order of the source."""
    chunk = items[0].hit.chunk
    spans = spans_of(chunk)
    if chunk.kind in _PROSE:
        wide = [widened(item, spans, continued=telling.continued) for item in items]
        return _passages(wide, spans)
    may_be_whole = chunk.kind == "code" and not telling.placed and not telling.in_parts
    if may_be_whole and (whole := _whole(items, spans, telling)) is not None:
        return [whole]
    if telling.placed and (defined := _defined(items[0], spans)) is not None:
        others = [item for item in items if not overlap(defined.evidence, item)]
        others = [item for item in others if roles_of(item, spans) != {"signature"}]
        return [defined, *(_passages(others, spans) if others else [])]
    items = [widened(item, spans) if _needs_its_neighbour(item, spans) else item for item in items]
    summary = _summary(chunk, spans)
    if summary is not None:
        lead = requoted(items[0], summary.start, summary.end)
        items = [lead, *(item for item in items if not overlap(lead, item))]
    if not telling.declarations and any(roles_of(item, spans) != {"signature"} for item in items):
        items = [item for item in items if roles_of(item, spans) != {"signature"}]
    return _passages(items, spans)


def _needs_its_neighbour(item: Evidence, spans: Sequence[Span]) -> bool:
    """Whether evidence in code announces something, or is the example in a docstring that something announces."""
    announces = item.text.endswith(":") and not is_code_only(item)
    return announces or (item.hit.chunk.kind == "code" and roles_of(item, spans) == {"example"})


def _passages(items: Sequence[Evidence], spans: Sequence[Span]) -> list[Passage]:
    merged = _merged(sorted(items, key=lambda item: (item.start, -item.end)), spans)
    passages = [_passage(item, spans) for item in merged]
    return [one for one in passages if one.said or "\n" in one.code.strip()] or passages


def _defined(item: Evidence, spans: Sequence[Span]) -> Passage | None:
    """A definition from its first line to the first sentence of its docstring, of which the sentence is shown."""
    chunk = item.hit.chunk
    signature = next((span for span in spans[:1] if span.role == "signature"), None)
    summary = _summary(chunk, spans)
    if signature is None or summary is None or summary.role != "docstring":
        return None
    said = (chunk.text[summary.start : summary.end],)
    return Passage(evidence=requoted(item, signature.start, summary.end), said=said, code="")


def _whole(items: Sequence[Evidence], spans: Sequence[Span], telling: Telling) -> Passage | None:
    """A short function or declaration in one quote: what is said of it, and its body; None where it is long."""
    chunk = items[0].hit.chunk
    described = [span for span in spans if span.role in ("docstring", "comment")]
    signature = next((span for span in spans if span.role == "signature"), None)
    steps = [span for span in spans if span.role == "step"]
    summary = _summary(chunk, spans)
    if telling.declarations and not steps and (defined := _defined(items[0], spans)) is not None:
        return replace(defined, code=chunk.text[spans[0].start : spans[0].end])
    found = {role for item in items for role in roles_of(item, spans)}
    if not steps or not chunk.symbol or not (telling.bodies or found <= {"step", "signature"}):
        return None
    nested = [span for span in spans if span.role == "signature" and summary is not None and span.start > summary.start]
    start, end = min(span.start for span in [steps[0], *nested]), steps[-1].end
    body = chunk.text[start:end]
    if (
        body.count("\n") >= telling.body_lines
        or end - start > WIDEST_CHARS
        or len(re.findall(r"\w+", body)) < _FEWEST_CODE_WORDS
    ):
        return None
    if summary is None or summary.role == "signature" or summary.start > start:
        begin = signature.start if signature is not None and signature.start < start else start
        comment, _ = leading_comment(chunk.text[begin:end])
        return _quote(items[0], begin, end, (comment,) if comment else (), begin + len(comment))
    chosen = [span for span in described if span is summary or any(_holds(item, span) for item in items)]
    chosen = [span for span in chosen if span.end <= start and not is_item(chunk.text[span.start : span.end])][:4]
    return _quote(items[0], summary.start, end, tuple(chunk.text[s.start : s.end] for s in chosen), start)


def _quote(item: Evidence, start: int, end: int, said: tuple[str, ...], code_start: int) -> Passage:
    """A passage of ``start`` to ``end`` whose code begins at ``code_start``; all in characters of the chunk."""
    text = item.hit.chunk.text
    code = text[text.rfind("\n", 0, code_start) + 1 : end]
    return Passage(evidence=requoted(item, start, end), said=said, code=code)


def _holds(item: Evidence, span: Span) -> bool:
    base = item.hit.chunk.start
    return item.start - base < span.end and span.start < item.end - base


def _merged(items: Sequence[Evidence], spans: Sequence[Span]) -> list[Evidence]:
    """Neighbours of one sort become one quote; in code, so do those of one docstring with little between them."""
    out: list[Evidence] = []
    for item in items:
        last = out[-1] if out else None
        if last is not None and overlap(last, item):
            if item.end > last.end and item.end - last.start <= WIDEST_CHARS:
                out[-1] = _joined(last, item)
        elif last is not None and _adjoin(last, item, spans) and _sort(last, spans) == _sort(item, spans) != "field":
            out[-1] = replace(_joined(last, item), score=max(last.score, item.score))
        else:
            out.append(item)
    return out


def _joined(one: Evidence, other: Evidence) -> Evidence:
    """From where one begins to where the other ends, with the marked words of the better one that has some."""
    base = one.hit.chunk.start
    whole = requoted(one, one.start - base, other.end - base)
    if other.answer_start is None or (one.answer_start is not None and one.score >= other.score):
        return whole
    return replace(whole, answer_start=other.answer_start, answer_end=other.answer_end)


def _adjoin(one: Evidence, other: Evidence, spans: Sequence[Span]) -> bool:
    """Whether nothing, or in code a short piece of the same docstring or body, lies between."""
    chunk = one.hit.chunk
    first, last = one.end - chunk.start, other.start - chunk.start
    between = chunk.text[first:last]
    if other.end - one.start > WIDEST_CHARS:
        return False
    if not between.strip():
        return True
    if is_addressed(between):
        return False
    if chunk.kind in _PROSE:
        return len(between) <= _PROSE_GAP_CHARS and not re.search(r"\n\s*\n|\n\s*[-*#]", between)
    inside = [span for span in spans if span.start < last and span.end > first]
    roles = {span.role for span in inside}
    plain = not any(ITEM.match(chunk.text, span.start) for span in inside)
    return (
        chunk.kind == "code" and len(between) <= _GAP_CHARS and plain and (roles <= {"docstring"} or roles <= {"step"})
    )


def _sort(item: Evidence, spans: Sequence[Span]) -> str:
    """What of it can be joined: prose with prose, code with code, items of a list with nothing."""
    if ITEM.match(item.text):
        return "field"
    roles = roles_of(item, spans)
    if item.hit.chunk.kind == "doc" and "example" in roles:
        return "prose and example"
    return "code" if roles & {*_SHOWN} else "prose"


def _summary(chunk: Chunk, spans: Sequence[Span]) -> Span | None:
    """The first sentence of the docstring or leading comment of what the chunk defines.

    Python's docstrings stand below the signature: a chunk that begins with one holds the rest of a longer definition.
    """
    head = spans[:3]
    if chunk.language == "python" and chunk.symbol and head and head[0].role == "docstring":
        return None
    for index, span in enumerate(head):
        said = span.role == "docstring" or (span.role == "comment" and index == 0)
        if said and not ITEM.match(chunk.text, span.start):
            return span
        if span.role != "signature":
            break
    return next((span for span in head if span.role == "signature"), None) if chunk.symbol else None


def _passage(item: Evidence, spans: Sequence[Span]) -> Passage:
    """Splits the quote into what reads as prose and what must keep its lines; joined steps keep their comments."""
    base = item.hit.chunk.start
    start, end = item.start - base, item.end - base
    text = item.hit.chunk.text
    inside = [span for span in spans if span.end > start and span.start < end]
    parts = [(span, text[max(span.start, start) : min(span.end, end)]) for span in inside]
    if item.hit.chunk.kind == "doc":
        return _told_in_order(item, parts)
    said = [part for span, part in parts if span.role in _SAID and not CODE_DIRECTIVE.match(part)]
    shown = [part for span, part in parts if span.role not in _SAID]
    if len(shown) > 1:
        shown = [text[text.rfind("\n", 0, start) + 1 : end]]
        said = []
    elif shown and len(parts) == 1 and parts[0][0].role == "step":
        comment, code = leading_comment(shown[0])
        said, shown = [comment], [code]
    return Passage(
        evidence=item,
        said=tuple(part for part in said if any(map(str.isalnum, prose(part)))),
        code="\n".join(part for part in shown if part.strip()),
        item=bool(ITEM.match(item.text)),
    )


def _told_in_order(item: Evidence, parts: Sequence[tuple[Span, str]]) -> Passage:
    """Prose and examples as they follow each other; directives, which only mark up, are left out."""
    pairs: list[tuple[list[str], list[str]]] = [([], [])]
    for span, part in parts:
        if span.role == "heading" and part.lstrip().startswith(".. "):
            continue
        if span.role == "example":
            pairs[-1][1].append(part)
        elif any(map(str.isalnum, prose(part))):
            if pairs[-1][1]:
                pairs.append(([], []))
            pairs[-1][0].append(part)
    (said, code), *more = pairs
    return Passage(
        evidence=item,
        said=tuple(said),
        code="\n".join(code),
        more=tuple((tuple(then), "\n".join(shown)) for then, shown in more),
        item=bool(ITEM.match(item.text)),
    )

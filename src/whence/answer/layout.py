"""Which evidence an answer uses and in which order: the plan of an answer.

Evidence comes best first; an answer keeps its best places and tells each place in the order of the source, because
steps that jump up and down a function do not read as steps.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from whence.answer.calls import connected
from whence.answer.focus import Focus, focus_of, is_namesake
from whence.answer.passages import BODY_LINES, FIRST_BODY_LINES, Passage, Telling, told
from whence.answer.places import out_of_place
from whence.answer.quotes import is_code_only, overlap, roles_of
from whence.answer.spans import spans_of
from whence.answer.support import asked_terms, is_about, share_of
from whence.answer.terms import STOP_WORDS, asked_names, things_told_apart, words
from whence.types import Chunk, Evidence, Reading

_ABOUT_DECLARATIONS: Final = re.compile(
    r"\b(?:argument|parameter|signature|default (?:value|argument)|inherit\w*|subclass\w*|superclass|base class\w*|"
    r"decorator|declared|hierarchy|parametri[sz]\w*)\b",
    re.IGNORECASE,
)
_USAGE: Final = re.compile(r"\bhow (?:do|can|should) (?:i|you|we)\b|\bhow to\b|\bexamples?\b", re.IGNORECASE)
_RAISING: Final = re.compile(
    r"^\s*(?:raise|throw|except|catch|rescue|abort)\b|\b(?:raise|throw new|panic!|Err\(|reject\()", re.M
)
_HEAD: Final = re.compile(r"\s*(?:class|struct|interface|trait|enum|def|func|fn)\s[^\n]*[:{]\s*(?:\.\.\.)?\s*$")
_REFERS: Final = re.compile(
    r"(?:for [^,.]{1,60}?,? )?(?:see|refer to|read|check out|have a look at|take a look at)\b[^.]{0,80}\.?$"
    r"|[^.]*\bbeyond the scope of\b|\[\[",
    re.IGNORECASE,
)
"""Says where else to look, and nothing of what is asked."""
_LIMITS: Final = {"factoid": 2, "yes_no": 3, "where": 4, "definition": 4}
_MOST_PLACES: Final = {"list": 6, "how": 4, "what": 4}
_SHOWS_BODIES: Final = ("how", "error", "why", "what")
_LONG_QUESTION: Final = 10
"""Content words from which on a question is taken to ask for more than one place."""
_WEAK: Final = 0.5
"""Of the best place's standing: a weaker place is left out."""
_OUT_OF_PLACE: Final = 0.05
_WEAK_RELATED: Final = 0.2
_LEAST_SHARE: Final = 0.6
"""Of what the first place has of the question: a further one that has less of it is left out."""
_BESIDE: Final = 0.3
"""For code whose name, first words and file say nothing of what a place is asked of."""
_NEAR_CHARS: Final = 300
_STORED_AS_DATA: Final = (".ipynb",)
"""Files whose text is not what people see of them: quoted only where nothing else is found."""
_FEWEST_WORDS: Final = 3
_FEW_WORDS: Final = 8
"""Content words of a description below which the body tells more."""
_SHOWS_LONG_BODIES: Final = ("how", "error", "why")
_WEAK_SAME_PLACE: Final = 0.05


def arrange(question: str, reading: Reading, n_max: int) -> list[Passage]:
    """At most ``n_max`` passages in reading order."""
    kind = reading.question_kind
    limit = min(n_max, _LIMITS.get(kind, n_max))
    if not reading.evidence or limit < 1:
        return []
    usage = bool(_USAGE.search(question))
    declarations = bool(_ABOUT_DECLARATIONS.search(question))
    telling = Telling(
        declarations=declarations, bodies=kind in _SHOWS_BODIES and not usage, continued=usage, placed=kind == "where"
    )
    focus = focus_of(question, kind, reading.evidence, usage=usage)
    if focus.alone and focus.passages:
        return list(focus.passages[: max(limit, _MOST_PLACES["list"]) if focus.passages[0].is_place_only else limit])
    passages: list[Passage] = []
    places = _places(question, _ordered(question, kind, focus), limit, kind, focus)
    for place in places:
        first = not passages and (kind in _SHOWS_LONG_BODIES or _says_little(place, focus))
        most = 2 if len(focus.named) > 1 else limit
        in_parts = sum(_of_one(place, other) for other in places) > 1
        own = replace(telling, body_lines=FIRST_BODY_LINES if first else BODY_LINES, in_parts=in_parts)
        for passage in told(place, own)[:most]:
            fresh = not any(
                overlap(passage.evidence, other.evidence) or _says_again(passage, other) for other in passages
            )
            if fresh and (passage.said or passage.code) and len(passages) < 2 * limit:
                passages.append(passage)
    passages = [one for one in passages if not one.dangling] or passages
    passages = [one for one in passages if one.code or not _refers(one)] or passages
    if kind in _SHOWS_BODIES:
        passages = [one for one in passages if not _thin(one)] or passages
    passages = [one for at, one in enumerate(passages) if not _bare(one) or (declarations and not at)] or passages
    passages = passages[:limit]
    if kind == "where" and passages and passages[0].evidence.hit.chunk.kind != "doc":
        passages[0] = replace(passages[0], place_first=True)
    return passages


def _says_little(place: Sequence[Evidence], focus: Focus) -> bool:
    """Whether it is the one definition that is asked about, and describes itself in hardly more than its name."""
    chunk = place[0].hit.chunk
    described = [chunk.text[span.start : span.end] for span in spans_of(chunk) if span.role == "docstring"]
    return focus.leads == (chunk.id,) and len(_content(" ".join(described))) < _FEW_WORDS


def _refers(passage: Passage) -> bool:
    """Whether a quote only sends the reader elsewhere."""
    return bool(_REFERS.match(" ".join(passage.said).strip()))


def _bare(passage: Passage) -> bool:
    """Whether it is the one line of a declaration, which says no more than the name."""
    chunk = passage.evidence.hit.chunk
    one_line = chunk.kind == "code" and not passage.said and "\n" not in passage.code.strip()
    return one_line and (roles_of(passage.evidence) == {"signature"} or bool(_HEAD.match(passage.code)))


def _thin(passage: Passage) -> bool:
    """Whether it is a docstring's sentence of hardly a word ("Receives a response.")."""
    if passage.code or passage.item or passage.evidence.hit.chunk.kind != "code":
        return False
    return len(_content(" ".join(passage.said))) < _FEWEST_WORDS


def _says_again(passage: Passage, other: Passage) -> bool:
    """Whether it repeats in words what another said, as the docstrings of an overridden method do."""
    if not passage.said or passage.code or not other.said:
        return False
    mine, told_before = set(words(" ".join(passage.said))), set(words(" ".join(other.said)))
    return len(mine & told_before) >= 0.9 * len(mine)


def _ordered(question: str, kind: str, focus: Focus) -> list[Evidence]:
    """Best first, but what the kind of question asks for moves forward."""
    ordered = list(focus.evidence)
    if kind == "error":
        top = ordered[0].score
        ordered.sort(key=lambda item: not (_raises(item) and item.score >= 0.3 * top))
    elif kind == "compare" or len(focus.named) > 1:
        ordered = _one_for_each(question, ordered)
    elif kind == "why":
        ordered.sort(key=lambda item: is_code_only(item) and item.score < 0.5)
    leading = {chunk_id: place for place, chunk_id in enumerate(focus.leads)}
    return sorted(ordered, key=lambda item: leading.get(item.hit.chunk.id, len(leading)))


def _places(question: str, evidence: Sequence[Evidence], limit: int, kind: str, focus: Focus) -> list[list[Evidence]]:
    """Evidence by chunk, the chunk of the first evidence first; each in the order of the source.

    The first place may fill the answer but for one passage; a further place gets two. It must stand nearly as well and
    speak of what the question asks nearly as much, unless it is a part of the same definition, or one calls the other.
    """
    places: dict[str, list[Evidence]] = {}
    for item in evidence:
        places.setdefault(item.hit.chunk.id, []).append(item)
    broad = kind not in ("yes_no", "factoid", "definition", "where") and (
        len(_content(question)) >= _LONG_QUESTION or bool(_USAGE.search(question))
    )
    terms = asked_terms(question)
    standing = _standing(places, broad=broad)
    for chunk_id, items in places.items():
        standing[chunk_id] *= _cost(question, kind, terms, items[0].hit.chunk)
    order = list(places)
    if (
        len(focus.named) < 2
        and not focus.leads
        and kind not in ("error", "compare", "why", "definition")
        and any(item.hit.chunk.kind == "code" for item in evidence)
    ):
        order.sort(key=lambda chunk_id: -standing[chunk_id])
    best = max(standing[chunk_id] for chunk_id in order) if focus.leads else standing[order[0]]
    strongest = max(item.score for item in evidence)
    kept: list[list[Evidence]] = []
    for chunk_id in order:
        items = places[chunk_id]
        chunk = items[0].hit.chunk
        if not kept:
            floor = _WEAK_SAME_PLACE * strongest
            most = max(limit - max(1, min(len(focus.named) - 1, 2)), 1)
            strong = [item for item in items if item.score >= floor][:most] or items[:1]
        elif out_of_place(question, chunk.path) or chunk.path.endswith(_STORED_AS_DATA):
            continue
        else:
            is_tied = any(_tied(place[0].hit.chunk, chunk) for place in kept)
            weakest = 0.0 if chunk_id in focus.named else _WEAK_RELATED if is_tied else _WEAK
            if standing[chunk_id] < weakest * best:
                continue
            strong = [item for item in items if item.score >= 0.3 * items[0].score][:2]
            if chunk_id not in focus.named and not is_tied and not _speaks_of(terms, strong, kept[0]):
                continue
            if is_namesake(question, chunk.symbol, [place[0].hit.chunk.symbol for place in kept]):
                continue
        kept.append(sorted(strong, key=lambda item: item.start))
        if len(kept) == _MOST_PLACES.get(kind, 3):
            break
    return _in_order(kept)


def _cost(question: str, kind: str, terms: Mapping[str, float], chunk: Chunk) -> float:
    """What a place keeps of its standing, 0..1, for where it stands and what it is about."""
    if out_of_place(question, chunk.path):
        return _OUT_OF_PLACE
    return _BESIDE if kind == "where" and not is_about(terms, chunk, with_file=True) else 1.0


def _in_order(places: Sequence[list[Evidence]]) -> list[list[Evidence]]:
    """The places, those of one definition or of neighbouring prose one after the other as they stand in the source."""
    out: list[list[Evidence]] = []
    left = list(places)
    while left:
        first = left[0][0].hit.chunk
        group = [place for place in left if place is left[0] or _neighbours(first, place[0].hit.chunk)]
        left = [place for place in left if all(place is not other for other in group)]
        out += sorted(group, key=lambda place: place[0].start)
    return out


def _of_one(place: Sequence[Evidence], other: Sequence[Evidence]) -> bool:
    """Whether two places are parts of one definition."""
    chunk, its = place[0].hit.chunk, other[0].hit.chunk
    return chunk.kind == "code" and (chunk.document_id, chunk.symbol) == (its.document_id, its.symbol)


def _neighbours(chunk: Chunk, other: Chunk) -> bool:
    """Whether two chunks are parts of one definition, or prose with hardly anything between."""
    if chunk.document_id != other.document_id:
        return False
    if chunk.kind == "code":
        return bool(chunk.symbol) and chunk.symbol == other.symbol
    between = max(other.start - chunk.end, chunk.start - other.end)
    return chunk.kind == "doc" and between <= _NEAR_CHARS


def _speaks_of(terms: Mapping[str, float], items: Sequence[Evidence], first: Sequence[Evidence]) -> bool:
    """Whether a place has nearly as much of what is asked as the first one has; long questions ask for many things.

    What the search ranks first does: it may say the same in other words than those of the question.
    """
    if len(terms) >= _LONG_QUESTION or items[0].hit.rank == 1:
        return True
    if not is_about(terms, items[0].hit.chunk):
        return False
    return share_of(terms, items) >= _LEAST_SHARE * share_of(terms, first)


def _content(question: str) -> set[str]:
    return {word for word in words(question) if word not in STOP_WORDS}


def _standing(places: Mapping[str, Sequence[Evidence]], *, broad: bool) -> dict[str, float]:
    """How well each place stands, 0..1: its best evidence by the reader, and its hit by the retriever.

    Both must speak for it, but where a question is ``broad`` (long, or about how to do something) one may: its answer
    seldom stands in one place, and the reader prefers one sentence to all others.
    """
    best_hit = max(items[0].hit.score for items in places.values()) or 1.0
    strongest = max(item.score for items in places.values() for item in items) or 1.0
    out = {}
    for chunk_id, items in places.items():
        read = (max(item.score for item in items) / strongest) ** 0.5
        found = max(items[0].hit.score, 0.0) / best_hit
        out[chunk_id] = (read + found**3) / 2 if broad else read * found**2
    return out


def _tied(chunk: Chunk, other: Chunk) -> bool:
    """Whether both are parts of one definition, or one calls the other."""
    return _neighbours(chunk, other) or connected(chunk, other)


def _one_for_each(question: str, evidence: list[Evidence]) -> list[Evidence]:
    """For each thing compared the best evidence about it, then the rest: from its definition, else from words."""
    first: list[Evidence] = []
    names = asked_names(question)
    for name in names or things_told_apart(question):
        last = name.rsplit(".", 1)[-1].lower()
        defining = [
            item
            for item in evidence
            if item.hit.chunk.symbol.lower().rsplit(".", 1)[-1] == last and "\n" in item.hit.chunk.text.strip()
        ]
        about = sorted((item for item in defining if _of_one([item], defining[:1])), key=lambda item: item.start)
        alone = re.compile(rf"(?<![\w-]){re.escape(last)}(?:e?s)?(?![\w-])", re.IGNORECASE)
        about = about or [item for item in evidence if alone.search(item.text)]
        if not names:
            about.sort(key=lambda item: _speaks_first_of(alone, item))
        first.extend(item for item in about[:1] if item not in first)
    return [*first, *(item for item in evidence if item not in first)]


def _speaks_first_of(thing: re.Pattern[str], item: Evidence) -> tuple[bool, bool, bool]:
    """Lower where evidence stands under a heading that is the thing, where it is prose, and where it begins with it."""
    chunk = item.hit.chunk
    start = re.sub(r"^\W*(?:an?|the)\s+", "", item.text, flags=re.IGNORECASE)
    headed = chunk.kind == "doc" and thing.fullmatch(chunk.title.rpartition(" > ")[2]) is not None
    return not headed, chunk.kind == "code", thing.match(start) is None


def _raises(item: Evidence) -> bool:
    return item.hit.chunk.kind == "code" and bool(_RAISING.search(item.text))

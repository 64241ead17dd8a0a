"""Which evidence an answer uses and in which order: the plan of an answer.

Evidence comes best first; an answer keeps its best places and tells each place in the order of the source, because
steps that jump up and down a function do not read as steps.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from whence.answer.passages import FIRST_BODY_LINES, Passage, Telling, is_code_only, overlap, roles_of, told
from whence.answer.places import out_of_place
from whence.answer.terms import STOP_WORDS, code_names, words
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
_HEAD: Final = re.compile(r"\s*(?:class|struct|interface|trait|enum|def|func|fn)\s[^\n]*[:{]\s*$")
_LIMITS: Final = {"factoid": 2, "yes_no": 3, "where": 4, "definition": 4}
_MOST_PLACES: Final = {"list": 6, "how": 4, "what": 4}
_SHOWS_BODIES: Final = ("how", "error", "why", "what")
_LONG_QUESTION: Final = 10
"""Content words from which on a question is taken to ask for more than one place."""
_WEAK: Final = 0.5
"""Of the best place's standing: a weaker place is left out."""
_OUT_OF_PLACE: Final = 0.05
_WEAK_RELATED: Final = 0.2
_FEWEST_WORDS: Final = 3
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
    passages: list[Passage] = []
    for place in _places(question, _ordered(question, kind, reading.evidence), limit, kind):
        first = not passages and kind in _SHOWS_LONG_BODIES
        most = 2 if len(_named_places(question, reading.evidence)) > 1 else limit
        for passage in told(place, replace(telling, body_lines=FIRST_BODY_LINES) if first else telling)[:most]:
            fresh = not any(
                overlap(passage.evidence, other.evidence) or _says_again(passage, other) for other in passages
            )
            if fresh and (passage.said or passage.code) and len(passages) < 2 * limit:
                passages.append(passage)
    passages = [one for one in passages if not one.dangling] or passages
    if kind in _SHOWS_BODIES:
        passages = [one for one in passages if not _thin(one)] or passages
    passages = [one for at, one in enumerate(passages) if not _bare(one) or (declarations and not at)] or passages
    passages = passages[:limit]
    if kind == "where" and passages and passages[0].evidence.hit.chunk.kind != "doc":
        passages[0] = replace(passages[0], place_first=True)
    return passages


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


def _ordered(question: str, kind: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Best first, but what the kind of question asks for moves forward."""
    ordered = list(evidence)
    if kind == "error":
        ordered.sort(key=lambda item: not (_raises(item) and item.score >= 0.3 * evidence[0].score))
    elif kind == "compare" or len(_named_places(question, evidence)) > 1:
        ordered = _one_for_each(code_names(question), ordered)
    elif kind == "why":
        ordered.sort(key=lambda item: is_code_only(item) and item.score < 0.5)
    return ordered


def _places(question: str, evidence: Sequence[Evidence], limit: int, kind: str) -> list[list[Evidence]]:
    """Evidence by chunk, the chunk of the first evidence first; each in the order of the source.

    The first place may fill the answer but for one passage; a further place gets two, and must stand nearly as well
    unless it belongs to the same class.
    """
    places: dict[str, list[Evidence]] = {}
    for item in evidence:
        places.setdefault(item.hit.chunk.id, []).append(item)
    broad = kind not in ("yes_no", "factoid", "definition", "where") and (
        len(_content(question)) >= _LONG_QUESTION or bool(_USAGE.search(question))
    )
    standing = _standing(places, broad=broad)
    for chunk_id, items in places.items():
        if out_of_place(question, items[0].hit.chunk.path):
            standing[chunk_id] *= _OUT_OF_PLACE
    order = list(places)
    named = _named_places(question, evidence)
    if (
        len(named) < 2
        and kind not in ("error", "compare", "why", "definition")
        and any(item.hit.chunk.kind == "code" for item in evidence)
    ):
        order.sort(key=lambda chunk_id: -standing[chunk_id])
    best = standing[order[0]]
    strongest = max(item.score for item in evidence)
    kept: list[list[Evidence]] = []
    for chunk_id in order:
        items = places[chunk_id]
        chunk = items[0].hit.chunk
        if not kept:
            floor = _WEAK_SAME_PLACE * strongest
            most = max(limit - max(1, min(len(named) - 1, 2)), 1)
            strong = [item for item in items if item.score >= floor][:most] or items[:1]
        elif out_of_place(question, chunk.path):
            continue
        else:
            first = kept[0][0].hit.chunk
            weakest = 0.0 if chunk_id in named else _WEAK_RELATED if _related(first, chunk) else _WEAK
            if standing[chunk_id] < weakest * best:
                continue
            strong = [item for item in items if item.score >= 0.3 * items[0].score][:2]
        kept.append(sorted(strong, key=lambda item: item.start))
        if len(kept) == _MOST_PLACES.get(kind, 3):
            break
    return kept


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


def _related(chunk: Chunk, other: Chunk) -> bool:
    """Whether both belong to one class, or are one definition cut in two."""
    family, other_family = chunk.symbol.split(".", 1)[0], other.symbol.split(".", 1)[0]
    return bool(family) and family == other_family and chunk.document_id == other.document_id


def _one_for_each(names: Sequence[str], evidence: list[Evidence]) -> list[Evidence]:
    """For each name compared the best evidence about it, then the rest."""
    first: list[Evidence] = []
    for name in names:
        last = name.rsplit(".", 1)[-1].lower()
        about = [
            item
            for item in evidence
            if item.hit.chunk.symbol.lower().rsplit(".", 1)[-1] == last and "\n" in item.hit.chunk.text.strip()
        ]
        about = about or [item for item in evidence if last in item.text.lower()]
        first.extend(item for item in about[:1] if item not in first)
    return [*first, *(item for item in evidence if item not in first)]


def _named_places(question: str, evidence: Sequence[Evidence]) -> set[str]:
    """The chunks that define a name the question has: where there are several, each belongs to the answer."""
    names = {name.rsplit(".", 1)[-1].lower() for name in code_names(question)}
    first: dict[str, str] = {}
    for item in evidence:
        symbol = item.hit.chunk.symbol.rsplit(".", 1)[-1].lower()
        if symbol in names and "\n" in item.hit.chunk.text.strip():
            first.setdefault(symbol, item.hit.chunk.id)
    return set(first.values())


def _raises(item: Evidence) -> bool:
    return item.hit.chunk.kind == "code" and bool(_RAISING.search(item.text))

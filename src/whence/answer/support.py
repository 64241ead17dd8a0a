"""How much of what a question asks a place speaks of: the measure by which irrelevant quotes are left out."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from whence.answer.spans import spans_of
from whence.answer.terms import STOP_WORDS, stems, words
from whence.answer.weights import load_json
from whence.types import Chunk, Evidence

_FRAMING_TEXT: Final = """
happen happens happened choose chooses decide decides handle handles manage manages implement implemented define
defined work works together use uses used using done performed make made makes get gets show list name explain
"""
_FRAMING: Final = frozenset(_FRAMING_TEXT.split())
"""Words of questions that a text which answers them need not have."""
_RAREST: Final = 10.0


def asked_terms(question: str) -> Mapping[str, float]:
    """The stems of what a question asks for, with their rarity; without words that only frame it."""
    content = [word for word in words(question) if word not in STOP_WORDS and word not in _FRAMING]
    stem_of = stems(content)
    rarity = _rarity()
    return {stem: rarity.get(stem, _RAREST) for stem in stem_of.values()}


def share_of(terms: Mapping[str, float], items: Sequence[Evidence]) -> float:
    """The weighted share, 0..1, of the terms that the evidence of one place has in its words, symbol or heading."""
    chunk = items[0].hit.chunk
    said = " ".join(item.text for item in items)
    place = chunk.symbol if chunk.kind == "code" else chunk.title
    there = set(stems(words(f"{said} {place}")).values())
    return sum(weight for term, weight in terms.items() if term in there) / (sum(terms.values()) or 1.0)


def is_about(terms: Mapping[str, float], chunk: Chunk, *, with_file: bool = False) -> bool:
    """Whether a piece of code is about something asked for, by its own name or by what it says first of itself.

    Prose always is: what it is about stands above it. ``with_file``: the name of its file counts, too.
    """
    if chunk.kind != "code" or not chunk.symbol:
        return True
    first = next((span for span in spans_of(chunk)[:3] if span.role in ("docstring", "comment")), None)
    said = chunk.text[first.start : first.end] if first is not None else ""
    file = chunk.path.rsplit("/", 1)[-1].partition(".")[0] if with_file else ""
    there = set(stems(words(f"{chunk.symbol.rsplit('.', 1)[-1]} {said} {file}")).values())
    return any(term in there for term in terms)


@cache
def _rarity() -> Mapping[str, float]:
    """Rarity of English stems, read once. Raises ``ModelError``."""
    rarity = load_json("rarity.json").get("rarity")
    return {str(term): float(value) for term, value in rarity.items()} if isinstance(rarity, dict) else {}

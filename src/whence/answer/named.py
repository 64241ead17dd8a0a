"""Evidence from what a question names: all parts of a definition, and the steps in it that matter to the question.

A search ranks chunks, and of a long function brings those that resemble the question; how one function uses another
stands in the step that calls it, which may resemble nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from whence.answer.calls import calls, last_part
from whence.answer.lines import Span
from whence.answer.places import is_test
from whence.answer.quotes import overlap
from whence.answer.spans import spans_of
from whence.answer.support import asked_terms
from whence.answer.terms import STOP_WORDS, asked_names, stems, words
from whence.types import Chunk, Evidence, Hit, Reading

MOST_NAMES: Final = 4
N_CHUNKS: Final = 40
"""Chunks that are looked at for the names of one question."""
_KINDS: Final = ("how", "what", "why", "error", "definition", "compare")
_MOST_STEPS: Final = 3
_FEW_WORDS: Final = 8
"""Content words below which what a definition says of itself hardly tells what it does."""
_SCORE: Final = 0.5
"""Of the best evidence, for what is added."""
_STUB: Final = re.compile(r"@(?:\w+\.)?overload\b|(?:->[^\n]*|\)):\s*\.\.\.\s*$")


def names_to_find(question: str, kind: str) -> tuple[str, ...]:
    """The names whose definitions belong to the answer, lower case, dotted ones also by their last part; may be ()."""
    names = asked_names(question)
    if kind not in _KINDS or not 1 <= len(names) <= MOST_NAMES:
        return ()
    lower = [name.lower() for name in names]
    return tuple(dict.fromkeys([*lower, *(last_part(name) for name in lower)]))


def with_named(question: str, reading: Reading, chunks: Sequence[Chunk]) -> Reading:
    """The reading with evidence from what the question names; ``chunks`` are those that may define it.

    The confidence stays: it tells of what was found by searching.
    """
    if not reading.evidence:
        return reading
    names = asked_names(question)
    best = max(reading.evidence, key=lambda item: item.score)
    top_hit = max(item.hit.score for item in reading.evidence)
    known = {item.hit.chunk.id: item.hit for item in reading.evidence}
    found = list(reading.evidence)
    added: list[Evidence] = []
    for name in names:
        parts = _parts(name, chunks, known)
        others = [last_part(other) for other in (*names, *_plain(question)) if last_part(other) != last_part(name)]
        for chunk, span in _telling(question, name, parts, others):
            hit = known.get(chunk.id) or Hit(chunk=chunk, score=top_hit, rank=len(known) + 1, legs={})
            made = Evidence(
                hit=hit,
                start=chunk.start + span.start,
                end=chunk.start + span.end,
                text=chunk.text[span.start : span.end],
                score=_SCORE * best.score,
            )
            same = [place for place, item in enumerate(found) if overlap(made, item)]
            for place in same:
                found[place] = replace(found[place], score=max(found[place].score, made.score))
            if not same and not any(overlap(made, item) for item in added):
                added.append(made)
    stubs = {chunk.id for chunk in chunks if _STUB.search(chunk.text.strip())} if added else set()
    kept = [item for item in found if item.hit.chunk.id not in stubs]
    return replace(reading, evidence=(*kept, *added))


def _parts(name: str, chunks: Iterable[Chunk], known: dict[str, Hit]) -> list[Chunk]:
    """All chunks of the one definition that a name most likely means, in the order of the source."""
    wanted = name.lower()
    made = [chunk for chunk in chunks if chunk.kind == "code" and not is_test(chunk.path)]
    made = [chunk for chunk in made if last_part(chunk.symbol).lower() == last_part(wanted)]
    made = [chunk for chunk in made if not _STUB.search(chunk.text.strip())]
    exact = [chunk for chunk in made if f".{chunk.symbol.lower()}".endswith(f".{wanted}")]
    found = [chunk for chunk in exact or made if chunk.id in known] or exact or made
    if not found:
        return []
    first = found[0]
    return sorted(
        (chunk for chunk in made if (chunk.document_id, chunk.symbol) == (first.document_id, first.symbol)),
        key=lambda chunk: chunk.start,
    )


def _telling(question: str, name: str, parts: Sequence[Chunk], others: Sequence[str]) -> list[tuple[Chunk, Span]]:
    """What a definition says of itself first, and its steps that call the other names or have the question's words."""
    if not parts:
        return []
    stem_of = stems(words(name))
    terms = {term: weight for term, weight in asked_terms(question).items() if term not in stem_of.values()}
    head = next((span for span in spans_of(parts[0])[:3] if span.role == "docstring"), None)
    steps = [(chunk, span) for chunk in parts for span in spans_of(chunk) if span.role == "step"]
    rated = []
    for chunk, span in steps:
        text = chunk.text[span.start : span.end]
        there = set(stems(words(text)).values())
        n_called = sum(calls(text, other) for other in others)
        share = sum(weight for term, weight in terms.items() if term in there) / (sum(terms.values()) or 1.0)
        rated.append(((n_called, share), (chunk, span)))
    is_between = any(row[0][0] for row in rated)
    rated = [row for row in rated if row[0][0] or (not is_between and row[0][1] > 0)]
    if not rated and head is not None and _says_little(parts[0]):
        return [(parts[0], head), *steps[-_MOST_STEPS:]]  # what comes of it stands at the end
    rated.sort(key=lambda row: row[0], reverse=True)
    return [*([(parts[0], head)] if head is not None else []), *(row[1] for row in rated[:_MOST_STEPS])]


def _says_little(chunk: Chunk) -> bool:
    """Whether a definition describes itself in hardly more words than its name."""
    said = " ".join(chunk.text[span.start : span.end] for span in spans_of(chunk) if span.role == "docstring")
    return len({word for word in words(said) if word not in STOP_WORDS}) < _FEW_WORDS


def _plain(question: str) -> list[str]:
    """The plain words of a question, each of which may be the name of something that is called."""
    return [word for word in re.findall(r"(?<![\w.])[a-z]{3,}(?![\w.])", question) if word not in STOP_WORDS]

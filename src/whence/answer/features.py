"""What speaks for a span as the answer: one row of numbers for each candidate.

Cheap on purpose: words are compared once for each candidate, vectors only for the few that the reader embeds.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from whence.answer.lines import Span
from whence.answer.terms import Query, pairs
from whence.types import KINDS, Hit, PassageReading

Matrix = NDArray[np.float32]

FEATURES: Final = (
    "coverage",  # weighted share of the question's terms in the span
    "local_coverage",  # the same, weighted by rarity among the candidates
    "chunk_coverage",  # weighted share in the whole chunk with its title
    "added_by_title",  # what title and symbol add to the span's coverage
    "added_by_neighbours",  # what the sentence before and after add
    "pairs",  # share of the question's neighbouring words that are neighbours here
    "proper",  # share of the question's capitalised words
    "no_proper",  # the question has none
    "names",  # share of the question's code names, verbatim
    "cue_date",
    "cue_number",
    "cue_person",
    "cue_proper",
    "cue_missing",  # the question wants a type, and nothing of it is new here
    "length",  # log of the number of words
    "short",  # fewer than five words
    "first",  # first span of its chunk
    "hit_rank",  # 1 / rank
    "hit_score",  # score of the hit over the best hit's
    "hit_lexical",  # lexical score over the best
    "hit_dense",  # cosine of question and chunk
    "hit_dense_best",  # cosine minus the best
    "hit_exact",
    "role_heading",
    "role_docstring",
    "role_comment",
    "role_signature",
    "role_example",
    "cosine",  # of question and span
    "cosine_best",  # minus the best among the candidates
)
N_LEXICAL: Final = FEATURES.index("cosine")

_NUMBER: Final = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|"
    r"billions?|half|twice|third|quarter|one)\b",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"\b(?:1\d{3}|20\d\d)s?\b|\b\d{1,2}(?:st|nd|rd|th) century\b|\b(?:January|February|March|April|May|June|July|"
    r"August|September|October|November|December)\b|\b(?:century|decade|BCE?|AD)\b"
)
_CAPITAL: Final = re.compile(r"(?<=[^.!?\n] )[\"'(]?([A-Z][\w'-]+)")
_WANTS: Final = (
    ("date", re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time)\b|\bhow long ago\b")),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|old|far|tall|large|big|high|deep|fast|often)\b"
            r"|\b(?:percent\w*|number of|population|age|proportion|amount)\b"
        ),
    ),
    ("person", re.compile(r"\b(?:who|whom|whose)\b")),
    ("proper", re.compile(r"\bwhere\b|\b(?:what|which) (?:city|country|state|river|place|company|team|book|school)\b")),
)


def wanted_type(question: str) -> str:
    """The type of a short answer: date, number, person, proper (a name of any kind), or ""."""
    text = question.lower()
    return next((name for name, pattern in _WANTS if pattern.search(text)), "")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A quotable span of one hit: ``span`` counts characters of the chunk's text, ``terms`` are its content stems."""

    hit: int
    span: Span
    text: str
    terms: tuple[str, ...]
    first: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """What a model said of the passages it read, by the number of the hit, and what it left unread and why."""

    readings: Mapping[int, PassageReading]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Scoring:
    """Everything one reading is decided from.

    ``rows`` (n, len(FEATURES)) and ``scores`` (n,) go with ``candidates``; scores are finite and not normalised.
    ``embedded`` are the candidates whose cosine is known; ``named`` says of each hit which share of its symbol's words
    the question has. ``marks`` is None where no model read.
    """

    query: Query
    hits: Sequence[Hit]
    candidates: Sequence[Candidate]
    rows: Matrix
    scores: NDArray[np.float32]
    embedded: Sequence[int]
    named: Sequence[float] = ()
    marks: Marks | None = None


@dataclass(frozen=True, slots=True)
class _Weighted:
    """The question's terms with one weighting, and the share of it that a set of stems covers."""

    weight_of: Mapping[str, float]
    total: float

    def share(self, terms: set[str]) -> float:
        return sum(weight for term, weight in self.weight_of.items() if term in terms) / self.total


def _weighted(query: Query, factor: Mapping[str, float]) -> _Weighted:
    weights = {term: w * factor.get(term, 1.0) for term, w in zip(query.terms, query.weights, strict=True)}
    return _Weighted(weights, sum(weights.values()) or 1.0)


def _local_rarity(query: Query, candidates: Sequence[Candidate]) -> dict[str, float]:
    count = dict.fromkeys(query.terms, 0)
    for candidate in candidates:
        for term in set(candidate.terms):
            if term in count:
                count[term] += 1
    return {term: float(np.log((len(candidates) + 1) / (n + 0.5))) for term, n in count.items()}


def lexical_leg(hit: Hit) -> float:
    """The best BM25 score among a hit's lexical legs, 0 if none found it."""
    return max((leg.score for name, leg in hit.legs.items() if name.removeprefix("lexical.") in KINDS), default=0.0)


def dense_leg(hit: Hit) -> float:
    """The cosine that the dense leg gave a hit, 0 if it did not find it."""
    return hit.legs["dense"].score if "dense" in hit.legs else 0.0


def _hit_rows(hits: Sequence[Hit]) -> list[tuple[float, ...]]:
    best = max(hit.score for hit in hits) or 1.0
    best_lexical = max(map(lexical_leg, hits)) or 1.0
    best_dense = max(map(dense_leg, hits))
    return [
        (
            1.0 / rank,
            hit.score / best,
            lexical_leg(hit) / best_lexical,
            dense_leg(hit),
            dense_leg(hit) - best_dense,
            float("exact" in hit.legs),
        )
        for rank, hit in enumerate(hits, 1)
    ]


def _cues(wanted: str, text: str, question: str) -> tuple[float, float, float, float, float]:
    if not wanted:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    if wanted == "date":
        found = any(match.group() not in question for match in _DATE.finditer(text))
    elif wanted == "number":
        found = any(match.group() not in question for match in _NUMBER.finditer(text))
    else:
        found = any(match.group(1) not in question for match in _CAPITAL.finditer(" " + text))
    return (
        float(found and wanted == "date"),
        float(found and wanted == "number"),
        float(found and wanted == "person"),
        float(found and wanted == "proper"),
        float(not found),
    )


def lexical_features(
    query: Query, hits: Sequence[Hit], candidates: Sequence[Candidate], titles: Sequence[set[str]]
) -> Matrix:
    """Shape (len(candidates), len(FEATURES)), the cosine columns 0; ``titles`` are the stems of each hit's title."""
    plain = _weighted(query, {})
    local = _weighted(query, _local_rarity(query, candidates))
    chunk_terms: list[set[str]] = [set(title) for title in titles]
    for candidate in candidates:
        chunk_terms[candidate.hit].update(candidate.terms)
    chunk_share = [plain.share(terms) for terms in chunk_terms]
    hit_rows = _hit_rows(hits)
    wanted, asked = wanted_type(query.text), pairs(query.terms)
    names = [name.lower() for name in query.names]
    rows = np.zeros((len(candidates), len(FEATURES)), np.float32)
    own = [set(candidate.terms) for candidate in candidates]
    for row, candidate in enumerate(candidates):
        terms = own[row]
        near = set(terms)
        if row and candidates[row - 1].hit == candidate.hit:
            near |= own[row - 1]
        if row + 1 < len(candidates) and candidates[row + 1].hit == candidate.hit:
            near |= own[row + 1]
        share = plain.share(terms)
        lowered = candidate.text.lower() if names else ""
        rows[row, :N_LEXICAL] = (
            share,
            local.share(terms),
            chunk_share[candidate.hit],
            plain.share(terms | titles[candidate.hit]) - share,
            plain.share(near) - share,
            len(asked & pairs(candidate.terms)) / (len(asked) or 1),
            len(query.proper & terms) / (len(query.proper) or 1),
            float(not query.proper),
            sum(name in lowered for name in names) / (len(names) or 1),
            *_cues(wanted, candidate.text, query.text),
            np.log1p(len(candidate.terms)),
            float(len(candidate.terms) < 5),
            float(candidate.first),
            *hit_rows[candidate.hit],
            *(
                float(candidate.span.role == role)
                for role in ("heading", "docstring", "comment", "signature", "example")
            ),
        )
    return rows


def with_cosines(rows: Matrix, cosines: NDArray[np.float32]) -> Matrix:
    """The rows with their cosines (shape (n,)) filled in."""
    out = rows.copy()
    out[:, N_LEXICAL] = cosines
    out[:, N_LEXICAL + 1] = cosines - cosines.max(initial=-1.0)
    return out

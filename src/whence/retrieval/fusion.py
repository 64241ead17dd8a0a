"""Joins what the legs found into one ranking: pure functions over ranks and scores, no index, no text.

The legs' own scores cannot be compared (BM25 has no bound, a cosine lies in -1..1), so each becomes a feature in 0..1,
mostly by rank and a little by scaling, and the features are added with weights. Every feature is kept on the hit as a
``Leg`` beside the legs' own, which is why ``score`` can compute a hit's score again from the hit alone.

Sources: weighted addition of normalised scores: J. A. Shaw, E. A. Fox, "Combination of Multiple Searches", TREC-2,
1994. Reciprocal ranks: G. V. Cormack, C. L. A. Clarke, S. Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and
individual Rank Learning Methods", SIGIR, 2009.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nextafter

from whence.types import FILE_KINDS, HISTORY_KINDS, Kind, Leg, Scored

Legs = Mapping[str, Leg]

_Place = tuple[str, int, str, str]
"""Path, start, document and id of a chunk: the order of equals."""

LEXICAL = "lexical"
SIMILAR = "similar"
HISTORY = "history"
NAMED = "named"
PRIOR = "prior"
PRESENT = "present"
EXACT = "exact"
HEADED = "headed"
RELEVANCE = "relevance"
FLOOR = "floor"
WEIGHTED = (LEXICAL, SIMILAR, HISTORY, NAMED, PRIOR, PRESENT, EXACT, HEADED, RELEVANCE)
"""Features that are added up; the field of ``FusionOptions`` with the same name is the weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionOptions:
    """Weights of the features. ``lexical``, ``similar``, ``history``, ``named`` and ``exact`` lie in 0..1, ``prior`` in
    -1..0. ``history`` is that of commits and hunks, of which ``own`` comes from the hit itself and the rest from the
    other leg's best hit of the same commit; ``headed`` says how much the heading of documentation and what a question
    is about (how to do what, what it is, what is told apart) are the same words, in 0..1; ``present`` is what code
    loses where the question asks about the past. ``relevance`` is that of the first ``relevance_depth`` candidates
    where a model reads them (0 reads none), which it does where all are of ``relevance_kinds``:
    ``benchmarks/code_relevance.py`` says what code would gain.

    ``by_score`` is the share (0..1) of ``lexical`` and ``similar`` that is made of scores scaled to 0..1; the rest is
    made of reciprocal ranks, whose constant is ``rrf_k``. Of the exact hits, the first ``exact_first`` come within rank
    ``exact_first_within``, all within ``exact_within``. ``benchmarks/fusion_fit.py`` says what the defaults are worth.
    """

    by_score: float = 0.1
    lexical: float = 0.5
    similar: float = 0.5
    history: float = 1.0
    own: float = 0.55
    named: float = 0.3
    prior: float = 1.0
    present: float = 0.2
    exact: float = 0.2
    headed: float = 0.25
    relevance: float = 0.6
    relevance_depth: int = 8
    relevance_kinds: tuple[Kind, ...] = ("doc",)
    rrf_k: int = 60
    exact_first: int = 3
    exact_first_within: int = 5
    exact_within: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """A candidate with its features and their weighted sum; ``path`` and ``start`` are those of the chunk."""

    chunk_id: str
    document_id: str
    legs: Legs
    score: float
    path: str = ""
    start: int = 0


def score(legs: Legs, options: FusionOptions) -> float:
    """The score of a hit, from its legs alone: the weighted sum of its features, or its floor where that is higher."""
    total = 0.0
    for name in WEIGHTED:
        leg = legs.get(name)
        if leg is not None:
            total += float(getattr(options, name)) * leg.score
    return max(total, legs[FLOOR].score) if FLOOR in legs else total


def fuse(found: Mapping[str, Sequence[Scored]], options: FusionOptions) -> list[Fused]:
    """Candidates of all legs, best first, ties by path, start, document, id.

    ``found`` maps a leg's name (a kind for the lexical ones, "dense") to its rows, best first; rows of one leg must
    name different chunks. The order of the legs does not matter.
    """
    ranked = {name: ranks(rows) for name, rows in sorted(found.items())}
    places = _places(found)
    documents = {chunk_id: place[2] for chunk_id, place in places.items()}
    features = {name: _as_legs(values, places) for name, values in _features(ranked, places, options).items()}
    features[HISTORY] = _as_legs(_history(ranked, documents, options), places)
    legs: dict[str, dict[str, Leg]] = {chunk_id: {} for chunk_id in documents}
    for name, own in {**ranked, **features}.items():
        for chunk_id, leg in own.items():
            legs[chunk_id][name] = leg
    return sort(
        Fused(
            chunk_id=chunk_id,
            document_id=documents[chunk_id],
            legs=own,
            score=score(own, options),
            path=places[chunk_id][0],
            start=places[chunk_id][1],
        )
        for chunk_id, own in legs.items()
    )


def sort(candidates: Iterable[Fused]) -> list[Fused]:
    """Best first, ties by path, start, document, id."""
    return sorted(candidates, key=lambda one: (-one.score, one.path, one.start, one.document_id, one.chunk_id))


def with_legs(candidate: Fused, legs: Legs, options: FusionOptions) -> Fused:
    """The candidate with further features, its score computed anew."""
    joined = {**candidate.legs, **legs}
    return replace(candidate, legs=joined, score=score(joined, options))


def ranks(rows: Sequence[Scored]) -> dict[str, Leg]:
    """Ranks from 1 in the order given, scores as they are."""
    return {row.chunk_id: Leg(rank=rank, score=row.score) for rank, row in enumerate(rows, start=1)}


def reciprocal(legs: Mapping[str, Leg], rrf_k: int) -> dict[str, float]:
    """(rrf_k + 1) / (rrf_k + rank) by chunk id: 1 for the first, slowly falling.

    Source: G. V. Cormack, C. L. A. Clarke, S. Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
    Rank Learning Methods", SIGIR, 2009, there without the numerator, which only changes the unit.
    """
    return {chunk_id: (rrf_k + 1) / (rrf_k + leg.rank) for chunk_id, leg in legs.items()}


def scaled(scores: Mapping[str, float], *, lowest: float | None = None) -> dict[str, float]:
    """Min-max: the best becomes 1, ``lowest`` (None: the worst) becomes 0; equal scores all become 1."""
    if not scores:
        return {}
    top = max(scores.values())
    low = min(scores.values()) if lowest is None else lowest
    width = top - low
    return {key: (value - low) / width if width > 0 else 1.0 for key, value in scores.items()}


def promote(ordered: Sequence[Fused], exact: Sequence[str], options: FusionOptions) -> list[Fused]:
    """Lifts exact hits (ids, best first) that stand too low, by giving them a floor just above the one they must pass.

    The order of the other candidates among themselves stays.
    """
    first = nextafter(_passed(ordered, exact[: options.exact_first], options.exact_first_within), inf)
    # One step further, so that the first hits stay before later ones that are lifted over an equal score.
    result = _lifted(ordered, exact[: options.exact_first], nextafter(first, inf), options)
    return _lifted(result, exact, nextafter(_passed(result, exact, options.exact_within), inf), options)


def _passed(ordered: Sequence[Fused], exact: Sequence[str], within: int) -> float:
    """The score that exact hits must exceed to stand within that rank all together; -inf where there is room."""
    wanted = set(exact)
    others = [candidate.score for candidate in ordered if candidate.chunk_id not in wanted]
    room = max(within - (len(ordered) - len(others)), 0)
    return others[room] if room < len(others) else -inf


def _lifted(ordered: Sequence[Fused], exact: Sequence[str], floor: float, options: FusionOptions) -> list[Fused]:
    wanted = set(exact)
    return sort(
        with_legs(candidate, {FLOOR: Leg(rank=1, score=floor)}, options)
        if candidate.chunk_id in wanted and candidate.score < floor
        else candidate
        for candidate in ordered
    )


def _places(found: Mapping[str, Sequence[Scored]]) -> dict[str, _Place]:
    """Where each chunk stands; of legs that do not agree on its start, the highest is right, since 0 is "not said"."""
    places: dict[str, _Place] = {}
    for row in (row for _, rows in sorted(found.items()) for row in rows):
        known = places.get(row.chunk_id)
        start = max(row.start, known[1]) if known else row.start
        places[row.chunk_id] = (row.path, start, row.document_id, row.chunk_id)
    return places


def _features(
    ranked: Mapping[str, Mapping[str, Leg]], places: Mapping[str, _Place], options: FusionOptions
) -> dict[str, dict[str, float]]:
    # All lexical legs count as one list here: otherwise the best of a poor kind would equal the best of a good one.
    words = {chunk_id: leg.score for kind in FILE_KINDS for chunk_id, leg in ranked.get(kind, {}).items()}
    vectors = ranked.get("dense", {})
    return {
        LEXICAL: _mixed(
            reciprocal(_as_legs(words, places), options.rrf_k), scaled(words, lowest=0.0), options.by_score
        ),
        SIMILAR: _mixed(
            reciprocal(vectors, options.rrf_k),
            scaled({chunk_id: leg.score for chunk_id, leg in vectors.items()}),
            options.by_score,
        ),
    }


def _mixed(by_rank: Mapping[str, float], by_score: Mapping[str, float], share: float) -> dict[str, float]:
    return {chunk_id: (1.0 - share) * value + share * by_score[chunk_id] for chunk_id, value in by_rank.items()}


def _history(
    ranked: Mapping[str, Mapping[str, Leg]], documents: Mapping[str, str], options: FusionOptions
) -> dict[str, float]:
    """Commits and hunks by their own rank, and by the best rank that the other kind has of the same commit."""
    own = {kind: reciprocal(ranked.get(kind, {}), options.rrf_k) for kind in HISTORY_KINDS}
    best: dict[str, dict[str, float]] = {kind: {} for kind in HISTORY_KINDS}
    for kind, values in own.items():
        for chunk_id, value in values.items():
            document = documents[chunk_id]
            best[kind][document] = max(best[kind].get(document, 0.0), value)
    features: dict[str, float] = {}
    for kind, other in (HISTORY_KINDS, HISTORY_KINDS[::-1]):
        for chunk_id, value in own[kind].items():
            beside = best[other].get(documents[chunk_id], 0.0) if own[other] else value
            features[chunk_id] = options.own * value + (1.0 - options.own) * beside
    return features


def _as_legs(values: Mapping[str, float], places: Mapping[str, _Place]) -> dict[str, Leg]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], places[item[0]]))
    return {key: Leg(rank=rank, score=value) for rank, (key, value) in enumerate(ordered, start=1)}

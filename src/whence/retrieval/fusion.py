"""Joins what the legs found into one ranking: pure functions over ranks and scores, no index, no text.

The legs' own scores cannot be compared (BM25 has no bound, a cosine lies in -1..1), so each becomes a feature in 0..1
and the features are added with weights. Every feature is kept on the hit as a ``Leg`` beside the legs' own, which is
why ``score`` can compute a hit's score again from the hit alone.

Sources: weighted addition of normalised scores: J. A. Shaw, E. A. Fox, "Combination of Multiple Searches", TREC-2,
1994. Reciprocal ranks: G. V. Cormack, C. L. A. Clarke, S. Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and
individual Rank Learning Methods", SIGIR, 2009. Evidence of a document from its passages: J. P. Callan, "Passage-Level
Evidence in Document Retrieval", SIGIR, 1994.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, nextafter

from whence.types import KINDS, Leg, Scored

Legs = Mapping[str, Leg]

LEXICAL, SIMILAR, RECIPROCAL, FILE, PRIOR, EXACT, FLOOR = (
    "lexical",
    "similar",
    "reciprocal",
    "file",
    "prior",
    "exact",
    "floor",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionOptions:
    """Weights of the features, each of which lies in 0..1 (``prior``: -1..0). Fitted by ``benchmarks/fusion_fit.py``.

    ``rrf_k`` is the constant of reciprocal rank fusion, ``file_chunks`` how many of a file's best chunks speak for the
    file. Of the exact hits, the first ``exact_first`` come within rank ``exact_first_within``, all within
    ``exact_within``.
    """

    lexical: float = 1.0
    similar: float = 1.0
    reciprocal: float = 0.0
    file: float = 0.5
    prior: float = 0.3
    exact: float = 0.2
    rrf_k: int = 60
    file_chunks: int = 3
    exact_first: int = 3
    exact_first_within: int = 5
    exact_within: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """A candidate with its features and their weighted sum."""

    chunk_id: str
    document_id: str
    legs: Legs
    score: float


def score(legs: Legs, options: FusionOptions) -> float:
    """The score of a hit, from its legs alone: the weighted sum of its features, or its floor where that is higher."""
    total = 0.0
    for name in (LEXICAL, SIMILAR, RECIPROCAL, FILE, PRIOR):
        leg = legs.get(name)
        if leg is not None:
            total += float(getattr(options, name)) * leg.score
    if EXACT in legs:
        total += options.exact / legs[EXACT].rank
    return max(total, legs[FLOOR].score) if FLOOR in legs else total


def fuse(found: Mapping[str, Sequence[Scored]], options: FusionOptions) -> list[Fused]:
    """Candidates of all legs, best first, ties by chunk id.

    ``found`` maps a leg's name (a kind for the lexical ones, "dense") to its rows, best first; rows of one leg must
    name different chunks. The order of the legs does not matter.
    """
    ranked = {name: ranks(rows) for name, rows in sorted(found.items())}
    documents = {row.chunk_id: row.document_id for rows in found.values() for row in rows}
    features = _features(ranked, options)
    legs: dict[str, dict[str, Leg]] = {chunk_id: {} for chunk_id in documents}
    for name, own in {**ranked, **features}.items():
        for chunk_id, leg in own.items():
            legs[chunk_id][name] = leg
    alone = {chunk_id: score(own, options) for chunk_id, own in legs.items()}
    for chunk_id, leg in _of_files(alone, documents, options).items():
        legs[chunk_id][FILE] = leg
    return sort(
        Fused(chunk_id=chunk_id, document_id=documents[chunk_id], legs=own, score=score(own, options))
        for chunk_id, own in legs.items()
    )


def sort(candidates: Iterable[Fused]) -> list[Fused]:
    """Best first, ties by chunk id."""
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.chunk_id))


def with_legs(candidate: Fused, legs: Legs, options: FusionOptions) -> Fused:
    """The candidate with further features, its score computed anew."""
    joined = {**candidate.legs, **legs}
    return Fused(
        chunk_id=candidate.chunk_id, document_id=candidate.document_id, legs=joined, score=score(joined, options)
    )


def ranks(rows: Sequence[Scored]) -> dict[str, Leg]:
    """Ranks from 1 in the order given, scores as they are."""
    return {row.chunk_id: Leg(rank=rank, score=row.score) for rank, row in enumerate(rows, start=1)}


def reciprocal_ranks(legs: Iterable[Mapping[str, Leg]], rrf_k: int) -> dict[str, float]:
    """Sum over the legs of 1 / (rrf_k + rank), by chunk id.

    Source: G. V. Cormack, C. L. A. Clarke, S. Buettcher, "Reciprocal Rank Fusion ...", SIGIR, 2009.
    """
    sums: dict[str, list[float]] = defaultdict(list)
    for leg in legs:
        for chunk_id, own in leg.items():
            sums[chunk_id].append(1.0 / (rrf_k + own.rank))
    # Sorted, because floating-point addition depends on the order, and the order of the legs must not matter.
    return {chunk_id: sum(sorted(parts)) for chunk_id, parts in sums.items()}


def scaled(scores: Mapping[str, float], *, lowest: float | None = None) -> dict[str, float]:
    """Min-max: the best becomes 1, ``lowest`` (None: the worst) becomes 0; equal scores all become 1."""
    if not scores:
        return {}
    top = max(scores.values())
    low = min(scores.values()) if lowest is None else lowest
    width = top - low
    return {key: (value - low) / width if width > 0 else 1.0 for key, value in scores.items()}


def promote(ordered: Sequence[Fused], exact: Sequence[str], options: FusionOptions) -> list[Fused]:
    """Lifts exact hits (ids, best first) that stand too low, by giving them a floor just above the one they pass."""
    result = list(ordered)
    for ids, within in ((exact[: options.exact_first], options.exact_first_within), (exact, options.exact_within)):
        wanted = set(ids)
        low = [candidate for candidate in result[within:] if candidate.chunk_id in wanted]
        if not low:
            continue
        others = [candidate.score for candidate in result[:within] if candidate.chunk_id not in wanted]
        cut = others[max(len(others) - len(low), 0)] if others else result[0].score
        floor = nextafter(cut, inf)
        for candidate in low:
            leg = Leg(rank=1, score=floor)
            result[result.index(candidate)] = with_legs(candidate, {FLOOR: leg}, options)
        result = sort(result)
    return result


def _features(ranked: Mapping[str, Mapping[str, Leg]], options: FusionOptions) -> dict[str, dict[str, Leg]]:
    lexical = {chunk_id: leg.score for kind in KINDS for chunk_id, leg in ranked.get(kind, {}).items()}
    similar = {chunk_id: leg.score for chunk_id, leg in ranked.get("dense", {}).items()}
    # All lexical legs count as one list here: otherwise the best of a poor kind would equal the best of a good one.
    merged = ranks(
        [
            Scored(chunk_id=chunk_id, document_id="", score=value)
            for chunk_id, value in sorted(lexical.items(), key=lambda item: (-item[1], item[0]))
        ]
    )
    both = reciprocal_ranks((merged, ranked.get("dense", {})), options.rrf_k)
    return {
        LEXICAL: _as_legs(scaled(lexical, lowest=0.0)),
        SIMILAR: _as_legs(scaled(similar)),
        RECIPROCAL: _as_legs({chunk_id: value * (options.rrf_k + 1) / 2 for chunk_id, value in both.items()}),
    }


def _of_files(scores: Mapping[str, float], documents: Mapping[str, str], options: FusionOptions) -> dict[str, Leg]:
    """What the best chunks of a file say together, the best file 1; every chunk of the file gets it."""
    by_document: dict[str, list[float]] = defaultdict(list)
    for chunk_id, value in scores.items():
        by_document[documents[chunk_id]].append(value)
    sums = {
        document: sum(sorted(values, reverse=True)[: options.file_chunks]) for document, values in by_document.items()
    }
    shares = _as_legs(scaled(sums, lowest=0.0))
    return {chunk_id: shares[document] for chunk_id, document in documents.items()}


def _as_legs(values: Mapping[str, float]) -> dict[str, Leg]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return {key: Leg(rank=rank, score=value) for rank, (key, value) in enumerate(ordered, start=1)}

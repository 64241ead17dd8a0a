"""The probability that the cited evidence answers the question, fitted on answerable and unanswerable questions.

Logistic regression over a few signals. Two sets of coefficients: with vectors, and with words alone (before vectors
are ready). With vectors there are others for readings by a model and for the shapes of ``shapes``, all of which weigh
the logit by words and vectors as a whole. Fitted by ``benchmarks/confidence_fit.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from whence.answer.features import N_LEXICAL, Marks, Scoring, dense_leg, lexical_leg
from whence.answer.marking import best_margin, span_within
from whence.answer.route import question_kind
from whence.answer.shapes import SHAPES, shapes
from whence.answer.terms import Query, names_it, stems, words
from whence.answer.weights import load_json
from whence.errors import ModelError
from whence.types import Hit

SIGNALS: Final = (
    "found",  # weighted share of the question's terms anywhere in the hits
    "rarest_missing",  # rarity of the rarest term that no hit holds, over the rarest of all
    "best_chunk",  # weighted share in the best single chunk
    "best_span",  # weighted share in the best span
    "names_missing",  # share of the names of code, versions and standards that no hit holds
    "proper_missing",  # share of the capitalised words that no hit holds
    "dense_best",  # cosine of question and best chunk
    "dense_margin",  # that minus the fifth best
    "cosine_best",  # cosine of question and best span
    "agreement",  # share of the first five hits that words and vectors both found
    "lexical_margin",  # best BM25 score over the fifth best, less 1
    "concentration",  # highest probability the reader gave to one span
    "code",  # share of the first five hits that are code
    "code_found",  # found, for code
    "code_dense",  # dense_best, for code
    "closest",  # the greater of dense_best and cosine_best
    "terms",  # logarithm of the number of the question's terms, over 4
    "agreed_first",  # words and vectors both rank the first hit among their best three
    "code_one_file",  # share of the first five hits that stand in the first one's file, for code
    "named",  # share of the first hit's symbol that the question says, for code; the best of the first three
    "defined",  # weighted share of the question that names what the hits define
)
LEXICAL_SIGNALS: Final = tuple(
    name
    for name in SIGNALS
    if name
    not in {
        "dense_best",
        "dense_margin",
        "cosine_best",
        "agreement",
        "concentration",
        "code_dense",
        "closest",
        "agreed_first",
    }
)
MARKED_SIGNALS: Final = (
    *SIGNALS,
    "read_margin",  # of the best span a model marked, over "no answer"
    "read_relevance",  # of the passage that the model finds most relevant
    "read_best",  # margin of the words marked in the best evidence, as "read_margin" where these are the same
    "read_yes_no",  # whether yes or no is wanted: no words of a passage are the answer then
)
"""Those of readings in which a model read the passages with the question."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Coefficients by signal: for readings with vectors (``hybrid``), without (``lexical``), and by a model as well.

    ``marked`` is empty while no model's readings were fitted, ``shapes`` holds those of ``SHAPES`` that were.
    ``threshold`` is one for all, since each gives a probability: below it an answer is too likely wrong to be shown.
    """

    hybrid: Mapping[str, float]
    lexical: Mapping[str, float]
    threshold: float
    marked: Mapping[str, float]
    shapes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def probability(self, values: Mapping[str, float]) -> float:
        """In 0..1; a signal that the coefficients do not name counts nothing."""
        coefficients = self._coefficients(values)
        logit = coefficients.get("intercept", 0.0)
        logit += sum(coefficients.get(name, 0.0) * value for name, value in values.items())
        return float(1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0))))

    def _coefficients(self, values: Mapping[str, float]) -> Mapping[str, float]:
        if values.get("dense_best", 0.0) <= 0.0:
            return self.lexical
        if self.marked and "read_margin" in values:
            return self.marked
        shape = next((name for name in SHAPES if values.get(name, 0.0) > 0.0), "")
        return self.shapes.get(shape, self.hybrid)


def corrected(confidence: float, slope: float, offset: float) -> float:
    """A confidence after an index's own correction, in 0..1; the order of two is kept as long as ``slope`` > 0.

    Source: J. Platt, "Probabilistic Outputs for Support Vector Machines", Advances in Large Margin Classifiers, 1999.
    """
    inside = min(max(confidence, 1e-9), 1.0 - 1e-9)
    logit = slope * float(np.log(inside / (1.0 - inside))) + offset
    return float(1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0))))


def load_calibration() -> Calibration:
    """The calibration that ships with whence. Raises ``ModelError`` where it is missing or damaged."""
    loaded = load_json("confidence.json")
    hybrid, lexical, threshold = loaded.get("hybrid"), loaded.get("lexical"), loaded.get("threshold")
    if not isinstance(hybrid, dict) or not isinstance(lexical, dict) or not isinstance(threshold, int | float):
        raise ModelError("The file confidence.json of whence.answer lacks coefficients; install whence again.")
    marked, shaped = loaded.get("marked", {}), loaded.get("shapes", {})
    if not (
        isinstance(marked, dict) and isinstance(shaped, dict) and all(isinstance(x, dict) for x in shaped.values())
    ):
        raise ModelError("The file confidence.json of whence.answer is damaged; install whence again.")
    return Calibration(
        marked={str(name): float(value) for name, value in marked.items()},
        shapes={str(shape): {str(name): float(one) for name, one in own.items()} for shape, own in shaped.items()},
        hybrid={str(name): float(value) for name, value in hybrid.items()},
        lexical={str(name): float(value) for name, value in lexical.items()},
        threshold=float(threshold),
    )


def _rank(hit: Hit, leg: str) -> int:
    """The best rank of a hit in a leg (or its parts, one for each kind), or a large number."""
    return min((found.rank for name, found in hit.legs.items() if name.split(".")[0] == leg), default=1000)


def _names_missing(query: Query, text: str) -> float:
    missing = sum(name.lower() not in text for name in query.names)
    missing += sum(not names_it(name, text) for name in query.marked)
    return missing / (len(query.names) + len(query.marked) or 1)


def _defined(query: Query, hits: Sequence[Hit]) -> float:
    """The share of the question's weight that lies in names of code that the hits define."""
    symbols = {part for hit in hits for part in (hit.chunk.symbol, hit.chunk.symbol.rsplit(".", 1)[-1]) if part}
    names = [name for name in query.names if name in symbols or name.rsplit(".", 1)[-1] in symbols]
    said = set(stems(word for name in names for word in words(name)).values())
    weight_of = dict(zip(query.terms, query.weights, strict=True))
    return sum(weight for term, weight in weight_of.items() if term in said) / (sum(weight_of.values()) or 1.0)


def _marked_signals(scoring: Scoring, marks: Marks) -> dict[str, float]:
    """What the model's readings say, each in -1..1.5."""
    margins = {hit: best_margin(one) for hit, one in marks.readings.items()}
    first = scoring.candidates[int(scoring.scores.argmax())]
    own = span_within(marks, first, first.span.start, first.span.end)
    own_margin = own.margin if own else min(margins.get(first.hit, -10.0), 0.0)
    relevance = max(one.relevance for one in marks.readings.values())
    return {
        "read_margin": _tenth(max(margins.values())),
        "read_relevance": min(max(relevance / 6.0, -1.0), 1.0),
        "read_best": _tenth(own_margin),
        "read_yes_no": float(question_kind(scoring.query.text) == "yes_no"),
    }


def _tenth(logit: float) -> float:
    return min(max(logit / 10.0, -1.0), 1.5)


def signals(scoring: Scoring) -> dict[str, float]:
    """The value of every signal and of every shape for one reading; of ``MARKED_SIGNALS`` only where a model read."""
    query, hits = scoring.query, scoring.hits
    held: list[set[str]] = [set() for _ in hits]
    for candidate in scoring.candidates:
        held[candidate.hit].update(candidate.terms)
    everywhere = set().union(*held)
    weight_of = dict(zip(query.terms, query.weights, strict=True))
    total = sum(weight_of.values()) or 1.0
    missing = [weight for term, weight in weight_of.items() if term not in everywhere]
    text = "\n".join(f"{hit.chunk.title} {hit.chunk.symbol} {hit.chunk.text}" for hit in hits).lower()
    dense = sorted(map(dense_leg, hits), reverse=True)
    lexical = sorted(map(lexical_leg, hits), reverse=True)
    first = hits[:5]
    found = 1.0 - sum(missing) / total
    code = sum(hit.chunk.kind == "code" for hit in first) / len(first)
    probabilities = np.exp(scoring.scores - scoring.scores.max())
    return (_marked_signals(scoring, scoring.marks) if scoring.marks else {}) | {
        "found": found,
        "rarest_missing": max(missing, default=0.0) / 7.0,
        "best_chunk": max(sum(weight_of[term] for term in weight_of if term in terms) for terms in held) / total,
        "best_span": float(scoring.rows[:, 0].max()),
        "names_missing": _names_missing(query, text),
        "proper_missing": len(query.proper - everywhere) / (len(query.proper) or 1),
        "dense_best": dense[0],
        "dense_margin": dense[0] - dense[min(4, len(dense) - 1)],
        "cosine_best": float(scoring.rows[:, N_LEXICAL].max()),
        "agreement": sum("dense" in hit.legs and lexical_leg(hit) > 0 for hit in first) / len(first),
        "lexical_margin": min(lexical[0] / (lexical[min(4, len(lexical) - 1)] or lexical[0] or 1.0) - 1.0, 2.0),
        "concentration": float(probabilities.max() / probabilities.sum()),
        "code": code,
        "code_found": code * found,
        "code_dense": code * dense[0],
        "closest": max(dense[0], float(scoring.rows[:, N_LEXICAL].max())),
        "terms": float(np.log1p(len(query.terms))) / 4.0,
        "agreed_first": float(_rank(hits[0], "lexical") <= 3 and _rank(hits[0], "dense") <= 3),
        "code_one_file": code * sum(hit.chunk.path == hits[0].chunk.path for hit in first) / len(first),
        "named": max(scoring.named[:3], default=0.0),
        "defined": _defined(query, hits),
        **shapes(query.text, hits),
    }

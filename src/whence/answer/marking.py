"""Has a model read the best passages with the question, and scores their spans by what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from whence.answer.features import Candidate, Marks, Scoring
from whence.answer.weights import MarkingWeights
from whence.protocols import StepwiseReader
from whence.types import AnswerSpan, Hit, Kind, PassageReading

MARGINS: Final = (-10.0, 15.0)
RELEVANCES: Final = (-6.0, 6.0)
"""What logits are clipped to: beyond, they say the same more loudly."""

_PROSE: Final[tuple[Kind, ...]] = ("doc", "commit")


def marked(
    scoring: Scoring,
    reader: StepwiseReader,
    n_passages: int,
    weights: Mapping[str, MarkingWeights],
) -> Scoring:
    """The scoring with what ``reader`` says of the best passages added to the scores of their spans.

    Passages that were not read count like the worst that was: they stood lower before. ``weights`` are for "prose" and
    "code". Nothing is read where a sort whose weights are 0 is among the best passages, and the best score of each sort
    stays as it is: how prose stands to code is not the model's to say.
    """
    sorts = [sort_of(hit) for hit in scoring.hits]
    order = _order(scoring)[:n_passages]
    if not order or not all(weights[sorts[hit]].reads for hit in order):
        return scoring
    read = reader.read(scoring.query.text, [scoring.hits[hit].chunk.text for hit in order])
    readings = {hit: one for hit, one in zip(order, read.readings, strict=True) if one is not None}
    marks = Marks(readings, (f"reading: {read.skipped}",) if read.skipped else ())
    margins = _margins(scoring.candidates, marks)
    least = min([0.0, *(float(margins[n]) for n, one in enumerate(scoring.candidates) if one.hit in readings)])
    least_relevance = min(one.relevance for one in readings.values())
    added = np.zeros(len(scoring.candidates), np.float32)
    of_sort = np.array([sorts[candidate.hit] for candidate in scoring.candidates])
    for n, candidate in enumerate(scoring.candidates):
        known = readings.get(candidate.hit)
        own = weights[sorts[candidate.hit]]
        margin = float(margins[n]) if known else least
        relevance = known.relevance if known else least_relevance
        added[n] = own.margin * _clipped(margin, MARGINS) + own.relevance * _clipped(relevance, RELEVANCES)
    scores = scoring.scores + added
    for name in set(sorts):
        own_ones = of_sort == name
        if own_ones.any():
            scores[own_ones] += scoring.scores[own_ones].max() - scores[own_ones].max()
    return replace(scoring, scores=scores, marks=marks)


def sort_of(hit: Hit) -> str:
    """Whether a hit is told by "prose" or by "code"."""
    return "prose" if hit.chunk.kind in _PROSE else "code"


def span_within(marks: Marks, candidate: Candidate, start: int, end: int) -> AnswerSpan | None:
    """The best marked words within ``start`` to ``end`` of a candidate's chunk that answer better than nothing."""
    reading = marks.readings.get(candidate.hit)
    if reading is None:
        return None
    return next((one for one in reading.spans if start <= one.start and one.end <= end and one.margin > 0), None)


def _order(scoring: Scoring) -> list[int]:
    """The hits by their best span, best first."""
    best = np.full(len(scoring.hits), -np.inf)
    for candidate, score in zip(scoring.candidates, scoring.scores, strict=True):
        best[candidate.hit] = max(best[candidate.hit], score)
    order = np.argsort(-best, kind="stable")
    return [int(hit) for hit in order if np.isfinite(best[hit])]


def best_margin(reading: PassageReading) -> float:
    """The margin of the best span, the lowest there is where nothing was marked."""
    return reading.spans[0].margin if reading.spans else MARGINS[0]


def _margins(candidates: Sequence[Candidate], marks: Marks) -> NDArray[np.float32]:
    """The margin of the best span that begins in each candidate; the passage's lowest where none does."""
    out = np.full(len(candidates), MARGINS[0], np.float32)
    for n, candidate in enumerate(candidates):
        reading = marks.readings.get(candidate.hit)
        if reading is None or not reading.spans:
            continue
        own = (one.margin for one in reading.spans if candidate.span.start <= one.start < candidate.span.end)
        out[n] = next(own, min(reading.spans[-1].margin, 0.0))
    return out


def _clipped(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])

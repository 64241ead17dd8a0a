"""The reader that needs no language model: scores every span of the hits and keeps the best ones."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from whence.answer.addressed import asks_about_them, is_addressed
from whence.answer.confidence import Calibration, corrected, load_calibration, signals
from whence.answer.features import N_LEXICAL, Candidate, Matrix, Scoring, lexical_features, with_cosines
from whence.answer.leaning import leanings, named_share
from whence.answer.lines import Span
from whence.answer.marking import marked, span_within
from whence.answer.options import ReadingOptions as ReadingOptions  # noqa: PLC0414
from whence.answer.route import question_kind
from whence.answer.spans import spans_of
from whence.answer.terms import STOP_WORDS, Query, make_query, stems, words
from whence.answer.weights import ReadingWeights, load_weights
from whence.protocols import Embedder, StepwiseReader
from whence.store.snapshot import Recalibration
from whence.types import Evidence, Hit, Reading

_AT_ONCE: Final = 4
_COSINE_AHEAD: Final = 0.1
_FAR_BEHIND: Final = 4.0
"""Candidates are embedded so many at a time, as long as a cosine so much better than the best would bring them nearer
than this (of 55 to 1) to the leading one."""

_GOES_ON: Final = re.compile(r"(?:It|They|He|She)\b")


class ExtractiveReader:
    """Chooses quotable spans among hits; a ``Reader``. Holds fitted weights only, so threads may share it."""

    def __init__(
        self,
        embedder: Embedder | None = None,
        options: ReadingOptions | None = None,
        recalibration: Recalibration | None = None,
        passages: StepwiseReader | None = None,
    ) -> None:
        """Without an embedder only words are compared; ``recalibration`` is the index's own correction of confidence.

        ``passages`` reads the best passages again, with the question, and marks the words that answer. Raises
        ``ModelError`` where the fitted files are damaged.
        """
        self.options = options or ReadingOptions()
        self._embedder = embedder
        self._weights: ReadingWeights = load_weights()
        self._calibration: Calibration = load_calibration()
        self._recalibration = recalibration
        self._passages = passages

    @property
    def threshold(self) -> float:
        """Below this confidence an answer should abstain."""
        if self.options.threshold is not None:
            return self.options.threshold
        return (self._recalibration or self._calibration).threshold

    def read(self, question: str, hits: Sequence[Hit]) -> Reading:
        """Evidence best first, its scores sum to at most 1; an empty reading has confidence 0."""
        kind = question_kind(question)
        scoring = self.score(question, hits)
        if scoring is None:
            return Reading(evidence=(), confidence=0.0, question_kind=kind)
        probabilities = np.exp(scoring.scores - scoring.scores.max())
        probabilities /= probabilities.sum()
        order = np.argsort(-probabilities, kind="stable")
        evidence = tuple(
            self._evidence(scoring, index, float(probabilities[index])) for index in self._distinct(scoring, order)
        )
        confidence = self._calibration.probability(signals(scoring))
        if self._recalibration:
            confidence = corrected(confidence, self._recalibration.slope, self._recalibration.offset)
        skipped = scoring.marks.skipped if scoring.marks else ()
        return Reading(evidence=evidence, confidence=confidence, question_kind=kind, skipped=skipped)

    def score(self, question: str, hits: Sequence[Hit]) -> Scoring | None:
        """Scores every span of the first hits; None where there is nothing to compare."""
        hits = hits[: self.options.n_hits]
        found, spans = self._spans(hits, with_addressed=asks_about_them(question))
        question_words = words(question)
        if not found or all(word in STOP_WORDS for word in question_words):
            return None
        span_words = [[word for word in words(text) if word not in STOP_WORDS] for _, _, text in found]
        title_words = [words(f"{hit.chunk.title} {hit.chunk.symbol} {hit.chunk.path}") for hit in hits]
        stem_of = stems(
            [*question_words, *(w for ws in span_words for w in ws), *(w for ws in title_words for w in ws)]
        )
        query = make_query(question, stem_of, self._weights.rarity, self._weights.rarest)
        candidates = [
            Candidate(hit, span, text, tuple(stem_of[word] for word in content), span.start == spans[hit][0].start)
            for (hit, span, text), content in zip(found, span_words, strict=True)
        ]
        titles = [{stem_of[word] for word in title} for title in title_words]
        rows = lexical_features(query, hits, candidates, titles)
        leaning = leanings(question, question_kind(question), query.terms, hits, stem_of, candidates)
        scoring = self._embedded(query, hits, candidates, rows, leaning)
        if self._passages is not None and self._passages.reads(question):
            scoring = marked(scoring, self._passages, self.options.n_passages, self._weights.marked)
        return replace(scoring, named=[named_share(hit.chunk.symbol, query.terms, stem_of) for hit in hits])

    def _spans(
        self, hits: Sequence[Hit], *, with_addressed: bool
    ) -> tuple[list[tuple[int, Span, str]], list[list[Span]]]:
        """The spans of all hits, each place of a document once though chunks may overlap."""
        found: list[tuple[int, Span, str]] = []
        every: list[list[Span]] = []
        seen: set[tuple[str, int]] = set()
        for index, hit in enumerate(hits):
            chunk = hit.chunk
            spans = [span for span in spans_of(chunk) if span.start < self.options.max_chunk_chars]
            every.append(spans)
            for span in spans:
                place = (chunk.document_id, chunk.start + span.end)
                text = chunk.text[span.start : span.end]
                if place not in seen and (with_addressed or chunk.kind == "code" or not is_addressed(text)):
                    seen.add(place)
                    found.append((index, span, text))
        return found, every

    def _embedded(
        self,
        query: Query,
        hits: Sequence[Hit],
        candidates: Sequence[Candidate],
        rows: Matrix,
        leaning: NDArray[np.float32],
    ) -> Scoring:
        """Second look at the best candidates with vectors; the others keep their order below them."""
        lexical: NDArray[np.float32] = rows @ self._weights.lexical + leaning
        if self._embedder is None:
            return Scoring(query, hits, candidates, rows, lexical, ())
        best = np.argsort(-lexical, kind="stable")[: self.options.n_sentences_embedded]
        weights = self._weights.embedded
        scores: NDArray[np.float32] = rows[best] @ weights + leaning[best]
        cosines = self._cosines(query, [candidates[int(i)] for i in best], scores)
        known = ~np.isnan(cosines)
        scores += np.where(known, cosines, cosines[known].mean()) * weights[N_LEXICAL]
        scores += (np.where(known, cosines, cosines[known].mean()) - cosines[known].max()) * weights[N_LEXICAL + 1]
        rows = rows.copy()
        rows[best[known]] = with_cosines(rows[best[known]], cosines[known])
        out: NDArray[np.float32] = lexical - lexical[best].max() + scores.min() - 1.0
        out[best] = scores
        return Scoring(query, hits, candidates, rows, out, tuple(int(i) for i in best[known]))

    def _cosines(
        self, query: Query, candidates: Sequence[Candidate], scores: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The cosine of the question and each candidate, NaN where it could not lift it far enough to count.

        ``scores`` are those without cosines. Embedding is the dearest thing of a question, so it goes in steps, and
        ends where even a cosine a little better than the best so far would leave a candidate far behind.
        """
        assert self._embedder is not None
        own, gap = (float(weight) for weight in self._weights.embedded[N_LEXICAL : N_LEXICAL + 2])
        vector = self._embedder.embed([query.text], "question")[0]
        cosines: NDArray[np.float32] = np.full(len(candidates), np.nan, np.float32)
        order = [int(i) for i in np.argsort(-scores, kind="stable")]
        step = list(range(min(_AT_ONCE, len(candidates))))
        while step:
            texts = [candidates[i].text[: self.options.max_quote_chars] for i in step]
            cosines[step] = self._embedder.embed(texts, "passage") @ vector
            top = float(np.nanmax(cosines))
            leader = float(np.nanmax(scores + own * cosines + gap * (cosines - top)))
            reach = scores + own * (top + _COSINE_AHEAD) + gap * _COSINE_AHEAD
            step = [i for i in order if np.isnan(cosines[i]) and reach[i] >= leader - _FAR_BEHIND][:_AT_ONCE]
        return cosines

    def _distinct(self, scoring: Scoring, order: NDArray[np.intp]) -> list[int]:
        """The best candidates, without those that repeat a better one; headings only where nothing else is left."""
        chosen: list[int] = []
        of_hit = [0] * len(scoring.hits)
        for index in map(int, order):
            terms = set(scoring.candidates[index].terms)
            candidate = scoring.candidates[index]
            if candidate.span.role == "heading" or of_hit[candidate.hit] == self.options.n_evidence_a_hit:
                continue
            if not any(_repeats(terms, set(scoring.candidates[other].terms)) for other in chosen):
                chosen.append(index)
                of_hit[candidate.hit] += 1
            if len(chosen) == self.options.n_evidence:
                break
        return chosen or [int(order[0])]

    def _evidence(self, scoring: Scoring, index: int, score: float) -> Evidence:
        candidate = scoring.candidates[index]
        hit = scoring.hits[candidate.hit]
        start, end = candidate.span.start, _going_on(scoring, index)
        end = start + len(_shortened(hit.chunk.text[start:end], self.options.max_quote_chars))
        words_found = span_within(scoring.marks, candidate, start, end) if scoring.marks else None
        return Evidence(
            hit=hit,
            start=hit.chunk.start + start,
            end=hit.chunk.start + end,
            text=hit.chunk.text[start:end],
            score=score,
            answer_start=hit.chunk.start + words_found.start if words_found else None,
            answer_end=hit.chunk.start + words_found.end if words_found else None,
        )


def _going_on(scoring: Scoring, index: int) -> int:
    """The end of a candidate, or of the sentence after it that goes on about it with a word asked for that it lacks."""
    candidate = scoring.candidates[index]
    after = scoring.candidates[index + 1] if index + 1 < len(scoring.candidates) else candidate
    lacking = set(scoring.query.terms) - set(candidate.terms)
    is_next = after.hit == candidate.hit and 0 <= after.span.start - candidate.span.end <= 2
    told = is_next and _GOES_ON.match(after.text) and lacking & set(after.terms)
    return after.span.end if told else candidate.span.end


def _repeats(terms: set[str], others: set[str]) -> bool:
    return len(terms & others) >= 0.8 * len(terms | others)


def _shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at the end of a line where possible, else of a word."""
    if len(text) <= limit:
        return text
    cut = text.rfind("\n", limit // 2, limit)
    if cut < 0:
        cut = text.rfind(" ", limit // 2, limit)
    return text[: cut if cut > 0 else limit].rstrip() or text[:limit]

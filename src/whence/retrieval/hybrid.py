"""The retriever: runs the legs, fuses them, has the best read again, and can say how it came to its result.

One search asks the index at most once for names, once for each kind of record, once for vectors and once to load
chunks, plus once per kind for a quotation in the question.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

from whence.protocols import Embedder, Index, StepwiseReader
from whence.retrieval.analyzer import Analyzer
from whence.retrieval.coverage import coverage, headed
from whence.retrieval.dense import dense
from whence.retrieval.exact import ExactHit, choose, lookup, touched
from whence.retrieval.fusion import EXACT, HEADED, NAMED, PRESENT, PRIOR, Fused, fuse, promote, sort, with_legs
from whence.retrieval.lexical import kinds_in, lexical, question_tokens
from whence.retrieval.mentions import Mention, mentions
from whence.retrieval.options import RetrievalOptions as RetrievalOptions  # noqa: PLC0414
from whence.retrieval.past import history_kinds, telling_tokens
from whence.retrieval.priors import prior, topics, weighed, wish
from whence.retrieval.reranking import read_again, reranked
from whence.types import (
    DENSE_OFF,
    FILE_KINDS,
    HISTORY_KINDS,
    NO_EMBEDDER,
    NO_VECTORS,
    Chunk,
    Hit,
    Kind,
    Leg,
    Scope,
    Scored,
)

MAX_K = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A search and how it went: milliseconds by stage, and the stages left out, each as "stage: reason".

    Vectors are searched beside the words, so the stages add up to more than the whole; "waiting" is what the words had
    to wait for them.
    """

    hits: tuple[Hit, ...]
    timings_ms: Mapping[str, float]
    skipped: tuple[str, ...]


OnFound = Callable[[Trace], None]
"""Told what a search found, while it goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """What the index was asked for one question, and what it said: rows by leg, and ids that the names led to."""

    question: str
    found: Mapping[str, Sequence[Scored]]
    named: Sequence[Mention]
    looked_up: Sequence[str]
    is_past: bool


class HybridRetriever:
    """Lexical, dense and exact legs, fused. Without an embedder, or before there are vectors, it goes on without them.

    Holds no state of its own between searches and may be shared between threads if the index and the embedder may.
    """

    def __init__(
        self,
        index: Index,
        embedder: Embedder | None = None,
        options: RetrievalOptions | None = None,
        analyzer: Analyzer | None = None,
        reader: StepwiseReader | None = None,
    ) -> None:
        """``reader``, where there is one, looks at the first candidates again."""
        self.options = options or RetrievalOptions()
        self.index = index
        self.analyzer = analyzer or Analyzer()
        self._embedder = embedder
        self._reader = reader

    def search(self, question: str, k: int, scope: Scope) -> list[Hit]:
        """At most k hits, ranks 1.., scores not increasing, ties broken by path, start, document, id."""
        return list(self.search_traced(question, k, scope).hits)

    def search_traced(self, question: str, k: int, scope: Scope, on_found: OnFound | None = None) -> Trace:
        """As ``search``, with timings and what was skipped. A question without any searchable word finds nothing.

        Where a model is to read the first candidates again, ``on_found`` is told before what was found so far.
        """
        if k < 1 or not question.strip():
            return Trace(hits=(), timings_ms={}, skipped=())
        k = min(k, MAX_K)
        clock = _Clock()
        skipped: list[str] = []
        named = mentions(question) if self.options.use_exact else []
        past = history_kinds(question, named, scope) if self.options.use_history else ()
        with ThreadPoolExecutor(max_workers=1) as beside:  # vectors on one core while the other compares words
            ahead = beside.submit(self._dense, question, max(self.options.depth, k), scope)
            found = self._lexical(question, (*kinds_in(scope), *past), k, scope, clock, skipped)
            looked_up = self._looked_up(named, scope, clock, skipped, history=bool(past))
            rows, reason, elapsed_ms = ahead.result()
        if reason:
            skipped.append(reason)
        else:
            found["dense"] = rows
            clock.elapsed_ms["dense"] = elapsed_ms
        clock.lap("waiting")
        gathered = _Gathered(
            question=question, found=found, named=named, looked_up=looked_up, is_past=bool(past) and not scope.kinds
        )
        hits = self._ranked(gathered, k, clock, skipped, on_found)
        return Trace(hits=hits, timings_ms=clock.elapsed_ms, skipped=tuple(skipped))

    def _lexical(
        self, question: str, kinds: Sequence[Kind], k: int, scope: Scope, clock: "_Clock", skipped: list[str]
    ) -> dict[str, list[Scored]]:
        if not self.options.use_lexical:
            skipped.append("lexical: switched off")
            return {}
        tokens = question_tokens(question, self.analyzer, self.options.max_tokens)
        if not tokens:
            skipped.append("lexical: no searchable word in the question")
        depth = max(self.options.depth, k)
        found = lexical(self.index, tokens, [kind for kind in kinds if kind in FILE_KINDS], depth, scope)
        past = [kind for kind in kinds if kind in HISTORY_KINDS]
        if past:
            found |= lexical(self.index, telling_tokens(tokens, self.analyzer), past, depth, scope)
        clock.lap("lexical")
        return found

    def _dense(self, question: str, depth: int, scope: Scope) -> tuple[list[Scored], str, float]:
        """Rows, or what is said where there are none, and milliseconds."""
        if not self.options.use_dense:
            return [], DENSE_OFF, 0.0
        if self._embedder is None:
            return [], NO_EMBEDDER, 0.0
        began = perf_counter()
        rows = dense(self.index, self._embedder, question, depth, scope)
        return rows, "" if rows else NO_VECTORS, (perf_counter() - began) * 1000.0

    def _looked_up(
        self, named: Sequence[Mention], scope: Scope, clock: "_Clock", skipped: list[str], *, history: bool
    ) -> list[str]:
        if not self.options.use_exact:
            skipped.append("exact: switched off")
        if not named:
            return []
        kinds = kinds_in(scope)
        options = self.options.exact
        ids = lookup(self.index, named, self.analyzer, scope, kinds=kinds, options=options, history=history)
        clock.lap("exact")
        return ids

    def _ranked(
        self, gathered: "_Gathered", k: int, clock: "_Clock", skipped: list[str], on_found: OnFound | None
    ) -> tuple[Hit, ...]:
        fusion = self.options.fusion
        fused = fuse(gathered.found, fusion)
        candidates = {candidate.chunk_id: candidate for candidate in fused[: max(self.options.pool, k)]}
        clock.lap("fusion")
        loaded = {
            chunk.id: chunk for chunk in self.index.chunks(list(dict.fromkeys([*candidates, *gathered.looked_up])))
        }
        clock.lap("load")
        scores = {candidate.chunk_id: candidate.score for candidate in fused}
        possible = [loaded[chunk_id] for chunk_id in gathered.looked_up if chunk_id in loaded]
        exact = choose(gathered.named, possible, scores, self.options.exact)
        pool = self._with_exact(candidates, fused, exact, loaded)
        ranked = self._with_places(pool, gathered, exact, loaded)
        sure = [hit.chunk_id for hit in exact if hit.mention.sure]
        if gathered.is_past:  # what stands in the code today is only one of the places to look
            sure = [chunk_id for chunk_id in sure if loaded[chunk_id].kind in HISTORY_KINDS]
        hits = self._hits(ranked, sure, loaded, k)
        clock.lap("ranking")
        if self._reader is None or not fusion.relevance or not self._reader.reads(gathered.question):
            return hits
        if not read_again(ranked, loaded, fusion):
            return hits
        if on_found is not None:
            on_found(Trace(hits=hits, timings_ms=dict(clock.elapsed_ms), skipped=tuple(skipped)))
            clock.skip()
        ranked, unread = reranked(gathered.question, ranked, loaded, self._reader, fusion)
        clock.lap("relevance")
        skipped += [f"relevance: {unread}"] if unread else []
        hits = self._hits(ranked, sure, loaded, k)
        clock.lap("ranking")
        return hits

    def _hits(
        self, ranked: Sequence[Fused], sure: Sequence[str], loaded: Mapping[str, Chunk], k: int
    ) -> tuple[Hit, ...]:
        """The first k, those that the question names among them."""
        final = self._thinned(promote(ranked, sure, self.options.fusion), loaded)[:k]
        return tuple(
            Hit(chunk=loaded[candidate.chunk_id], score=candidate.score, rank=rank, legs=candidate.legs)
            for rank, candidate in enumerate(final, start=1)
        )

    def _thinned(self, ranked: Sequence[Fused], loaded: Mapping[str, Chunk]) -> list[Fused]:
        """The candidates without those of a commit that several better ones show already."""
        shown: Counter[str] = Counter()
        kept = []
        for candidate in ranked:
            if loaded[candidate.chunk_id].kind in HISTORY_KINDS:
                shown[candidate.document_id] += 1
                if shown[candidate.document_id] > self.options.hits_per_commit:
                    continue
            kept.append(candidate)
        return kept

    def _with_exact(
        self,
        candidates: Mapping[str, Fused],
        fused: Sequence[Fused],
        exact: Sequence[ExactHit],
        loaded: Mapping[str, Chunk],
    ) -> list[Fused]:
        """The candidates, those that are exact hits marked as such, and exact hits that no other leg brought."""
        pool = dict(candidates)
        known = {candidate.chunk_id: candidate for candidate in fused}
        for rank, hit in enumerate(exact, start=1):
            own = known.get(hit.chunk_id)
            if own is None:
                chunk = loaded[hit.chunk_id]
                place = {"document_id": chunk.document_id, "path": chunk.path}
                own = Fused(chunk_id=chunk.id, start=chunk.start, legs={}, score=0.0, **place)
            pool[hit.chunk_id] = with_legs(own, {EXACT: Leg(rank=rank, score=1.0 / rank)}, self.options.fusion)
        return list(pool.values())

    def _priors(self, chunks: Sequence[Chunk], gathered: "_Gathered") -> dict[str, float]:
        """What the place of each chunk costs it, by chunk id; a match is its share of the question plus its cosine."""
        wanted = wish(gathered.question)
        costs = {chunk.id: prior(chunk, wanted, self.options.prior) for chunk in chunks}
        if len(set(costs.values())) < 2:
            return costs
        tokens = question_tokens(gathered.question, self.analyzer, self.options.max_tokens)
        matches = coverage(tokens, chunks, self.analyzer)
        for row in gathered.found.get("dense", ()):
            if row.chunk_id in matches:
                matches[row.chunk_id] += max(row.score, 0.0)
        return weighed(costs, matches, self.options.prior)

    def _with_places(
        self, pool: Sequence[Fused], gathered: "_Gathered", exact: Sequence[ExactHit], loaded: Mapping[str, Chunk]
    ) -> list[Fused]:
        """The candidates with what their files say: that the question names one, else how likely the place is."""
        defining: dict[str, Leg] = {}
        for rank, hit in enumerate(exact, start=1):
            if hit.mention.sure:
                defining.setdefault(loaded[hit.chunk_id].document_id, Leg(rank=rank, score=1.0))
        costs = self._priors([chunk for one in pool if (chunk := loaded.get(one.chunk_id))], gathered)
        touching = {
            chunk.document_id
            for candidate in pool
            if (chunk := loaded.get(candidate.chunk_id)) and _touches(chunk, gathered.named)
        }
        asked = [self.analyzer.tokens(topic) for topic in topics(gathered.question)]
        placed = []
        for candidate in pool:
            chunk = loaded.get(candidate.chunk_id)
            if chunk is None:
                continue
            named = defining.get(candidate.document_id)
            if candidate.document_id in touching and (chunk.kind == "commit" or _touches(chunk, gathered.named)):
                named = Leg(rank=1, score=1.0)
            share = max((headed(tokens, chunk, self.analyzer) for tokens in asked), default=0.0)
            cost = costs[chunk.id] if share < 1.0 else 0.0  # the heading says that it is the place
            leg = {NAMED: named} if named else {PRIOR: Leg(rank=1, score=cost)}
            if gathered.is_past and chunk.kind == "code":
                leg = {**leg, PRESENT: Leg(rank=1, score=-1.0)}
            if share:
                leg = {**leg, HEADED: Leg(rank=1, score=share)}
            placed.append(with_legs(candidate, leg, self.options.fusion))
        return sort(placed)


def _touches(chunk: Chunk, named: Sequence[Mention]) -> bool:
    """Whether it is a hunk that changes what the question names."""
    if chunk.kind != "hunk":
        return False
    return any(mention.sure and mention.form in {"name", "path"} and touched(mention, chunk) for mention in named)


class _Clock:
    """Milliseconds since the last lap, summed by stage."""

    def __init__(self) -> None:
        self.elapsed_ms: dict[str, float] = {}
        self._since = perf_counter()

    def lap(self, stage: str) -> None:
        now = perf_counter()
        self.elapsed_ms[stage] = self.elapsed_ms.get(stage, 0.0) + (now - self._since) * 1000.0
        self._since = now

    def skip(self) -> None:
        """Counts what has passed since the last lap to no stage."""
        self._since = perf_counter()

"""An ``Index`` in memory, exact where the real one approximates: a reference for differential tests."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from math import log
from pathlib import PurePosixPath

import numpy as np

from whence.protocols import Vectors
from whence.retrieval.analyzer import Analyzer, searchable
from whence.types import FILE_KINDS, HISTORY_KINDS, KINDS, Chunk, Kind, Scope, Scored

K1 = 1.2
B = 0.75


def names_of(chunk: Chunk) -> set[str]:
    """Every name a chunk answers to: symbol, its last part, path, file name, file stem."""
    path = PurePosixPath(chunk.path.lower())
    symbol = chunk.symbol.lower()
    return {name for name in (symbol, symbol.rpartition(".")[2], str(path), path.name, path.stem) if name}


def visible(chunk: Chunk, scope: Scope) -> bool:
    """Whether a scope lets a chunk be seen."""
    newest = scope.at is None and chunk.valid_to == 2**31 - 1
    return (
        chunk.source_id in scope.sources
        and (not scope.kinds or chunk.kind in scope.kinds)
        and (not scope.languages or chunk.language in scope.languages)
        and (not scope.paths or any(fnmatchcase(chunk.path, glob) for glob in scope.paths))
        and (newest or (scope.at is not None and chunk.valid_from <= scope.at < chunk.valid_to))
    )


class _Postings:
    """BM25 over the chunks of one kind, with Lucene's idf, which is never negative."""

    def __init__(self, rows: Sequence[tuple[int, list[str]]]) -> None:
        self.counts: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.lengths: dict[int, int] = {}
        for row, tokens in rows:
            self.lengths[row] = len(tokens)
            for token, count in Counter(tokens).items():
                self.counts[token].append((row, count))
        self.mean = sum(self.lengths.values()) / len(self.lengths) if self.lengths else 1.0

    def scores(self, tokens: Sequence[str], every: bool) -> dict[int, float]:
        scores: dict[int, float] = defaultdict(float)
        matched: Counter[int] = Counter()
        for token, repeats in Counter(tokens).items():
            postings = self.counts.get(token, [])
            idf = log(1 + (len(self.lengths) - len(postings) + 0.5) / (len(postings) + 0.5))
            for row, count in postings:
                norm = K1 * (1 - B + B * self.lengths[row] / self.mean)
                scores[row] += repeats * idf * count * (K1 + 1) / (count + norm)
                matched[row] += 1
        wanted = len(set(tokens)) if every else 1
        return {row: score for row, score in scores.items() if matched[row] >= wanted}


class MemoryIndex:
    """Holds chunks and, once ``vectors`` are given (shape (n, dim), in the order of the chunks), finds by cosine."""

    def __init__(
        self, chunks: Sequence[Chunk], tokens: Callable[[str], list[str]] | None = None, vectors: Vectors | None = None
    ) -> None:
        analyze = tokens or Analyzer().tokens
        self.rows = list(chunks)
        self.vectors = vectors
        self.calls: Counter[str] = Counter()
        self._row_of = {chunk.id: row for row, chunk in enumerate(self.rows)}
        self._names = [names_of(chunk) for chunk in self.rows]
        self._postings = {
            kind: _Postings(
                [
                    (row, analyze(searchable(chunk.title, chunk.symbol, chunk.text)))
                    for row, chunk in enumerate(self.rows)
                    if chunk.kind == kind
                ]
            )
            for kind in KINDS
        }

    def lexical(self, tokens: Sequence[str], k: int, scope: Scope, kind: Kind, *, every: bool = False) -> list[Scored]:
        self.calls["lexical"] += 1
        return self._best(self._postings[kind].scores(tokens, every).items(), k, scope)

    def named(self, names: Sequence[str], k: int, scope: Scope, *, history: bool = False) -> list[Scored]:
        self.calls["named"] += 1
        wanted = set(names)
        kinds = HISTORY_KINDS if history else FILE_KINDS
        rows = [row for row, chunk in enumerate(self.rows) if chunk.kind in kinds]
        found = ((row, float(len(self._names[row] & wanted))) for row in rows if self._names[row] & wanted)
        return self._best(found, k, scope)

    def dense(self, vector: Vectors, k: int, scope: Scope) -> list[Scored]:
        self.calls["dense"] += 1
        if self.vectors is None or not self.rows:
            return []
        return self._best(enumerate((self.vectors @ vector).astype(np.float64).tolist()), k, scope)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        self.calls["chunks"] += 1
        return [self.rows[self._row_of[id_]] for id_ in ids if id_ in self._row_of]

    def _best(self, scored: Iterable[tuple[int, float]], k: int, scope: Scope) -> list[Scored]:
        seen = [(row, score) for row, score in scored if visible(self.rows[row], scope)]
        found = [
            Scored(
                chunk_id=self.rows[row].id,
                document_id=self.rows[row].document_id,
                score=score,
                path=self.rows[row].path,
                start=self.rows[row].start,
            )
            for row, score in seen
        ]
        return sorted(found, key=lambda row: (-row.score, row.path, row.start, row.document_id, row.chunk_id))[:k]

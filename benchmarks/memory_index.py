"""An ``Index`` held in memory, for measurements in which the store plays no part.

BM25 by bm25s over the program's own analyzer, exact cosine by numpy. Also an embedder that remembers, because fitting
asks for the same texts again and again.
"""

import hashlib
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np

from whence.embedding.passage import passage_text
from whence.protocols import Embedder, Vectors
from whence.retrieval.analyzer import Analyzer, searchable
from whence.types import HISTORY_KINDS, KINDS, Chunk, Kind, Role, Scope, Scored


class RememberingEmbedder:
    """An ``Embedder`` that embeds each text once; with a file, once for all runs that save it."""

    def __init__(self, inner: Embedder, kept: Path | None = None) -> None:
        self._inner = inner
        self._kept = kept
        self._rows: dict[str, Vectors] = pickle.loads(kept.read_bytes()) if kept and kept.exists() else {}

    def save(self) -> None:
        """Writes the file, if there is one."""
        if self._kept:
            self._kept.write_bytes(pickle.dumps(self._rows))

    @property
    def digest(self) -> str:
        """That of the embedder inside."""
        return self._inner.digest

    @property
    def dim(self) -> int:
        """That of the embedder inside."""
        return self._inner.dim

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """One unit row per text."""
        new = list(dict.fromkeys(text for text in texts if text not in self._rows))
        if new:
            self._rows.update(zip(new, self._inner.embed(new, role), strict=True))
        return np.stack([self._rows[text] for text in texts]) if texts else np.empty((0, self.dim), np.float32)


class MemoryIndex:
    """Chunks, full text by kind and vectors; an ``Index``."""

    def __init__(self, chunks: Sequence[Chunk], embedder: Embedder | None, analyzer: Analyzer | None = None) -> None:
        analyzer = analyzer or Analyzer()
        self._by_id = {chunk.id: chunk for chunk in chunks}
        self._all = list(self._by_id.values())
        self._full_text = {kind: _FullText([c for c in self._all if c.kind == kind], analyzer) for kind in KINDS}
        self._vectors: Vectors | None = None
        if embedder is not None and self._all:
            texts = [passage_text(chunk.title, chunk.symbol, chunk.text) for chunk in self._all]
            self._vectors = embedder.embed(texts, "passage")

    def lexical(
        self,
        tokens: Sequence[str],
        k: int,
        scope: Scope,  # noqa: ARG002
        kind: Kind,
        *,
        every: bool = False,
    ) -> list[Scored]:
        """BM25 over one kind, best first; everything in memory is in scope."""
        return self._full_text[kind].search(tokens, k, every)

    def named(self, names: Sequence[str], k: int, scope: Scope, *, history: bool = False) -> list[Scored]:  # noqa: ARG002
        """Chunks whose symbol, its last part or path is one of these names."""
        wanted = set(names)
        found = [
            chunk
            for chunk in self._all
            if (chunk.kind in HISTORY_KINDS) == history
            and {chunk.symbol.lower(), chunk.symbol.lower().rsplit(".", 1)[-1], chunk.path.lower()} & wanted
        ]
        return [_row(chunk, 1.0) for chunk in found[:k]]

    def dense(self, vector: Vectors, k: int, scope: Scope) -> list[Scored]:  # noqa: ARG002
        """Exact cosine, best first."""
        if self._vectors is None:
            return []
        return _best(self._vectors @ vector, self._all, k, -1.0)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """In the order asked for."""
        return [self._by_id[one] for one in ids if one in self._by_id]


class _FullText:
    def __init__(self, chunks: Sequence[Chunk], analyzer: Analyzer) -> None:
        self._chunks = chunks
        self._tokens = [analyzer.tokens(searchable(c.title, c.symbol, c.text)) for c in chunks]
        self._known = {token for tokens in self._tokens for token in tokens}
        self._bm25: Any = bm25s.BM25()
        if self._known:
            self._bm25.index(self._tokens, show_progress=False)

    def search(self, tokens: Sequence[str], k: int, every: bool) -> list[Scored]:
        known = [token for token in tokens if token in self._known]
        if not known or (every and len(known) < len(tokens)):
            return []
        scores = self._bm25.get_scores(known)
        if every:
            wanted = set(known)
            scores = scores * np.array([wanted <= set(own) for own in self._tokens])
        return _best(scores, self._chunks, k, 0.0)


def _best(scores: Any, chunks: Sequence[Chunk], k: int, above: float) -> list[Scored]:
    order = np.argsort(-scores, kind="stable")[:k]
    return [_row(chunks[i], float(scores[i])) for i in order if scores[i] > above]


def _row(chunk: Chunk, score: float) -> Scored:
    return Scored(chunk_id=chunk.id, document_id=chunk.document_id, score=score, path=chunk.path, start=chunk.start)


def paragraph_chunk(paragraph_id: str, text: str) -> Chunk:
    """A paragraph that is a document and a chunk of its own; its path gives nothing away."""
    return Chunk(
        id=paragraph_id,
        document_id=paragraph_id,
        source_id="paragraphs",
        revision="1",
        kind="doc",
        path="paragraph",
        language="text",
        symbol="",
        title="",
        start=0,
        end=len(text),
        start_line=1,
        end_line=text.count("\n") + 1,
        text=text,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
    )

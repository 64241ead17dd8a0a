"""Chunks and hits made from literal texts."""

import hashlib
from collections.abc import Mapping, Sequence

from whence.protocols import Vectors
from whence.types import Chunk, Hit, Kind, Leg, Role


def make_chunk(
    text: str,
    *,
    kind: Kind = "doc",
    path: str = "docs/guide.md",
    symbol: str = "",
    language: str = "",
    start: int = 0,
    start_line: int = 1,
) -> Chunk:
    digest = hashlib.sha256(f"{path}{start}{text}".encode()).hexdigest()
    return Chunk(
        id=digest[:16],
        document_id=f"source:{path}",
        source_id="source",
        revision="abc1234",
        kind=kind,
        path=path,
        language=language or ("python" if kind == "code" else "markdown"),
        symbol=symbol,
        title=path,
        start=start,
        end=start + len(text),
        start_line=start_line,
        end_line=start_line + text.count("\n"),
        text=text,
        text_hash=digest,
    )


def make_hits(chunks: Sequence[Chunk]) -> list[Hit]:
    return [
        Hit(chunk=chunk, score=1.0 / rank, rank=rank, legs=_legs(rank)) for rank, chunk in enumerate(chunks, start=1)
    ]


def _legs(rank: int) -> Mapping[str, Leg]:
    return {"lexical.doc": Leg(rank=rank, score=10.0 - rank), "dense": Leg(rank=rank, score=0.6 - 0.02 * rank)}


class HashEmbedder:
    """Unit vectors from letter pairs: no model, the same on every machine, alike for texts that look alike."""

    digest = "letter-pairs"
    dim = 64

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        import numpy as np

        rows = np.full((len(texts), self.dim), 1e-3, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for one, other in zip(text.lower(), text.lower()[1:], strict=False):
                row[(ord(one) * 31 + ord(other)) % self.dim] += 1.0
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

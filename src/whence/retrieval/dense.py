"""The dense leg: nearest vectors to the question's, over all kinds at once."""

from whence.protocols import Embedder, Index
from whence.types import Scope, Scored

MAX_EMBEDDED_CHARS = 2_000
"""An embedder reads a few hundred tokens; the start and the end of a longer question say what it is about."""


def dense(index: Index, embedder: Embedder, question: str, k: int, scope: Scope) -> list[Scored]:
    """Rows best first, scored by cosine; empty where the index has no vectors yet."""
    if len(question) > MAX_EMBEDDED_CHARS:
        half = MAX_EMBEDDED_CHARS // 2
        question = f"{question[:half]}\n{question[-half:]}"
    vector = embedder.embed([question], "question")[0]  # (dim,)
    return index.dense(vector, k, scope)

from collections.abc import Sequence

import numpy as np

from whence.embedding.remembered import RememberingEmbedder
from whence.protocols import Vectors
from whence.types import Role


class Counting:
    """An embedder that counts what it is given."""

    digest = "counting"
    dim = 2

    def __init__(self) -> None:
        self.given: list[str] = []

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        self.given += texts
        rows = np.array([[len(text), len(role)] for text in texts], dtype=np.float32).reshape(-1, 2)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(texts) else rows


def test_nothing_is_embedded_twice_and_nothing_changes() -> None:
    beneath = Counting()
    embedder = RememberingEmbedder(beneath)
    wanted = ["a", "bb", "a", "\ud800"]
    rows = embedder.embed(wanted, "passage")
    assert beneath.given == ["a", "bb", "\ud800"]
    assert np.array_equal(rows, Counting().embed(wanted, "passage"))
    assert np.array_equal(embedder.embed(["bb", "c"], "passage"), Counting().embed(["bb", "c"], "passage"))
    assert beneath.given == ["a", "bb", "\ud800", "c"]
    embedder.embed(["a"], "question")
    assert beneath.given[-1] == "a"
    assert embedder.embed([], "question").shape == (0, 2)


def test_the_oldest_is_forgotten_first() -> None:
    beneath = Counting()
    embedder = RememberingEmbedder(beneath, most_rows=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        embedder.embed([text], "passage")
    assert beneath.given == ["a", "b", "c", "b"]

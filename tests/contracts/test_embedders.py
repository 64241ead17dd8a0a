"""What every embedder promises, over every member."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.embedding.onnx import EmbeddingOptions, OnnxEmbedder
from whence.protocols import Embedder

MEMBERS = {
    "minilm": OnnxEmbedder(),
    "minilm, 7 bits, 64 tokens, one thread": OnnxEmbedder(
        options=EmbeddingOptions(max_tokens=64, threads=1, reduce_range=True)
    ),
}
TEXTS = [
    "How are redirects followed?",
    "",
    "def total(values):\n    return sum(values)",
    "  \n\t ",
    "Überraschung 漢字 🙂 \u200b\u202e ﬁn",
    "word " * 3000,
    "\x00\x01 control \ufffd",
    "a" * 5000,
]


@pytest.fixture(params=MEMBERS)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return MEMBERS[request.param]


def test_rows_are_float32_and_of_length_one(embedder: Embedder) -> None:
    rows = embedder.embed(TEXTS, "passage")
    assert rows.shape == (len(TEXTS), embedder.dim)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    rows = embedder.embed([], "question")
    assert rows.shape == (0, embedder.dim)
    assert rows.dtype == np.float32


def test_each_row_is_what_the_text_gets_alone_whatever_stands_beside_it(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS, "passage")
    alone = np.concatenate([embedder.embed([text], "passage") for text in TEXTS])
    backwards = embedder.embed(TEXTS[::-1], "passage")[::-1]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, backwards)


def test_a_list_longer_than_the_threads_keeps_its_order(embedder: Embedder) -> None:
    texts = [f"{'long ' * (i % 7)}note number {i}" for i in range(60)]
    rows = embedder.embed(texts, "passage")
    for i in (0, 13, 59):
        np.testing.assert_array_equal(rows[i], embedder.embed([texts[i]], "passage")[0])


def test_several_threads_may_share_one_embedder(embedder: Embedder) -> None:
    texts = [f"question number {i} about sessions" for i in range(12)]
    wanted = embedder.embed(texts, "question")
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: embedder.embed([text], "question")[0], texts))
    np.testing.assert_array_equal(np.stack(rows), wanted)


def test_what_lies_beyond_the_limit_does_not_count(embedder: Embedder) -> None:
    start = "adapters pool connections and " * 200
    first, second = embedder.embed([start + "tail", start + "something quite different"], "passage")
    np.testing.assert_array_equal(first, second)


def test_unrelated_texts_differ(embedder: Embedder) -> None:
    first, second = embedder.embed(["a recipe for bread", "thread pools in C"], "passage")
    assert float(first @ second) < 0.6


def test_digest_and_dim_are_known_and_stable(embedder: Embedder) -> None:
    assert embedder.digest == embedder.digest
    assert embedder.digest.isprintable()
    assert " " not in embedder.digest
    assert embedder.dim > 0


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.text(max_size=80), max_size=5))
def test_any_text_gets_a_finite_unit_row(texts: list[str]) -> None:
    rows = MEMBERS["minilm"].embed(texts, "passage")
    assert rows.shape == (len(texts), MEMBERS["minilm"].dim)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)

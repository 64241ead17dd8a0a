"""Graphs of floats made of graphs with 8-bit weights: the same vectors, in batches, in half precision, elsewhere."""

from pathlib import Path

import numpy as np
import pytest
from tests.backends.published import SPECIAL, make_model

from whence.backends import transformers_export
from whence.backends.graph_variants import as_float16, as_float32
from whence.backends.transformers_export import Wishes, export_encoder
from whence.embedders import open_other
from whence.embedding.choice import Choice, Chosen
from whence.embedding.onnx import OnnxEmbedder
from whence.errors import ModelError

TEXTS = ["where is the lamp", "file", "", "the crane lifts stone and rope in the harbour " * 3, "stone rope"]


def made(tmp_path: Path, architecture: str, monkeypatch: pytest.MonkeyPatch, *, int8: bool, pooling: str) -> Path:
    monkeypatch.setattr(transformers_export, "FAITHFUL", -1.0 if int8 else 1.1)
    export_encoder(
        make_model(tmp_path / "source", architecture), tmp_path / "made", name="tiny", wishes=Wishes(pooling=pooling)
    )
    return tmp_path / "made"


@pytest.mark.parametrize("architecture", [name for name in SPECIAL if name != "xlm-roberta"])
@pytest.mark.parametrize(("int8", "pooling"), [(True, "mean"), (True, "cls"), (False, "mean")])
def test_batches_of_floats_give_the_vectors_of_single_texts(
    tmp_path: Path, architecture: str, monkeypatch: pytest.MonkeyPatch, int8: bool, pooling: str
) -> None:
    folder = made(tmp_path, architecture, monkeypatch, int8=int8, pooling=pooling)
    graph = as_float32((folder / "model.onnx").read_bytes())
    rows = {}
    for size, variant in ((1, graph), (4, graph), (5, as_float16(graph))):
        chosen = Chosen(choice=Choice(file="optimized.onnx", batch=size), graph=variant)
        rows[size] = OnnxEmbedder(folder, chosen=chosen).embed(TEXTS, "passage")
    np.testing.assert_allclose(rows[1], rows[4], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(rows[5], axis=1), 1, atol=1e-5)
    assert (rows[1] * rows[5]).sum(axis=1).min() > 0.999
    plain = OnnxEmbedder(folder).embed(TEXTS, "passage")
    assert (rows[1] * plain).sum(axis=1).min() > (0.9 if int8 else 0.99999)


@pytest.mark.parametrize(("variant", "precision", "batch"), [("", "f32", 1), ("fp32", "f32", 3), ("fp32", "bf16", 3)])
def test_openvino_gives_the_same_vectors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str, precision: str, batch: int
) -> None:
    pytest.importorskip("openvino", reason="the openvino extra is not installed")
    folder = made(tmp_path, "bert", monkeypatch, int8=True, pooling="mean")
    model = (folder / "model.onnx").read_bytes()
    choice = Choice(file="x", runtime="openvino", provider="CPU", precision=precision, batch=batch)
    chosen = Chosen(choice=choice, graph=as_float32(model) if variant else model)
    embedder = OnnxEmbedder(folder, chosen=chosen, open_other=open_other)
    rows = embedder.embed(TEXTS * 3, "passage")
    exact = OnnxEmbedder(folder, chosen=Chosen(choice=Choice(file="x"), graph=as_float32(model)))
    assert (rows * exact.embed(TEXTS * 3, "passage")).sum(axis=1).min() > 0.99
    assert embedder.check() > 0.9


def test_a_graph_of_others_and_a_provider_that_is_not_here_are_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        as_float32(b"\xff no graph")
    folder = made(tmp_path, "bert", monkeypatch, int8=True, pooling="mean")
    chosen = Chosen(choice=Choice(provider="LampExecutionProvider"), graph=b"")
    with pytest.raises(ModelError, match="no LampExecutionProvider"):
        OnnxEmbedder(folder, chosen=chosen).embed(["x"], "passage")

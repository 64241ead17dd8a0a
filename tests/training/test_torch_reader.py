"""A tiny reader: the loss falls, and the file holds the weights under published names."""

from pathlib import Path
from typing import Any

import pytest
from tests.training.tiny_tasks import OPTIONS, make_base, trained

pytest.importorskip("torch", reason="the extra for training is not installed")
pytest.importorskip("transformers", reason="the extra for training is not installed")

pytestmark = pytest.mark.torch


def test_the_loss_falls_and_the_file_holds_the_weights(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    heard: list[Any] = []
    trainer = trained("reader", make_base(tmp_path / "base"), tmp_path, heard.append)
    assert heard[-1].losses["span_loss"] < heard[0].losses["span_loss"] / 2
    assert heard[-1].n_tokens <= OPTIONS["reader"].n_tokens + 8 * 32
    trainer.export(tmp_path / "weights.safetensors")
    kept = load_file(str(tmp_path / "weights.safetensors"))
    assert {"span.weight", "relevance.bias", "embeddings.word_embeddings.weight"} <= kept.keys()
    assert "encoder.layer.1.output.dense.weight" in kept

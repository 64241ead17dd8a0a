"""A tiny embedder: pairs come together, and as much of the base is left as was asked for."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from tests.training.tiny_tasks import OPTIONS, make_base, pairs, trained

from whence.errors import UsageError
from whence.training.options import EmbedderTraining

torch = pytest.importorskip("torch", reason="the extra for training is not installed")
pytest.importorskip("transformers", reason="the extra for training is not installed")

pytestmark = pytest.mark.torch

EMBEDDER = cast(EmbedderTraining, OPTIONS["embedder"])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


def test_the_loss_falls_and_pairs_come_together(base: Path, tmp_path: Path) -> None:
    from whence.backends.torch_embedder import vectors

    heard: list[Any] = []
    trainer = trained("embedder", base, tmp_path, heard.append)
    assert heard[-1].losses["loss"] < heard[0].losses["loss"] / 2
    assert heard[-1].losses["first_share"] > 0.9 > heard[0].losses["first_share"]
    one_each = pairs()[:16]
    asked = vectors(trainer.apply, trainer.network, [pair.question for pair in one_each])
    rows = asked @ vectors(trainer.apply, trainer.network, [pair.passage for pair in one_each]).T
    assert (rows.argmax(axis=1) == np.arange(16)).mean() > 0.9


def test_the_exported_share_lies_between_the_base_and_what_was_learned(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    trainer = trained("embedder", base, tmp_path, lambda _: None, replace(EMBEDDER, n_tokens=2_000))
    learned = {name: value.clone() for name, value in trainer.task.weights().items()}
    exported = {}
    for share in (0.0, 0.5, 1.0):
        trainer.task.take(learned)
        trainer.task.options = replace(trainer.task.options, kept_share=share)
        trainer.task.give_back()
        trainer.export(tmp_path / "weights.safetensors")
        exported[share] = load_file(str(tmp_path / "weights.safetensors"))
    before = load_file(str(base / "model.safetensors"))
    name = "encoder.layer.1.output.dense.weight"
    assert torch.equal(exported[0.0][name], before[name])
    assert torch.equal(exported[1.0][name], learned[name])
    assert torch.allclose(exported[0.5][name], (exported[0.0][name] + exported[1.0][name]) / 2, atol=1e-6)
    assert not torch.equal(exported[0.0][name], exported[1.0][name])


def test_a_loss_of_right_pairs_is_less_than_of_wrong_ones() -> None:
    from whence.backends.torch_embedder import contrastive_loss

    rows = torch.eye(4)
    assert float(contrastive_loss(rows, rows, 0.05)) < 1e-3
    assert float(contrastive_loss(rows, rows.roll(1, 0), 0.05)) > 10
    # The last two dimensions tell nothing apart where only the first two count.
    halved = contrastive_loss(rows, rows, 0.05, (4, 2))
    assert float(contrastive_loss(rows, rows, 0.05)) < float(halved)


def test_without_an_anchor_nothing_is_computed_twice(base: Path, tmp_path: Path) -> None:
    heard: list[Any] = []
    trainer = trained("embedder", base, tmp_path, heard.append, replace(EMBEDDER, n_tokens=3_000, anchor_weight=0.0))
    assert trainer.task.anchor is None
    assert {progress.losses["anchor_loss"] for progress in heard} == {0.0}


def test_too_few_unlike_pairs_are_refused_in_words(base: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to train on"):
        trained("embedder", base, tmp_path, lambda _: None, replace(EMBEDDER, batch_pairs=20))

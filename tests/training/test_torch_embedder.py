"""The embedder's loop on a tiny model made on the spot: pairs come together, and a cut run ends like a whole one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whence.errors import UsageError
from whence.training.embedding_examples import EncodedPair
from whence.training.options import EmbedderTraining

torch = pytest.importorskip("torch", reason="the extra for training is not installed")
pytest.importorskip("transformers", reason="the extra for training is not installed")

OPTIONS = EmbedderTraining(
    n_tokens=24_000,
    batch_pairs=8,
    learning_rate=3e-3,
    anchor_weight=0.05,
    sizes=(32, 8),
    bf16=False,
    compile=False,
    checkpoint_every_s=1e9,
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    folder = tmp_path_factory.mktemp("base")
    BertModel(BertConfig(vocab_size=64, max_position_embeddings=64, **sizes), add_pooling_layer=False).save_pretrained(
        folder
    )
    return folder


def pairs() -> list[EncodedPair]:
    """Token n of the question stands for token n + 30 of the passage, among tokens that mean nothing."""
    chance = np.random.default_rng(5)
    return [
        EncodedPair(
            question=np.array([1, 4 + n % 16, 2], np.int64),
            passage=np.array([1, *chance.integers(52, 60, 3), 34 + n % 16, *chance.integers(52, 60, 2), 2], np.int64),
            source="one",
            asked=n % 16,
            group=n % 16,
        )
        for n in range(96)
    ]


def trained(base: Path, folder: Path, told: Callable[[Any], None], options: EmbedderTraining = OPTIONS) -> Any:
    from whence.backends.torch_embedder import EmbedderTrainer

    trainer = EmbedderTrainer(base, folder, options, data_digest="test", n_threads=1)
    trainer.resume()
    trainer.run(pairs(), told, report_every=5)
    return trainer


def test_the_loss_falls_and_pairs_come_together(base: Path, tmp_path: Path) -> None:
    heard: list[Any] = []
    trainer = trained(base, tmp_path, heard.append)
    assert heard[-1].loss < heard[0].loss / 2
    assert heard[-1].first_share > 0.9 > heard[0].first_share
    one_each = pairs()[:16]
    rows = trainer.vectors([pair.question for pair in one_each]) @ trainer.vectors([p.passage for p in one_each]).T
    assert (rows.argmax(axis=1) == np.arange(16)).mean() > 0.9


def test_a_run_that_was_cut_ends_with_the_same_weights(base: Path, tmp_path: Path) -> None:
    class Cut(Exception):
        pass

    whole = trained(base, tmp_path / "whole", lambda _: None)

    def cut(progress: Any) -> None:
        if progress.step >= 25:
            raise Cut

    often = replace(OPTIONS, checkpoint_every_s=0.0)
    with pytest.raises(Cut):
        trained(base, tmp_path / "cut", cut, often)
    resumed = trained(base, tmp_path / "cut", lambda _: None, often)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name


def test_the_exported_share_lies_between_the_base_and_what_was_learned(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    trainer = trained(base, tmp_path, lambda _: None, replace(OPTIONS, n_tokens=2_000))
    exported = {}
    for share in (0.0, 0.5, 1.0):
        trainer.options = replace(trainer.options, kept_share=share)
        trainer.export(tmp_path / "weights.safetensors")
        exported[share] = load_file(str(tmp_path / "weights.safetensors"))
    before = load_file(str(base / "model.safetensors"))
    name = "encoder.layer.1.output.dense.weight"
    assert torch.equal(exported[0.0][name], before[name])
    assert torch.equal(exported[1.0][name], trainer.network.encoder.state_dict()[name])
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
    trainer = trained(base, tmp_path, heard.append, replace(OPTIONS, n_tokens=3_000, anchor_weight=0.0))
    assert trainer.anchor is None
    assert {progress.anchor_loss for progress in heard} == {0.0}


def test_a_checkpoint_of_other_settings_or_broken_is_refused(base: Path, tmp_path: Path) -> None:
    from whence.backends.torch_embedder import EmbedderTrainer

    trained(base, tmp_path, lambda _: None, replace(OPTIONS, n_tokens=1_000))
    with pytest.raises(UsageError, match="other settings or data"):
        EmbedderTrainer(base, tmp_path, OPTIONS, data_digest="test", n_threads=1).resume()
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(UsageError, match="cannot be read"):
        EmbedderTrainer(base, tmp_path, OPTIONS, data_digest="test", n_threads=1).resume()


def test_too_few_unlike_pairs_are_refused_in_words(base: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to train on"):
        trained(base, tmp_path, lambda _: None, replace(OPTIONS, batch_pairs=20))

"""The training loop on a tiny model made on the spot: the loss falls, and a run that was cut ends like a whole one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whence.errors import UsageError
from whence.training.options import ReaderTraining
from whence.training.reading_examples import Encoded

torch = pytest.importorskip("torch", reason="the extra for training is not installed")
pytest.importorskip("transformers", reason="the extra for training is not installed")

OPTIONS = ReaderTraining(
    n_tokens=16_000,
    batch_examples=8,
    learning_rate=3e-3,
    dropout=0.1,
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


def examples() -> list[Encoded]:
    """The answer is the token 9, wherever it stands; where there is none, nothing answers."""
    chance = np.random.default_rng(5)
    made = []
    for n in range(64):
        passage = chance.integers(20, 60, 12)
        place = int(chance.integers(0, 12))
        if n % 4:
            passage[place] = 9
        ids = np.array([1, 5, 6, 2, *passage, 2], np.int64)
        made.append(Encoded(ids=ids, n_head=4, start=place + 4 if n % 4 else 0, end=place + 4 if n % 4 else 0))
    return made


def trained(base: Path, folder: Path, told: Callable[[Any], None], options: ReaderTraining = OPTIONS) -> Any:
    from whence.backends.torch_reader import ReaderTrainer

    trainer = ReaderTrainer(base, folder, options, data_digest="test", n_threads=1)
    trainer.resume()
    trainer.run(examples(), told, report_every=5)
    return trainer


def test_the_loss_falls_and_the_file_holds_the_weights(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    heard: list[Any] = []
    trainer = trained(base, tmp_path, heard.append)
    assert heard[-1].span_loss < heard[0].span_loss / 2
    assert heard[-1].n_tokens <= OPTIONS.n_tokens + 8 * 32
    trainer.export(tmp_path / "weights.safetensors")
    kept = load_file(str(tmp_path / "weights.safetensors"))
    assert {"span.weight", "relevance.bias", "embeddings.word_embeddings.weight"} <= kept.keys()
    assert "encoder.layer.1.output.dense.weight" in kept


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


def test_a_checkpoint_of_other_settings_or_broken_is_refused(base: Path, tmp_path: Path) -> None:
    from whence.backends.torch_reader import ReaderTrainer

    trained(base, tmp_path, lambda _: None, replace(OPTIONS, n_tokens=2_000))
    with pytest.raises(UsageError, match="other settings or data"):
        ReaderTrainer(base, tmp_path, OPTIONS, data_digest="test").resume()
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(UsageError, match="cannot be read"):
        ReaderTrainer(base, tmp_path, OPTIONS, data_digest="test").resume()

"""The training loop on a tiny model made on the spot: the loss falls, and a run that was cut ends like a whole one."""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whence.errors import DiskFullError, ModelError, UsageError
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

SHORT = replace(OPTIONS, n_tokens=1_500, dropout=0.0, warmup_share=0.5)
"""A few steps: later, rounding has grown."""


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


def test_a_run_ends_when_the_held_out_part_gains_no_more_and_keeps_the_best_weights(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    from whence.backends.torch_reader import ReaderTrainer

    chance = np.random.default_rng(9)
    other = [replace(row, start=(place := int(chance.integers(4, 16))), end=place) for row in examples()[:16]]
    options = replace(OPTIONS, n_evaluations=16, patience=2)
    heard: list[Any] = []
    trainer = ReaderTrainer(base, tmp_path, options, data_digest="test", n_threads=1)
    trainer.run(examples(), heard.append, held_out=other, report_every=1)
    assert trainer.n_tokens < options.n_tokens
    assert heard[-1].n_worse == 2
    losses = [row.held_out_loss for row in heard if row.held_out_loss is not None]
    assert trainer.lowest == pytest.approx(min(losses))
    kept = load_file(str(trainer.best))
    last = trainer.network.state_dict()
    assert not torch.equal(kept["span.weight"], last["span.weight"])
    trainer.network.load_state_dict(
        {n if n.startswith(("span", "rel")) else f"encoder.{n}": v for n, v in kept.items()}
    )
    assert trainer.loss(other) == pytest.approx(trainer.lowest)
    again = ReaderTrainer(base, tmp_path, options, data_digest="test", n_threads=1)
    assert again.resume()
    again.run(examples(), heard.append, held_out=other)
    assert (again.step, again.lowest) == (trainer.step, trainer.lowest)


def test_a_full_disk_ends_the_run_and_leaves_the_earlier_checkpoint(base: Path, tmp_path: Path) -> None:
    from whence.backends.torch_reader import ReaderTrainer

    trainer = ReaderTrainer(base, tmp_path, OPTIONS, data_digest="test", n_threads=1)
    trainer.save()
    before = trainer.checkpoint.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    earlier = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(DiskFullError, match="make room"):
            trainer.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, earlier)
    assert trainer.checkpoint.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_base_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    from whence.backends.torch_reader import ReaderTrainer

    with pytest.raises(ModelError, match="no encoder to begin from"):
        ReaderTrainer(tmp_path, tmp_path / "out", OPTIONS, data_digest="test", n_threads=1)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not find_spec("accelerate"), reason="the extra for training is not installed")
def test_two_processes_take_the_steps_of_one_that_accumulates(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    from whence.backends.torch_reader import ReaderTrainer

    options = replace(SHORT, accumulate=2)
    alone = ReaderTrainer(base, tmp_path, options, data_digest="test", n_threads=1)
    alone.run(examples(), lambda _: None)
    script = Path(__file__).with_name("two_processes.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    done = subprocess.run([*command, str(base), str(tmp_path / "two")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(alone.step), str(alone.n_tokens)]
    together = load_file(str(tmp_path / "two" / "weights.safetensors"))
    own = alone.network.state_dict()
    for name in ("span.weight", "relevance.weight"):
        torch.testing.assert_close(together[name], own[name], atol=1e-5, rtol=1e-3)

"""The one loop, with each kind of model: cut runs end like whole ones, a held-out part ends them, disks may be full."""

import resource
import signal
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.training.tiny_tasks import MATERIAL, OPTIONS, SHORT, make_base, trained, trainer_of

from whence.errors import DiskFullError, ModelError, UsageError

torch = pytest.importorskip("torch", reason="the extra for training is not installed")
pytest.importorskip("transformers", reason="the extra for training is not installed")

pytestmark = pytest.mark.torch

KINDS = pytest.mark.parametrize("kind", ["reader", "embedder"])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


@KINDS
def test_a_run_that_was_cut_ends_with_the_same_weights(kind: str, base: Path, tmp_path: Path) -> None:
    class Cut(Exception):
        pass

    whole = trained(kind, base, tmp_path / "whole", lambda _: None)

    def cut(progress: Any) -> None:
        if progress.step >= 25:
            raise Cut

    often = replace(OPTIONS[kind], checkpoint_every_s=0.0)
    with pytest.raises(Cut):
        trained(kind, base, tmp_path / "cut", cut, often)
    resumed = trained(kind, base, tmp_path / "cut", lambda _: None, often)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name


@KINDS
def test_a_checkpoint_of_other_settings_or_broken_is_refused(kind: str, base: Path, tmp_path: Path) -> None:
    trained(kind, base, tmp_path, lambda _: None, replace(OPTIONS[kind], n_tokens=1_000))
    with pytest.raises(UsageError, match="other settings or data"):
        trainer_of(kind, base, tmp_path).resume()
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(UsageError, match="cannot be read"):
        trainer_of(kind, base, tmp_path).resume()


@KINDS
def test_a_run_ends_when_the_held_out_part_gains_no_more_and_keeps_the_best_weights(
    kind: str, base: Path, tmp_path: Path
) -> None:
    other = MATERIAL[kind][1]()
    options = replace(OPTIONS[kind], n_evaluations=16, patience=2)
    heard: list[Any] = []
    trainer = trainer_of(kind, base, tmp_path, options, other)
    trainer.run(heard.append, report_every=1)
    assert trainer.n_tokens < options.n_tokens
    assert heard[-1].n_worse == 2
    losses = [row.held_out_loss for row in heard if row.held_out_loss is not None]
    assert trainer.lowest == pytest.approx(min(losses))
    last = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    trainer.take_best()
    assert any(not torch.equal(value, last[name]) for name, value in trainer.network.state_dict().items())
    assert trainer.held_out_loss() == pytest.approx(trainer.lowest)
    again = trainer_of(kind, base, tmp_path, options, other)
    assert again.resume()
    again.run(heard.append)
    assert (again.step, again.lowest) == (trainer.step, trainer.lowest)


def test_a_full_disk_ends_the_run_and_leaves_the_earlier_checkpoint(base: Path, tmp_path: Path) -> None:
    trainer = trainer_of("reader", base, tmp_path)
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
    with pytest.raises(ModelError, match="holds no published model"):
        trainer_of("reader", tmp_path, tmp_path / "out")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not find_spec("accelerate"), reason="the extra for training is not installed")
@KINDS
def test_two_processes_take_the_steps_of_one_that_accumulates(kind: str, base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    alone = trainer_of(kind, base, tmp_path, replace(SHORT[kind], accumulate=2))
    alone.run(lambda _: None)
    script = Path(__file__).with_name("two_processes.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    done = subprocess.run(
        [*command, kind, str(base), str(tmp_path / "two")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(alone.step), str(alone.n_tokens)]
    together = load_file(str(tmp_path / "two" / "weights.safetensors"))
    own = alone.task.weights()
    names = ("span.weight", "relevance.weight") if kind == "reader" else ("embeddings.word_embeddings.weight",)
    for name in names:
        torch.testing.assert_close(together[name], own[name], atol=1e-5, rtol=1e-3)

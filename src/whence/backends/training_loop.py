"""Trains a network with torch: steps, schedule, held-out part, checkpoints, several devices, whatever is learned.

What is learned is a ``Task``: a network, its batches, and how wrong it is on one. Checkpoints hold all that a resumed
run needs to end with the weights of an uninterrupted one. Extra ``train``.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from whence.backends.accelerate_devices import Devices
from whence.backends.published_encoder import read_encoder, read_weights
from whence.errors import DiskFullError, ModelError, UsageError
from whence.training.options import MAY_CHANGE, TrainingOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProgress:
    """Where a run stands: ``losses`` are means since the last report, by the task's names; ``rate`` is tokens per
    second of all processes. ``held_out_loss`` is the last one measured, and ``n_worse`` how many in a row were no
    lower than the lowest.
    """

    step: int
    n_tokens: int
    wanted_tokens: int
    losses: Mapping[str, float]
    learning_rate: float
    rate: float
    held_out_loss: float | None = None
    n_worse: int = 0


Told = Callable[[TrainingProgress], None]
Apply = Callable[..., Any]
"""(network, arrays...) to what the network makes of them, on the device and in the precision of the run."""


class TaskBatch(Protocol):
    """What one backward pass is made from."""

    @property
    def n_tokens(self) -> int:
        """Tokens that are computed, padding included."""


class Task(Protocol):
    """What a network is taught. Members: ``torch_reader.ReaderTask``, ``torch_embedder.EmbedderTask``."""

    network: nn.Module

    @property
    def measures(self) -> Sequence[str]:
        """What the second part of ``loss`` is called, in its order."""

    @property
    def has_held_out(self) -> bool:
        """Whether a part is kept out that can tell when to stop."""

    @property
    def too_few(self) -> str:
        """What is said where not one batch can be made."""

    def batches(self, epoch: int) -> Iterator[Any]:
        """``TaskBatch``es of one epoch, always the same for the same number."""

    def loss(self, apply: Apply, network: Any, batch: Any) -> tuple[Tensor, Sequence[Tensor]]:
        """What is made smaller, and what is reported; ``network`` is the task's own, made ready to train."""

    def held_out_loss(self, apply: Apply) -> float:
        """Mean over the part that is kept out, without gradients."""

    def weights(self) -> dict[str, Tensor]:
        """The float32 weights as they are, under published names."""

    def take(self, weights: dict[str, Tensor]) -> None:
        """Puts what ``weights`` gave back in place. Raises ``RuntimeError`` where it does not fit."""


class Trainer:
    """One run, from what the task begins with or from a checkpoint in ``folder``.

    ``make_task`` is called with the device, after the seed is set.
    """

    def __init__(
        self,
        make_task: Callable[[torch.device], Task],
        folder: Path,
        options: TrainingOptions,
        *,
        data_digest: str,
        n_threads: int = 2,
        devices: Devices | None = None,
    ) -> None:
        torch.set_num_threads(n_threads)
        torch.manual_seed(options.seed)
        self.devices = devices or Devices()
        own = f"cuda:{self.devices.rank % max(torch.cuda.device_count(), 1)}"
        self.device = torch.device(own if torch.cuda.is_available() else "cpu")
        self.options = options
        self.folder = folder
        self.data_digest = data_digest
        self.task = make_task(self.device)
        self.network = self.task.network
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": options.weight_decay}, {"params": plain, "weight_decay": 0.0}],
            lr=options.learning_rate,
            fused=True,
        )
        self.step = self.n_tokens = self.epoch = self.n_batches = 0
        self.lowest, self.n_worse, self.n_evaluated = inf, 0, 0

    @property
    def checkpoint(self) -> Path:
        """The one file that a run goes on from."""
        return self.folder / "checkpoint.pt"

    @property
    def best(self) -> Path:
        """The weights with the lowest loss of the held-out part so far."""
        return self.folder / "best.safetensors"

    def apply(self, network: Any, *given: Any) -> Any:
        """See ``Apply``."""
        tensors = (torch.from_numpy(one).to(self.device) for one in given)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bf16):
            return network(*tensors)

    def save(self) -> None:
        """Writes the checkpoint so that a crash leaves the old or the new one. Raises ``DiskFullError``."""
        if not self.devices.is_first:
            return
        kept = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "place": (self.step, self.n_tokens, self.epoch, self.n_batches),
            "held_out": (self.lowest, self.n_worse, self.n_evaluated),
            "random": torch.get_rng_state(),
            "options": self._fixed(),
            "data": self.data_digest,
        }
        put(self.checkpoint, lambda part: torch.save(kept, part))

    def _fixed(self) -> dict[str, Any]:
        """What may not change within a run, the number of processes included, as they share the batches."""
        kept = asdict(self.options) | {"n_devices": self.devices.n}
        return {name: value for name, value in kept.items() if name not in MAY_CHANGE}

    def resume(self) -> bool:
        """Goes on from the checkpoint, if there is one. Raises ``UsageError`` where it is of another run or broken."""
        if not self.checkpoint.is_file():
            return False
        try:
            kept = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
            if (kept["options"], kept["data"]) != (self._fixed(), self.data_digest):
                raise UsageError(
                    f"The checkpoint in {self.folder} is of other settings or data: remove it, or choose another."
                )
            self.network.load_state_dict(kept["network"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.step, self.n_tokens, self.epoch, self.n_batches = kept["place"]
            self.lowest, self.n_worse, self.n_evaluated = kept["held_out"]
            torch.set_rng_state(kept["random"].cpu())
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(
                f"The checkpoint in {self.folder} cannot be read ({error}): remove it to begin anew."
            ) from error
        return True

    def run(self, told: Told, *, report_every: int = 20) -> None:
        """Trains until the budget of tokens is used, or the held-out part is read no better; tells every
        ``report_every`` steps. Raises ``DiskFullError``; the earlier checkpoint is then still there."""
        spread = self.devices.spread(self.network)
        network: Any = torch.compile(spread, dynamic=True) if self.options.compile else spread
        self.network.train()
        began, since_tokens = time.perf_counter(), self.n_tokens
        saved = began
        sums, n_summed, held_out = np.zeros(len(self.task.measures)), 0, None
        for round_ in self._rest() if not self._has_ended() else ():
            is_last = self._begin_batch()
            with nullcontext() if is_last else self.devices.without_averaging(spread):
                sums += self._backward(network, round_[self.devices.rank])
            n_summed += 1
            self.n_tokens += sum(batch.n_tokens for batch in round_)
            self.n_batches += len(round_)
            if not is_last:
                continue
            self._step()
            now = time.perf_counter()
            if self._is_due():
                held_out = self._evaluate()
            if self.step % report_every == 0 and n_summed >= report_every:
                told(self._progress(sums / n_summed, (self.n_tokens - since_tokens) / (now - began), held_out))
                sums, n_summed = np.zeros_like(sums), 0
            if self._has_ended():
                break
            if now - saved > self.options.checkpoint_every_s:
                self.save()
                saved = now
        if self.task.has_held_out and self.n_evaluated < self.options.n_evaluations and not self._has_ended():
            self.n_evaluated = self.options.n_evaluations - 1
            self._evaluate()
        self.save()
        self.devices.wait()

    def _begin_batch(self) -> bool:
        """Sets the rate at a step's first batch: a step has one, however many it takes. Whether it is the last one."""
        n_rounds, n = self.n_batches // self.devices.n, self.options.accumulate
        if n_rounds % n == 0:
            for group in self.optimizer.param_groups:
                group["lr"] = self._rate()
        return (n_rounds + 1) % n == 0

    def _backward(self, network: Any, batch: Any) -> list[float]:
        total, told = self.task.loss(self.apply, network, batch)
        (total / self.options.accumulate).backward()
        return [float(value.detach()) for value in told]

    def _step(self) -> None:
        nn.utils.clip_grad_norm_(self.network.parameters(), self.options.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1

    def _progress(self, means: Any, rate: float, held_out_loss: float | None) -> TrainingProgress:
        return TrainingProgress(
            step=self.step,
            n_tokens=self.n_tokens,
            wanted_tokens=self.options.n_tokens,
            losses=dict(zip(self.task.measures, map(float, means), strict=True)),
            learning_rate=self._rate(),
            rate=rate,
            held_out_loss=held_out_loss,
            n_worse=self.n_worse,
        )

    def _has_ended(self) -> bool:
        """Whether the held-out part was read no better too often."""
        return self.task.has_held_out and 0 < self.options.patience <= self.n_worse

    def _is_due(self) -> bool:
        """Whether a further part of the budget is used up."""
        n = self.options.n_evaluations
        return self.task.has_held_out and self.n_evaluated < min(n, self.n_tokens * n // self.options.n_tokens)

    def held_out_loss(self) -> float:
        """The loss of the held-out part, without gradients and without dropout."""
        self.network.eval()
        with torch.inference_mode():
            loss = self.task.held_out_loss(self.apply)
        self.network.train()
        return loss

    def _evaluate(self) -> float:
        """Measures the held-out part, keeps the weights if they are the best, and saves where the run stands."""
        loss = self.devices.agreed(self.held_out_loss())
        self.n_evaluated += 1
        if loss < self.lowest:
            self.lowest, self.n_worse = loss, 0
            if self.devices.is_first:
                self.export(self.best)
        else:
            self.n_worse += 1
        self.save()
        return loss

    def _rest(self) -> Iterator[tuple[Any, ...]]:
        """From where the run stands to the end of its budget, one batch for each process at a time."""
        while self.n_tokens < self.options.n_tokens:
            skip, n_before = self.n_batches, self.n_tokens
            rounds = self.devices.rounds(self.task.batches(self.epoch))
            for round_ in islice(rounds, skip // self.devices.n, None):
                if self.n_tokens >= self.options.n_tokens:
                    return
                yield round_
            self.epoch, self.n_batches = self.epoch + 1, 0
            if self.n_tokens == n_before and skip == 0:
                raise UsageError(f"{self.task.too_few}: there is nothing to train on.")

    def _rate(self) -> float:
        """Linear up over the warm-up's share of the budget, then linear down to zero."""
        share = self.n_tokens / self.options.n_tokens
        warmup = self.options.warmup_share
        return self.options.learning_rate * max(0.0, share / warmup if share < warmup else (1 - share) / (1 - warmup))

    def export(self, path: Path) -> None:
        """Writes the weights alone, float32, under published names. Raises ``DiskFullError``; what was there stays."""
        put(path, lambda part: save_file(self.task.weights(), str(part)))

    def take_best(self) -> None:
        """Puts the weights in place that read the held-out part best, where it was measured: to export and score."""
        if self.best.is_file():
            self.task.take(load_file(str(self.best)))


def put(path: Path, write: Callable[[Path], object]) -> None:
    """Has a file written beside its place and moved there whole. Raises ``DiskFullError``."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        part.replace(path)
    except Exception as error:  # The libraries tell of a full disk in errors of their own.
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        with suppress(OSError):
            if shutil.disk_usage(path.parent).free < 1_000_000:
                reason = "the disk is full"
            part.unlink(missing_ok=True)
        raise DiskFullError(
            f"{path} cannot be written ({reason}): make room; the same command goes on, with --resume if it had begun."
        ) from error


def begun_encoder(base: Path, dropout: float = 0.0) -> BertModel:
    """The published BERT encoder in ``base``, to train on; its pooling is the caller's. Raises ``ModelError``."""
    held = read_weights(read_encoder(base, "mean"))
    # Plain attention: on a CPU, the fused one takes 2.5 times as long to go back through.
    config = BertConfig.from_pretrained(str(base), attn_implementation="eager")
    encoder = BertModel(config, add_pooling_layer=False)
    weights = {name: torch.from_numpy(value) for name, value in held.items()}
    if missing := encoder.load_state_dict(weights, strict=False).missing_keys:
        raise ModelError(f"The weights in {base} have no {missing[0]}: they do not fit config.json.")
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = dropout
    return encoder

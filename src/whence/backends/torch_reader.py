"""Trains the reader with torch and transformers: one encoder, a head for spans and a head for relevance.

Extra ``train``. Checkpoints hold all that a resumed run needs to end with the weights of an uninterrupted one.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel
from transformers.utils import logging as quieten

from whence.backends.accelerate_devices import Devices
from whence.errors import DiskFullError, ModelError, UsageError
from whence.training.options import ReaderTraining
from whence.training.reading_examples import UNKNOWN, Batch, Encoded, batches, pad


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProgress:
    """Where a run stands: losses are means since the last report, ``rate`` is tokens per second of all processes.

    ``held_out_loss`` is the last one measured, and ``n_worse`` how many in a row were no lower than the lowest.
    """

    step: int
    n_tokens: int
    wanted_tokens: int
    span_loss: float
    relevance_loss: float
    learning_rate: float
    rate: float
    held_out_loss: float | None = None
    n_worse: int = 0


Told = Callable[[TrainingProgress], None]


class ReaderNetwork(nn.Module):
    """Token states of question and passage; two logits a token for start and end, one a pair for relevance."""

    def __init__(self, base: Path, dropout: float) -> None:
        super().__init__()
        quieten.set_verbosity_error()
        quieten.disable_progress_bar()
        try:
            self.encoder = BertModel.from_pretrained(str(base), add_pooling_layer=False, attn_implementation="eager")
        except Exception as error:  # The library raises what its own libraries raise.
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise ModelError(f"There is no encoder to begin from in {base}: {reason}") from error
        for module in self.encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = dropout
        width = int(self.encoder.config.hidden_size)
        self.span = nn.Linear(width, 2)
        self.relevance = nn.Linear(width, 1)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Span logits (n, tokens, 2), with padding and question out of reach, and relevance logits (n,)."""
        states = self.encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        spans = self.span(states).float()
        allowed = types.bool()
        allowed = torch.cat([torch.ones_like(allowed[:, :1]), allowed[:, 1:]], dim=1)  # [CLS] is "no answer"
        spans = spans.masked_fill(~allowed[..., None], -1e4)
        return spans, self.relevance(states[:, 0]).float()[:, 0]


def put(path: Path, write: Callable[[Path], object]) -> None:
    """Has a file written beside its place and moved there whole. Raises ``DiskFullError``."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        part.replace(path)
    except Exception as error:  # The libraries tell of a full disk in errors of their own.
        with suppress(OSError):
            part.unlink(missing_ok=True)
        reason = (getattr(error, "strerror", None) or str(error)).splitlines()[0]
        raise DiskFullError(f"{path} cannot be written ({reason}): make room; the same command goes on.") from error


def losses(spans: Tensor, relevance: Tensor, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy of start and end over known places, and binary cross-entropy of relevance over all."""
    known = 2 * (start != UNKNOWN).sum().clamp(min=1)
    first = functional.cross_entropy(spans[..., 0], start, ignore_index=UNKNOWN, reduction="sum")
    last = functional.cross_entropy(spans[..., 1], end, ignore_index=UNKNOWN, reduction="sum")
    return (first + last) / known, functional.binary_cross_entropy_with_logits(relevance, (start != 0).float())


class ReaderTrainer:
    """One run: from the base, from the ``weights`` of an earlier reader, or from a checkpoint in ``folder``."""

    def __init__(
        self,
        base: Path,
        folder: Path,
        options: ReaderTraining,
        *,
        data_digest: str,
        weights: Path | None = None,
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
        self.network = ReaderNetwork(base, options.dropout).to(self.device)
        if weights is not None:
            self._begin_from(weights)
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": options.weight_decay}, {"params": plain, "weight_decay": 0.0}],
            lr=options.learning_rate,
            fused=True,
        )
        self.step = self.n_tokens = self.epoch = self.n_batches = 0
        self.lowest, self.n_worse, self.n_evaluated = inf, 0, 0

    def _begin_from(self, weights: Path) -> None:
        """Takes encoder and heads from what ``export`` wrote, in place of new heads on the base's encoder."""
        heads = ("span.", "relevance.")
        try:
            kept = {n if n.startswith(heads) else f"encoder.{n}": value for n, value in load_file(str(weights)).items()}
            self.network.load_state_dict(kept)
        except Exception as error:
            raise UsageError(f"The weights in {weights} are not those of a reader: {error}.") from error

    @property
    def checkpoint(self) -> Path:
        """The one file that a run goes on from."""
        return self.folder / "checkpoint.pt"

    @property
    def best(self) -> Path:
        """The weights with the lowest loss of the held-out part so far."""
        return self.folder / "best.safetensors"

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
        return {name: value for name, value in kept.items() if name != "checkpoint_every_s"}

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

    def run(
        self, encoded: list[Encoded], told: Told, *, held_out: Sequence[Encoded] = (), report_every: int = 20
    ) -> None:
        """Trains until the budget of tokens is used, or ``held_out`` is read no better; tells every ``report_every``
        steps. Raises ``DiskFullError``; the earlier checkpoint is then still there."""
        options = self.options
        spread = self.devices.spread(self.network)
        network: Any = torch.compile(spread, dynamic=True) if options.compile else spread
        self.network.train()
        began, since_tokens = time.perf_counter(), self.n_tokens
        saved = began
        sums, n_summed, loss = np.zeros(2), 0, None
        for round_ in self._rest(encoded) if not self._has_ended(held_out) else ():
            n_rounds = self.n_batches // self.devices.n
            if n_rounds % options.accumulate == 0:  # a step has one rate, however many batches it has
                for group in self.optimizer.param_groups:
                    group["lr"] = self._rate()
            is_last = (n_rounds + 1) % options.accumulate == 0
            with nullcontext() if is_last else self.devices.without_averaging(spread):
                sums += self._backward(network, round_[self.devices.rank])
            n_summed += 1
            self.n_tokens += sum(batch.n_tokens for batch in round_)
            self.n_batches += len(round_)
            if not is_last:
                continue
            nn.utils.clip_grad_norm_(self.network.parameters(), options.clip_norm)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.step += 1
            now = time.perf_counter()
            if self._is_due(held_out):
                loss = self._evaluate(held_out)
            if self.step % report_every == 0 and n_summed >= report_every:
                span, relevance = sums / n_summed
                told(
                    self._progress(float(span), float(relevance), (self.n_tokens - since_tokens) / (now - began), loss)
                )
                sums, n_summed = np.zeros(2), 0
            if self._has_ended(held_out):
                break
            if now - saved > options.checkpoint_every_s:
                self.save()
                saved = now
        if held_out and self.n_evaluated < options.n_evaluations and not self._has_ended(held_out):
            self.n_evaluated = options.n_evaluations - 1
            self._evaluate(held_out)
        self.save()
        self.devices.wait()

    def _progress(self, span: float, relevance: float, rate: float, held_out_loss: float | None) -> TrainingProgress:
        return TrainingProgress(
            step=self.step,
            n_tokens=self.n_tokens,
            wanted_tokens=self.options.n_tokens,
            span_loss=span,
            relevance_loss=relevance,
            learning_rate=self._rate(),
            rate=rate,
            held_out_loss=held_out_loss,
            n_worse=self.n_worse,
        )

    def _has_ended(self, held_out: Sequence[Encoded]) -> bool:
        """Whether the held-out part was read no better too often."""
        return bool(held_out) and 0 < self.options.patience <= self.n_worse

    def _is_due(self, held_out: Sequence[Encoded]) -> bool:
        """Whether a further part of the budget is used up."""
        n = self.options.n_evaluations
        return bool(held_out) and self.n_evaluated < min(n, self.n_tokens * n // self.options.n_tokens)

    def _evaluate(self, held_out: Sequence[Encoded]) -> float:
        """Measures the held-out part, keeps the weights if they are the best, and saves where the run stands."""
        loss = self.devices.agreed(self.loss(held_out))
        self.n_evaluated += 1
        if loss < self.lowest:
            self.lowest, self.n_worse = loss, 0
            if self.devices.is_first:
                self.export(self.best)
        else:
            self.n_worse += 1
        self.save()
        return loss

    def loss(self, encoded: Sequence[Encoded]) -> float:
        """Mean loss an example, spans and relevance together, without gradients and without dropout."""
        self.network.eval()
        total, size = 0.0, self.options.batch_examples
        rows = sorted(encoded, key=lambda row: len(row.ids))
        with torch.inference_mode():
            for at in range(0, len(rows), size):
                batch = pad(rows[at : at + size])
                total += float(self._loss(self.network, batch)[0]) * len(batch.start)
        self.network.train()
        return total / len(rows)

    def _rest(self, encoded: list[Encoded]) -> Iterator[tuple[Batch, ...]]:
        """From where the run stands to the end of its budget, one batch for each process at a time."""
        while self.n_tokens < self.options.n_tokens:
            skip, n_before = self.n_batches, self.n_tokens
            rounds = self.devices.rounds(batches(encoded, self.options, self.epoch))
            for round_ in islice(rounds, skip // self.devices.n, None):
                if self.n_tokens >= self.options.n_tokens:
                    return
                yield round_
            self.epoch, self.n_batches = self.epoch + 1, 0
            if self.n_tokens == n_before and skip == 0:
                least = self.options.batch_examples * self.devices.n
                raise UsageError(f"There are fewer than {least} examples: nothing to train on.")

    def _loss(self, network: Any, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """What is made smaller, and its two parts."""
        ids, types, mask, start, end = (
            torch.from_numpy(part).to(self.device)
            for part in (batch.ids, batch.types, batch.mask, batch.start, batch.end)
        )
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bf16):
            spans, relevant = network(ids, types, mask)
        span, relevance = losses(spans, relevant, start, end)
        return span + self.options.relevance_weight * relevance, span, relevance

    def _backward(self, network: Any, batch: Batch) -> tuple[float, float]:
        total, span, relevance = self._loss(network, batch)
        (total / self.options.accumulate).backward()
        return float(span.detach()), float(relevance.detach())

    def _rate(self) -> float:
        """Linear up over the warm-up's share of the budget, then linear down to zero."""
        share = self.n_tokens / self.options.n_tokens
        warmup = self.options.warmup_share
        return self.options.learning_rate * max(0.0, share / warmup if share < warmup else (1 - share) / (1 - warmup))

    def export(self, path: Path) -> None:
        """Writes the weights alone, float32, under the encoder's published names and ``span``, ``relevance``.

        Raises ``DiskFullError``; what was there before stays.
        """
        tensors = {
            name.removeprefix("encoder."): value.float().cpu().contiguous()
            for name, value in self.network.state_dict().items()
        }
        put(path, lambda part: save_file(tensors, str(part)))


def logits(network: ReaderNetwork, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Span logits (n, tokens, 2) and relevance logits (n,), without gradients."""
    network.eval()
    with torch.inference_mode():
        spans, relevance = network(*(torch.from_numpy(part) for part in (batch.ids, batch.types, batch.mask)))
    return spans.float().numpy(), relevance.float().numpy()

"""Trains the reader with torch and transformers: one encoder, a head for spans and a head for relevance.

Extra ``train``. Checkpoints hold all that a resumed run needs to end with the weights of an uninterrupted one.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

from whence.errors import UsageError
from whence.training.options import ReaderTraining
from whence.training.reading_examples import UNKNOWN, Batch, Encoded, batches


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProgress:
    """Where a run stands: losses are means since the last report, ``rate`` is tokens per second of this process."""

    step: int
    n_tokens: int
    wanted_tokens: int
    span_loss: float
    relevance_loss: float
    learning_rate: float
    rate: float


Told = Callable[[TrainingProgress], None]


class ReaderNetwork(nn.Module):
    """Token states of question and passage; two logits a token for start and end, one a pair for relevance."""

    def __init__(self, base: Path, dropout: float) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(str(base), add_pooling_layer=False, attn_implementation="eager")
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
    ) -> None:
        torch.set_num_threads(n_threads)
        torch.manual_seed(options.seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
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

    def save(self) -> None:
        """Writes the checkpoint so that a crash leaves the old or the new one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.checkpoint.with_suffix(".part")
        torch.save(
            {
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "place": (self.step, self.n_tokens, self.epoch, self.n_batches),
                "random": torch.get_rng_state(),
                "options": asdict(self.options),
                "data": self.data_digest,
            },
            part,
        )
        part.replace(self.checkpoint)

    def resume(self) -> bool:
        """Goes on from the checkpoint, if there is one. Raises ``UsageError`` where it is of another run or broken."""
        if not self.checkpoint.is_file():
            return False
        try:
            kept = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
            if (kept["options"], kept["data"]) != (asdict(self.options), self.data_digest):
                raise UsageError(
                    f"The checkpoint in {self.folder} is of other settings or data: remove it, or choose another."
                )
            self.network.load_state_dict(kept["network"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.step, self.n_tokens, self.epoch, self.n_batches = kept["place"]
            torch.set_rng_state(kept["random"].cpu())
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(
                f"The checkpoint in {self.folder} cannot be read ({error}): remove it to begin anew."
            ) from error
        return True

    def run(self, encoded: list[Encoded], told: Told, *, report_every: int = 20) -> None:
        """Trains until the budget of tokens is used; reports every ``report_every`` steps."""
        options = self.options
        network: Any = torch.compile(self.network, dynamic=True) if options.compile else self.network
        self.network.train()
        began, since_tokens = time.perf_counter(), self.n_tokens
        saved = began
        sums, n_summed = np.zeros(2), 0
        for batch in self._rest(encoded):
            for group in self.optimizer.param_groups:
                group["lr"] = self._rate()
            span, relevance = self._backward(network, batch)
            sums += (span, relevance)
            n_summed += 1
            self.n_tokens += batch.n_tokens
            self.n_batches += 1
            if self.n_batches % options.accumulate == 0:
                nn.utils.clip_grad_norm_(self.network.parameters(), options.clip_norm)
                self.optimizer.step()
                self.optimizer.zero_grad(set_to_none=True)
                self.step += 1
            now = time.perf_counter()
            if self.step % report_every == 0 and n_summed >= report_every:
                told(
                    TrainingProgress(
                        step=self.step,
                        n_tokens=self.n_tokens,
                        wanted_tokens=options.n_tokens,
                        span_loss=float(sums[0] / n_summed),
                        relevance_loss=float(sums[1] / n_summed),
                        learning_rate=self._rate(),
                        rate=(self.n_tokens - since_tokens) / (now - began),
                    )
                )
                sums, n_summed = np.zeros(2), 0
            if now - saved > options.checkpoint_every_s and self.n_batches % options.accumulate == 0:
                self.save()
                saved = now
        self.save()

    def _rest(self, encoded: list[Encoded]) -> Iterator[Batch]:
        """Batches from where the run stands to the end of its budget."""
        while self.n_tokens < self.options.n_tokens:
            skip = self.n_batches
            n_before = self.n_tokens
            for number, batch in enumerate(batches(encoded, self.options, self.epoch)):
                if number < skip:
                    continue
                if self.n_tokens >= self.options.n_tokens:
                    return
                yield batch
            self.epoch, self.n_batches = self.epoch + 1, 0
            if self.n_tokens == n_before and skip == 0:
                raise UsageError(f"There are fewer than {self.options.batch_examples} examples: nothing to train on.")

    def _backward(self, network: Any, batch: Batch) -> tuple[float, float]:
        ids, types, mask, start, end = (
            torch.from_numpy(part).to(self.device)
            for part in (batch.ids, batch.types, batch.mask, batch.start, batch.end)
        )
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bf16):
            spans, relevant = network(ids, types, mask)
        span, relevance = losses(spans, relevant, start, end)
        total = (span + self.options.relevance_weight * relevance) / self.options.accumulate
        total.backward()
        return float(span.detach()), float(relevance.detach())

    def _rate(self) -> float:
        """Linear up over the warm-up's share of the budget, then linear down to zero."""
        share = self.n_tokens / self.options.n_tokens
        warmup = self.options.warmup_share
        return self.options.learning_rate * max(0.0, share / warmup if share < warmup else (1 - share) / (1 - warmup))

    def export(self, path: Path) -> None:
        """Writes the weights alone, float32, under the encoder's published names and ``span``, ``relevance``."""
        tensors = {
            name.removeprefix("encoder."): value.float().contiguous()
            for name, value in self.network.state_dict().items()
        }
        save_file(tensors, str(path))


def logits(network: ReaderNetwork, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Span logits (n, tokens, 2) and relevance logits (n,), without gradients."""
    network.eval()
    with torch.inference_mode():
        spans, relevance = network(*(torch.from_numpy(part) for part in (batch.ids, batch.types, batch.mask)))
    return spans.float().numpy(), relevance.float().numpy()

"""Trains the embedder with torch and transformers: questions towards their passages, away from those of the others.

Extra ``train``. Checkpoints hold all that a resumed run needs to end with the weights of an uninterrupted one.

Source of the loss: A. van den Oord, Y. Li, O. Vinyals, "Representation Learning with Contrastive Predictive Coding",
2018; of leading parts of use alone: A. Kusupati et al., "Matryoshka Representation Learning", NeurIPS, 2022; of giving
back a share of the base: M. Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR, 2022.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from whence.backends.published_encoder import read_encoder, read_weights
from whence.errors import ModelError, UsageError
from whence.training.embedding_examples import EncodedPair, Ids, PairBatch, pair_batches
from whence.training.options import EmbedderTraining

ROWS_AT_ONCE = 32
"""Texts of like length that are computed together: fewer would leave cores idle, more would be more padding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderProgress:
    """Where a run stands. ``rate`` is tokens per second of this process; the rest are means since the last report.

    ``first_share`` is the share of questions whose own passage is the nearest of its batch.
    """

    step: int
    n_tokens: int
    wanted_tokens: int
    loss: float
    anchor_loss: float
    first_share: float
    learning_rate: float
    rate: float


Told = Callable[[EmbedderProgress], None]


class EmbedderNetwork(nn.Module):
    """The mean of the token states, of unit length."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        # Plain attention: on a CPU, the fused one takes 2.5 times as long to go back through.
        config = BertConfig.from_pretrained(str(base), attn_implementation="eager")
        self.encoder = BertModel(config, add_pooling_layer=False)
        weights = {name: torch.from_numpy(value) for name, value in read_weights(read_encoder(base)).items()}
        if missing := self.encoder.load_state_dict(weights, strict=False).missing_keys:
            raise ModelError(f"The weights in {base} have no {missing[0]}: they do not fit config.json.")
        for module in self.encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Unit rows (n, dim) for token ids (n, tokens)."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        return functional.normalize((states * mask[..., None]).sum(dim=1), dim=-1)


def contrastive_loss(questions: Tensor, passages: Tensor, temperature: float, sizes: Sequence[int] = ()) -> Tensor:
    """Mean cross-entropy of finding row n of one among all rows of the other, both ways; over all ``sizes``, if any."""
    wanted = torch.arange(len(questions), device=questions.device)
    total = torch.zeros((), device=questions.device)
    for size in sizes or (questions.shape[1],):
        first = functional.normalize(questions[:, :size], dim=-1)
        second = functional.normalize(passages[:, :size], dim=-1)
        cosines = first @ second.T / temperature
        total = total + functional.cross_entropy(cosines, wanted) + functional.cross_entropy(cosines.T, wanted)
    return total / (2 * max(len(sizes), 1))


class EmbedderTrainer:
    """One run: from the base's weights, or from a checkpoint in ``folder``."""

    def __init__(
        self, base: Path, folder: Path, options: EmbedderTraining, *, data_digest: str, n_threads: int = 2
    ) -> None:
        torch.set_num_threads(n_threads)
        torch.manual_seed(options.seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.options = options
        self.folder = folder
        self.data_digest = data_digest
        self.base = base
        self.network = EmbedderNetwork(base).to(self.device)
        self.anchor = EmbedderNetwork(base).to(self.device).eval() if options.anchor_weight else None
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": options.weight_decay}, {"params": plain, "weight_decay": 0.0}],
            lr=options.learning_rate,
            fused=True,
        )
        self.step = self.n_tokens = self.epoch = self.n_batches = 0

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
                "options": self._fixed(),
                "data": self.data_digest,
            },
            part,
        )
        part.replace(self.checkpoint)

    def _fixed(self) -> dict[str, Any]:
        """The options that may not change within a run: all but what concerns saving and export."""
        kept = asdict(self.options)
        return {key: value for key, value in kept.items() if key not in ("kept_share", "checkpoint_every_s")}

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
            torch.set_rng_state(kept["random"].cpu())
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(
                f"The checkpoint in {self.folder} cannot be read ({error}): remove it to begin anew."
            ) from error
        return True

    def run(self, encoded: Sequence[EncodedPair], told: Told, *, report_every: int = 20) -> None:
        """Trains until the budget of tokens is used; reports every ``report_every`` steps."""
        network, anchor = self._compiled()
        self.network.train()
        began, since_tokens = time.perf_counter(), self.n_tokens
        saved = began
        sums, n_summed = np.zeros(3), 0
        for batch in self._rest(encoded):
            for group in self.optimizer.param_groups:
                group["lr"] = self._rate()
            values, n_tokens = self._backward(network, anchor, batch)
            nn.utils.clip_grad_norm_(self.network.parameters(), self.options.clip_norm)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            sums += values
            n_summed += 1
            self.n_tokens += n_tokens
            self.n_batches += 1
            self.step += 1
            now = time.perf_counter()
            if self.step % report_every == 0:
                loss, anchor_loss, first = (float(value) for value in sums / n_summed)
                told(
                    EmbedderProgress(
                        step=self.step,
                        n_tokens=self.n_tokens,
                        wanted_tokens=self.options.n_tokens,
                        loss=loss,
                        anchor_loss=anchor_loss,
                        first_share=first,
                        learning_rate=self._rate(),
                        rate=(self.n_tokens - since_tokens) / (now - began),
                    )
                )
                sums, n_summed = np.zeros(3), 0
            if now - saved > self.options.checkpoint_every_s:
                self.save()
                saved = now
        self.save()

    def _compiled(self) -> tuple[Any, Any]:
        if not self.options.compile:
            return self.network, self.anchor
        return (
            torch.compile(self.network, dynamic=True),
            torch.compile(self.anchor, dynamic=True) if self.anchor else None,
        )

    def _rest(self, encoded: Sequence[EncodedPair]) -> Iterator[PairBatch]:
        """Batches from where the run stands to the end of its budget."""
        while self.n_tokens < self.options.n_tokens:
            skip, n_before = self.n_batches, self.n_tokens
            for number, batch in enumerate(pair_batches(encoded, self.options, self.epoch)):
                if number < skip:
                    continue
                if self.n_tokens >= self.options.n_tokens:
                    return
                yield batch
            self.epoch, self.n_batches = self.epoch + 1, 0
            if self.n_tokens == n_before and skip == 0:
                raise UsageError(
                    f"No batch of {self.options.batch_pairs} unlike pairs can be made: there is nothing to train on."
                )

    def _backward(self, network: Any, anchor: Any, batch: PairBatch) -> tuple[NDArray[np.float64], int]:
        questions, n_asked = self._rows(network, batch.questions)
        passages, n_read = self._rows(network, batch.passages)
        loss = contrastive_loss(questions, passages, self.options.temperature, self.options.sizes)
        drift = torch.zeros(())
        total = loss
        if anchor is not None:
            with torch.no_grad():
                before = torch.cat([self._rows(anchor, batch.questions)[0], self._rows(anchor, batch.passages)[0]])
            drift = (1 - (torch.cat([questions, passages]) * before).sum(dim=1)).mean()
            total = loss + self.options.anchor_weight * drift
        total.backward()
        with torch.no_grad():
            nearest = (questions @ passages.T).argmax(dim=1)
            first = (nearest == torch.arange(len(nearest), device=nearest.device)).float().mean()
        return np.array([float(loss.detach()), float(drift.detach()), float(first)]), n_asked + n_read

    def _rows(self, network: Any, texts: Sequence[Ids]) -> tuple[Tensor, int]:
        """Unit rows in the order of the texts, and how many tokens were computed, padding included."""
        order = sorted(range(len(texts)), key=lambda n: (len(texts[n]), n))
        parts, n_tokens = [], 0
        for start in range(0, len(order), ROWS_AT_ONCE):
            ids, mask = padded([texts[n] for n in order[start : start + ROWS_AT_ONCE]])
            n_tokens += ids.size
            given = torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bf16):
                parts.append(network(*given))
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return torch.cat(parts)[back.to(self.device)], n_tokens

    def _rate(self) -> float:
        """Linear up over the warm-up's share of the budget, then linear down to zero."""
        share = self.n_tokens / self.options.n_tokens
        warmup = self.options.warmup_share
        return self.options.learning_rate * max(0.0, share / warmup if share < warmup else (1 - share) / (1 - warmup))

    def export(self, path: Path) -> None:
        """Writes the float32 weights under published names: the base's plus ``kept_share`` of what was learned."""
        before = EmbedderNetwork(self.base).encoder.state_dict()
        share = self.options.kept_share
        tensors = {
            name: torch.lerp(before[name].float(), value.float().cpu(), share).contiguous()
            for name, value in self.network.encoder.state_dict().items()
            if value.is_floating_point()
        }
        save_file(tensors, str(path))

    def load(self, path: Path) -> None:
        """Takes what ``export`` wrote in place of what was trained: to measure it, not to train on."""
        self.network.encoder.load_state_dict(load_file(str(path)), strict=False)

    def vectors(self, texts: Sequence[Ids]) -> NDArray[np.float32]:
        """Unit rows of the network as it is, without gradients; (n, dim) in the order given."""
        self.network.eval()
        with torch.inference_mode():
            parts = [self._rows(self.network, texts[n : n + 256])[0] for n in range(0, len(texts), 256)]
        self.network.train()
        return np.asarray(torch.cat(parts).cpu().numpy(), np.float32)


def padded(rows: Sequence[Ids]) -> tuple[Ids, NDArray[np.bool_]]:
    """Token ids and their mask, (n, tokens); the width is a multiple of 16, so that few shapes occur."""
    width = -(-max(len(row) for row in rows) // 16) * 16
    ids, mask = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), bool)
    for n, row in enumerate(rows):
        ids[n, : len(row)] = row
        mask[n, : len(row)] = True
    return ids, mask

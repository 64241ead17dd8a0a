"""Teaches an embedder with torch and transformers: questions towards their passages, away from those of the others.

Extra ``train``.

Source of the loss: A. van den Oord, Y. Li, O. Vinyals, "Representation Learning with Contrastive Predictive Coding",
2018; of leading parts of use alone: A. Kusupati et al., "Matryoshka Representation Learning", NeurIPS, 2022; of giving
back a share of the base: M. Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR, 2022.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from whence.backends.training_loop import Apply, begun_encoder
from whence.training.embedding_examples import EncodedPair, PairBatch, of_like_length, pair_batches
from whence.training.example_files import Ids, padded
from whence.training.options import EmbedderTraining

LEAST_HELD_OUT = 8
"""Pairs; of fewer, finding the right one says nothing."""


class EmbedderNetwork(nn.Module):
    """The mean of the token states, of unit length."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.encoder = begun_encoder(base)

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


class EmbedderTask:
    """A ``Task`` over encoded pairs, on the base's weights.

    ``first_share`` of its measures is the share of questions whose own passage is the nearest of its batch.
    """

    measures = ("loss", "anchor_loss", "first_share")

    def __init__(
        self,
        base: Path,
        options: EmbedderTraining,
        training: Sequence[EncodedPair],
        held_out: Sequence[EncodedPair] = (),
        *,
        device: torch.device,
    ) -> None:
        self.base, self.options, self.training, self.held_out = base, options, training, held_out
        self.network = EmbedderNetwork(base).to(device)
        self.anchor: Any = EmbedderNetwork(base).to(device).eval() if options.anchor_weight else None
        if self.anchor is not None and options.compile:
            self.anchor = torch.compile(self.anchor, dynamic=True)

    @property
    def has_held_out(self) -> bool:
        """See ``Task``."""
        return len(self.held_out) >= LEAST_HELD_OUT

    @property
    def too_few(self) -> str:
        """See ``Task``."""
        return f"No batch of {self.options.batch_pairs} unlike pairs can be made"

    def batches(self, epoch: int) -> Iterator[PairBatch]:
        """See ``Task``."""
        return pair_batches(self.training, self.options, epoch)

    def loss(self, apply: Apply, network: Any, batch: PairBatch) -> tuple[Tensor, Sequence[Tensor]]:
        """See ``Task``."""
        questions, passages = rows(apply, network, batch.questions), rows(apply, network, batch.passages)
        loss = contrastive_loss(questions, passages, self.options.temperature, self.options.sizes)
        drift, total = torch.zeros(()), loss
        if self.anchor is not None:
            with torch.no_grad():
                before = torch.cat([rows(apply, self.anchor, texts) for texts in (batch.questions, batch.passages)])
            drift = (1 - (torch.cat([questions, passages]) * before).sum(dim=1)).mean()
            total = loss + self.options.anchor_weight * drift
        with torch.no_grad():
            nearest = (questions @ passages.T).argmax(dim=1)
            first = (nearest == torch.arange(len(nearest), device=nearest.device)).float().mean()
        return total, (loss, drift, first)

    def held_out_loss(self, apply: Apply) -> float:
        """See ``Task``: every passage that is kept out is told apart from every other."""
        questions = rows(apply, self.network, [pair.question for pair in self.held_out])
        passages = rows(apply, self.network, [pair.passage for pair in self.held_out])
        return float(contrastive_loss(questions, passages, self.options.temperature, self.options.sizes))

    def weights(self) -> dict[str, Tensor]:
        """See ``Task``."""
        state = self.network.encoder.state_dict().items()
        return {name: value.float().cpu().contiguous() for name, value in state if value.is_floating_point()}

    def take(self, weights: dict[str, Tensor]) -> None:
        """See ``Task``."""
        self.network.encoder.load_state_dict(weights, strict=False)

    def give_back(self) -> None:
        """Leaves ``kept_share`` of what was learned in the network, the rest is the base's: to export and score."""
        before, share = EmbedderNetwork(self.base).encoder.state_dict(), self.options.kept_share
        learned = self.weights()
        self.take({name: torch.lerp(before[name].float(), value, share) for name, value in learned.items()})


def rows(apply: Apply, network: Any, texts: Sequence[Ids]) -> Tensor:
    """Unit rows (n, dim) in the order of the texts, computed with others of like length."""
    groups = of_like_length(texts)
    parts = [apply(network, *padded([texts[n] for n in group])) for group in groups]
    order = torch.tensor([n for group in groups for n in group])
    back = torch.empty_like(order)
    back[order] = torch.arange(len(order))
    return torch.cat(parts)[back.to(parts[0].device)]


def vectors(apply: Apply, network: nn.Module, texts: Sequence[Ids]) -> NDArray[np.float32]:
    """Unit rows of the network as it is, without gradients; (n, dim) in the order given."""
    network.eval()
    with torch.inference_mode():
        parts = [rows(apply, network, texts[n : n + 256]) for n in range(0, len(texts), 256)]
    network.train()
    return np.asarray(torch.cat(parts).cpu().numpy(), np.float32)

"""Teaches a reader with torch: one encoder, a head for spans and a head for relevance. Extra ``train``."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from whence.backends.training_loop import Apply, begun_encoder
from whence.errors import UsageError
from whence.training.options import ReaderTraining
from whence.training.reading_examples import UNKNOWN, Batch, Encoded, batches, pad

_HEADS = ("span.", "relevance.")


class ReaderNetwork(nn.Module):
    """Token states of question and passage; two logits a token for start and end, one a pair for relevance."""

    def __init__(self, base: Path, dropout: float) -> None:
        super().__init__()
        self.encoder = begun_encoder(base, dropout)
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


class ReaderTask:
    """A ``Task`` over encoded examples; begins with new heads on the base's encoder, or with an earlier reader's."""

    measures = ("span_loss", "relevance_loss")

    def __init__(
        self,
        base: Path,
        options: ReaderTraining,
        training: Sequence[Encoded],
        held_out: Sequence[Encoded] = (),
        *,
        device: torch.device,
        weights: Path | None = None,
    ) -> None:
        self.options, self.training, self.held_out = options, training, held_out
        self.network = ReaderNetwork(base, options.dropout).to(device)
        if weights is not None:
            try:
                self.take(load_file(str(weights)))
            except Exception as error:  # The library raises bare exception types.
                raise UsageError(f"The weights in {weights} are not those of a reader: {error}.") from error

    @property
    def has_held_out(self) -> bool:
        """See ``Task``."""
        return bool(self.held_out)

    @property
    def too_few(self) -> str:
        """See ``Task``."""
        return f"No batch of {self.options.batch_examples} examples can be made for each device"

    def batches(self, epoch: int) -> Iterator[Batch]:
        """See ``Task``."""
        return batches(self.training, self.options, epoch)

    def loss(self, apply: Apply, network: Any, batch: Batch) -> tuple[Tensor, Sequence[Tensor]]:
        """See ``Task``."""
        spans, relevant = apply(network, batch.ids, batch.types, batch.mask)
        start, end = (torch.from_numpy(part).to(spans.device) for part in (batch.start, batch.end))
        span, relevance = losses(spans, relevant, start, end)
        return span + self.options.relevance_weight * relevance, (span, relevance)

    def held_out_loss(self, apply: Apply) -> float:
        """See ``Task``: spans and relevance together, a mean of the batches by their examples."""
        total, size = 0.0, self.options.batch_examples
        rows = sorted(self.held_out, key=lambda row: len(row.ids))
        for at in range(0, len(rows), size):
            batch = pad(rows[at : at + size])
            total += float(self.loss(apply, self.network, batch)[0]) * len(batch.start)
        return total / len(rows)

    def weights(self) -> dict[str, Tensor]:
        """See ``Task``: the encoder's published names, and ``span``, ``relevance``."""
        return {
            name.removeprefix("encoder."): value.float().cpu().contiguous()
            for name, value in self.network.state_dict().items()
        }

    def take(self, weights: dict[str, Tensor]) -> None:
        """See ``Task``."""
        self.network.load_state_dict(
            {name if name.startswith(_HEADS) else f"encoder.{name}": value for name, value in weights.items()}
        )

"""How a tokenizer joins question and passage: which marks stand before, between and behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Marks:
    """Token ids before the question, between it and the passage, and behind the passage."""

    head: tuple[int, ...]
    between: tuple[int, ...]
    tail: tuple[int, ...]

    @property
    def n(self) -> int:
        """How many there are in all."""
        return len(self.head) + len(self.between) + len(self.tail)

    def n_head(self, asked: Sequence[int]) -> int:
        """How many tokens come before the passage."""
        return len(self.head) + len(asked) + len(self.between)

    def feed(self, asked: Sequence[int], passage: Sequence[int]) -> dict[str, NDArray[np.int64]]:
        """One pair as a model's inputs, (1, tokens) each; the passage and what is behind it are of type 1."""
        ids = np.array([[*self.head, *asked, *self.between, *passage, *self.tail]], np.int64)
        types = np.zeros_like(ids)
        types[0, self.n_head(asked) :] = 1
        return {"input_ids": ids, "token_type_ids": types, "attention_mask": np.ones_like(ids)}


def marks_of(tokenizer: "Tokenizer") -> Marks | None:
    """What the tokenizer puts around a pair; None where it says nothing of it, or nothing comes first."""
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    if cls is not None and sep is not None:
        return Marks((cls,), (sep,), (sep,))
    encoded = tokenizer.encode("a", "b")
    sides = encoded.sequence_ids
    if 0 not in sides or 1 not in sides:
        return None
    first, last = sides.index(0), len(sides) - 1 - sides[::-1].index(0)
    second, end = sides.index(1), len(sides) - 1 - sides[::-1].index(1)
    found = Marks(tuple(encoded.ids[:first]), tuple(encoded.ids[last + 1 : second]), tuple(encoded.ids[end + 1 :]))
    return found if found.head and found.between else None

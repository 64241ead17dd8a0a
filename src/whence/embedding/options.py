"""What a user can set about embedding."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingOptions:
    """``max_tokens`` 0 takes the model's own limit, ``threads`` 0 the cores this process may use, at most 8.

    ``reduce_range``: None finds out at first use whether this processor needs 7-bit weights.
    """

    max_tokens: int = 0
    threads: int = 0
    reduce_range: bool | None = None

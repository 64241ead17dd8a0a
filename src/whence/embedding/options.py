"""What a user can set about embedding."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingOptions:
    """``max_tokens`` 0 takes the model's own limit, ``threads`` 0 the cores this process may use, at most 8.

    ``reduce_range``: None finds out at first use whether this processor needs 7-bit weights.

    ``model`` is a published model: its folder, or its name in the local cache; "" is the one that whence carries.
    ``pooling`` ("mean", "cls") and what is put before questions and passages are the model's own where None.
    ``optimized``: run it as ``whence optimize`` found best. ``folder`` keeps models made here, and records, elsewhere
    than in the data folder.
    """

    model: str = ""
    pooling: str | None = None
    question_prefix: str | None = None
    passage_prefix: str | None = None
    optimized: bool = True
    folder: str = ""
    max_tokens: int = 0
    threads: int = 0
    reduce_range: bool | None = None

"""What a user can set about the model that reads passages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageReadingOptions:
    """``model`` is a folder, "shipped" (the one inside whence, if there is one) or "none" (words and vectors alone).

    ``threads`` 0 takes the cores this process may use, at most 4. ``window_overlap_tokens`` is what two neighbouring
    windows of a long passage share; ``max_answer_tokens`` bounds the words marked as an answer.
    """

    model: str = "shipped"
    threads: int = 0
    window_overlap_tokens: int = 64
    max_answer_tokens: int = 40
    n_spans: int = 6

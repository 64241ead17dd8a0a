"""What a user can set about the model that reads passages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageReadingOptions:
    """``model`` is "shipped" (the one inside whence, if there is one), "none" (words and vectors alone), a folder, or a
    published model that answers questions by spans: its folder, or its name in the local cache. ``optimized``: run it
    as ``whence optimize`` found best.

    ``threads`` 0 takes the cores this process may use, at most 4. ``window_overlap_tokens`` is what two neighbouring
    windows of a long passage share; ``max_answer_tokens`` bounds the words marked as an answer.

    Passages are read ``at_once`` at a time until the best answer is ``clear_margin`` better than none and
    ``clear_lead`` better than that of any other passage (logits), or until ``budget_ms`` of wall time are over.
    """

    model: str = "shipped"
    optimized: bool = True
    threads: int = 0
    window_overlap_tokens: int = 64
    max_answer_tokens: int = 40
    n_spans: int = 6
    at_once: int = 2
    clear_margin: float = 6.0
    clear_lead: float = 3.0
    budget_ms: int = 1_500

"""What a user can set about reading, and about answers that a language model writes."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """How much is read and kept; ``threshold`` None means the fitted one of the calibration file.

    ``n_passages`` is how many hits a model reads with the question, at most, where there is one.
    """

    n_hits: int = 10
    n_sentences_embedded: int = 16
    n_evidence: int = 20
    n_evidence_a_hit: int = 6
    max_quote_chars: int = 700
    max_chunk_chars: int = 6000
    threshold: float | None = None
    n_passages: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOptions:
    """An OpenAI-compatible server that writes answers; without ``url`` none does, and answers are quotes.

    ``url`` ends before "/chat/completions" ("http://127.0.0.1:8000/v1"); ``key_variable`` names the environment
    variable with the key, if one is needed. ``max_context_tokens`` bounds what the server reads and writes in all:
    where the passages are too long for it, "extract" keeps of each the sentences nearest to the question, "cut" leaves
    out the last ones. What nothing cited supports is dropped, or marked. ``timeout_s`` is for the whole reply,
    ``stall_s`` for the wait between two pieces of it.
    """

    url: str = ""
    model: str = "default"
    key_variable: str = "WHENCE_GENERATION_KEY"
    max_context_tokens: int = 8_000
    max_answer_tokens: int = 600
    timeout_s: float = 60.0
    stall_s: float = 20.0
    long_contexts: Literal["extract", "cut"] = "extract"
    unsupported: Literal["drop", "mark"] = "drop"
    least_coverage: float = 0.75
    least_coverage_alike: float = 0.5
    least_cosine: float = 0.6

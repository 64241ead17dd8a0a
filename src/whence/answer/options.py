"""What a user can set about reading."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """How much is read and kept; ``threshold`` None means the fitted one of the calibration file."""

    n_hits: int = 10
    n_sentences_embedded: int = 16
    n_evidence: int = 20
    n_evidence_a_hit: int = 6
    max_quote_chars: int = 700
    max_chunk_chars: int = 6000
    threshold: float | None = None

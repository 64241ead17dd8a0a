"""What a user can set about searching."""

from dataclasses import dataclass, field

from whence.retrieval.fusion import FusionOptions
from whence.retrieval.priors import PriorOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactOptions:
    """At most ``hits`` chunks, ``per_mention`` of them for one mention; ``depth`` rows are read from each lookup,
    ``depth_unsure`` from that of a hyphened word, which may be plain language."""

    hits: int = 5
    per_mention: int = 2
    depth: int = 64
    depth_unsure: int = 20
    max_quotes: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalOptions:
    """``depth`` rows are read from each leg, ``pool`` of the fused candidates are loaded and ranked to the end.

    Switched-off legs are named in the trace. ``max_tokens`` distinct tokens of a question are searched. Commits and
    hunks are searched where the question asks about the past, unless ``use_history`` is off; of one commit at most
    ``hits_per_commit`` hits are shown.
    """

    use_lexical: bool = True
    use_dense: bool = True
    use_exact: bool = True
    depth: int = 100
    pool: int = 64
    max_tokens: int = 64
    hits_per_commit: int = 2
    use_history: bool = True
    fusion: FusionOptions = field(default_factory=FusionOptions)
    exact: ExactOptions = field(default_factory=ExactOptions)
    prior: PriorOptions = field(default_factory=PriorOptions)

"""What a user can set about the service."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingOptions:
    """``access`` "auto" asks for keys unless the service listens on loopback only; "keys" always asks for them.

    ``threads`` are the requests worked on at once in a process; ``readers`` of them compute at once,
    searches before answers (0: as many as there are cores); ``queue`` is how many more may wait before the service
    answers 429. ``rate_per_minute`` bounds each key that has no rate of its own (0: no bound). ``far_similarity`` is
    the cosine below which a passage is called far from the question.
    """

    host: str = "127.0.0.1"
    port: int = 8420
    workers: int = 1
    access: Literal["auto", "keys"] = "auto"
    threads: int = 8
    readers: int = 0
    queue: int = 32
    rate_per_minute: int = 600
    max_question_bytes: int = 1_000_000
    max_document_bytes: int = 50_000_000
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    log: Literal["all", "no-contexts", "none"] = "all"
    keep_log_days: int = 90
    far_similarity: float = 0.3
    end_within_s: float = 30.0

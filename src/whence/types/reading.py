"""What is found for a question and what is read in it: hits of a search, and spans that may answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from whence.types.documents import Chunk

Role = Literal["question", "passage"]
"""Which side of a search a text is on; some embedders treat the two differently."""

NO_EMBEDDER = "dense: no embedder"
NO_VECTORS = "dense: nothing in this scope has a vector"
DENSE_OFF = "dense: switched off"
WITHOUT_DENSE = frozenset({NO_EMBEDDER, NO_VECTORS, DENSE_OFF})
"""What ``skipped`` of a search or an answer holds where passages were found by words alone, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One row of one leg: a chunk that matched, before its text is loaded. Higher scores are better.

    ``path`` and ``start`` are those of the chunk: they decide between equal scores, because ids depend on where a
    source lies.
    """

    chunk_id: str
    document_id: str
    score: float
    path: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one leg said of a hit: rank from 1, and the leg's own score."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that answers a search, with the leg scores from which ``score`` can be computed again."""

    chunk: Chunk
    score: float
    rank: int
    legs: Mapping[str, Leg]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A span inside a hit that a reader chose: characters of the document, and how well it supports, in 0..1.

    ``answer_start`` and ``answer_end`` bound the words in it that answer, in characters of the document; None where no
    model that reads marked any.
    """

    hit: Hit
    start: int
    end: int
    text: str
    score: float
    answer_start: int | None = None
    answer_end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader found: evidence best first, and the probability that it answers the question.

    ``skipped`` says what was left unread, each as "reading: reason".
    """

    evidence: tuple[Evidence, ...]
    confidence: float
    question_kind: str
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSpan:
    """Words of a passage that may answer, ``passage[start:end]``; ``margin``: their logit over that of "no answer"."""

    start: int
    end: int
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageReading:
    """What a model that reads question and passage together says: spans best first, none overlapping another.

    ``relevance`` is the logit that the passage answers at all. Logits have no bounds; 0 is even odds.
    """

    spans: tuple[AnswerSpan, ...]
    relevance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPassages:
    """Readings in the order of the passages, None for what was left unread.

    That is so because an earlier one answers clearly; any other reason stands in ``skipped``, in a few words.
    """

    readings: tuple[PassageReading | None, ...]
    skipped: str = ""

"""The seams: what each stage must offer, by shape alone.

No member may have to refuse a method of its seam; ``tests/contracts`` holds one suite per seam and runs it over every
member. Who changes a seam writes a decision page.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from whence.types import Chunk, Document, Fetched, Hit, Kind, Reading, Role, Scope, Scored, SourceState

Vectors = NDArray[np.float32]
"""Shape (n, dim), rows of length 1."""


class Source(Protocol):
    """Something documents come from. Members: ``sources/`` (git repositories, folders of documents)."""

    @property
    def id(self) -> str:
        """Stable across runs and machines for the same origin, short, free of credentials."""

    def state(self) -> SourceState:
        """Where the source stands now; for remote ones, after bringing the local copy up to date."""

    def fetch(self, held: Mapping[str, str]) -> Iterator[Fetched]:
        """Everything the source has at its present state.

        ``held`` maps document ids to digests the caller already has: those come back as ``Unchanged`` without being
        read. What is neither ``Document`` nor ``Unchanged`` in the stream is gone. Order is by path. Raises
        ``SourceError``.
        """

    def read(self, path: str, revision: str) -> str | None:
        """The text of a document at a revision, decoded and redacted as ``fetch`` would, or None if it is not there."""


class Chunker(Protocol):
    """Cuts a document into spans. Members: ``chunking/``."""

    @property
    def version(self) -> str:
        """Changes whenever the same text could be cut differently; part of every chunk id."""

    def split(self, document: Document) -> list[Chunk]:
        """Chunks in order of ``start``, not overlapping by more than the member's own setting, none of them blank."""


class Embedder(Protocol):
    """Turns texts into vectors. Members: ``embedding/``."""

    @property
    def digest(self) -> str:
        """Identifies the weights and the settings that shape the vectors; names the vector table."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """One unit row per text, in the order given; float32. A blank text gets a unit row too."""


class Index(Protocol):
    """Chunks, their full text and their vectors, frozen at one snapshot. Member: ``store.chunks.LanceIndex``."""

    def lexical(self, tokens: Sequence[str], k: int, scope: Scope, kind: Kind, *, every: bool = False) -> list[Scored]:
        """BM25 over analyzed tokens of one kind, best first; ``every`` demands all tokens (AND), else any (OR)."""

    def named(self, names: Sequence[str], k: int, scope: Scope) -> list[Scored]:
        """Chunks whose symbol or path is one of these names (whole, lower case), best first."""

    def dense(self, vector: Vectors, k: int, scope: Scope) -> list[Scored]:
        """Nearest by cosine, shape (dim,); the score is the cosine in -1..1. Empty where there are no vectors yet."""

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """The chunks with these ids, in the order asked for, without those that are no longer live."""


class Retriever(Protocol):
    """Finds chunks for a question. Members: ``retrieval/``."""

    def search(self, question: str, k: int, scope: Scope) -> list[Hit]:
        """At most k hits, ranks 1.., scores not increasing, ties broken by chunk id."""


class Reader(Protocol):
    """Chooses, among hits, the spans that answer. Members: ``answer/``."""

    def read(self, question: str, hits: Sequence[Hit]) -> Reading:
        """Evidence best first; an empty reading has confidence 0."""

"""The seams: what each stage must offer, by shape alone.

No member may have to refuse a method of its seam; ``tests/contracts`` holds one suite per seam and runs it over every
member. Who changes a seam writes a decision page.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from whence.types import (
    Change,
    Chunk,
    Commit,
    CommitQuery,
    Definition,
    Document,
    Fetched,
    Hit,
    Kind,
    LineOrigin,
    Origins,
    PassageReading,
    Prompt,
    Reading,
    ReadPassages,
    Role,
    Scope,
    Scored,
    SourceState,
    Tag,
    Use,
)

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
        """BM25 over analyzed tokens of one kind, best first; ``every`` demands all tokens (AND), else any (OR).

        A token given twice counts twice. Here and below, equal scores go by path, start, document, id.
        """

    def named(self, names: Sequence[str], k: int, scope: Scope, *, history: bool = False) -> list[Scored]:
        """Chunks whose symbol or path is one of these names (whole, lower case), best first.

        Chunks of files, or with ``history`` those of commits and hunks; these are also named by the first seven digits
        of the commit and by "#N" for an issue that the message names.
        """

    def dense(self, vector: Vectors, k: int, scope: Scope) -> list[Scored]:
        """Nearest by cosine, shape (dim,); the score is the cosine in -1..1. Empty where there are no vectors yet."""

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """The chunks with these ids, in the order asked for, without those that are no longer live."""


class Retriever(Protocol):
    """Finds chunks for a question. Members: ``retrieval/``."""

    def search(self, question: str, k: int, scope: Scope) -> list[Hit]:
        """At most k hits, ranks 1.., scores not increasing, ties broken by path, start, document, id."""


class Reader(Protocol):
    """Chooses, among hits, the spans that answer. Members: ``answer/``."""

    def read(self, question: str, hits: Sequence[Hit]) -> Reading:
        """Evidence best first; an empty reading has confidence 0."""


class PassageReader(Protocol):
    """Reads a question and a passage together and marks what answers. Member: ``reading.onnx.OnnxPassageReader``."""

    @property
    def digest(self) -> str:
        """Identifies the weights and the settings that shape what is read."""

    def read(self, question: str, passages: Sequence[str]) -> list[PassageReading]:
        """One reading per passage, in the order given; the same for a passage whatever it is read with."""


class StepwiseReader(Protocol):
    """Reads passages one after the other until one answers clearly. Member: ``reading.stepwise.Stepwise``."""

    @property
    def digest(self) -> str:
        """That of the ``PassageReader`` beneath."""

    def reads(self, question: str) -> bool:
        """Whether the question is of the kind that the model was taught; others are answered without it."""

    def read(self, question: str, passages: Sequence[str]) -> ReadPassages:
        """Passages come most promising first; the first is always read."""


class History(Protocol):
    """What is known of one source's past, at one revision. Member: ``pipelines.history.StoredHistory``.

    Names of people are those of ``.mailmap`` at the revision. Methods raise ``HistoryNotLoadedError`` where only the
    loaded tables can answer and they are not complete for this revision, ``UnreadableError`` for damage or when git
    takes too long.
    """

    @property
    def source_id(self) -> str:
        """Id of the source."""

    @property
    def name(self) -> str:
        """What people call the project."""

    @property
    def revision(self) -> str:
        """The commit up to which everything is told; "" in a repository without commits."""

    @property
    def is_cut(self) -> bool:
        """Whether the oldest commits are missing (a shallow repository)."""

    def files(self) -> Sequence[str]:
        """Every path at the revision, in order."""

    def former_files(self) -> Sequence[str]:
        """Every path that some commit touched."""

    def log(self, query: CommitQuery) -> list[Commit]:
        """The commits asked for, without their changes unless ``follow`` or ``statuses`` ask for them."""

    def count(self, query: CommitQuery) -> int:
        """How many commits the query means."""

    def authors(self, query: CommitQuery) -> list[tuple[str, int]]:
        """(name, commits) of those who wrote the commits asked for, most first, ties by name."""

    def names_of(self, email: str) -> Sequence[str]:
        """Whole names of the authors who have this address."""

    def command(self, query: CommitQuery, *, count: bool = False) -> str:
        """The git command that anyone can repeat to get the same commits or count."""

    def ends(self, query: CommitQuery) -> list[Commit]:
        """The newest and the oldest of the commits asked for, as ``git log`` orders them; empty if there are none."""

    def oldest(self, query: CommitQuery) -> Commit | None:
        """The oldest of the commits asked for, None if there is none."""

    def newest(self, query: CommitQuery) -> Commit | None:
        """The newest of the commits asked for, None if there is none."""

    def tags_within(self, sha: str) -> Sequence[Tag]:
        """Tags whose commit is this one or among its ancestors, oldest first."""

    def files_with(self, text: str, revision: str = "") -> list[str]:
        """Paths of the text files that hold a text, at the history's own revision unless another is given."""

    def patched(self, groups: Sequence[Sequence[str]]) -> frozenset[str] | None:
        """Ids of commits whose added and removed lines have all words of one of the groups.

        Some others are among them; merges need not be. None where that is not known.
        """

    def commits(self, prefix: str) -> list[Commit]:
        """Commits reachable from the revision whose id begins so; at most 10."""

    def changes(self, old: str, new: str, paths: Sequence[str] = ()) -> list[Change]:
        """What differs between two commits, renames found; ``old`` "" means nothing at all."""

    def tags(self) -> Sequence[Tag]:
        """Tags whose commit the revision reaches, oldest first."""

    def other_tags(self) -> Sequence[Tag]:
        """Tags of commits that the revision does not reach, oldest first: releases made from branches of their own.

        None of an earlier state.
        """

    def first_tag(self, sha: str) -> Tag | None:
        """The oldest tag that contains a commit."""

    def mentions(self, number: int) -> list[Commit]:
        """Commits whose message names this issue or pull request, newest first."""

    def busiest_files(self, folder: str, n_max: int) -> list[tuple[str, int]]:
        """(path, commits) of the files most often changed by commits that are not merges, most first."""

    def blame(self, path: str, line: int) -> LineOrigin | None:
        """Where a line of a file at the revision comes from; None where the file has no such line."""

    def text(self, path: str) -> str | None:
        """A file at the revision, decoded and redacted."""

    def definitions(self, name: str) -> list[Definition]:
        """Where a name is defined, by path and line; a dotted name must end the qualified name."""

    def outline(self, path: str) -> list[Definition]:
        """Everything that a file at the revision defines, by line; empty for languages that no parser here reads."""

    def subclasses(self, name: str) -> list[Definition]:
        """Types that name this one, by its last part, among what they extend or implement, by path and line."""

    def uses(self, name: str) -> list[Use]:
        """Where a plain name is used in code, by path and line: not in comments, strings, imports or definitions."""

    def line_authors(self, path: str) -> list[tuple[str, int]]:
        """(name, lines) of those who last changed the lines of a file at the revision, most first, ties by name."""

    def touched(self, query: CommitQuery) -> list[tuple[str, int]]:
        """(path, commits) of all files that the commits asked for change, most first, ties by path.

        Merges are left out and renames not followed. Paths choose commits; of those all files count.
        """

    def moments(self, query: CommitQuery) -> list[datetime]:
        """When the commits asked for were committed, UTC, newest first as ``git log`` orders them."""

    def ages(self, folder: str, *, last: bool) -> list[tuple[str, str]]:
        """(path, its oldest or its ``last`` commit that is no merge) of the files now below a folder ("" for all).

        In the order of those commits, the oldest foremost, ties by path.
        """

    def merge_of(self, sha: str) -> Commit | None:
        """The merge that brought a commit to the line of first parents; None for a commit of that line itself."""

    def trailers(self, sha: str) -> list[tuple[str, str]]:
        """(key, value) of the trailers of a commit's message, in order."""

    def origins(self, path: str, first: int, last: int) -> Origins | None:
        """Whence lines of a file at the revision come, through moves and new layouts; None where they are not there."""

    def whole(self, shas: Sequence[str]) -> list[Commit]:
        """The commits of these ids, in the order given, with their whole messages and without their changes."""

    def sizes(self, path: str) -> list[tuple[str, int]]:
        """(commit, lines added and removed) of those that changed a file, newest first, through renames, no merges."""

    def naming(self, sha: str) -> list[Commit]:
        """Commits whose message has this whole id in it, newest first."""

    def bringing(self, sha: str) -> list[Commit]:
        """The merges that brought a commit, from its own branch to the line of first parents, whole; at most 8."""


class Generator(Protocol):
    """Writes text that nobody has checked yet. Member: ``answer.chat_server.ChatServer``."""

    @property
    def model(self) -> str:
        """What writes, as an answer names it."""

    def stream(self, prompt: Prompt) -> Iterator[str]:
        """The text, in pieces as they come.

        Raises ``TruncatedError`` after the last piece where the text stops before its end, and ``GenerationError``
        where there is none, or it takes too long.
        """

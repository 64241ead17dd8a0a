"""The seams of evaluation: suites (what is asked) and systems (who is asked)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from whence.evaluation.records import Corpus, EvalQuestion, Measure, Reply
from whence.protocols import Embedder, History
from whence.types import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the user gave a run, for suites that need it.

    ``data`` is the folder of data sets (``--suite-data``, else WHENCE_TEST_DATA), None where there is none.
    ``repositories`` are local git repositories by name ("psf/requests", ``--repo``). ``file`` is the user's own
    question file, ``index`` the index it is asked of. The functions reach an index of the user by its name: its
    histories (one for each repository in it), its documents, and the ``mirrors`` (bare) of those of its repositories
    whose HEAD is what was indexed; ``embedder`` gives the shipped model. ``judge`` weighs answers against texts; None
    where no server is configured, and then words and vectors do it.
    """

    data: Path | None = None
    repositories: Mapping[str, Path] = field(default_factory=dict)
    file: Path | None = None
    index: str = ""
    histories: Callable[[str], Sequence[History]] | None = None
    documents: Callable[[str], Iterable[Document]] | None = None
    mirrors: Callable[[str], Sequence[Path]] | None = None
    embedder: Callable[[], Embedder] | None = None
    judge: Judge | None = None


class Suite(Protocol):
    """A set of questions over corpora. Members: ``suites/``, one file each, found by its constant ``SUITE``."""

    @property
    def name(self) -> str:
        """What the user types; the file's own name with "-" for "_"."""

    @property
    def about(self) -> str:
        """One line for ``whence eval list``: what is asked of what, and whence the data come."""

    @property
    def dataset(self) -> str:
        """Name, version and split of the data, as a report states them: "SQuAD v1.1, dev, open half"."""

    @property
    def right(self) -> str:
        """Name of the measure that says whether a reply is right (0.5 or more); confidence is judged against it."""

    @property
    def depth(self) -> int:
        """How many hits the measures of rankings look at; 0 where only answers are measured."""

    @property
    def wants_answers(self) -> bool:
        """Whether the system is to answer, too, or only to search."""

    def measures(self, inputs: Inputs) -> Sequence[Measure]:
        """What is reported, the most telling first. May depend on what is configured, such as a judge."""

    def missing(self, inputs: Inputs) -> str:
        """One sentence that says what the suite needs and how to give it, or "" when it can run."""

    def questions(self, inputs: Inputs, n: int, seed: int) -> Sequence[EvalQuestion]:
        """``n`` questions drawn with ``seed`` (0: all), in a fixed order.

        Raises ``WhenceError`` that names the file and line of what cannot be read.
        """

    def corpora(self, inputs: Inputs) -> Sequence[Corpus]:
        """What must be indexed to ask them."""


class Judge(Protocol):
    """Weighs texts against each other. Members: ``judging/``. All raise ``JudgeError``: never a guess in its place."""

    @property
    def name(self) -> str:
        """Stands in the names of measures: "words and vectors", or the model's name."""

    def bears_out(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """For each (text, claim): does the text alone bear the claim out? In order."""

    def helpful(self, question: str, answer: str, passages: Sequence[str]) -> list[bool]:
        """For each passage: does it help to arrive at this answer to the question? In order."""

    def relevancy(self, question: str, answer: str) -> float:
        """How far the answer speaks to the question, in -1..1; 0 for an answer that commits itself to nothing."""


class System(Protocol):
    """Who is asked. Members: whence itself (``pipelines.evaluating``), the floors (``baselines/``)."""

    @property
    def name(self) -> str:
        """What stands at the head of its column."""

    def reply(self, question: EvalQuestion, depth: int, *, wants_answer: bool) -> Reply:
        """The best ``depth`` hits, and an answer if wanted and if the system gives any. Raises ``WhenceError``."""

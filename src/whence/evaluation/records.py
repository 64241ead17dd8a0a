"""What an evaluation speaks in: questions with their gold evidence, replies, results of one question.

Per-question values come first; means, intervals and curves are derived from them in ``derived.py``. Lines count from 1
with both ends inside, as everywhere. The report of a run stands in ``report.py``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whence.types import Answer, Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """One piece of evidence that answers a question.

    ``path`` is the document's path within its corpus (for written corpora: the file's name), or
    ``document_id`` names a thing without a path. Lines of 0 mean the whole document. ``text`` is the passage or answer
    string itself where the data set knows it. ``grade`` is the degree of relevance, above 0.
    """

    path: str = ""
    document_id: str = ""
    start_line: int = 0
    end_line: int = 0
    text: str = ""
    grade: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalQuestion:
    """One question of a suite; ``id`` is unique within it and stable across releases of the suite.

    ``answers`` are gold answers, any of them right; ``golds`` the evidence. ``corpus`` names the corpus that is asked
    ("": the suite's only one). ``paths`` are globs that narrow the search, so a passage that is given is one path.
    ``context`` is what else the asker supplies, for people who read the report. ``as_of`` is a tag, date or commit.
    ``slices`` are the groups that results are broken down by: "category", "hops", "failure mode" and the like; "kind",
    "length" and "identifier" are added to all questions by the runner where a suite does not say them. ``must_pass``
    questions decide the exit code.
    """

    id: str
    suite: str
    question: str
    answers: tuple[str, ...] = ()
    golds: tuple[Gold, ...] = ()
    is_answerable: bool = True
    corpus: str = ""
    paths: tuple[str, ...] = ()
    context: str = ""
    as_of: str = ""
    slices: Mapping[str, str] = field(default_factory=dict)
    must_pass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCorpus:
    """Documents that a suite writes into an empty folder, which is then indexed.

    ``digest`` changes whenever ``write`` would write something else: the same digest is written and indexed once.
    Few large files index faster than many small ones, but gold evidence and the filter of a given passage name files.
    """

    name: str
    digest: str
    write: Callable[[Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryCorpus:
    """A git repository at a revision ("": its HEAD)."""

    name: str
    location: Path
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexCorpus:
    """An index that is already there, in the data folder of the user; it is only read."""

    name: str


Corpus = WrittenCorpus | RepositoryCorpus | IndexCorpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a system gave for one question: hits best first, at most as many as asked for, and its answer if it has one.

    A system that only searches gives no answer; measures of answers then do not apply. Measures of rankings read
    ``hits``; ``answer.hits`` are those that the answer was read from. ``withheld`` is what it would have answered to a
    question that has an answer, had it not abstained. ``n_resolved`` counts the answer's citations whose quote was
    found again at its source, None where nobody looked. Milliseconds are wall time, ``cpu_ms`` the process's own,
    0 where not known; neither has a part in looking or in what was withheld.
    """

    hits: tuple[Hit, ...]
    answer: Answer | None = None
    withheld: Answer | None = None
    n_resolved: int | None = None
    search_ms: float = 0.0
    ask_ms: float = 0.0
    cpu_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A named function from a question and the reply to a value, or None where it does not apply to that question.

    It may raise ``WhenceError`` (a judge that cannot be reached, say): that is counted by measure and shown, and the
    question then has no value for it. A value that is not finite counts as an error, too. ``is_share`` says that
    values lie in 0..1.
    """

    name: str
    about: str
    of: Callable[[EvalQuestion, Reply], float | None]
    is_lower_better: bool = False
    is_share: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHit:
    """A hit as a report keeps it. ``grade`` is that of the gold it meets, 0 for none; legs are (rank, score)."""

    path: str
    start_line: int
    end_line: int
    symbol: str
    score: float
    grade: float
    legs: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCitation:
    """A citation as a report keeps it."""

    path: str
    start_line: int
    end_line: int
    grade: float
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one question came to, the same in every run with the same code, data and seed.

    ``digest`` identifies the question as it was asked, so that it can be compared where its text is not kept
    (``question`` None). ``scores`` hold a value for each measure that applies; ``failures`` what each measure that
    failed said. ``error`` is not "" where the system itself failed, and then there are no scores. ``is_right`` is the
    suite's own verdict (its ``right`` measure at 0.5 or more), None where that measure does not apply. Of the answer's
    ``n_citations`` so many were looked up again and found (``n_resolved``; None: nobody looked).
    """

    id: str
    digest: str
    question: EvalQuestion | None
    scores: Mapping[str, float]
    slices: Mapping[str, str]
    is_answerable: bool
    must_pass: bool
    is_right: bool | None
    abstained: bool | None = None
    confidence: float | None = None
    answer_kind: str = ""
    answer: str = ""
    citations: tuple[ShownCitation, ...] = ()
    hits: tuple[ShownHit, ...] = ()
    n_citations: int = 0
    n_resolved: int | None = None
    failures: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one question took and which stored answer it was: different in every run, so kept apart from outcomes."""

    id: str
    answer_id: str = ""
    search_ms: float = 0.0
    ask_ms: float = 0.0
    cpu_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """One line of a run's journal."""

    outcome: Outcome
    cost: Cost

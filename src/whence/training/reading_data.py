"""From files of examples to what a run trains on and what it is judged by: read whole, checked, split by passage."""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from whence.errors import UsageError
from whence.training.data_use import DataSet, require_trainable
from whence.training.example_files import read_lines
from whence.training.likeness import alike
from whence.training.options import ReaderTraining
from whence.training.reading_examples import ReadingExample, near_misses, read_examples, read_paragraphs

MOST_HELD_OUT = 400
HELD_OUT_SHARE = 0.02
LEAST_EXAMPLES = 64
"""Fewer are all trained on: a held-out part of one or two would say nothing."""

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One file that was read: how many examples it gave, the digest of its bytes, and what set it is of, if known."""

    path: Path
    digest: str
    n_examples: int
    data_set: DataSet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingData:
    """What a run is given. ``n_left_out`` examples were like something that is kept for judging."""

    training: list[ReadingExample]
    held_out: list[ReadingExample]
    files: list[DataFile] = field(default_factory=list)
    n_left_out: int = 0

    @property
    def digest(self) -> str:
        """Changes with every example and with their order."""
        whole = hashlib.sha256()
        for example in (*self.training, *self.held_out):
            whole.update(f"{example.id}\x00{example.start}\x00{example.question}\x00{example.passage}\x01".encode())
        return whole.hexdigest()[:16]


def load(paths: Sequence[Path], judged: Sequence[Path], options: ReaderTraining) -> ReadingData:
    """All examples of all files, with near misses for files that have answers alone.

    What is like a question or passage of the ``judged`` files is left out. Raises ``UsageError`` before anything is
    trained: for a file that is not there, a bad line, or data that is kept for judging.
    """
    files: list[DataFile] = []
    own: list[ReadingExample] = []
    lacking: list[ReadingExample] = []
    for path in paths:
        data_set = require_trainable(path)
        reads_paragraphs = _has_paragraphs(path)
        examples = list(read_paragraphs(path) if reads_paragraphs else read_examples(path))
        if not examples:
            raise UsageError(f"{path.name} has no examples.")
        (lacking if reads_paragraphs else own).extend(examples)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append(DataFile(path=path, digest=digest, n_examples=len(examples), data_set=data_set))
    n_all = len(own) + len(lacking)
    if judged:
        texts = [text for path in judged for text in _texts(path)]
        own, lacking = without_like(own, texts), without_like(lacking, texts)
    chance = random.Random(options.seed)
    apart = _held_out_passages([*own, *lacking], chance)
    n_wanted = int(len(lacking) * options.negative_share / (1 - options.negative_share))
    misses = near_misses(lacking, n_wanted, options.seed)
    tested = {row.id for row in lacking if row.passage in apart}
    training = [row for row in (*own, *lacking, *misses) if row.passage not in apart and _asked(row) not in tested]
    held_out = [row for row in (*own, *lacking) if row.passage in apart]
    held_out += [row for row in misses if _asked(row) in tested]
    chance.shuffle(held_out)
    left_out = n_all - len(own) - len(lacking)
    return ReadingData(training=training, held_out=held_out[:MOST_HELD_OUT], files=files, n_left_out=left_out)


def _asked(row: ReadingExample) -> str:
    """The id of the example whose question this is."""
    return row.id.removesuffix("/near")


def without_like(examples: Sequence[ReadingExample], held_out: Sequence[str]) -> list[ReadingExample]:
    """Those whose question and passage are like none of the held-out texts; equal texts count as alike."""
    questions = alike([row.question for row in examples], held_out)
    passages = list(dict.fromkeys(row.passage for row in examples))
    bad = {passages[n] for n in alike(passages, held_out)}
    return [row for n, row in enumerate(examples) if n not in questions and row.passage not in bad]


def _held_out_passages(examples: Sequence[ReadingExample], chance: random.Random) -> set[str]:
    """Passages whose questions make up the held-out part, so that no passage is in both."""
    if len(examples) < LEAST_EXAMPLES:
        return set()
    n_wanted = min(MOST_HELD_OUT, max(int(len(examples) * HELD_OUT_SHARE), 8))
    asked: dict[str, int] = {}
    for example in examples:
        asked[example.passage] = asked.get(example.passage, 0) + 1
    passages = sorted(asked)
    chance.shuffle(passages)
    made: set[str] = set()
    count = 0
    for passage in passages:
        if count >= n_wanted:
            break
        made.add(passage)
        count += asked[passage]
    return made


def _has_paragraphs(path: Path) -> bool:
    """Whether the first line is a paragraph with questions. Raises ``UsageError`` where the file cannot be read."""
    return next(read_lines(path, lambda row: ["qas" in row]), False)


def _texts(path: Path) -> list[str]:
    """Questions and passages of a file that is kept for judging. Raises ``UsageError``."""
    names = ("question", "context", "passage")
    return list(dict.fromkeys(read_lines(path, lambda row: [str(row[name]) for name in names if row.get(name)])))

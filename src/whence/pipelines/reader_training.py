"""What is particular to training a reader: examples of spans, two heads, scores by the files as they will serve."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence.pipelines.progress import Listener, Progress
from whence.pipelines.training_run import WEIGHTS, Prepared, TrainingOutcome, TrainingRequest
from whence.training.data_use import may_be_passed_on
from whence.training.options import ReaderTraining
from whence.training.reading_data import ReadingData, load
from whence.training.reading_scores import ReadingScores

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from whence.backends.torch_reader import ReaderTask
    from whence.backends.training_loop import Trainer
    from whence.training.reading_examples import Encoded, ReadingExample

MOST_SCORED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLesson:
    """A ``Lesson``: the examples as they were read, and as tokens."""

    data: ReadingData
    training: "Sequence[Encoded]" = ()
    held_out: "Sequence[Encoded]" = ()

    @property
    def digest(self) -> str:
        """See ``Lesson``."""
        return self.data.digest

    @property
    def n_examples(self) -> int:
        """See ``Lesson``."""
        return len(self.data.training)

    @property
    def n_left_out(self) -> int:
        """See ``Lesson``."""
        return self.data.n_left_out

    @property
    def counts(self) -> dict[str, int]:
        """See ``Lesson``."""
        return {file.path.name: file.n_examples for file in self.data.files}

    @property
    def files(self) -> dict[str, str]:
        """See ``Lesson``."""
        return {file.path.name: file.digest for file in self.data.files}


PreparedReader = Prepared[ReaderTraining, ReaderLesson]


class ReaderRecipe:
    """The ``Recipe`` of readers."""

    kind = "reader"

    def read(self, request: TrainingRequest[ReaderTraining]) -> ReaderLesson:
        """See ``Recipe``."""
        return ReaderLesson(data=load(request.data, request.judged, request.options))

    def encode(
        self, lesson: ReaderLesson, tokenizer: "Tokenizer", options: ReaderTraining, listener: Listener
    ) -> tuple[ReaderLesson, int]:
        """See ``Recipe``; a passage that is too long is cut at random, as the seed decides."""
        chance = random.Random(options.seed)
        data = lesson.data
        total = len(data.training) + len(data.held_out)
        encoded: list[list[Encoded]] = []
        for rows in (data.training, data.held_out):
            told = partial(_tell, listener, "encoding", total, sum(map(len, encoded)))
            encoded.append(_encoded(rows, tokenizer, options, chance, told))
        n_tokens = sum(len(row.ids) for row in encoded[0])
        return replace(lesson, training=encoded[0], held_out=encoded[1]), n_tokens

    def task(self, prepared: PreparedReader, device: Any) -> "ReaderTask":
        """See ``Recipe``."""
        from whence.backends.torch_reader import ReaderTask

        request, lesson = prepared.request, prepared.lesson
        return ReaderTask(
            prepared.base,
            request.options,
            lesson.training,
            lesson.held_out,
            device=device,
            weights=request.weights,
        )

    def note(self, losses: Mapping[str, float]) -> str:
        """See ``Recipe``."""
        return f"loss {losses['span_loss']:.3f} + {losses['relevance_loss']:.3f}"

    def make(self, prepared: PreparedReader, trainer: "Trainer", folder: Path, name: str) -> None:
        """See ``Recipe``."""
        from whence.backends.reader_export import export_reader

        request = prepared.request
        may, terms = may_be_passed_on(list(request.data), request.licence)
        said = {"licence": terms, "may_be_passed_on": may}
        trainer.export(folder / WEIGHTS)
        export_reader(folder / WEIGHTS, prepared.base, folder, request.options, name=f"{name}-int8", said=said)

    def scores(
        self,
        prepared: PreparedReader,
        trainer: "Trainer",  # noqa: ARG002 - other kinds are scored by the network
        folder: Path,
        listener: Listener,
    ) -> dict[str, ReadingScores]:
        """See ``Recipe``."""
        from whence.backends.reader_scoring import ReaderFolder, asked, read_asked

        request = prepared.request
        sets = {"held out": [asked(row) for row in prepared.lesson.data.held_out if not row.is_whole]}
        for path in request.judged:
            rows = list(read_asked(path))
            sets[path.name] = random.Random(request.options.seed).sample(rows, min(MOST_SCORED, len(rows)))
        reader = ReaderFolder(folder, n_threads=request.n_threads)
        made = {}
        for label, rows in sets.items():
            if rows:
                made[label] = reader.score(rows, partial(_tell, listener, "scoring", len(rows), 0))
        return made

    def card(self, prepared: PreparedReader, outcome: TrainingOutcome, facts: Mapping[str, object]) -> str:
        """See ``Recipe``."""
        from whence.training.card import reader_card

        request = prepared.request
        files = prepared.lesson.data.files
        return reader_card(outcome.name, facts, files, request.licence, request.options, outcome.scores)


def _tell(listener: Listener, stage: str, total: int, before: int, n: int) -> None:
    listener(Progress(stage=stage, done=before + n, total=total))


def _encoded(
    rows: "Sequence[ReadingExample]",
    tokenizer: "Tokenizer",
    options: ReaderTraining,
    chance: random.Random,
    told: Callable[[int], None],
) -> "list[Encoded]":
    from whence.training.reading_examples import encode

    made = []
    for n, row in enumerate(rows):
        made.append(encode(row, tokenizer, options, chance))
        if n % 1000 == 999:
            told(n + 1)
    return made

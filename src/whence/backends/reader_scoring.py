"""Scores a reader's model folder on questions whose answers are known: the files as they will serve, pair by pair.

One window a pair: a passage that is longer than the model reads is cut at its end, and what stands there is not found.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort
from tokenizers import Tokenizer

from whence.backends.reader_export import encoded_pair
from whence.errors import ModelError
from whence.training.example_files import read_lines
from whence.training.options import ReaderTraining
from whence.training.reading_examples import ReadingExample
from whence.training.reading_scores import ReadAnswer, ReadingScores, best_span, scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, a passage, and all answers that count as right; none where the passage does not answer."""

    id: str
    question: str
    passage: str
    answers: tuple[str, ...]


def asked(example: ReadingExample) -> Asked:
    """An example with its one answer as reference."""
    answers = (example.passage[example.start : example.end],) if example.is_answerable else ()
    return Asked(id=example.id, question=example.question, passage=example.passage, answers=answers)


def read_asked(path: Path) -> Iterator[Asked]:
    """JSON Lines with ``id``, ``question``, ``context`` and ``answers``. Raises ``UsageError`` naming a bad line."""
    return read_lines(path, _of_row)


def _of_row(row: Any) -> Iterator[Asked]:
    yield Asked(
        id=str(row["id"]),
        question=str(row["question"]).strip(),
        passage=str(row["context"]),
        answers=tuple(map(str, row["answers"])),
    )


class ReaderFolder:
    """A model folder, opened to be scored. Raises ``ModelError`` where it cannot be."""

    def __init__(self, folder: Path, *, n_threads: int = 2) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            self._options = ReaderTraining(
                max_tokens=int(manifest["max_tokens"]), max_question_tokens=int(manifest["max_question_tokens"])
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session: Any = ort.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # Both libraries raise bare exception types.
            raise ModelError(f"The reader in {folder} cannot be opened: {error}.") from error
        self._n_threads = n_threads

    def read(self, row: Asked) -> ReadAnswer:
        """The best span of the passage, whether or not "no answer" scores higher."""
        inputs = encoded_pair(self._tokenizer, row.question, row.passage, self._options)
        start, end, relevance = self._session.run(None, inputs)
        n_tokens = inputs["input_ids"].shape[1]
        n_head = int(n_tokens - inputs["token_type_ids"].sum())
        span = best_span(start[0], end[0], n_head, n_tokens)
        offsets = self._tokenizer.encode(row.passage, add_special_tokens=False).offsets
        text = row.passage[offsets[span.first - n_head][0] : offsets[span.last - n_head][1]] if span.first else ""
        return ReadAnswer(id=row.id, answer=text, margin=span.score - span.none_score, relevance=float(relevance[0]))

    def score(self, rows: Sequence[Asked], told: Callable[[int], None] = lambda _: None) -> ReadingScores:
        """Scores over all rows; ``told`` hears how many are done."""
        return scores(self.answers(rows, told), {row.id: row.answers for row in rows})

    def answers(self, rows: Iterable[Asked], told: Callable[[int], None] = lambda _: None) -> list[ReadAnswer]:
        """What is read for each row, in their order."""
        made: list[ReadAnswer] = []
        with ThreadPoolExecutor(self._n_threads, thread_name_prefix="score") as pool:
            for answer in pool.map(self.read, rows):
                made.append(answer)
                told(len(made))
        return made

"""Examples for the reader: a question, a passage, and the span of the passage that answers it, or none."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from whence.training.example_files import Ids, padded, read_lines, write_lines
from whence.training.options import ReaderTraining

UNKNOWN = -100  # the place that a loss passes over


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingExample:
    """``passage[start:end]`` answers the question; ``start`` of -1 says that nothing in the passage does.

    ``is_whole``: the passage as a whole is what was asked for, no span of it is known: it teaches relevance alone.
    """

    id: str
    question: str
    passage: str
    start: int = -1
    end: int = -1
    is_whole: bool = False

    @property
    def is_answerable(self) -> bool:
        """Whether the passage holds the answer."""
        return self.start >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One example as tokens, ``[CLS] question [SEP] passage [SEP]``; ``start`` and ``end`` are places, both inside.

    0, the place of [CLS], stands for "no answer"; ``UNKNOWN`` for "somewhere in the passage", which teaches no span.
    ``n_head`` tokens come before the passage.
    """

    ids: Ids
    n_head: int
    start: int
    end: int


def read_paragraphs(path: Path) -> Iterator[ReadingExample]:
    """Answerable examples from JSON Lines of paragraphs with ``qas``, in the form of SQuAD v1.1.

    Raises ``UsageError`` that names the first bad line; nothing is skipped silently.
    """
    return read_lines(path, _of_paragraph)


def _of_paragraph(row: Any) -> Iterator[ReadingExample]:
    for item in row["qas"]:
        start, answer = int(item["answer_start"]), str(item["answer"])
        if row["context"][start : start + len(answer)] != answer:
            raise ValueError(f"the answer of {item['id']} is not at its place")
        yield ReadingExample(
            id=f"{row['title']}/{row['paragraph']}/{item['id']}",
            question=str(item["question"]).strip(),
            passage=str(row["context"]),
            start=start,
            end=start + len(answer),
        )


def read_examples(path: Path) -> Iterator[ReadingExample]:
    """Examples from JSON Lines, one a line, as ``write_examples`` writes them.

    Raises ``UsageError`` that names the first bad line; nothing is skipped silently.
    """
    return read_lines(path, _of_example)


def _of_example(row: Any) -> Iterator[ReadingExample]:
    example = ReadingExample(**row)
    if not (isinstance(example.question, str) and isinstance(example.passage, str)):
        raise TypeError("question and passage must be texts")
    if example.is_answerable and not example.start < example.end <= len(example.passage):
        raise ValueError(f"the answer of {example.id} is not inside its passage")
    yield example


def write_examples(examples: Iterable[ReadingExample], path: Path) -> int:
    """Writes what ``read_examples`` reads, whole or not at all; returns how many."""
    return write_lines(examples, path)


def near_misses(examples: Sequence[ReadingExample], n_wanted: int, seed: int) -> list[ReadingExample]:
    """Unanswerable examples: the question with the passage of its own article that fits best without the answer.

    The passage is drawn from the three best by the weight of shared words, so that not every one is the hardest.
    """
    chance = random.Random(seed)
    articles: dict[str, dict[str, Counter[str]]] = {}
    for example in examples:
        articles.setdefault(_article(example), {}).setdefault(example.passage, Counter())
    weights: dict[str, dict[str, float]] = {}
    for title, passages in articles.items():
        for passage in passages:
            passages[passage] = Counter(_words(passage))
        seen = Counter(word for words in passages.values() for word in words)
        weights[title] = {word: math.log(1 + len(passages) / n) for word, n in seen.items()}
    made: list[ReadingExample] = []
    for example in chance.sample(list(examples), len(examples)):
        if len(made) >= n_wanted:
            break
        title, answer = _article(example), example.passage[example.start : example.end].lower()
        idf, asked = weights[title], set(_words(example.question))
        others = [passage for passage in articles[title] if answer not in passage.lower()]
        scored = sorted(
            others,
            key=lambda passage: (-_overlap(asked, articles[title][passage], idf), passage),
        )[:3]
        if scored:
            made.append(
                ReadingExample(id=f"{example.id}/near", question=example.question, passage=chance.choice(scored))
            )
    return made


def _article(example: ReadingExample) -> str:
    return example.id.partition("/")[0]


def _words(text: str) -> list[str]:
    return "".join(char.lower() if char.isalnum() else " " for char in text).split()


def _overlap(asked: Iterable[str], words: Counter[str], idf: dict[str, float]) -> float:
    length = 0.25 + 0.75 * sum(words.values()) / 120.0
    return sum(idf.get(word, 0.0) * words[word] * 2.2 / (words[word] + 1.2 * length) for word in asked if words[word])


def encode(example: ReadingExample, tokenizer: Tokenizer, options: ReaderTraining, chance: random.Random) -> Encoded:
    """The example as tokens; a passage that is too long is cut at random around its answer."""
    asked = tokenizer.encode(example.question, add_special_tokens=False).ids[: options.max_question_tokens]
    passage = tokenizer.encode(example.passage, add_special_tokens=False)
    n_head = len(asked) + 2
    first, last = _token_span(passage.offsets, example.start, example.end) if example.is_answerable else (-1, -1)
    room = options.max_tokens - n_head - 1
    skip = 0
    if len(passage.ids) > room:
        low = max(0, last - room + 1) if first >= 0 else 0
        high = min(first if first >= 0 else len(passage.ids) - room, len(passage.ids) - room)
        skip = chance.randint(min(low, max(high, 0)), max(high, 0))
    kept = passage.ids[skip : skip + room]
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    is_inside = first >= 0 and last - skip < len(kept)
    otherwise = UNKNOWN if example.is_whole else 0
    return Encoded(
        ids=np.array([cls, *asked, sep, *kept, sep], np.int64),
        n_head=n_head,
        start=first - skip + n_head if is_inside else otherwise,
        end=last - skip + n_head if is_inside else otherwise,
    )


def _token_span(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """First and last token that share a character with the span."""
    inside = [n for n, (a, b) in enumerate(offsets) if a < end and b > start]
    return (inside[0], inside[-1]) if inside else (-1, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Padded examples of like length: ``ids``, ``types``, ``mask`` of shape (n, tokens); the rest (n,)."""

    ids: Ids
    types: Ids
    mask: NDArray[np.bool_]
    start: Ids
    end: Ids

    @property
    def n_tokens(self) -> int:
        """Tokens that are computed, padding included."""
        return int(self.ids.size)


def batches(encoded: Sequence[Encoded], options: ReaderTraining, epoch: int) -> Iterator[Batch]:
    """One epoch in a random order that the seed and the epoch decide; like lengths together, so little is padded."""
    chance = random.Random(f"{options.seed}/{epoch}")
    order = list(range(len(encoded)))
    chance.shuffle(order)
    size = options.batch_examples
    groups: list[list[int]] = []
    for start in range(0, len(order), size * 64):
        near = sorted(order[start : start + size * 64], key=lambda n: len(encoded[n].ids))
        groups += [near[at : at + size] for at in range(0, len(near), size)]
    chance.shuffle(groups)
    for group in groups:
        if len(group) == size:
            yield pad([encoded[n] for n in group])


def pad(rows: Sequence[Encoded]) -> Batch:
    """One batch; its width is a multiple of 16, so that few shapes occur."""
    ids, mask = padded([row.ids for row in rows])
    types = np.zeros_like(ids)
    for n, row in enumerate(rows):
        types[n, row.n_head : len(row.ids)] = 1
    return Batch(
        ids=ids,
        types=types,
        mask=mask,
        start=np.array([row.start for row in rows], np.int64),
        end=np.array([row.end for row in rows], np.int64),
    )

"""Pairs for the embedder, a question and the passage that answers it, and batches in which they are hard to tell apart.

The other passages of a batch are a question's wrong answers. So a batch is of one source, and each pair drawn brings
along those whose passages are most like what it asks for; but never two pairs whose questions or passages are alike,
since then a wrong answer would be right.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from whence.errors import MissingExtraError
from whence.training.example_files import Ids, padded_width, read_lines, write_lines
from whence.training.likeness import groups_of_alike
from whence.training.options import EmbedderTraining

ROWS_AT_ONCE = 32
"""Texts of like length that are computed together: fewer would leave cores idle, more would be more padding."""
MIXED = "mixed"
"""The source of all pairs whose own has too few for a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingPair:
    """``source`` says where it is from and which pairs it is told apart from: "sympy/code", "conala"."""

    id: str
    source: str
    question: str
    passage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedPair:
    """Both texts as tokens with [CLS] and [SEP]. Pairs with one ``asked`` or one ``group`` are never told apart.

    ``near``: places, in the list of encoded pairs, of passages like what is asked for, the likest first.
    """

    question: Ids
    passage: Ids
    source: str
    asked: int
    group: int
    near: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PairBatch:
    """Row n of ``questions`` belongs to row n of ``passages``; each a list of token rows of different lengths."""

    questions: tuple[Ids, ...]
    passages: tuple[Ids, ...]

    @property
    def n_tokens(self) -> int:
        """Tokens that are computed, padding included."""
        sides = (self.questions, self.passages)
        return sum(len(rows) * padded_width(rows) for texts in sides for rows in _rows_of(texts))


def of_like_length(texts: Sequence[Ids]) -> list[list[int]]:
    """Places of the texts in groups that are computed together: shorter first, at most ``ROWS_AT_ONCE``."""
    order = sorted(range(len(texts)), key=lambda n: (len(texts[n]), n))
    return [order[start : start + ROWS_AT_ONCE] for start in range(0, len(order), ROWS_AT_ONCE)]


def _rows_of(texts: Sequence[Ids]) -> list[list[Ids]]:
    return [[texts[n] for n in group] for group in of_like_length(texts)]


def read_pairs(path: Path) -> Iterator[EmbeddingPair]:
    """Pairs from JSON Lines with ``id``, ``source``, ``question`` and ``passage``; ``.gz`` is unpacked.

    Raises ``UsageError`` that names the first bad line; nothing is skipped silently.
    """
    return read_lines(path, _of_row)


def _of_row(row: Any) -> Iterator[EmbeddingPair]:
    try:
        pair = EmbeddingPair(**{key: row[key].strip() for key in ("id", "source", "question", "passage")})
    except (TypeError, AttributeError) as error:
        raise TypeError("question and passage must be texts") from error
    if not pair.question or not pair.passage:
        raise ValueError("question or passage is empty")
    yield pair


def write_pairs(pairs: Iterable[EmbeddingPair], path: Path) -> int:
    """Writes what ``read_pairs`` reads, whole or not at all; returns how many."""
    return write_lines(pairs, path)


def encode_pairs(pairs: Sequence[EmbeddingPair], tokenizer: Tokenizer, options: EmbedderTraining) -> list[EncodedPair]:
    """Tokens, what is alike, and what is near; in the order given. Sources too small for a batch are joined."""
    counts: dict[str, int] = defaultdict(int)
    for pair in pairs:
        counts[pair.source] += 1
    sources = [pair.source if counts[pair.source] >= options.batch_pairs else MIXED for pair in pairs]
    questions = _tokens([pair.question for pair in pairs], tokenizer, options.max_question_tokens)
    passages = _tokens([pair.passage for pair in pairs], tokenizer, options.max_tokens)
    asked = groups_of_alike([pair.question for pair in pairs])
    groups = groups_of_alike([pair.passage for pair in pairs])
    near = near_pairs(pairs, sources, asked, groups, options.n_near)
    rows = zip(questions, passages, sources, asked, groups, near, strict=True)
    return [EncodedPair(question=q, passage=p, source=s, asked=a, group=g, near=n) for q, p, s, a, g, n in rows]


def _tokens(texts: Sequence[str], tokenizer: Tokenizer, n_most: int) -> list[Ids]:
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    cut = [" ".join(text.split()) if len(text) > 64 * n_most else text for text in texts]
    encoded = tokenizer.encode_batch([text[: 64 * n_most] for text in cut], add_special_tokens=False)
    return [np.array([cls, *one.ids[: n_most - 2], sep], np.int64) for one in encoded]


def near_pairs(
    pairs: Sequence[EmbeddingPair],
    sources: Sequence[str],
    asked: Sequence[int],
    groups: Sequence[int],
    n_wanted: int,
) -> list[tuple[int, ...]]:
    """For each pair the places of at most ``n_wanted`` of its source that BM25 finds for its question, and are not it.

    Twice as many are looked through, so that not all are what was left over. Raises ``MissingExtraError``.
    """
    if not n_wanted:
        return [()] * len(pairs)
    try:
        import bm25s
    except ImportError as error:
        raise MissingExtraError(
            "Training the embedder needs the extra \"train\": pip install 'whence[train]'."
        ) from error
    found: list[tuple[int, ...]] = [()] * len(pairs)
    places: dict[str, list[int]] = defaultdict(list)
    for n, source in enumerate(sources):
        places[source].append(n)
    for own in places.values():
        index = bm25s.BM25()
        index.index([_words(pairs[n].passage) for n in own], show_progress=False)
        k = min(2 * n_wanted + 2, len(own))
        ranked, scores = index.retrieve([_words(pairs[n].question) for n in own], k=k, show_progress=False)
        for n, row, values in zip(own, ranked, scores, strict=True):
            others = [own[int(m)] for m, score in zip(row, values, strict=True) if score > 0]
            found[n] = tuple(m for m in others if asked[m] != asked[n] and groups[m] != groups[n])[:n_wanted]
    return found


def _words(text: str) -> list[str]:
    """Lower-case words, those of an identifier each alone; "-" stands for a text without any."""
    return list(re.findall(r"[a-z]+|\d+", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text[:4000]).lower())) or ["-"]


def pair_batches(encoded: Sequence[EncodedPair], options: EmbedderTraining, epoch: int) -> Iterator[PairBatch]:
    """One epoch in an order that the seed and the epoch decide; pairs that no full batch is left for wait for the next.

    Each batch is of one source and holds no two pairs of one ``asked`` or one ``group``.
    """
    chance = random.Random(f"{options.seed}/{epoch}")
    places: dict[str, list[int]] = defaultdict(list)
    for n, pair in enumerate(encoded):
        places[pair.source].append(n)
    batches = [batch for source in sorted(places) for batch in _of_source(encoded, places[source], options, chance)]
    chance.shuffle(batches)
    for batch in batches:
        yield PairBatch(
            questions=tuple(encoded[n].question for n in batch), passages=tuple(encoded[n].passage for n in batch)
        )


def _of_source(
    encoded: Sequence[EncodedPair], places: Sequence[int], options: EmbedderTraining, chance: random.Random
) -> Iterator[list[int]]:
    waiting = chance.sample(list(places), len(places))
    used: set[int] = set()
    while len(waiting) >= options.batch_pairs:
        batch: list[int] = []
        asked: set[int] = set()
        groups: set[int] = set()
        for first in waiting:
            for n in (first, *encoded[first].near):
                fits = encoded[n].asked not in asked and encoded[n].group not in groups
                if len(batch) < options.batch_pairs and n not in used and fits:
                    batch.append(n)
                    used.add(n)
                    asked.add(encoded[n].asked)
                    groups.add(encoded[n].group)
                elif n == first:
                    break
            if len(batch) == options.batch_pairs:
                break
        if len(batch) < options.batch_pairs:
            return
        waiting = [n for n in waiting if n not in used]
        yield batch

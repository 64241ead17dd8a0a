"""Questions on prose for the confidence fit, in the shapes that people ask in; all of SQuAD train, which may train.

Open: over 24 articles at once; without answer are questions on articles of another corpus ("other article") and on
paragraphs that were left out of a corpus which still has the rest of their article ("gap"). Narrowed: over the
paragraph or the article a question was written for; without answer over another paragraph of the article.
"""

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory_index import MemoryIndex, paragraph_chunk
from whence.metrics.answer_match import holds_answer
from whence.protocols import Embedder, StepwiseReader, Vectors
from whence.retrieval.hybrid import HybridRetriever
from whence.types import Chunk, Hit, Kind, Scope, Scored

SEED, N_CORPORA, N_ARTICLES = 13, 3, 24
N_QUESTIONS = {"open": 150, "other article": 100, "gap": 100, "paragraph": 60, "article": 60, "other paragraph": 80}
"""A corpus."""

SCOPE = Scope(index="prose", sources=frozenset({"paragraphs"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseQuestion:
    """A question with what a search found; ``answers`` () where there is none. ``article`` stays within one fold.

    Where the answer is a whole passage, ``document`` is its id instead; without answer both are empty.
    """

    shape: str
    article: str
    question: str
    answers: tuple[str, ...]
    hits: Sequence[Hit]
    document: str = ""

    @property
    def is_answerable(self) -> bool:
        """Whether what was searched has the answer."""
        return bool(self.answers or self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paragraph:
    id: str
    article: str
    text: str
    asked: tuple[tuple[str, str], ...]


class Narrowed:
    """An ``Index`` of some chunks of another one, which still weighs words by all of them, as a filter does."""

    def __init__(self, index: MemoryIndex, ids: frozenset[str], n: int) -> None:
        self._index, self._ids, self._n = index, ids, n

    def lexical(self, tokens: Sequence[str], k: int, scope: Scope, kind: Kind, *, every: bool = False) -> list[Scored]:
        """See ``MemoryIndex``."""
        return self._kept(self._index.lexical(tokens, self._n, scope, kind, every=every), k)

    def named(self, names: Sequence[str], k: int, scope: Scope, *, history: bool = False) -> list[Scored]:
        """See ``MemoryIndex``."""
        return self._kept(self._index.named(names, self._n, scope, history=history), k)

    def dense(self, vector: Vectors, k: int, scope: Scope) -> list[Scored]:
        """See ``MemoryIndex``."""
        return self._kept(self._index.dense(vector, self._n, scope), k)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """See ``MemoryIndex``."""
        return self._index.chunks(ids)

    def _kept(self, found: Sequence[Scored], k: int) -> list[Scored]:
        return [one for one in found if one.chunk_id in self._ids][:k]


def prose_questions(data: Path, embedder: Embedder, reader: StepwiseReader | None = None) -> Iterator[ProseQuestion]:
    """All shapes over ``N_CORPORA`` corpora, drawn with ``SEED``; ``reader`` reranks as in the program."""
    paragraphs: dict[str, list[_Paragraph]] = {}
    with gzip.open(data / "squad/squad_v1.1_train_paragraphs.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            asked = tuple((qa["question"], qa["answer"]) for qa in row["qas"])
            one = _Paragraph(
                id=f"{row['title']}#{row['paragraph']}", article=row["title"], text=row["context"], asked=asked
            )
            paragraphs.setdefault(one.article, []).append(one)
    rng = random.Random(SEED)
    titles = sorted(paragraphs)
    rng.shuffle(titles)
    groups = [titles[i * N_ARTICLES : (i + 1) * N_ARTICLES] for i in range(N_CORPORA)]
    for number, group in enumerate(groups):
        own = {title: paragraphs[title] for title in group}
        others = [one for title in groups[(number + 1) % N_CORPORA] for one in paragraphs[title]]
        yield from _open(own, others, embedder, rng, reader)
        yield from _narrowed(own, embedder, rng, reader)
        print("corpus", number, flush=True)


def _open(
    own: Mapping[str, Sequence[_Paragraph]],
    others: Sequence[_Paragraph],
    embedder: Embedder,
    rng: random.Random,
    reader: StepwiseReader | None,
) -> Iterator[ProseQuestion]:
    every = [one for paragraphs in own.values() for one in paragraphs]
    gone = {one.id for paragraphs in own.values() for one in paragraphs[::10]}
    left = [one for one in every if one.id not in gone]
    whole, part = _searcher(every, embedder, reader), _searcher(left, embedder, reader)
    for shape, pool, searched in (("open", every, whole), ("other article", others, whole)):
        for paragraph, question, answer in _drawn(pool, rng, N_QUESTIONS[shape]):
            answers = (answer,) if shape == "open" else ()
            hits = searched.search(question, 10, SCOPE)
            yield ProseQuestion(shape=shape, article=paragraph.article, question=question, answers=answers, hits=hits)
    for paragraph, question, answer in _drawn([one for one in every if one.id in gone], rng, N_QUESTIONS["gap"]):
        if not any(holds_answer(one.text, [answer]) for one in left if one.article == paragraph.article):
            hits = part.search(question, 10, SCOPE)
            yield ProseQuestion(shape="gap", article=paragraph.article, question=question, answers=(), hits=hits)


def _narrowed(
    own: Mapping[str, Sequence[_Paragraph]], embedder: Embedder, rng: random.Random, reader: StepwiseReader | None
) -> Iterator[ProseQuestion]:
    every = [one for paragraphs in own.values() for one in paragraphs]
    index = _index(every, embedder)
    for shape in ("paragraph", "article", "other paragraph"):
        for paragraph, question, answer in _drawn(every, rng, N_QUESTIONS[shape]):
            siblings = own[paragraph.article]
            meant = [paragraph] if shape == "paragraph" else siblings
            if shape == "other paragraph":
                free = [one for one in siblings if one.id != paragraph.id and not holds_answer(one.text, [answer])]
                if not free:
                    continue
                meant = [rng.choice(free)]
            narrowed = Narrowed(index, frozenset(one.id for one in meant), len(every))
            yield ProseQuestion(
                shape=shape,
                article=paragraph.article,
                question=question,
                answers=() if shape == "other paragraph" else (answer,),
                hits=HybridRetriever(narrowed, embedder, reader=reader).search(question, 10, SCOPE),
            )


def _drawn(pool: Sequence[_Paragraph], rng: random.Random, n: int) -> list[tuple[_Paragraph, str, str]]:
    every = [(one, question, answer) for one in pool for question, answer in one.asked]
    return rng.sample(every, min(n, len(every)))


def _index(paragraphs: Sequence[_Paragraph], embedder: Embedder) -> MemoryIndex:
    return MemoryIndex([paragraph_chunk(one.id, one.text) for one in paragraphs], embedder)


def _searcher(paragraphs: Sequence[_Paragraph], embedder: Embedder, reader: StepwiseReader | None) -> HybridRetriever:
    return HybridRetriever(_index(paragraphs, embedder), embedder, reader=reader)

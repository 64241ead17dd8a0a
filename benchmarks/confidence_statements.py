"""Texts that ask by telling, for the confidence fit: topics, and the first half of a text in search of its second.

"topic": a question of PubMedQA without its form, put to all abstracts; "half": the first half of a paragraph of SQuAD
train, put to the second halves of all paragraphs of 24 articles, as the text of an issue is put to what was replied.
Without answer: those whose own abstract or half was left out ("topic gap", "half gap"), among others of the same field
or article. Collections judge otherwise: what is about the same subject is relevant. So the halves are asked again, and
any half of the article is right ("subject"), none for the first halves of other articles ("subject foreign").
"""

import gzip
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.confidence_prose import N_ARTICLES, SCOPE, SEED, ProseQuestion
from benchmarks.memory_index import MemoryIndex, paragraph_chunk
from whence.protocols import Embedder
from whence.retrieval.hybrid import HybridRetriever

N_QUESTIONS = {"topic": 120, "topic gap": 80, "half": 120, "half gap": 80, "subject foreign": 200}
LEAST_WORDS = 60
"""A paragraph of fewer has no halves to speak of."""
_FORM = re.compile(
    r"^(?:(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|may|might)(?: there| it)?"
    r"|what(?: is| are)?|how(?: do| does| is| are)?|which|why)\s+",
    re.IGNORECASE,
)


def statement_questions(data: Path, embedder: Embedder) -> Iterator[ProseQuestion]:
    """All shapes, drawn with ``SEED``; no model reads them."""
    yield from _topics(data, embedder)
    yield from _halves(data, embedder)


def topic_of(question: str) -> str:
    """A question as a search for its topic: without the word that asks, and without its mark."""
    return _FORM.sub("", question.strip()).rstrip("?. ")


def halves(text: str) -> tuple[str, str] | None:
    """A text cut between two sentences near its middle; None where it is short, or one sentence."""
    cuts = [match.end() for match in re.finditer(r"[.!?]\s+(?=[A-Z])", text)]
    if len(text.split()) < LEAST_WORDS or not cuts:
        return None
    cut = min(cuts, key=lambda one: abs(one - len(text) / 2))
    return text[:cut].strip(), text[cut:].strip()


def _topics(data: Path, embedder: Embedder) -> Iterator[ProseQuestion]:
    with (data / "pubmed_qa/pubmed_qa_open.jsonl").open(encoding="utf-8") as lines:
        rows = {str(row["id"]): row for row in map(json.loads, lines)}
    drawn = random.Random(SEED + 1).sample(sorted(rows), len(rows))
    gone = drawn[: N_QUESTIONS["topic gap"]]
    held = {one: " ".join(row["contexts"]) for one, row in rows.items() if one not in set(gone)}
    asked = {one: topic_of(str(row["question"])) for one, row in rows.items()}
    own = [one for one in drawn if one in held][: N_QUESTIONS["topic"]]
    yield from _asked("topic", own, gone, asked, held, {one: one for one in rows}, embedder)


def _halves(data: Path, embedder: Embedder) -> Iterator[ProseQuestion]:
    rng = random.Random(SEED + 2)
    with gzip.open(data / "squad/squad_v1.1_train_paragraphs.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = list(map(json.loads, lines))
    titles = sorted({str(row["title"]) for row in rows})
    own_titles = set(rng.sample(titles, N_ARTICLES))
    other_titles = set(rng.sample([one for one in titles if one not in own_titles], N_ARTICLES))
    cut = {f"{row['title']}#{row['paragraph']}": halves(str(row["context"])) for row in rows}
    firsts = {one: both[0] for one, both in cut.items() if both and _article(one) in own_titles | other_titles}
    seconds = {one: both[1] for one, both in cut.items() if both and _article(one) in own_titles}
    drawn = rng.sample(sorted(seconds), len(seconds))
    gone = drawn[: N_QUESTIONS["half gap"]]
    held = {one: text for one, text in seconds.items() if one not in set(gone)}
    own = [one for one in drawn if one in held][: N_QUESTIONS["half"]]
    articles = {one: _article(one) for one in firsts}
    foreign = rng.sample(sorted(set(firsts) - set(seconds)), N_QUESTIONS["subject foreign"])
    halved = list(_asked("half", own, gone, firsts, held, articles, embedder))
    yield from halved
    yield from (replace(one, shape="subject", document=f"{one.article}#") for one in halved)
    for one in _asked("subject", [], foreign, firsts, held, articles, embedder):
        yield replace(one, shape="subject foreign")


def _article(paragraph: str) -> str:
    return paragraph.rsplit("#", 1)[0]


def _asked(
    shape: str,
    own: Sequence[str],
    gone: Sequence[str],
    asked: Mapping[str, str],
    held: Mapping[str, str],
    articles: Mapping[str, str],
    embedder: Embedder,
) -> Iterator[ProseQuestion]:
    retriever = HybridRetriever(MemoryIndex([paragraph_chunk(*one) for one in held.items()], embedder), embedder)
    for one in [*own, *gone]:
        yield ProseQuestion(
            shape=shape if one in held else f"{shape} gap",
            article=articles[one],
            question=asked[one],
            answers=(),
            hits=retriever.search(asked[one], 10, SCOPE),
            document=one if one in held else "",
        )

"""Fits the weights by which the reader chooses a sentence, on SQuAD train; writes src/whence/answer/reading.json.

    WHENCE_TEST_DATA=... python -m benchmarks.reading_fit [--kept FILE]

Each of ``N_CORPORA`` closed corpora holds the paragraphs of 24 articles, about as many as the dev corpus has. The
weights maximise the probability (softmax over all spans read) of the spans that hold the gold answer in its own
paragraph. One corpus is held out to choose the strength of the penalty. Titles, names and the roles of code
spans do not occur there and keep the weights set by hand in ``CODE_PRIORS``.
"""

import argparse
import gzip
import json
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory_index import MemoryIndex, RememberingEmbedder, paragraph_chunk
from whence.answer.extractive import ExtractiveReader
from whence.answer.features import FEATURES, N_LEXICAL, Scoring
from whence.embedding.onnx import OnnxEmbedder
from whence.retrieval.hybrid import HybridRetriever
from whence.types import Scope

N_CORPORA, N_ARTICLES, N_QUESTIONS, SEED = 4, 24, 800, 13
TARGET = Path(__file__).parents[1] / "src/whence/answer/reading.json"
CODE_PRIORS = {
    "role_docstring": 0.4,
    "role_comment": 0.4,
    "role_signature": -0.6,
    "role_example": -0.3,
    "role_heading": -2.0,
    "names": 1.5,
    "added_by_title": 2.0,
}


@dataclass(frozen=True, slots=True)
class Example:
    """One question: feature rows of its candidates and which of them hold the answer."""

    rows: NDArray[np.float32]
    right: NDArray[np.bool_]
    embedded: NDArray[np.intp]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kept", type=Path, default=None, help="file that keeps vectors for the next fit")
    embedder = RememberingEmbedder(OnnxEmbedder(), parser.parse_args().kept)
    corpora = list(_corpora(Path(os.environ["WHENCE_TEST_DATA"]), embedder))
    embedder.save()
    train, held_out = [example for corpus in corpora[:-1] for example in corpus], corpora[-1]
    lexical_columns = np.arange(N_LEXICAL)
    every_column = np.arange(len(FEATURES))
    chosen: dict[str, NDArray[np.float32]] = {}
    for name, columns, embedded in (("lexical", lexical_columns, False), ("embedded", every_column, True)):
        fits = [(fit(train, columns, embedded, penalty), penalty) for penalty in (1e-4, 1e-3, 1e-2)]
        scores = [accuracy(held_out, weights, embedded) for weights, _ in fits]
        best = int(np.argmax(scores))
        print(name, "held out first-sentence accuracy by penalty", [round(score, 4) for score in scores])
        chosen[name] = fit([*train, *held_out], columns, embedded, fits[best][1])
    document = {
        "fitted_on": f"SQuAD v1.1 train, {N_CORPORA} corpora of {N_ARTICLES} articles, "
        f"{len(train) + len(held_out)} questions, seed {SEED}",
        "set_by_hand": CODE_PRIORS,
        **{name: _named(weights) for name, weights in chosen.items()},
    }
    TARGET.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _named(weights: NDArray[np.float32]) -> dict[str, float]:
    named = {name: round(float(value), 3) for name, value in zip(FEATURES, weights, strict=True)}
    return {**named, **CODE_PRIORS}


def _corpora(data: Path, embedder: RememberingEmbedder) -> Iterator[list[Example]]:
    articles: dict[str, list[dict[str, object]]] = {}
    with gzip.open(data / "squad/squad_v1.1_train_paragraphs.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            articles.setdefault(row["title"], []).append(row)
    titles = sorted(articles)
    rng = random.Random(SEED)
    rng.shuffle(titles)
    reader = ExtractiveReader(embedder)
    for number in range(N_CORPORA):
        rows = [row for title in titles[number * N_ARTICLES : (number + 1) * N_ARTICLES] for row in articles[title]]
        yield list(_examples(rows, reader, embedder, rng))
        print("corpus", number, len(rows), "paragraphs", flush=True)


def _examples(
    rows: Sequence[dict[str, object]], reader: ExtractiveReader, embedder: RememberingEmbedder, rng: random.Random
) -> Iterator[Example]:
    chunks = [paragraph_chunk(f"{row['title']}#{row['paragraph']}", str(row["context"])) for row in rows]
    retriever = HybridRetriever(MemoryIndex(chunks, embedder), embedder)
    scope = Scope(index="squad", sources=frozenset({"paragraphs"}))
    questions = [(f"{row['title']}#{row['paragraph']}", qa) for row in rows for qa in row["qas"]]  # type: ignore[attr-defined]
    for paragraph, qa in rng.sample(questions, min(N_QUESTIONS, len(questions))):
        scoring = reader.score(qa["question"], retriever.search(qa["question"], 10, scope))
        if scoring is not None and (example := _example(scoring, paragraph, qa)) is not None:
            yield example


def _example(scoring: Scoring, paragraph: str, qa: dict[str, object]) -> Example | None:
    """None where the gold paragraph was not found: nothing can be learnt about choosing in it."""
    start, answer = int(str(qa["answer_start"])), str(qa["answer"])
    right = np.array(
        [
            scoring.hits[one.hit].chunk.id == paragraph
            and (answer in one.text if not qa["answer_start_unique"] else one.span.start <= start < one.span.end)
            for one in scoring.candidates
        ]
    )
    if not right.any():
        return None
    return Example(scoring.rows, right, np.array(scoring.embedded, np.intp))


def fit(
    examples: Sequence[Example], columns: NDArray[np.intp], embedded: bool, penalty: float, n_steps: int = 400
) -> NDArray[np.float32]:
    """Weights over FEATURES (0 outside ``columns``) by full-batch Adam on the listwise log likelihood."""
    rows: list[NDArray[np.float32]] = []
    right: list[NDArray[np.bool_]] = []
    group: list[NDArray[np.intp]] = []
    for example in examples:
        chosen = example.embedded if embedded else np.arange(len(example.rows))
        if example.right[chosen].any():
            group.append(np.full(len(chosen), len(group)))
            rows.append(example.rows[chosen][:, columns])
            right.append(example.right[chosen])
    x, y, g = np.concatenate(rows).astype(np.float64), np.concatenate(right), np.concatenate(group)
    starts = np.flatnonzero(np.diff(g, prepend=-1))
    scale = x.std(axis=0)
    scale[scale < 1e-6] = 1.0
    x = (x - x.mean(axis=0)) / scale
    w, m, v = np.zeros(len(columns)), np.zeros(len(columns)), np.zeros(len(columns))
    for step in range(1, n_steps + 1):
        scores = x @ w
        scores -= np.maximum.reduceat(scores, starts)[g]
        p = np.exp(scores)
        all_mass = np.add.reduceat(p, starts)
        right_mass = np.add.reduceat(p * y, starts)
        gradient = x.T @ (p / all_mass[g] - p * y / right_mass[g]) / len(starts) + penalty * w
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w = w - 0.05 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    out = np.zeros(len(FEATURES), np.float32)
    out[columns] = w / scale
    return out


def accuracy(examples: Sequence[Example], weights: NDArray[np.float32], embedded: bool) -> float:
    """Share of questions whose best-scored candidate holds the answer, of those whose paragraph was found."""
    right = 0
    for example in examples:
        chosen = example.embedded if embedded else np.arange(len(example.rows))
        right += bool(example.right[chosen][np.argmax(example.rows[chosen] @ weights)])
    return right / len(examples)


if __name__ == "__main__":
    main()

"""Fits the probability that an answer is right, on prose and on code; writes src/whence/answer/confidence.json.

    WHENCE_TEST_DATA=... python -m benchmarks.confidence_fit REQUESTS.git FLASK.git [--kept FOLDER]

Prose: SQuAD train, closed corpora of 24 articles. Answerable: a question on one of them; without answer: a question on
an article of another corpus. Code: SWE-QA and the questions of ``confidence_questions`` asked of both repositories. An
answer counts as right where one of its citations holds the gold answer (prose) or meets the gold lines, or the gold
file where no lines are known (code). Prose and code weigh the same. Scores are of five-fold cross-validation, folds by
corpus and by question; the threshold is the highest that abstains on at most ``FALSE_ABSTENTIONS`` of the answerable
questions, in prose and in code.
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

from benchmarks.confidence_questions import Asked, asked
from benchmarks.memory_index import MemoryIndex, RememberingEmbedder, paragraph_chunk
from benchmarks.repository_questions import repository_chunks, searched, swe_qa
from whence.answer.citations import cite
from whence.answer.compose import compose
from whence.answer.confidence import LEXICAL_SIGNALS, SIGNALS, signals
from whence.answer.extractive import ExtractiveReader
from whence.embedding.onnx import OnnxEmbedder
from whence.metrics.calibration import auroc, brier_score, expected_calibration_error
from whence.retrieval.hybrid import HybridRetriever
from whence.types import Citation, Hit, Scope

SEED, QUESTION_SEED, N_CORPORA, N_ARTICLES, N_QUESTIONS, N_CITATIONS, N_FOLDS = 13, 5, 3, 24, 200, 4, 5
FALSE_ABSTENTIONS = 0.08
PENALTY = 1.0
TARGET = Path(__file__).parents[1] / "src/whence/answer/confidence.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One reading: its signals, whether an answer exists, whether the cited one is right, its fold and its set."""

    values: dict[str, float]
    answerable: bool
    right: bool
    fold: int
    name: str


def main() -> None:
    arguments = _arguments()
    data = Path(os.environ["WHENCE_TEST_DATA"])
    embedder = RememberingEmbedder(OnnxEmbedder(), arguments.kept and arguments.kept / "vectors.pickle")
    rows = [*_code_rows(data, arguments, embedder), *_prose_rows(data, embedder)]
    embedder.save()
    document: dict[str, object] = {
        "fitted_on": {
            name: {
                "rows": sum(row.name == name for row in rows),
                "answerable": sum(row.name == name and row.answerable for row in rows),
                "right": sum(row.name == name and row.right for row in rows),
            }
            for name in sorted({row.name for row in rows})
        },
        "seed": SEED,
    }
    for kind, names in (("hybrid", SIGNALS), ("lexical", LEXICAL_SIGNALS)):
        predicted = _cross_validated(rows, names)
        threshold = _threshold(rows, predicted)
        document[kind] = _coefficients(rows, names)
        scores = {name: _scores(rows, predicted, name, threshold) for name in ("all", "prose", "code", "code, asked")}
        document[f"{kind}_scores"] = scores
        if kind == "hybrid":
            document["threshold"] = round(threshold, 3)
        print(kind, f"threshold {threshold:.3f}", json.dumps(scores, indent=1))
    TARGET.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requests", type=Path, help="bare repository of psf/requests")
    parser.add_argument("flask", type=Path, help="bare repository of pallets/flask")
    parser.add_argument("--kept", type=Path, default=None, help="folder that keeps hits and vectors for the next fit")
    return parser.parse_args()


def _code_rows(data: Path, arguments: argparse.Namespace, embedder: RememberingEmbedder) -> Iterator[Row]:
    rows = swe_qa(data)
    commit = {str(row["repo"]): str(row["commit"]) for row in rows}
    paths = {"psf/requests": arguments.requests, "pallets/flask": arguments.flask}
    repositories = {name: (path, commit[name]) for name, path in paths.items()}
    chunks = {name: repository_chunks(path, at, name) for name, (path, at) in repositories.items()}
    questions = list(asked(rows, chunks, QUESTION_SEED))
    found = searched(
        repositories,
        sorted({one.question for one in questions}),
        embedder,
        arguments.kept and arguments.kept / "hits.pickle",
    )
    reader = ExtractiveReader(embedder)
    folds = {one: number % N_FOLDS for number, one in enumerate(sorted({one.question for one in questions}))}
    for one in questions:
        values, citations = _read(reader, one.question, found[one.repository, one.question])
        yield Row(
            values=values,
            answerable=one.right is not None,
            right=_right(one, citations),
            fold=folds[one.question],
            name="code, asked" if one.trusted else "code",
        )


def _right(one: Asked, citations: Sequence[Citation]) -> bool:
    if one.right is None:
        return False
    return one.trusted or any(
        citation.path in one.right
        and (
            not (lines := one.right[citation.path])
            or any(citation.start_line <= last and citation.end_line >= first for first, last in lines)
        )
        for citation in citations
    )


def _prose_rows(data: Path, embedder: RememberingEmbedder) -> Iterator[Row]:
    articles: dict[str, list[dict[str, object]]] = {}
    with gzip.open(data / "squad/squad_v1.1_train_paragraphs.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            articles.setdefault(row["title"], []).append(row)
    rng = random.Random(SEED)
    titles = sorted(articles)
    rng.shuffle(titles)
    reader = ExtractiveReader(embedder)
    scope = Scope(index="prose", sources=frozenset({"paragraphs"}))
    groups = [titles[i * N_ARTICLES : (i + 1) * N_ARTICLES] for i in range(N_CORPORA)]
    for number, group in enumerate(groups):
        own = [row for title in group for row in articles[title]]
        chunks = [paragraph_chunk(f"{row['title']}#{row['paragraph']}", str(row["context"])) for row in own]
        retriever = HybridRetriever(MemoryIndex(chunks, embedder), embedder)
        others = [row for title in groups[(number + 1) % N_CORPORA] for row in articles[title]]
        for rows, answerable in ((own, True), (others, False)):
            pool = [qa for row in rows for qa in row["qas"]]  # type: ignore[attr-defined]
            for qa in rng.sample(pool, N_QUESTIONS):
                hits = retriever.search(qa["question"], 10, scope)
                values, citations = _read(reader, qa["question"], hits)
                right = answerable and any(qa["answer"] in citation.quote for citation in citations)
                fold = rng.randrange(N_FOLDS)
                yield Row(values=values, answerable=answerable, right=right, fold=fold, name="prose")
        print("corpus", number, len(chunks), "paragraphs", flush=True)


def _read(reader: ExtractiveReader, question: str, hits: Sequence[Hit]) -> tuple[dict[str, float], list[Citation]]:
    scoring = reader.score(question, hits)
    if scoring is None:
        return {}, []
    composition = compose(question, reader.read(question, hits), N_CITATIONS)
    return signals(scoring), [cite(one) for one in composition.evidence]


def _matrix(rows: Sequence[Row], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[1.0, *(row.values.get(name, 0.0) for name in names)] for row in rows])


def _weights(rows: Sequence[Row]) -> NDArray[np.float64]:
    prose = np.array([row.name == "prose" for row in rows])
    share = np.where(prose, 0.5 / max(prose.sum(), 1), 0.5 / max((~prose).sum(), 1))
    return np.asarray(share * len(rows), np.float64)


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -30, 30))), np.float64)


def _fit(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic regression by Newton's method, penalised but for the intercept; columns are scaled for the penalty."""
    scale = np.maximum(x.std(axis=0), 1e-3)
    scale[0] = 1.0
    x = x / scale
    beta = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], PENALTY)
    penalty[0] = 0.0
    for _ in range(30):
        p = _sigmoid(x @ beta)
        gradient = x.T @ (weight * (p - y)) + penalty * beta
        hessian = (x.T * (weight * p * (1 - p))) @ x + np.diag(penalty + 1e-9)
        beta = np.asarray(beta - np.linalg.solve(hessian, gradient), np.float64)
    fitted: NDArray[np.float64] = np.asarray(beta / scale, np.float64)
    return fitted


def _threshold(rows: Sequence[Row], predicted: NDArray[np.float64]) -> float:
    """The highest that lets at most ``FALSE_ABSTENTIONS`` of the answerable questions go, in prose and in code."""
    answerable: dict[bool, list[float]] = {True: [], False: []}
    for p, row in zip(predicted, rows, strict=True):
        if row.answerable:
            answerable[row.name == "prose"].append(float(p))
    return min(float(np.quantile(values, FALSE_ABSTENTIONS)) for values in answerable.values())


def _coefficients(rows: Sequence[Row], names: Sequence[str]) -> dict[str, float]:
    beta = _fit(_matrix(rows, names), np.array([float(row.right) for row in rows]), _weights(rows))
    return {name: round(float(value), 4) for name, value in zip(("intercept", *names), beta, strict=True)}


def _cross_validated(rows: Sequence[Row], names: Sequence[str]) -> NDArray[np.float64]:
    x, y = _matrix(rows, names), np.array([float(row.right) for row in rows])
    weight, folds = _weights(rows), np.array([row.fold for row in rows])
    out = np.zeros(len(rows))
    for fold in range(N_FOLDS):
        held = folds == fold
        out[held] = _sigmoid(x[held] @ _fit(x[~held], y[~held], weight[~held]))
    return out


def _scores(rows: Sequence[Row], predicted: NDArray[np.float64], name: str, threshold: float) -> dict[str, float]:
    chosen = [(float(p), row) for p, row in zip(predicted, rows, strict=True) if name in {"all", row.name}]
    stated, right = [p for p, _ in chosen], [row.right for _, row in chosen]
    abstained = {state: [p < threshold for p, row in chosen if row.answerable is state] for state in (True, False)}
    wrongly = [p < threshold for p, row in chosen if row.right]
    values = {
        "rows": len(chosen),
        "brier": brier_score(stated, right),
        "ece": expected_calibration_error(stated, right),
        "auroc": auroc(stated, right),
        "abstained on answerable": float(np.mean(abstained[True])),
        "abstained on rightly answered": float(np.mean(wrongly)),
        "caught without answer": float(np.mean(abstained[False])),
    }
    return {key: round(value, 4) for key, value in values.items()}


if __name__ == "__main__":
    main()

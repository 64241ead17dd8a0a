"""Does a reader tell better than vectors whether two answers mean the same?

    WHENCE_TEST_DATA=... python -m benchmarks.same_answer_signals [READER]

The pairs of ``same_answer_fit``, as far as its rules leave them open, judged by the cosine of their vectors, by what
the reader says of one answer as a passage when it is asked the question together with the other (relevance, and margin
of the best span), and by a logistic regression over several. Five folds by article: fitted on four, measured on one.
READER is a model folder, by default the one that whence carries.
"""

import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from benchmarks.report import data_folder, table, write_result
from benchmarks.same_answer_fit import Pair, labelled
from whence.embedding.onnx import EmbeddingOptions, OnnxEmbedder
from whence.evaluation.judging import same_answer
from whence.metrics.answer_similarity import answer_similarity
from whence.metrics.calibration import auroc
from whence.metrics.f1 import f1
from whence.reading.onnx import OnnxPassageReader, PassageReadingOptions

N_FOLDS = 5
Values = NDArray[np.float64]


def main() -> None:
    pairs = [pair for pair in labelled(data_folder()) if same_answer.by_rule(pair.one, pair.other) is None]
    reader = OnnxPassageReader(Path(sys.argv[1]) if len(sys.argv) > 1 else None, PassageReadingOptions(threads=2))
    same = np.array([pair.same for pair in pairs])
    folds = np.array([zlib.crc32(pair.group.encode()) % N_FOLDS for pair in pairs])
    cosine, vectors_ms = _cosines(pairs)
    read, reader_ms = _read(pairs, reader)
    shared = np.array([f1(pair.one, [pair.other]) for pair in pairs])
    signals: Mapping[str, Sequence[Values]] = {
        "cosine": [cosine],
        "relevance": [read[:, 0]],
        "margin": [read[:, 1]],
        "cosine, F1": [cosine, shared],
        "cosine, F1, relevance, margin": [cosine, shared, read[:, 0], read[:, 1]],
    }
    rows, results = [], {}
    for name, columns in signals.items():
        scores = _held_out(np.column_stack(columns), same, folds)
        right = (scores >= 0) == same
        by_fold = [float(right[folds == fold].mean()) for fold in range(N_FOLDS)]
        area = auroc(scores.tolist(), same.tolist())
        sorts = {
            sort: float(right[[pair.sort == sort for pair in pairs]].mean()) for sort in sorted({p.sort for p in pairs})
        }
        rows.append([name, float(right.mean()), min(by_fold), max(by_fold), area, *sorts.values()])
        results[name] = {"accuracy": round(float(right.mean()), 4), "auroc": round(area, 4), "by_fold": by_fold}
    shown = table(["signal", "accuracy", "least fold", "best fold", "AUROC", *sorts], rows)
    cost = f"processor time a pair: vectors {vectors_ms:.1f} ms, reader {reader_ms:.1f} ms"
    print(f"{len(pairs)} pairs that no rule decides, {same.mean():.3f} the same\n\n{shown}\n\n{cost}")
    settings = {"pairs": len(pairs), "folds": N_FOLDS, "reader": reader.digest}
    write_result("same_answer_signals", settings, results, {"accuracy on held-out folds": shown, "cost": cost})


def _held_out(columns: Values, same: NDArray[np.bool_], folds: NDArray[np.int64]) -> Values:
    """A logit for each pair from a regression that was fitted on the other folds; 0 divides."""
    made = np.zeros(len(same))
    for fold in range(N_FOLDS):
        own = folds == fold
        scale = StandardScaler().fit(columns[~own])
        model = LogisticRegression().fit(scale.transform(columns[~own]), same[~own])
        made[own] = model.decision_function(scale.transform(columns[own]))
    return made


def _cosines(pairs: Sequence[Pair]) -> tuple[Values, float]:
    embedder = OnnxEmbedder(options=EmbeddingOptions(threads=2))
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.one, pair.other)))
    embedder.embed(texts[:2], "passage")
    began = process_time()
    row_of = dict(zip(texts, embedder.embed(texts, "passage"), strict=True))
    spent = process_time() - began
    values = answer_similarity([row_of[pair.one] for pair in pairs], [row_of[pair.other] for pair in pairs])
    return values, 1000 * spent / len(pairs)


def _read(pairs: Sequence[Pair], reader: OnnxPassageReader) -> tuple[Values, float]:
    """(relevance, margin) of each pair."""
    reader.read("who?", ["nobody"])
    began, made = process_time(), []
    for pair in pairs:
        [reading] = reader.read(f"{pair.question} {pair.other}", [pair.one])
        best = max((span.margin for span in reading.spans), default=-20.0)
        made.append((reading.relevance, best))
    return np.array(made, np.float64), 1000 * (process_time() - began) / len(pairs)


if __name__ == "__main__":
    main()

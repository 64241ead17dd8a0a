"""Fits the probability that an answer is right, on prose and on code; writes src/whence/answer/confidence.json.

    WHENCE_TEST_DATA=... python -m benchmarks.confidence_fit REQUESTS.git FLASK.git [--kept FOLDER] [--reader MODEL]
        [--out FILE]

Prose: SQuAD train in the shapes of ``confidence_prose``, PubMedQA in those of ``confidence_passages``. Code: SWE-QA and
the questions of ``confidence_questions`` asked of both repositories. An answer counts as right where one of its
citations holds the gold answer or stands in the gold passage (prose), meets the gold lines, or the gold file where no
lines are known (code). Prose weighs ``PROSE_SHARE``, code the rest. Scores are of five-fold cross-validation, folds by
article and by question. The threshold is chosen, not fitted: what is said is a probability, and an answer is withheld
that is three times likelier wrong.

The penalty is the one of ``PENALTIES`` with the lowest Brier score on shapes that a fit has not seen: of the families
in ``FAMILIES`` each is left out once. A fit that is right for other questions of the same shapes only would be too
sure elsewhere.

The coefficients of shapes are those with vectors, weighed by a slope and an offset (``SHAPED``): a search of theirs is
right more or less often than its signals say, and nothing else is told apart.

With ``--reader``, a folder with a model that reads passages, only the coefficients of such readings are fitted, on the
same questions; the others stay as they are in the file. Prose is then of paragraphs that may have trained the model,
of which each question was seen about once: ``confidence_suites`` says what the fit is worth on others.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.confidence_functions import function_questions
from benchmarks.confidence_passages import passage_questions
from benchmarks.confidence_prose import SEED, ProseQuestion, prose_questions
from benchmarks.confidence_questions import Asked, asked
from benchmarks.confidence_statements import statement_questions
from benchmarks.memory_index import RememberingEmbedder
from benchmarks.repository_questions import repository_chunks, searched, swe_qa
from whence.answer.citations import cite
from whence.answer.compose import compose
from whence.answer.confidence import LEXICAL_SIGNALS, MARKED_SIGNALS, SIGNALS, Calibration, load_calibration, signals
from whence.answer.extractive import ExtractiveReader
from whence.answer.features import Scoring
from whence.embedding.onnx import OnnxEmbedder
from whence.metrics.answer_match import holds_answer
from whence.metrics.calibration import auroc, brier_score, expected_calibration_error
from whence.protocols import StepwiseReader
from whence.reading.onnx import OnnxPassageReader
from whence.reading.stepwise import Stepwise
from whence.types import Citation, Hit

QUESTION_SEED, N_CITATIONS, N_FOLDS = 5, 4, 5
THRESHOLD = 0.25
PROSE_SHARE = 0.6
MOST_TIMES = 3
"""So many times its share of the rows code may weigh."""
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
FAMILIES = {
    "prose, open": "open",
    "prose, other article": "open",
    "prose, gap": "gap",
    "prose, paragraph": "narrowed",
    "prose, article": "narrowed",
    "prose, other paragraph": "narrowed",
    "prose, passage": "passage",
    "prose, passage gap": "passage",
    "prose, report": "report",
    "prose, report gap": "report",
    "code": "code",
    "code, asked": "code",
}
SHAPED = {
    "apart": ("code, function", "code, function foreign"),
    "stated": (
        "prose, report",
        "prose, report gap",
        "prose, topic",
        "prose, topic gap",
        "prose, half",
        "prose, half gap",
        "prose, subject",
        "prose, subject foreign",
    ),
}
"""What the coefficients of each of ``whence.answer.shapes`` are fitted on: a slope of the logit, and an offset."""
READ = ("logit", *(name for name in MARKED_SIGNALS if name not in SIGNALS))
"""What readings by a model are fitted on: the logit by words and vectors, and the model's own signals."""
TARGET = Path(__file__).parents[1] / "src/whence/answer/confidence.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One reading: its signals, whether an answer exists, whether the cited one is right, its fold and its set."""

    values: dict[str, float]
    answerable: bool
    right: bool
    fold: int
    name: str

    @property
    def is_prose(self) -> bool:
        """Whether it is of prose; else it is of code."""
        return self.name.startswith("prose")


def main() -> None:
    arguments = _arguments()
    data = Path(os.environ["WHENCE_TEST_DATA"])
    embedder = RememberingEmbedder(OnnxEmbedder(), arguments.kept and arguments.kept / "vectors.pickle")
    passages = Stepwise(OnnxPassageReader(arguments.reader)) if arguments.reader else None
    rows = [*_code_rows(data, arguments, embedder, passages), *_prose_rows(data, embedder, passages)]
    shaped = [] if passages else [*_shaped_rows(data, embedder)]
    embedder.save()
    print(f"{len(rows)} readings, {time.process_time():.0f} s of processor time", flush=True)
    document = _with_marked(rows, passages.digest) if passages else _with_shapes(_fitted(rows), [*rows, *shaped])
    arguments.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _counts(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    return {
        name: {
            "rows": sum(row.name == name for row in rows),
            "answerable": sum(row.name == name and row.answerable for row in rows),
            "right": sum(row.name == name and row.right for row in rows),
        }
        for name in sorted({row.name for row in rows})
    }


def _with_marked(rows: Sequence[Row], reader: str) -> dict[str, object]:
    """The present file with coefficients of the readings in which a model read; the rest keep what is there.

    What the model says is weighed against what words and vectors say as a whole: the questions that it can be fitted on
    are all of one kind, and coefficients of every signal would fit that kind alone.
    """
    present = load_calibration()
    document: dict[str, object] = json.loads(TARGET.read_text(encoding="utf-8"))
    read = [_with_logit(row, present.hybrid) for row in rows if "read_margin" in row.values]
    penalty = min(PENALTIES, key=lambda one: _elsewhere(read, READ, one))
    held_out = iter(_cross_validated(read, READ, penalty))
    predicted = np.array([next(held_out) if "read_margin" in row.values else _stated(present, row) for row in rows])
    scores = {name: _scores(rows, predicted, name) for name in ("all", "prose", *FAMILIES)}
    print("marked", json.dumps(scores, indent=1))
    return document | {
        "marked": _unfolded(_coefficients(read, READ, penalty), present.hybrid),
        "marked_penalty": penalty,
        "marked_scores": scores,
        "marked_fitted_on": {"reader": reader, "read": len(read), "rows": _counts(rows)},
    }


def _with_logit(row: Row, hybrid: Mapping[str, float]) -> Row:
    """The row with the logit by words and vectors as one more signal."""
    logit = hybrid["intercept"] + sum(hybrid[name] * row.values.get(name, 0.0) for name in SIGNALS)
    return replace(row, values=row.values | {"logit": logit})


def _unfolded(fitted: Mapping[str, float], hybrid: Mapping[str, float]) -> dict[str, float]:
    """Coefficients by signal that say the same as ``fitted`` does with that logit."""
    slope = fitted["logit"]
    own = {name: round(slope * value, 4) for name, value in hybrid.items()}
    own["intercept"] = round(own["intercept"] + fitted["intercept"], 4)
    return own | {name: value for name, value in fitted.items() if name not in ("intercept", "logit")}


def _stated(calibration: Calibration, row: Row) -> float:
    return calibration.probability(row.values) if row.values else 0.0


def _fitted(rows: Sequence[Row]) -> dict[str, object]:
    document: dict[str, object] = {
        "threshold": THRESHOLD,
        "fitted_on": _counts(rows),
        "seed": SEED,
    }
    for kind, names in (("hybrid", SIGNALS), ("lexical", LEXICAL_SIGNALS)):
        penalty = min(PENALTIES, key=lambda one, names=names: _elsewhere(rows, names, one))  # type: ignore[misc]
        predicted = _cross_validated(rows, names, penalty)
        document[kind] = _coefficients(rows, names, penalty)
        document[f"{kind}_penalty"] = penalty
        scores = {name: _scores(rows, predicted, name) for name in ("all", "prose", *FAMILIES)}
        document[f"{kind}_scores"] = scores
        print(kind, json.dumps(scores, indent=1))
    return document


def _with_shapes(document: dict[str, object], rows: Sequence[Row]) -> dict[str, object]:
    """The fitted file with coefficients of shapes: slope and offset of the logit, each shape on its own questions."""
    hybrid = document["hybrid"]
    assert isinstance(hybrid, dict)
    fitted, scores = {}, {}
    for shape, names in SHAPED.items():
        own = [_with_logit(row, hybrid) for row in rows if row.name in names and row.values]
        x, y = _matrix(own, ("logit",)), np.array([float(row.right) for row in own])
        offset, slope = _fit(x, y, np.ones(len(own)), 1.0)
        fitted[shape] = _unfolded({"intercept": float(offset), "logit": float(slope)}, hybrid)
        scores[shape] = {"offset": round(float(offset), 3), "slope": round(float(slope), 3), "rows": len(own)}
        print(shape, scores[shape])
    named = [row for row in rows if row.name in chain(*SHAPED.values())]
    return document | {"shapes": fitted, "shapes_fitted_on": {"scores": scores, "rows": _counts(named)}}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requests", type=Path, help="bare repository of psf/requests")
    parser.add_argument("flask", type=Path, help="bare repository of pallets/flask")
    parser.add_argument("--kept", type=Path, default=None, help="folder that keeps hits and vectors for the next fit")
    parser.add_argument("--reader", type=Path, default=None, help="folder with a reading model: fits its signals alone")
    parser.add_argument("--out", type=Path, default=TARGET, help="where to write; the shipped file unless given")
    return parser.parse_args()


def _code_rows(
    data: Path, arguments: argparse.Namespace, embedder: RememberingEmbedder, passages: StepwiseReader | None
) -> Iterator[Row]:
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
    reader = Recorder(embedder, passages=passages)
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


def _prose_rows(data: Path, embedder: RememberingEmbedder, passages: StepwiseReader | None) -> Iterator[Row]:
    reader = Recorder(embedder, passages=passages)
    folds: dict[str, int] = {}
    questions = chain(prose_questions(data, embedder, passages), passage_questions(data, embedder, passages))
    for one in questions:
        values, citations = _read(reader, one.question, one.hits)
        yield Row(
            values=values,
            answerable=one.is_answerable,
            right=one.is_answerable and any(_holds(citation, one) for citation in citations),
            fold=folds.setdefault(one.article, len(folds) % N_FOLDS),
            name=f"prose, {one.shape}",
        )


def _shaped_rows(data: Path, embedder: RememberingEmbedder) -> Iterator[Row]:
    """Readings of the shapes that a fit of everything must not see; no model reads them."""
    reader = Recorder(embedder)
    for kind, questions in (
        ("prose", statement_questions(data, embedder)),
        ("code", function_questions(data, embedder)),
    ):
        for one in questions:
            values, citations = _read(reader, one.question, one.hits)
            right = one.is_answerable and any(_holds(citation, one) for citation in citations)
            yield Row(values=values, answerable=one.is_answerable, right=right, fold=0, name=f"{kind}, {one.shape}")


def _holds(citation: Citation, one: ProseQuestion) -> bool:
    """Whether a citation is of the right document; where that ends with "#", of any whose id begins so."""
    if one.document.endswith("#"):
        return citation.document_id.startswith(one.document)
    return citation.document_id == one.document if one.document else holds_answer(citation.quote, one.answers)


class Recorder(ExtractiveReader):
    """A reader that remembers its last scoring."""

    last: Scoring | None = None

    def score(self, question: str, hits: Sequence[Hit]) -> Scoring | None:
        """As the reader does."""
        self.last = super().score(question, hits)
        return self.last


def _read(reader: Recorder, question: str, hits: Sequence[Hit]) -> tuple[dict[str, float], list[Citation]]:
    reading = reader.read(question, hits)
    if reader.last is None:
        return {}, []
    composition = compose(question, reading, N_CITATIONS)
    return signals(reader.last), [cite(one) for one in composition.evidence]


def _matrix(rows: Sequence[Row], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[1.0, *(row.values.get(name, 0.0) for name in names)] for row in rows])


def _weights(rows: Sequence[Row]) -> NDArray[np.float64]:
    prose = np.array([row.is_prose for row in rows])
    code = min(1 - PROSE_SHARE, MOST_TIMES * float((~prose).mean()))  # a handful of rows must not decide
    share = np.where(prose, (1 - code) / max(prose.sum(), 1), code / max((~prose).sum(), 1))
    return np.asarray(share * len(rows), np.float64)


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -30, 30))), np.float64)


def _fit(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], penalty_of_all: float
) -> NDArray[np.float64]:
    """Logistic regression by Newton's method, penalised but for the intercept; columns are scaled for the penalty."""
    scale = np.maximum(x.std(axis=0), 1e-3)
    scale[0] = 1.0
    x = x / scale
    beta = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], penalty_of_all)
    penalty[0] = 0.0
    for _ in range(30):
        p = _sigmoid(x @ beta)
        gradient = x.T @ (weight * (p - y)) + penalty * beta
        hessian = (x.T * (weight * p * (1 - p))) @ x + np.diag(penalty + 1e-9)
        beta = np.asarray(beta - np.linalg.solve(hessian, gradient), np.float64)
    fitted: NDArray[np.float64] = np.asarray(beta / scale, np.float64)
    return fitted


def _coefficients(rows: Sequence[Row], names: Sequence[str], penalty: float) -> dict[str, float]:
    beta = _fit(_matrix(rows, names), np.array([float(row.right) for row in rows]), _weights(rows), penalty)
    return {name: round(float(value), 4) for name, value in zip(("intercept", *names), beta, strict=True)}


def _cross_validated(rows: Sequence[Row], names: Sequence[str], penalty: float) -> NDArray[np.float64]:
    return _held_out(rows, names, penalty, [str(row.fold) for row in rows])


def _elsewhere(rows: Sequence[Row], names: Sequence[str], penalty: float) -> float:
    """Mean over the families of the Brier score of a fit to the other ones."""
    families = [FAMILIES[row.name] for row in rows]
    predicted = _held_out(rows, names, penalty, families)
    errors = (predicted - np.array([float(row.right) for row in rows])) ** 2
    return float(np.mean([errors[np.array(families) == family].mean() for family in sorted(set(families))]))


def _held_out(rows: Sequence[Row], names: Sequence[str], penalty: float, groups: Sequence[str]) -> NDArray[np.float64]:
    """Each group predicted by a fit to all others."""
    x, y = _matrix(rows, names), np.array([float(row.right) for row in rows])
    weight, of = _weights(rows), np.array(groups)
    out = np.zeros(len(rows))
    for group in sorted(set(groups)):
        held = of == group
        out[held] = _sigmoid(x[held] @ _fit(x[~held], y[~held], weight[~held], penalty))
    return out


def _scores(rows: Sequence[Row], predicted: NDArray[np.float64], name: str) -> dict[str, float]:
    chosen = [
        (float(p), row)
        for p, row in zip(predicted, rows, strict=True)
        if name in {"all", row.name} or (name == "prose" and row.is_prose)
    ]
    stated, right = [p for p, _ in chosen], [row.right for _, row in chosen]
    abstained = {state: [p < THRESHOLD for p, row in chosen if row.answerable is state] for state in (True, False)}
    wrongly = [p < THRESHOLD for p, row in chosen if row.right]
    values = {
        "rows": len(chosen),
        "brier": brier_score(stated, right),
        "ece": expected_calibration_error(stated, right),
        "auroc": auroc(stated, right) if 0 < sum(right) < len(right) else None,
        "abstained on answerable": float(np.mean(abstained[True])) if abstained[True] else None,
        "abstained on rightly answered": float(np.mean(wrongly)) if wrongly else None,
        "caught without answer": float(np.mean(abstained[False])) if abstained[False] else None,
    }
    return {key: round(value, 4) for key, value in values.items() if value is not None}


if __name__ == "__main__":
    main()

"""Whether a reading model should put code in order as it does prose: question by question, with its word and without.

    WHENCE_TEST_DATA=... python -m benchmarks.code_relevance --data FOLDER --reader MODEL
        [--repo psf/requests=PATH --repo pallets/flask=PATH] [-n 120]

Asks the suites cosqa, swe-qa and failures, each question once without the model and once for each weight of
``WEIGHTS``, with the same first passages read; only those that the model would read in the program. Reciprocal rank and
hit@1 are the suites' own. A weight is worth keeping if reciprocal rank rises over all questions by more than chance
(Fisher's randomisation, p < .05) and falls in no suite; then ``relevance_kinds`` of ``FusionOptions`` gets "code".
Question and answer stay with the data: only scores are written.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.confidence_suites import repository
from benchmarks.report import data_folder, table, write_result
from whence.build import Parts
from whence.evaluating.places import Places
from whence.evaluation.discovery import suite_named
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Reply
from whence.interface import Whence
from whence.metrics.bootstrap import bootstrap_interval
from whence.metrics.randomization import randomization_p
from whence.protocols import Embedder
from whence.reading.onnx import OnnxPassageReader
from whence.reading.options import PassageReadingOptions
from whence.reading.stepwise import Stepwise
from whence.retrieval.fusion import FusionOptions
from whence.retrieval.hybrid import HybridRetriever
from whence.settings import Settings
from whence.store.scope import Filters, narrow
from whence.types import FILE_KINDS

SUITES = ("cosqa", "swe-qa", "failures")
WEIGHTS = (0.0, 0.1, 0.3, 0.6)
SEED, DEPTH = 3, 10
MEASURES = ("MRR", "hit@1")

Scores = dict[float, list[float]]
"""One measure of every question, by weight, in the same order."""


def main() -> None:
    options = _arguments()
    passages = Stepwise(OnnxPassageReader(options.reader), PassageReadingOptions(budget_ms=60_000))
    found: dict[str, dict[str, Scores]] = {name: {} for name in MEASURES}
    for name in options.suites:
        rows = list(_asked(name, options, passages))
        for number, measure in enumerate(MEASURES):
            found[measure][name] = {weight: [row[weight][number] for row in rows] for weight in WEIGHTS}
        print(name, len(rows), flush=True)
    shown, results = _compared(found)
    drawn = table(["", "n", *(f"{one}, weight {weight}" for one in MEASURES for weight in WEIGHTS), "p of MRR"], shown)
    print(drawn, _verdict(found["MRR"]), sep="\n\n")
    if options.out:
        settings = {"seed": SEED, "n": options.n, "reader": passages.digest}
        write_result(options.out, settings, results, {"code": drawn})


def _asked(name: str, options: argparse.Namespace, passages: Stepwise) -> Iterator[dict[float, tuple[float, ...]]]:
    """MRR and hit@1 by weight, for each answerable question that the model reads."""
    suite, parts = suite_named(name), Parts(Settings(data=options.data))
    with Whence(options.data) as own:
        inputs = Inputs(data=data_folder(), embedder=lambda: own.embedder, repositories=dict(options.repo))
        places = Places(suite, inputs, own, own)
        asked = suite.questions(inputs, options.n, SEED)
        indexes = {corpus: places.prepared(corpus).index for corpus in places.used(asked)}
        measures = {one.name: one for one in suite.measures(inputs)}
        for question in asked:
            if not question.is_answerable or not passages.reads(question.question):
                continue
            index = indexes[question.corpus or next(iter(indexes))]
            snapshot = parts.ledger.snapshot(index)
            assert snapshot is not None
            retriever = parts.asker(index, snapshot).retriever
            scope = narrow(index, snapshot.sources, Filters(paths=question.paths))
            row: dict[float, tuple[float, ...]] = {}
            for weight in WEIGHTS:
                hits = _with(retriever, parts.asking_embedder, passages, weight).search(question.question, DEPTH, scope)
                values = [measures[one].of(question, Reply(hits=tuple(hits))) for one in MEASURES]
                row[weight] = tuple(value or 0.0 for value in values)
            yield row
    parts.close()


def _with(retriever: HybridRetriever, embedder: Embedder, passages: Stepwise, weight: float) -> HybridRetriever:
    """The same retriever, in which the model reads every kind of file; with weight 0 it reads nothing."""
    fusion: FusionOptions = replace(retriever.options.fusion, relevance=weight, relevance_kinds=FILE_KINDS)
    changed = replace(retriever.options, fusion=fusion)
    return HybridRetriever(retriever.index, embedder, changed, retriever.analyzer, passages)


def _compared(found: dict[str, dict[str, Scores]]) -> tuple[list[list[object]], dict[str, object]]:
    shown: list[list[object]] = []
    results: dict[str, object] = {}
    for name in [*found["MRR"], "all"]:
        scores = {measure: _pooled(found[measure], name) for measure in MEASURES}
        base, best = scores["MRR"][0.0], scores["MRR"][0.3]
        p = randomization_p(best, base)
        means = [float(np.mean(scores[measure][weight])) for measure in MEASURES for weight in WEIGHTS]
        shown.append([name, len(base), *means, p])
        interval = bootstrap_interval([new - old for new, old in zip(best, base, strict=True)])
        difference = {"mean": interval.mean, "low": interval.low, "high": interval.high, "p": p}
        results[name] = {"n": len(base), "means": means, "MRR, 0.3 less 0": difference}
    return shown, results


def _pooled(by_suite: dict[str, Scores], name: str) -> Scores:
    own: Sequence[str] = list(by_suite) if name == "all" else [name]
    return {weight: [value for one in own for value in by_suite[one][weight]] for weight in WEIGHTS}


def _verdict(by_suite: dict[str, Scores]) -> str:
    """Which weight is worth keeping, if any."""
    pooled = _pooled(by_suite, "all")
    kept = [
        weight
        for weight in WEIGHTS[1:]
        if np.mean(pooled[weight]) > np.mean(pooled[0.0])
        and randomization_p(pooled[weight], pooled[0.0]) < 0.05
        and all(np.mean(own[weight]) >= np.mean(own[0.0]) for own in by_suite.values())
    ]
    if not kept:
        return "No weight is worth it: code stays unread (relevance_kinds of FusionOptions without code)."
    best = max(kept, key=lambda weight: float(np.mean(pooled[weight])))
    return f"Worth it with weight {best}: let relevance_kinds of FusionOptions have code and data, too."


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder of evaluations, with the corpora")
    parser.add_argument("--reader", type=Path, required=True, help="folder with a reading model")
    parser.add_argument("--suites", nargs="+", default=list(SUITES), help="which suites")
    parser.add_argument("--repo", type=repository, action="append", default=[], help="NAME=PATH, for swe-qa")
    parser.add_argument("-n", type=int, default=120, help="questions a suite")
    parser.add_argument("--out", default="", help="name of the file in results/, without .json")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""How far the shipped confidence can be believed on collections it was not fitted on, and what an own fit brings each.

    WHENCE_TEST_DATA=... python -m benchmarks.calibration --data FOLDER [--suites NAME...] [-n 300]

Every question is asked of its corpus without abstaining, so that it is known whether the answer would be right.
"fitted" is by five-fold cross-validation over articles, files or issues: no question is scored by a fit that has seen
its article.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from benchmarks.report import data_folder, table, write_result
from whence.answer.confidence import load_calibration
from whence.evaluating.places import Places
from whence.evaluation.discovery import suite_named
from whence.evaluation.protocols import Inputs
from whence.evaluation.recalibration import Scores, fit_recalibration
from whence.evaluation.records import EvalQuestion
from whence.interface import Whence
from whence.pipelines.calibrating import observe
from whence.store.scope import Filters
from whence.types import Answer

SUITES = ("squad", "squad-given", "covid-qa", "policy-qa", "jhu", "code-assist-bench")
SEED = 1
HEADINGS = ["", "n", "ECE", "Brier", "AUROC right", "AUROC answerable", "coverage at 90 %", "right lost", "caught"]


def main() -> None:
    options = _arguments()
    rows: list[list[object]] = []
    results: dict[str, object] = {}
    with Whence(options.data) as own:
        own.folder.create()
        inputs = Inputs(data=data_folder(), embedder=lambda: own.embedder)
        for name in options.suites:
            suite = suite_named(name)
            places = Places(suite, inputs, own, own)
            asked = suite.questions(inputs, options.n, SEED)
            indexes = {corpus: places.prepared(corpus).index for corpus in places.used(asked)}
            first = next(iter(indexes))

            def ask(question: EvalQuestion, indexes: dict[str, str] = indexes, first: str = first) -> Answer:
                index = indexes[question.corpus or first]
                return own.ask_anyway(question.question, name=index, filters=Filters(paths=question.paths))

            observed, failed = observe(suite, inputs, asked, ask, lambda *_: None)
            fit = fit_recalibration(observed, load_calibration().threshold)
            rows += [_row(f"{name}, as shipped", fit.n, fit.before), _row(f"{name}, fitted", fit.n, fit.after)]
            results[name] = {**asdict(fit), "failed": failed}
            shown = table(HEADINGS, rows)
            print(f"{shown}\n", flush=True)
            write_result(options.out, {"n": options.n, "seed": SEED}, results, {"confidence": shown})


def _row(name: str, n: int, scores: Scores) -> list[object]:
    values = (scores.ece, scores.brier, scores.auroc_right, scores.auroc_answerable, scores.coverage_at_90)
    return [name, n, *values, scores.lost, scores.caught]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a data folder of its own, for the corpora")
    parser.add_argument("--suites", nargs="+", default=list(SUITES), help="which suites")
    parser.add_argument("-n", type=int, default=300, help="questions a suite")
    parser.add_argument("--out", default="calibration", help="name of the file in results/, without .json")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Whether another fit of the shipped confidence is better on suites that neither fit has seen.

    WHENCE_TEST_DATA=... python -m benchmarks.confidence_suites collect --data FOLDER --rows ROWS.jsonl [-n 300]
    python -m benchmarks.confidence_suites compare ROWS.jsonl BEFORE.json AFTER.json

"collect" asks the suites without abstaining and keeps the signals of every reading, and whether the answer is right.
"compare" turns signals into confidences by two files like ``confidence.json`` and tests the difference of their Brier
scores over groups (articles, policies, issues), since questions of one group are not independent.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.report import data_folder, table, write_result
from whence.answer.confidence import Calibration, signals
from whence.answer.extractive import ExtractiveReader
from whence.answer.features import Scoring
from whence.build import Parts
from whence.evaluating.places import Places
from whence.evaluation.discovery import suite_named
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import EvalQuestion, Reply
from whence.interface import Whence
from whence.metrics.bootstrap import bootstrap_interval
from whence.metrics.calibration import auroc, brier_score, expected_calibration_error
from whence.metrics.randomization import randomization_p
from whence.pipelines.asking import Asker
from whence.pipelines.calibrating import group_of
from whence.settings import Settings
from whence.store.scope import Filters, narrow
from whence.types import Hit

SUITES = ("squad", "squad-given", "covid-qa", "policy-qa", "jhu", "code-assist-bench", "cosqa", "failures")
SEED = 2
HEADINGS = ("", "n", "ECE", "Brier", "AUROC right", "AUROC answerable", "right lost", "answerable refused", "caught")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One reading: ``values`` are its signals, {} where there was nothing to read."""

    suite: str
    id: str
    group: str
    values: dict[str, float]
    is_answerable: bool
    is_right: bool


class Recorder(ExtractiveReader):
    """A reader that remembers the last scoring."""

    last: Scoring | None = None

    def score(self, question: str, hits: Sequence[Hit]) -> Scoring | None:
        """As the reader does."""
        self.last = super().score(question, hits)
        return self.last


def main() -> None:
    options = _arguments()
    if options.command == "collect":
        with options.rows.open("a", encoding="utf-8") as file:
            for name in options.suites:
                for one in _collected(name, options.data, options.n, dict(options.repo)):
                    file.write(json.dumps(asdict(one)) + "\n")
                print(name, flush=True)
    else:
        _compare(options.rows, options.before, options.after, options.out)


def _collected(name: str, data: Path, n: int, repositories: dict[str, Path]) -> Iterator[Seen]:
    suite = suite_named(name)
    with Whence(data) as own:
        own.folder.create()
        parts = Parts(Settings(data=data))
        inputs = Inputs(data=data_folder(), embedder=lambda: own.embedder, repositories=repositories)
        places = Places(suite, inputs, own, own)
        verdict = next(one for one in suite.measures(inputs) if one.name == suite.right)
        asked = suite.questions(inputs, n, SEED)
        indexes = {corpus: places.prepared(corpus).index for corpus in places.used(asked)}
        askers = {index: recording_asker(parts, index) for index in indexes.values()}
        for question in asked:
            index = indexes[question.corpus or next(iter(indexes))]
            asker, reader = askers[index]
            scope = narrow(index, asker.snapshot.sources, Filters(paths=question.paths))
            reader.last = None
            answer = asker.ask(question.question, scope)
            given = replace(answer, abstained=not answer.citations)
            value = verdict.of(question, Reply(hits=answer.hits, answer=given))
            yield Seen(
                suite=name,
                id=question.id,
                group=_group(question),
                values=signals(reader.last) if reader.last else {},
                is_answerable=question.is_answerable,
                is_right=question.is_answerable and (value or 0.0) >= 0.5,
            )
        parts.close()


def recording_asker(parts: Parts, index: str) -> tuple[Asker, Recorder]:
    """What answers from an index without abstaining, and the reader in it."""
    snapshot = parts.ledger.snapshot(index)
    assert snapshot is not None
    reader = Recorder(parts.asking_embedder, parts.settings.reading, None, parts.passage_reader)
    return replace(parts.asker(index, snapshot), reader=reader, threshold=-1.0), reader


def _group(question: EvalQuestion) -> str:
    return question.slices.get("category", "") or group_of(question)


def _compare(rows: Path, before: Path, after: Path, out: str) -> None:
    seen = [Seen(**json.loads(line)) for line in rows.read_text(encoding="utf-8").splitlines()]
    fits = {"before": _calibration(before), "after": _calibration(after)}
    shown: list[list[object]] = []
    results: dict[str, object] = {}
    for name in [*dict.fromkeys(one.suite for one in seen), "all"]:
        own = [one for one in seen if name in (one.suite, "all")]
        stated = {
            label: [fit.probability(one.values) if one.values else 0.0 for one in own] for label, fit in fits.items()
        }
        found = {label: _scores(own, stated[label], fits[label].threshold) for label in fits}
        shown += [[f"{name}, {label}", len(own), *found[label].values()] for label in fits]
        results[name] = {**found, "brier_difference": _difference(own, stated["before"], stated["after"])}
        print(name, results[name]["brier_difference"])  # type: ignore[index]
    drawn = table(list(HEADINGS), shown)
    print(drawn)
    if out:
        write_result(out, {"seed": SEED, "questions": len(seen)}, results, {"suites": drawn})


def _calibration(path: Path) -> Calibration:
    loaded = json.loads(path.read_text(encoding="utf-8"))
    return Calibration(
        hybrid=loaded["hybrid"],
        lexical=loaded["lexical"],
        threshold=loaded["threshold"],
        marked=loaded.get("marked", {}),
        shapes=loaded.get("shapes", {}),
    )


def _scores(seen: Sequence[Seen], stated: Sequence[float], threshold: float) -> dict[str, float | None]:
    right, answerable = [one.is_right for one in seen], [one.is_answerable for one in seen]
    below = np.array(stated) < threshold
    return {
        "ece": expected_calibration_error(stated, right),
        "brier": brier_score(stated, right),
        "auroc_right": auroc(stated, right) if 0 < sum(right) < len(right) else None,
        "auroc_answerable": auroc(stated, answerable) if 0 < sum(answerable) < len(answerable) else None,
        "lost": float(below[np.array(right)].mean()) if any(right) else None,
        "refused": float(below[np.array(answerable)].mean()),
        "caught": None if all(answerable) else float(below[~np.array(answerable)].mean()),
    }


def _difference(seen: Sequence[Seen], before: Sequence[float], after: Sequence[float]) -> dict[str, float]:
    """Mean over groups of the mean difference of squared errors, after less before: below 0 is better."""
    groups: dict[tuple[str, str], list[float]] = {}
    for one, old, new in zip(seen, before, after, strict=True):
        groups.setdefault((one.suite, one.group), []).append((new - one.is_right) ** 2 - (old - one.is_right) ** 2)
    means = [float(np.mean(values)) for values in groups.values()]
    found = bootstrap_interval(means)
    p = randomization_p(means, [0.0] * len(means))
    return {"groups": len(means), "mean": found.mean, "low": found.low, "high": found.high, "p": p}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    collect = commands.add_parser("collect", help="ask the suites and keep the signals")
    collect.add_argument("--data", type=Path, required=True, help="a data folder of its own, for the corpora")
    collect.add_argument("--rows", type=Path, required=True, help="file that rows are added to")
    collect.add_argument("--suites", nargs="+", default=list(SUITES), help="which suites")
    collect.add_argument("--repo", type=repository, action="append", default=[], help="NAME=PATH, for swe-qa")
    collect.add_argument("-n", type=int, default=300, help="questions a suite")
    compare = commands.add_parser("compare", help="compare two fits on collected rows")
    compare.add_argument("rows", type=Path)
    compare.add_argument("before", type=Path, help="a file like confidence.json")
    compare.add_argument("after", type=Path, help="another one")
    compare.add_argument("--out", default="", help="name of the file in results/, without .json")
    return parser.parse_args()


def repository(text: str) -> tuple[str, Path]:
    """NAME=PATH, as an argument has it."""
    name, _, path = text.partition("=")
    return name, Path(path)


if __name__ == "__main__":
    main()

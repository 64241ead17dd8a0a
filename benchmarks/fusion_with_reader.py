"""Whether fusion should learn its weights where a model has read the passages: fitted across articles, judged paired.

    python -m benchmarks.fusion_with_reader REPORTS     # a folder of reports of `whence eval`, made before decision 037

Reports hold the first ten hits of each question with every feature of fusion. The questions whose hits were read are
ranked anew by weights that were learned from questions about other articles, policies and sites (five parts), once for
each way: the features as they are, the relevance as a logit in place of a share, and one set of weights for each suite.
What is compared is the reciprocal rank of the first hit that answers, among the ten. Only prose is read, so weights
for code have nothing to learn from. No text of a question is kept.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.report import table, write_result
from whence.evaluation.report import read_report
from whence.metrics.bootstrap import bootstrap_interval
from whence.metrics.randomization import randomization_p
from whence.metrics.reciprocal_rank import reciprocal_rank

SUITES = ("squad", "covid-qa", "policy-qa", "jhu")
BEFORE = {"lexical": 0.5, "similar": 0.5, "named": 0.3, "exact": 0.2, "prior": 1.0, "relevance": 0.3}
"""The weights that were set while relevance was a probability."""
NAMES = tuple(BEFORE)
PARTS, SEED, STRENGTH = 5, 7, 0.002
"""Parts of the cross-validation, and how strongly learned weights are held to the ones that are set."""

MOST_LOGIT = 6.0
"""Where the logit of relevance is clipped."""
WEIGHT = 0.6
"""Near what is learned, in the unit of lexical and similar."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: what it is about, its hits' features (hits, features), and which of the hits answer."""

    id: str
    suite: str
    group: str
    features: Matrix
    answers: NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description="learned against set weights of fusion where passages were read")
    parser.add_argument("reports", type=Path)
    options = parser.parse_args()
    asked = [one for suite in SUITES for one in questions(options.reports / f"{suite}.json", suite)]
    plain = np.array(list(BEFORE.values()), np.float64)
    before = [ranked(one.features, one.answers, plain) for one in asked]
    raised = np.where(np.array(NAMES) == "relevance", WEIGHT, plain)
    ways: dict[str, list[float]] = {
        "features as they are": held_out(asked, plain, lambda one: one.features),
        "relevance as a logit": held_out(asked, plain, with_logit),
        "one set a suite": by_suite(asked, plain),
        f"nothing learned: a logit, weight {WEIGHT}": [ranked(with_logit(one), one.answers, raised) for one in asked],
    }
    rows: list[list[object]] = []
    results: dict[str, object] = {}
    for name, after in ways.items():
        for suite in (*SUITES, "all"):
            own = [n for n, one in enumerate(asked) if suite in ("all", one.suite)]
            first, second = [before[n] for n in own], [after[n] for n in own]
            interval = bootstrap_interval([b - a for a, b in zip(first, second, strict=True)])
            p = randomization_p(second, first)
            gain = f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"
            rows.append([name, suite, len(own), float(np.mean(first)), float(np.mean(second)), gain, p])
            results[f"{name}: {suite}"] = {"n": len(own), "gain": interval.mean, "p": p}
    learned = fitted(asked, plain, with_logit)
    print(printed := table(["learned", "suite", "questions", "MRR, set", "learned", "gain", "p"], rows))
    print({name: round(float(weight), 3) for name, weight in zip(NAMES, scaled_to(learned, plain), strict=True)})
    settings = {"parts": PARTS, "seed": SEED, "strength": STRENGTH, "features": NAMES}
    write_result("fusion_with_reader", settings, results, {"Learned fusion": printed})


def questions(path: Path, suite: str) -> Iterator[Asked]:
    """Those of a report of which more than one hit was read, and of whose hits some answer and some do not."""
    for row in read_report(path).outcomes:
        hits = [hit for hit in row.hits if hit.legs]
        answers = np.array([hit.grade > 0 for hit in hits], bool)
        n_read = sum("relevance" in hit.legs for hit in hits)
        if n_read < 2 or not answers.any() or answers.all():
            continue
        features = np.array([[_value(hit.legs, name) for name in NAMES] for hit in hits], np.float64)
        if row.question is None or not row.question.golds:
            continue
        gold = row.question.golds[0].path
        group = str(row.question.slices.get("category", gold)) if suite.startswith("squad") else gold.split("/")[0]
        yield Asked(row.question.id, suite, f"{suite.partition('-')[0]}:{group}", features, answers)


def _value(legs: Mapping[str, Any], name: str) -> float:
    return float(legs[name][1]) if name in legs else 0.0


def with_logit(one: Asked) -> Matrix:
    """The features with the logit of relevance in the place of its share; what was not read stays 0."""
    place = NAMES.index("relevance")
    relevance, features = one.features[:, place], one.features.copy()
    inside = np.clip(relevance, 1e-6, 1 - 1e-6)
    logit = np.clip(np.log(inside / (1 - inside)), -MOST_LOGIT, MOST_LOGIT)
    features[:, place] = np.where(relevance > 0, (logit + MOST_LOGIT) / (2 * MOST_LOGIT), 0.0)
    return features


def ranked(features: Matrix, answers: NDArray[np.bool_], weights: Matrix) -> float:
    """The reciprocal rank of the first hit that answers; ties keep the order of the report."""
    order = np.argsort(-(features @ weights), kind="stable")
    return reciprocal_rank([str(n) for n in order], {str(n) for n in np.flatnonzero(answers)})


def fitted(asked: Sequence[Asked], start: Matrix, features: Callable[[Asked], Matrix]) -> Matrix:
    """Weights by the likelihood that a hit which answers is drawn, hits drawn by the exponential of their scores.

    Source: Z. Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", ICML, 2007.
    """
    lists = [(features(one), one.answers) for one in asked]
    if not lists:
        return start
    anchor = start * 10.0  # scores of fusion lie within a few tenths of each other

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        total, slope = 0.0, np.zeros_like(weights)
        for values, answers in lists:
            scores = values @ weights
            odds = np.exp(scores - scores.max())
            every, right = odds / odds.sum(), odds * answers / (odds * answers).sum()
            total -= float(np.log((odds * answers).sum() / odds.sum()))
            slope += values.T @ (every - right)
        away = weights - anchor
        return total / len(lists) + STRENGTH * float(away @ away), slope / len(lists) + 2 * STRENGTH * away

    found: Matrix = np.asarray(minimize(loss, anchor, jac=True, method="L-BFGS-B").x, np.float64)
    return found


def scaled_to(learned: Matrix, plain: Matrix) -> Matrix:
    """The same weights in the unit of those that are set: lexical and similar as much together."""
    scaled: Matrix = learned * (plain[0] + plain[1]) / (learned[0] + learned[1])
    return scaled


def held_out(asked: Sequence[Asked], start: Matrix, features: Callable[[Asked], Matrix]) -> list[float]:
    """Each question ranked by weights learned from those of other groups."""
    groups = sorted({one.group for one in asked})
    shuffled = np.random.default_rng(SEED).permutation(len(groups))
    part = {group: int(place) % PARTS for group, place in zip(groups, shuffled, strict=True)}
    values = [0.0] * len(asked)
    for number in range(PARTS):
        weights = fitted([one for one in asked if part[one.group] != number], start, features)
        for n, one in enumerate(asked):
            if part[one.group] == number:
                values[n] = ranked(features(one), one.answers, weights)
    return values


def by_suite(asked: Sequence[Asked], start: Matrix) -> list[float]:
    """The same with weights for each suite alone: more than could be had, since no program knows the suite."""
    values = [0.0] * len(asked)
    for suite in sorted({one.suite for one in asked}):
        own = [n for n, one in enumerate(asked) if one.suite == suite]
        for n, value in zip(own, held_out([asked[n] for n in own], start, lambda one: one.features), strict=True):
            values[n] = value
    return values


if __name__ == "__main__":
    main()

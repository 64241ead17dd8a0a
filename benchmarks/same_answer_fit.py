"""Fits when two answers mean the same; writes src/whence/evaluation/judging/same_answer.json.

    WHENCE_TEST_DATA=... python -m benchmarks.same_answer_fit

Pairs that mean the same: two annotators' different answers to one SQuAD question; a number in another wording; yes
and no in other wordings (PubMedQA); the first sentence of a long answer and the whole of it. Pairs that do not: the
answer to another question on the same paragraph; another number; the other of yes and no; the long answer to the most
similar question. Numbers and yes or no are what the rules are made for, so "spans" is the figure to go by. Split by
article into a part that fits the threshold and one it is reported on; beside it cosine and F1 alone, with thresholds
of their own.
"""

import json
import random
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.report import data_folder, table, write_result
from whence.embedding.onnx import EmbeddingOptions, OnnxEmbedder
from whence.evaluation.judging import same_answer
from whence.evaluation.rows import Row, json_rows
from whence.metrics.answer_similarity import answer_similarity, match_threshold
from whence.metrics.calibration import auroc
from whence.metrics.exact_match import normalized_answer
from whence.metrics.f1 import f1

SEED = 7
TARGET = Path(same_answer.__file__).with_suffix(".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two answers to a question, whether they mean the same, and the article they come from."""

    sort: str
    group: str
    one: str
    other: str
    same: bool
    question: str = ""


def labelled(data: Path) -> list[Pair]:
    """All pairs, always the same."""
    rng = random.Random(SEED)
    return [*_squad(data, rng), *_pubmed(data, rng)]


def main() -> None:
    data = data_folder()
    pairs = labelled(data)
    embedder = OnnxEmbedder(options=EmbeddingOptions(threads=2))
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.one, pair.other)))
    row_of = dict(zip(texts, embedder.embed(texts, "passage"), strict=True))
    cosines = answer_similarity([row_of[pair.one] for pair in pairs], [row_of[pair.other] for pair in pairs])
    ruled = [same_answer.by_rule(pair.one, pair.other) for pair in pairs]
    scores: Mapping[str, list[float]] = {
        "rules, then cosine": [_score(r, c) for r, c in zip(ruled, cosines.tolist(), strict=True)],
        "cosine alone": cosines.tolist(),
        "F1 alone": [f1(pair.one, [pair.other]) for pair in pairs],
    }
    rows, document = [], {}
    for name, values in scores.items():
        threshold, held_out = _measured(pairs, values)
        rows.append([name, threshold, *(part["accuracy"] for part in held_out.values()), held_out["all"]["auroc"]])
        if name.startswith("rules"):
            document = {"threshold": round(threshold, 4), "embedder": embedder.digest, "held_out": held_out}
    TARGET.write_text(json.dumps({**document, "seed": SEED}, indent=1) + "\n", encoding="utf-8")
    shown = table(["judgement", "threshold", *_sorts(pairs), "AUROC"], rows)
    print(f"{len(pairs)} pairs\n\n{shown}")
    write_result(
        "same_answer_fit", {"pairs": len(pairs), "seed": SEED}, document, {"accuracy on held-out pairs": shown}
    )


def _score(ruled: bool | None, cosine: float) -> float:
    return cosine if ruled is None else float(ruled) * 4 - 2


def _measured(pairs: Sequence[Pair], values: Sequence[float]) -> tuple[float, dict[str, dict[str, float]]]:
    fits = [zlib.crc32(pair.group.encode()) % 2 == 0 for pair in pairs]
    same = [pair.same for pair in pairs]
    threshold = match_threshold(
        [value for value, fit in zip(values, fits, strict=True) if fit],
        [one for one, fit in zip(same, fits, strict=True) if fit],
    ).threshold
    held_out: dict[str, dict[str, float]] = {}
    for sort in _sorts(pairs):
        part = [
            (value, pair.same)
            for value, pair, fit in zip(values, pairs, fits, strict=True)
            if not fit and sort in {"all", pair.sort}
        ]
        right = np.mean([(value >= threshold) == one for value, one in part])
        held_out[sort] = {"pairs": len(part), "accuracy": round(float(right), 4)}
        held_out[sort]["auroc"] = round(auroc([value for value, _ in part], [one for _, one in part]), 4)
    return threshold, held_out


def _sorts(pairs: Sequence[Pair]) -> list[str]:
    return ["all", *sorted({pair.sort for pair in pairs})]


def _squad(data: Path, rng: random.Random) -> Iterator[Pair]:
    paragraphs: dict[str, list[Row]] = {}
    for _, row in json_rows(data / "squad/squad_v1.1_dev_open.jsonl.gz"):
        paragraphs.setdefault(row["paragraph_id"], []).append(row)
    for rows in paragraphs.values():
        for row in rows:
            answers = list({normalized_answer(one): one for one in row["answers"]}.values())
            yield from _numbers(row, answers, rng)
            if len(answers) < 2:
                continue
            one, other = rng.sample(answers, 2)
            yield Pair(sort="spans", group=row["title"], one=one, other=other, same=True, question=row["question"])
            elsewhere = rng.choice(rows)["answers"][0]
            if not _words(elsewhere) & _words(one):
                yield Pair(
                    sort="spans", group=row["title"], one=one, other=elsewhere, same=False, question=row["question"]
                )


def _numbers(row: Row, answers: Sequence[str], rng: random.Random) -> Iterator[Pair]:
    numbers = [one for one in answers if re.search(r"\d", one)]
    if not numbers or rng.random() > 0.3:
        return
    one = numbers[0]
    changed = re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + rng.randint(1, 9)) % 10), one)
    yield Pair(sort="numbers", group=row["title"], one=one, other=changed, same=False, question=row["question"])
    worded = rng.choice(["in {}", "about {}", "It was {}.", "{} in all"]).format(one)
    yield Pair(sort="numbers", group=row["title"], one=one, other=worded, same=True, question=row["question"])


def _pubmed(data: Path, rng: random.Random) -> Iterator[Pair]:
    rows = [row for _, row in json_rows(data / "pubmed_qa/pubmed_qa_open.jsonl")]
    words = [_words(row["long_answer"]) for row in rows]

    def likeness(one: int, other: int) -> float:
        return len(words[one] & words[other]) / len(words[one] | words[other])

    for place, row in enumerate(rows):
        group = f"abstract {place}"
        if row["final_decision"] in {"yes", "no"}:
            said = row["final_decision"]
            wording = rng.choice(["{}", "{}.", "{}, it does", "{}, they are.", "{}, according to the study"])
            worded = wording.format(said.capitalize())
            yield Pair(sort="yes or no", group=group, one=worded, other=said, same=True, question=row["question"])
            yield Pair(
                sort="yes or no",
                group=group,
                one=worded,
                other="no" if said == "yes" else "yes",
                same=False,
                question=row["question"],
            )
        sentences = re.split(r"(?<=[.]) ", row["long_answer"])
        if len(sentences) > 1:
            yield Pair(
                sort="long",
                group=group,
                one=sentences[0],
                other=row["long_answer"],
                same=True,
                question=row["question"],
            )
        near = max((n for n in range(len(rows)) if n != place), key=lambda n: likeness(place, n))
        yield Pair(
            sort="long",
            group=group,
            one=row["long_answer"],
            other=rows[near]["long_answer"],
            same=False,
            question=row["question"],
        )


def _words(text: str) -> set[str]:
    return set(normalized_answer(text).split())


if __name__ == "__main__":
    main()

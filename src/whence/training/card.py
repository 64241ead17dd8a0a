"""The card of a trained model: what it was made from, how, how good it is, and what it may be used for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isnan

from whence.training.options import EmbedderTraining, ReaderTraining, TrainingOptions
from whence.training.reading_data import DataFile
from whence.training.reading_scores import ReadingScores

Rows = Sequence[Sequence[object]]


def reader_card(
    name: str,
    facts: Mapping[str, object],
    files: Sequence[DataFile],
    licence: str,
    options: ReaderTraining,
    scores: Mapping[str, ReadingScores],
) -> str:
    """Markdown. ``facts`` are the rows of its first table, ``licence`` is that of data which whence does not know."""
    return _card(
        name,
        [
            "Reads a question and a passage: which words of the passage answer, whether any do, and how far the",
            "passage is about what is asked. An encoder with two heads, for ONNX Runtime, weights of 8 bits.",
        ],
        facts,
        data=_table(
            ("file", "examples", "licence", "SHA-256"),
            [(file.path.name, f"{file.n_examples:,}", _licence(file, licence), file.digest[:16]) for file in files],
        ),
        scores=[
            "By the files of this folder, as they serve. Separation: the share of pairs of one passage with and one",
            "without the answer in which the first is the higher, .5 by chance.",
            "",
            *_table(
                ("questions", "n", "exact match", "F1", "without answer", "separation by span", "by relevance"),
                [_score(label, row) for label, row in scores.items()],
            ),
        ],
        options=options,
        limits=[
            f"English, as far as its data is. {options.max_tokens} tokens of question and passage together, of them",
            f"{options.max_question_tokens} for the question. An answer is one stretch of the passage. The held-out",
            "part is of the same kind as the data: on other texts, expect less.",
        ],
    )


def embedder_card(
    name: str,
    facts: Mapping[str, object],
    counts: Mapping[str, int],
    options: EmbedderTraining,
    scores: Sequence[tuple[str, int, float, float]],
) -> str:
    """Markdown. ``counts`` are pairs by source; ``scores``: what, how many, before, after."""
    kept = {"kept of what was learned": f"{options.kept_share:g}; the rest is the base's"}
    return _card(
        name,
        ["Turns a question or a passage into one unit vector: near vectors, near meanings. For ONNX Runtime."],
        {**facts, **kept},
        data=[
            f"{sum(counts.values()):,} pairs of a question and its passage. The other passages of a batch are the",
            "wrong answers: of the same source, and like what is asked for.",
            "",
            *_table(("source", "pairs"), [(source, f"{count:,}") for source, count in counts.items()]),
        ],
        scores=[
            "Share of questions whose own passage is the nearest of all of the set, by float32 weights.",
            "",
            *_table(
                ("pairs", "n", "before", "after"),
                [(label, f"{n:,}", f"{before:.3f}", f"{after:.3f}") for label, n, before, after in scores],
            ),
        ],
        options=options,
        limits=[
            f"Trained on texts of up to {options.max_tokens} tokens, questions of {options.max_question_tokens}. Pairs",
            "kept out are of the same kind as those trained on: on other texts, expect less, and measure it.",
        ],
    )


def reader_score_lines(scores: Mapping[str, ReadingScores]) -> list[str]:
    """One line for each set of questions, for a person."""
    lines = []
    for label, row in scores.items():
        parts = []
        if row.n_answerable:
            parts.append(f"exact match {row.exact:.3f}, F1 {row.f1:.3f} of {row.n_answerable:,}")
        if row.n_unanswerable:
            apart = f", told apart {row.none_auc:.3f}" if not isnan(row.none_auc) else ""
            parts.append(f"{row.n_unanswerable:,} without answer{apart}")
        lines.append(f"{label}: {'; '.join(parts)}")
    return lines


def _card(
    name: str,
    about: Sequence[str],
    facts: Mapping[str, object],
    *,
    data: Sequence[str],
    scores: Sequence[str],
    options: TrainingOptions,
    limits: Sequence[str],
) -> str:
    """The parts that every card has, in their order."""
    settings = _table(("", ""), list(asdict(options).items()))
    parts = [("Data", data), ("Scores", scores), ("Settings", settings), ("Limits", limits)]
    lines = [f"# {name}", "", *about, "", *_table(("", ""), list(facts.items())), ""]
    for heading, body in parts:
        lines += [f"## {heading}", "", *body, ""]
    return "\n".join(lines)


def _licence(file: DataFile, licence: str) -> str:
    return file.data_set.licence if file.data_set else licence or "not stated"


def _score(label: str, row: ReadingScores) -> tuple[object, ...]:
    shares = (row.exact, row.f1)
    apart = (row.none_auc, row.relevance_auc)
    return (label, row.n_answerable, *map(_share, shares), row.n_unanswerable, *map(_share, apart))


def _share(value: float) -> str:
    return "-" if isnan(value) else f"{value:.3f}"


def _table(headings: Sequence[str], rows: Rows) -> list[str]:
    lines = [headings, ["---"] * len(headings), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]

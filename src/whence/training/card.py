"""The card of a trained reader: what it was made from, how, how well it reads, and what it may be used for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isnan

from whence.training.options import ReaderTraining
from whence.training.reading_data import DataFile
from whence.training.reading_scores import ReadingScores


def reader_card(
    *,
    name: str,
    base: str,
    files: Sequence[DataFile],
    licence: str,
    terms: str,
    options: ReaderTraining,
    facts: Mapping[str, object],
    scores: Mapping[str, ReadingScores],
) -> str:
    """Markdown. ``terms`` says whether the weights may be passed on, ``facts`` are further lines of the first table."""
    return "\n".join(
        [
            f"# {name}",
            "",
            "Reads a question and a passage: which words of the passage answer, whether any do, and how far the",
            "passage is about what is asked. An encoder with two heads, for ONNX Runtime, weights of 8 bits.",
            "",
            *_table(("", ""), [("begun from", base), ("licence of the weights", terms), *facts.items()]),
            "",
            "## Data",
            "",
            *_table(
                ("file", "examples", "licence", "SHA-256"),
                [(file.path.name, f"{file.n_examples:,}", _licence(file, licence), file.digest[:16]) for file in files],
            ),
            "",
            "## Scores",
            "",
            "By the files of this folder, as they serve. Separation: the share of pairs of one passage with and one",
            "without the answer in which the first is the higher, .5 by chance.",
            "",
            *_table(
                ("questions", "n", "exact match", "F1", "without answer", "separation by span", "by relevance"),
                [_score(label, row) for label, row in scores.items()],
            ),
            "",
            "## Settings",
            "",
            *_table(("", ""), list(asdict(options).items())),
            "",
            "## Limits",
            "",
            f"English, as far as its data is. {options.max_tokens} tokens of question and passage together, of them",
            f"{options.max_question_tokens} for the question. An answer is one stretch of the passage. The held-out",
            "part is of the same kind as the data: on other texts, expect less.",
            "",
        ]
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


def _licence(file: DataFile, licence: str) -> str:
    return file.data_set.licence if file.data_set else licence or "not stated"


def _score(label: str, row: ReadingScores) -> tuple[object, ...]:
    shares = (row.exact, row.f1)
    apart = (row.none_auc, row.relevance_auc)
    return (label, row.n_answerable, *map(_share, shares), row.n_unanswerable, *map(_share, apart))


def _share(value: float) -> str:
    return "-" if isnan(value) else f"{value:.3f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [headings, ["---"] * len(headings), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]

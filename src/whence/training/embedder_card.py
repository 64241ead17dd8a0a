"""The card of a trained embedder: what it was made from, how, how well it finds, and what it may be used for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from whence.training.options import EmbedderTraining


def embedder_card(
    name: str,
    base: str,
    terms: str,
    options: EmbedderTraining,
    about: Mapping[str, Any],
    scores: Sequence[tuple[str, int, float, float]],
) -> str:
    """Markdown. ``about``: ``pairs`` by source, ``steps``, ``tokens``; ``scores``: what, how many, before, after."""
    pairs: Mapping[str, int] = about["pairs"]
    return "\n".join(
        [
            f"# {name}",
            "",
            "Turns a question or a passage into one unit vector: near vectors, near meanings. For ONNX Runtime.",
            "",
            "| | |",
            "|---|---|",
            f"| begun from | {base} |",
            f"| licence of the weights | {terms} |",
            f"| trained | {about['steps']:,} steps, {about['tokens']:,} tokens |",
            f"| kept of what was learned | {options.kept_share:g}; the rest is the base's |",
            "",
            "## Data",
            "",
            f"{sum(pairs.values()):,} pairs of a question and its passage. The other passages of a batch are the wrong",
            "answers: of the same source, and like what is asked for.",
            "",
            "| source | pairs |",
            "|---|---|",
            *(f"| {source} | {count:,} |" for source, count in pairs.items()),
            "",
            "## Scores",
            "",
            "Share of questions whose own passage is the nearest of all of the set, by float32 weights.",
            "",
            "| pairs | n | before | after |",
            "|---|---|---|---|",
            *(f"| {label} | {n:,} | {before:.3f} | {after:.3f} |" for label, n, before, after in scores),
            "",
            "## Settings",
            "",
            "| | |",
            "|---|---|",
            *(f"| {key} | {value} |" for key, value in asdict(options).items()),
            "",
            "## Limits",
            "",
            f"Trained on texts of up to {options.max_tokens} tokens, questions of {options.max_question_tokens}. Pairs",
            "kept out are of the same kind as those trained on: on other texts, expect less, and measure it.",
            "",
        ]
    )

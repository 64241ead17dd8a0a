"""Overlap of line ranges: whether what is cited is what should have been cited."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LineRange:
    """Lines ``start`` to ``end`` of a file, counted from 1, both inside. Raises ``ValueError`` if that is no range."""

    path: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 1 <= self.start <= self.end:
            raise ValueError(f"{self.path}:{self.start}-{self.end} is not a range of lines")


def line_recall(found: Iterable[LineRange], gold: Iterable[LineRange]) -> float:
    """Share of the gold lines that ``found`` covers; a line that stands in several ranges counts once.

    Raises ``ValueError`` when there are no gold lines. Longer ranges cover more: report ``n_lines`` beside it.

    Source: C. D. Manning, P. Raghavan, H. Schütze, "Introduction to Information Retrieval", Cambridge University
    Press, 2008, section 8.3 (recall), over lines as the items; lines as units of evidence: own choice.
    """
    shown, wanted = _lines(found), _lines(gold)
    if not wanted:
        raise ValueError("the question has no gold lines, so the share of them has no value; leave it out")
    return len(shown & wanted) / len(wanted)


def line_iou(found: Iterable[LineRange], gold: Iterable[LineRange]) -> float:
    """Lines in both, divided by lines in either; a line that stands in several ranges counts once.

    Raises ``ValueError`` when there are no gold lines.

    Source: P. Jaccard, "Étude comparative de la distribution florale dans une portion des Alpes et du Jura", Bulletin
    de la Société Vaudoise des Sciences Naturelles 37, 1901.
    """
    shown, wanted = _lines(found), _lines(gold)
    if not wanted:
        raise ValueError("the question has no gold lines, so an overlap with them has no value; leave it out")
    return len(shown & wanted) / len(shown | wanted)


def n_lines(ranges: Iterable[LineRange]) -> int:
    """How many distinct lines the ranges hold."""
    return len(_lines(ranges))


def _lines(ranges: Iterable[LineRange]) -> set[tuple[str, int]]:
    return {(span.path, line) for span in ranges for line in range(span.start, span.end + 1)}

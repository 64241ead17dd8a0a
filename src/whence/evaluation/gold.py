"""Whether a place is gold evidence: one rule for hits and citations, in reports and in measures."""

from collections.abc import Sequence

from whence.evaluation.records import Gold


def grade_of(golds: Sequence[Gold], path: str, start_line: int, end_line: int, document_id: str = "") -> float:
    """The highest grade among the golds that the place meets, 0 for none.

    A place meets a gold in the same document when either has no lines, or the two have a line in common. A gold
    without path and document is text alone and met by no place.
    """
    return max(
        (
            gold.grade
            for gold in golds
            if _same_document(gold, path, document_id)
            and (not gold.start_line or not start_line or _overlap(gold, start_line, end_line))
        ),
        default=0.0,
    )


def _same_document(gold: Gold, path: str, document_id: str) -> bool:
    if gold.path:
        return gold.path == path
    return bool(gold.document_id) and gold.document_id in (document_id, path)


def _overlap(gold: Gold, start_line: int, end_line: int) -> bool:
    return gold.start_line <= end_line and start_line <= max(gold.end_line, gold.start_line)

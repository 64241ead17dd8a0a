"""Overlap of line ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.metrics.line_overlap import LineRange, line_iou, line_recall, n_lines


def lines(path: str, start: int, end: int) -> LineRange:
    return LineRange(path=path, start=start, end=end)


RANGES = st.lists(
    st.builds(
        lambda path, start, length: lines(path, start, start + length),
        st.sampled_from(["a.py", "b.py"]),
        st.integers(1, 20),
        st.integers(0, 8),
    ),
    max_size=5,
)


def test_ranges_worked_by_hand() -> None:
    gold = [lines("a.py", 10, 19), lines("b.py", 1, 10)]
    found = [lines("a.py", 15, 24), lines("a.py", 18, 24), lines("c.py", 1, 5)]
    assert line_recall(found, gold) == 5 / 20
    assert line_iou(found, gold) == 5 / (20 + 15 - 5)
    assert n_lines(found) == 15


def test_both_ends_are_inside_and_paths_matter() -> None:
    assert line_recall([lines("a.py", 3, 3)], [lines("a.py", 3, 3)]) == 1
    assert line_recall([lines("a.py", 4, 9)], [lines("a.py", 1, 3)]) == 0
    assert line_recall([lines("b.py", 1, 3)], [lines("a.py", 1, 3)]) == 0


def test_what_is_no_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a\.py:0-3"):
        lines("a.py", 0, 3)
    with pytest.raises(ValueError, match=r"a\.py:4-3"):
        lines("a.py", 4, 3)
    with pytest.raises(ValueError, match="no gold lines"):
        line_recall([lines("a.py", 1, 3)], [])
    with pytest.raises(ValueError, match="no gold lines"):
        line_iou([], [])


@given(RANGES, RANGES.filter(bool))
def test_bounds_and_invariance(found: list[LineRange], gold: list[LineRange]) -> None:
    share, overlap = line_recall(found, gold), line_iou(found, gold)
    assert 0 <= overlap <= share <= 1
    assert line_recall([*found, *gold], gold) == 1
    assert line_recall(found + found, gold[::-1]) == share
    singles = [lines(span.path, line, line) for span in found for line in range(span.start, span.end + 1)]
    assert line_iou(singles, gold) == overlap
    if found:
        assert line_iou(gold, found) == overlap

import pytest

from whence.evaluation.gold import grade_of
from whence.evaluation.records import Gold

LINES = Gold(path="a.py", start_line=10, end_line=20, grade=2.0)
WHOLE = Gold(path="b.py", grade=1.0)
THING = Gold(document_id="issue:7", grade=3.0)


@pytest.mark.parametrize(
    ("path", "start", "end", "grade"),
    [
        ("a.py", 1, 9, 0.0),
        ("a.py", 1, 10, 2.0),
        ("a.py", 20, 30, 2.0),
        ("a.py", 21, 30, 0.0),
        ("a.py", 0, 0, 2.0),
        ("b.py", 500, 501, 1.0),
        ("c.py", 10, 20, 0.0),
        ("issue:7", 0, 0, 3.0),
    ],
)
def test_a_place_is_gold_where_it_meets_the_lines(path: str, start: int, end: int, grade: float) -> None:
    assert grade_of([LINES, WHOLE, THING], path, start, end) == grade


def test_a_document_is_known_by_its_id() -> None:
    assert grade_of([THING], "", 0, 0, "issue:7") == 3.0


def test_a_gold_that_is_text_alone_is_met_by_no_place() -> None:
    assert grade_of([Gold(text="quay")], "", 0, 0, "") == 0.0

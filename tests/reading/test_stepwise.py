"""Reading until one answers clearly: how much is read, in which order, what is remembered, and what time does."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.patience import sharing_with
from whence.reading import stepwise
from whence.reading.options import PassageReadingOptions
from whence.reading.stepwise import Stepwise
from whence.types import AnswerSpan, PassageReading


class Margins:
    """Reads the margin that a passage begins with ("7 ..."); remembers what it was given."""

    digest = "margins"

    def __init__(self) -> None:
        self.given: list[list[str]] = []

    def read(self, question: str, passages: Sequence[str]) -> list[PassageReading]:
        self.given.append(list(passages))
        return [_reading(float(passage.split()[0])) for passage in passages]


def _reading(margin: float) -> PassageReading:
    return PassageReading(spans=(AnswerSpan(start=0, end=1, margin=margin),), relevance=margin / 2)


def _options(**changed: float) -> PassageReadingOptions:
    return PassageReadingOptions(**{"at_once": 2, "clear_margin": 6.0, "clear_lead": 3.0, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("margins", "n_read"),
    [
        ([9, 1, 8, 8], 2),  # clear at once
        ([9, 7, 1, 1], 4),  # two answer alike: the rest may decide
        ([1, 2, 9, 1, 9], 4),
        ([5, 1, 5, 1, 5], 5),  # nothing is clear
        ([9], 1),
        ([], 0),
    ],
)
def test_reading_stops_where_one_answers_clearly(margins: list[float], n_read: int) -> None:
    reader = Margins()
    read = Stepwise(reader, _options()).read("q", [f"{margin} {n}" for n, margin in enumerate(margins)])
    assert [one is not None for one in read.readings] == [True] * n_read + [False] * (len(margins) - n_read)
    assert read.skipped == ""
    assert sum(map(len, reader.given)) == n_read


def test_what_was_read_is_remembered_by_question_and_passage() -> None:
    reader = Margins()
    step = Stepwise(reader, _options())
    passages = ["1 a", "2 b", "3 c", "1 a"]
    first = step.read("q", passages)
    assert step.read("q", passages) == first
    assert sum(map(len, reader.given)) == 3
    step.read("another", passages)
    assert sum(map(len, reader.given)) == 6


def test_the_oldest_readings_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepwise, "MOST_READINGS", 2)
    reader = Margins()
    step = Stepwise(reader, _options(at_once=1))
    for passages in (["1 a"], ["1 b"], ["1 c"], ["1 c"], ["1 a"]):
        step.read("q", passages)
    assert reader.given == [["1 a"], ["1 b"], ["1 c"], ["1 a"]]


def test_without_time_the_first_are_read_and_the_rest_is_said() -> None:
    read = Stepwise(Margins(), _options(budget_ms=-1)).read("q", ["1 a", "1 b", "1 c", "1 d", "1 e"])
    assert [one is not None for one in read.readings] == [True, True, False, False, False]
    assert read.skipped == "no time left for 3 of 5 passages"


def test_who_others_wait_for_reads_for_a_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(100))
    monkeypatch.setattr("whence.reading.stepwise.time.perf_counter", lambda: next(now) / 10)  # 100 ms a look
    passages, waiting = ["1 a", "1 b", "1 c", "1 d"], [3, 0, 0, 0]
    step = Stepwise(Margins(), _options(at_once=1, budget_ms=400))
    with sharing_with(lambda: waiting[0]):
        read = step.read("q", passages)
    assert [one is None for one in read.readings] == [False, False, True, True]
    assert step.read("another", passages).skipped == ""
    with sharing_with(waiting.pop):  # they come while it reads
        read = step.read("a third", passages)
    assert [one is None for one in read.readings] == [False, False, False, False]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-20, 20), max_size=9), st.integers(1, 4))
def test_what_is_read_does_not_depend_on_how_it_is_read(margins: list[float], at_once: int) -> None:
    passages = [f"{margin} {n}" for n, margin in enumerate(margins)]
    whole = Margins().read("q", passages) if passages else []
    read = Stepwise(Margins(), _options(at_once=at_once)).read("q", passages)
    n_read = sum(one is not None for one in read.readings)
    assert list(read.readings) == [*whole[:n_read], *[None] * (len(passages) - n_read)]
    assert n_read >= min(len(passages), 1)


@pytest.mark.parametrize(
    ("asked", "is_read"),
    [
        ("When was the mill built?", True),
        ("when was the mill built", True),
        ("Name the river that the mill stands by?", True),
        ("mill river 1764", False),
        ("Articles about mills and what became of them", False),
        ("what laws must be obeyed when models of mills by rivers are built at a scale of one", False),
        ("The mill does not turn. " * 12 + "What can I do?", False),
        ("", False),
    ],
)
def test_only_questions_are_read_with(asked: str, is_read: bool) -> None:
    assert Stepwise(Margins(), _options()).reads(asked) is is_read

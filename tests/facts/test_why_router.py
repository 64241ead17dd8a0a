"""Questions for reasons: free wordings reach their kind, and behaviour is never taken for history."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.facts.wordings_why import NO_REASONS, WORDINGS_WHY

from whence.answer.facts.parse import parse
from whence.answer.facts.parse_why import parse_why
from whence.answer.facts.query import FactKind

TODAY = datetime(2026, 8, 3, 15, 30, tzinfo=UTC)
DATA = os.environ.get("WHENCE_TEST_DATA", "")


@pytest.mark.parametrize(("kind", "question"), [(kind, q) for kind, asked in WORDINGS_WHY.items() for q in asked])
def test_wordings(kind: str, question: str) -> None:
    query = parse(question, TODAY)
    assert query is not None
    assert query.kind == kind


def test_there_are_six_wordings_of_each_kind() -> None:
    assert {kind for kind in get_args(FactKind) if kind.startswith("why")} - set(WORDINGS_WHY) == {"why"}
    assert all(len(asked) >= 6 for asked in WORDINGS_WHY.values())
    assert len(NO_REASONS) >= 20


@pytest.mark.parametrize("question", NO_REASONS)
def test_behaviour_is_no_history(question: str) -> None:
    query = parse(question, TODAY)
    assert query is None, query


@pytest.mark.skipif(not DATA, reason="WHENCE_TEST_DATA names no folder")
def test_questions_of_others_are_searched() -> None:
    gold = Path(DATA, "swe_qa", "swe_qa_2026-04_gold.jsonl").read_text().splitlines()
    asked = [json.loads(line)["question"] for line in gold]
    assert len(asked) >= 47
    assert [question for question in asked if parse_why(question, TODAY) is not None] == []


@pytest.mark.parametrize(
    ("question", "file", "text", "lines", "sha"),
    [
        ("why lines 3-9 of src/lift.py?", "src/lift.py", "", (3, 9), ""),
        ("why lines 9 to 3 of src/lift.py?", "src/lift.py", "", (3, 9), ""),
        ("why src/lift.py:3-9?", "src/lift.py", "", (3, 9), ""),
        ("why was line 3 of src/lift.py added?", "src/lift.py", "", (3, 0), ""),
        ("please tell me why `Crane.lift` was removed", "", "Crane.lift", (0, 0), ""),
        ("what's the reason for dropping `x = 1`?", "", "x = 1", (0, 0), ""),
        ("why was commit 1A2B3C4 made?", "", "", (0, 0), "1a2b3c4"),
    ],
)
def test_what_is_named_is_taken_as_it_is_written(
    question: str, file: str, text: str, lines: tuple[int, int], sha: str
) -> None:
    query = parse(question, TODAY)
    assert query is not None
    assert (query.file, query.text, (query.line, query.last_line), query.sha) == (file, text, lines, sha)


@pytest.mark.parametrize("question", ["why was `a` changed to `b`?", "why were a.py and b.py removed?", "why", "why?"])
def test_two_things_or_none_are_refused(question: str) -> None:
    assert parse(question, TODAY) is None


WORDS = [
    "why",
    "was",
    "is",
    "did",
    "they",
    "`Lamp`",
    "a.py",
    "line 3",
    "of",
    "removed",
    "added",
    "the",
    "reason",
    "for",
]


@given(st.lists(st.sampled_from(WORDS)) | st.lists(st.text(max_size=8)))
def test_any_words_are_taken(words: list[str]) -> None:
    query = parse(" ".join(words), TODAY)
    assert query is None or query.kind in get_args(FactKind)

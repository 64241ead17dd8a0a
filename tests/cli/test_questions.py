"""A file of questions: every entry gets its line, whatever the others are."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli.command import run

from whence.cli.questions import Entry, answer_all
from whence.errors import QuestionError, UsageError
from whence.store.scope import Filters

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
ENTRIES = st.fixed_dictionaries(
    {}, optional={"id": st.text(max_size=5) | st.integers(), "question": JSON, "as_of": JSON, "filters": JSON}
)
LINES = st.lists(ENTRIES.map(json.dumps) | st.text(st.characters(exclude_characters="\n"), max_size=20), max_size=6)


def answered(entry: Entry) -> dict[str, Any]:
    if not entry.question.strip():
        raise QuestionError("empty")
    return {"question": entry.question, "kinds": list(entry.filters.kinds)}


def ask(file: Path, capsys: pytest.CaptureFixture[str], narrowed_by: Filters = Filters()) -> tuple[int, list[Any]]:  # noqa: B008
    failed = answer_all(str(file), narrowed_by, answered)
    return failed, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_every_line_is_answered_or_refused_in_order(
    lines: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes("\n".join(lines).encode("utf-8", "replace"))
    failed, found = ask(file, capsys)
    written = file.read_bytes().decode("utf-8-sig").split("\n")
    numbers = [number for number, line in enumerate(written, start=1) if line.strip()]
    assert len(found) == len(numbers)
    assert failed == sum(set(entry) == {"id", "error"} for entry in found)
    for number, entry in zip(numbers, found, strict=True):
        try:
            record = json.loads(written[number - 1])
        except ValueError:
            record = None
        expected = record.get("id", number) if isinstance(record, dict) else number
        assert entry["id"] == expected


def test_a_bad_entry_says_what_is_wrong_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = {
        '{"question": ': "Line 1 is not a JSON object",
        '["question"]': "Line 2 is not a JSON object",
        '{"id": "x"}': 'needs a "question"',
        '{"question": 3}': 'needs a "question"',
        '{"question": "who?", "as_of": 2020}': '"as_of"',
        '{"question": "who?", "filters": ["code"]}': '"filters" must be an object',
        '{"question": "who?", "filters": {"kinds": 3}}': "'kinds'",
        '{"question": "who?", "filters": {"colour": "red"}}': "'colour'",
        '{"question": " "}': "empty",
        "[" * 100_000: "Line 10 is not a JSON object",
    }
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join([*bad, '{"id": "good", "question": "who?"}']), encoding="utf-8")
    failed, found = ask(file, capsys)
    assert failed == len(bad)
    for entry, words in zip(found, bad.values(), strict=False):
        assert set(entry) == {"id", "error"}
        assert words in entry["error"]
    assert found[-1] == {"question": "who?", "kinds": [], "id": "good"}


def test_an_entry_replaces_only_the_filters_it_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "questions.jsonl"
    entries = [
        {"question": "a"},
        {"question": "b", "filters": {"paths": "src/*"}},
        {"question": "c", "filters": {"kinds": []}},
    ]
    file.write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")
    _, found = ask(file, capsys, Filters(kinds=("doc",)))
    assert [entry["kinds"] for entry in found] == [["doc"], ["doc"], []]


def test_a_file_that_cannot_be_read_is_an_error_of_usage(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"question": "caf\xe9?"}')
    for name, words in (("absent", "cannot be read"), ("latin", "not UTF-8")):
        with pytest.raises(UsageError, match=words):
            answer_all(str(tmp_path / name), Filters(), answered)


def test_one_bad_question_does_not_end_the_batch(indexed_once: Path, tmp_path: Path) -> None:
    entries: list[Any] = [
        {"id": 1, "question": ""},
        {"id": 2, "question": "How heavy may a parcel be?", "as_of": "v1.0"},
        {"id": 3, "question": "crane", "filters": {"kinds": ["film"]}},
        {"id": 4, "question": "x" * 1_000_000},
        {"id": 5, "question": "lone \ud800 surrogate"},
        {"id": 6, "question": "Who signs the logbook?"},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, entries)) + "\n{", encoding="utf-8")
    for command in ("ask", "search"):
        result = run(command, "--questions", file, data=indexed_once)
        assert result.code == 1
        assert result.err == ""
        assert [record["id"] for record in result.records] == [1, 2, 3, 4, 5, 6, 7]
        assert ["error" in record for record in result.records] == [True, True, True, True, True, False, True]

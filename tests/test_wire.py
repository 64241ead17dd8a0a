import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from whence.store.snapshot import Snapshot, read_snapshot
from whence.types import (
    Answer,
    Chunk,
    Citation,
    Claim,
    Document,
    Evidence,
    Hit,
    Leg,
    Reading,
    Scope,
    Skipped,
    SourceState,
)
from whence.wire import from_json, to_json

TEXT = st.text(max_size=30)
MOMENT = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
RECORDS = [Document, Skipped, SourceState, Chunk, Leg, Hit, Evidence, Reading, Citation, Claim, Answer, Snapshot]


def records(record_type: Any) -> st.SearchStrategy[Any]:
    """Any record of a type."""
    hints = get_type_hints(record_type)
    return st.builds(record_type, **{item.name: values(hints[item.name]) for item in fields(record_type)})


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type; where that is "object", what JSON can hold."""
    if is_dataclass(hint):
        return records(hint)
    simple = {str: TEXT, int: st.integers(0, 2**31), float: st.floats(allow_nan=False, allow_infinity=False)}
    simple |= {datetime: MOMENT, bool: st.booleans(), object: st.none() | TEXT | st.lists(st.integers(0, 9))}
    if hint in simple:
        return simple[hint]
    inner = get_args(hint)
    if get_origin(hint) is tuple:
        return st.lists(values(inner[0]), max_size=2).map(tuple)
    if get_origin(hint) is Mapping:
        return st.dictionaries(TEXT, values(inner[1]), max_size=2)
    if get_origin(hint) is Literal:
        return st.sampled_from(inner)
    return st.none() | values(next(one for one in inner if one is not type(None)))


@pytest.mark.parametrize("record_type", RECORDS)
def test_records_survive_json(record_type: Any) -> None:
    @settings(max_examples=25, deadline=None)
    @given(records(record_type))
    def survives(record: Any) -> None:
        assert from_json(record_type, json.loads(json.dumps(to_json(record)))) == record

    survives()


def test_sets_and_times_become_plain_json() -> None:
    scope = Scope(index="a", sources=frozenset({"s"}), paths=("x/*",))
    assert to_json(scope)["sources"] == ["s"]
    assert from_json(Scope, to_json(scope)) == scope
    state = SourceState(revision="r", committed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert to_json(state)["committed_at"] == "2026-01-02T03:04:05Z"


def test_json_that_is_no_such_record_is_refused() -> None:
    with pytest.raises(ValidationError):
        from_json(SourceState, {"revision": []})
    with pytest.raises(ValidationError):
        from_json(SourceState, {})


@settings(max_examples=50, deadline=None)
@given(records(Snapshot), st.dictionaries(st.just("of_a_later_whence"), st.integers(), max_size=1))
def test_snapshots_are_read_as_pydantic_reads_them(record: Snapshot, more: dict[str, int]) -> None:
    plain = json.loads(json.dumps(to_json(record))) | more
    assert read_snapshot(json.dumps(plain)) == from_json(Snapshot, plain) == record


@pytest.mark.parametrize("held", ["[]", "{}", '{"index": "a", "sources": {"b": 3}}'])
def test_a_damaged_snapshot_is_refused(held: str) -> None:
    with pytest.raises(ValidationError):
        read_snapshot(held)

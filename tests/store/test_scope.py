from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.errors import UsageError
from whence.store.arrow import one_of, quoted
from whence.store.chunks import scope_condition
from whence.store.scope import Filters, glob_patterns, narrow, parse_filters
from whence.store.snapshot import Snapshot
from whence.types import Scope

NAMES = st.sampled_from(["git:a", "docs:b", "git:c"])


@given(allowed=st.frozensets(NAMES), wanted=st.lists(NAMES).map(tuple))
def test_filters_never_widen(allowed: frozenset[str], wanted: tuple[str, ...]) -> None:
    filters = Filters(sources=wanted)
    if set(wanted) - allowed:
        with pytest.raises(UsageError, match="There is no source"):
            narrow("x", allowed, filters)
    else:
        assert narrow("x", allowed, filters).sources == (frozenset(wanted) or allowed)


def test_what_does_not_exist_is_told() -> None:
    with pytest.raises(UsageError, match="There is no kind 'codes': choose from code, doc, data"):
        narrow("x", ["a"], Filters(kinds=("codes",)))
    with pytest.raises(UsageError, match="There is no filter 'index'"):
        parse_filters({"index": "other"})
    with pytest.raises(UsageError, match="takes a string or a list of strings"):
        parse_filters({"paths": [1]})


def test_filters_from_json() -> None:
    filters = parse_filters({"kinds": "doc", "paths": ["a/*", "b"], "languages": ["Python"], "sources": []})
    assert filters == Filters(kinds=("doc",), paths=("a/*", "b"), languages=("Python",))
    scope = narrow("x", ["s"], filters)
    assert scope == Scope(
        index="x",
        sources=frozenset({"s"}),
        kinds=frozenset({"doc"}),
        paths=("a/*", "b"),
        languages=frozenset({"python"}),
    )


def like(text: str, pattern: str) -> bool:
    """SQL's LIKE with a backslash as escape, spelled out."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(like(text[at:], pattern[1:]) for at in range(len(text) + 1))
    if pattern[0] == "\\":
        return bool(text) and text[0] == pattern[1] and like(text[1:], pattern[2:])
    return bool(text) and pattern[0] in ("_", text[0]) and like(text[1:], pattern[1:])


@given(text=st.text("ab/%_\\[]'", max_size=7), glob=st.text("ab/%_\\[]'*?", min_size=1, max_size=5))
def test_globs_mean_what_they_mean_elsewhere(text: str, glob: str) -> None:
    if "*" not in glob and "?" not in glob:
        expected = text == glob or text.startswith(glob if glob.endswith("/") else glob + "/")
    else:
        expected = fnmatchcase(text, glob.replace("[", "[[]"))
    assert any(like(text, pattern) for pattern in glob_patterns(glob)) == expected


SNAPSHOT = Snapshot(index="x", tables={}, chunks_table="", analyzer="", chunker="", sources={"a": None, "b": None})  # type: ignore[dict-item]


def test_no_source_lets_nothing_through_and_all_sources_need_no_filter() -> None:
    assert scope_condition(Scope(index="x", sources=frozenset()), SNAPSHOT) == "false"
    assert scope_condition(Scope(index="x", sources=frozenset({"a", "b", "c"})), SNAPSHOT) == ""
    assert scope_condition(Scope(index="x", sources=frozenset({"a"})), SNAPSHOT) == "source_id IN ('a')"


@given(st.text())
def test_a_literal_ends_where_it_should(value: str) -> None:
    literal = quoted(value)
    assert literal[0] == literal[-1] == "'"
    assert literal[1:-1].replace("''", "").count("'") == 0
    assert literal[1:-1].replace("''", "'") == value
    assert one_of("id", []) == "false"

"""Budgets and pages of MCP replies, whatever they hold."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.errors import UsageError
from whence.serving.mcp_reply import Item, Reply, cursor_of, fitted, n_tokens, visible

items = st.lists(
    st.text(min_size=1, max_size=400).map(lambda text: Item(text=text, fields={"text": text})), max_size=12
)


def reply(held: list[Item], quoted: str, start: int) -> Reply:
    return Reply(head="head", quoted=quoted, items=held[start:], notes=["a note"], of=len(held))


@settings(deadline=None)
@given(items, st.text(max_size=3_000), st.integers(300, 3_000))
def test_pages_hold_every_entry_once_and_keep_to_the_budget(held: list[Item], quoted: str, budget: int) -> None:
    seen: list[object] = []
    sent = ""
    for page in range(len(held) + 2):
        cursor = cursor_of("tool", {"a": 1}, 7, sent)
        told = fitted(reply(held, quoted, cursor.start), budget, cursor)
        assert told.tokens >= max(n_tokens(told.text), n_tokens(json.dumps(told.fields, ensure_ascii=False))) - 30
        assert told.tokens <= budget + 40
        assert ("text" in told.fields) == bool(quoted and page == 0)
        seen += told.fields.get("items", [])
        sent = told.fields["next_cursor"] or ""
        if not sent:
            break
    assert not sent
    assert len(seen) == len(held)
    cut = [n for n, (one, item) in enumerate(zip(seen, held, strict=True)) if one != {"text": visible(item.text)}]
    assert all(len(held[n].text) > 20 for n in cut)


@settings(deadline=None)
@given(st.text(max_size=2_000))
def test_nothing_quoted_ends_the_quote(text: str) -> None:
    told = fitted(Reply(head="head", quoted=text), 5_000, cursor_of("t", {}, 0, ""))
    if text:
        word = re.search(r"^--- ([0-9a-f]{8}) quoted", told.text, re.MULTILINE)
        assert word is not None
        assert told.text.count(f"--- {word.group(1)} end") == 1


@settings(deadline=None)
@given(st.text())
def test_what_hides_is_made_visible(text: str) -> None:
    shown = visible(text)
    assert not re.search("[\x00-\x08\x0b\x1b\x7f\u200b\u202e\u2066\ufeff\ud800]", shown)
    shown.encode()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_as_a_cursor_is_refused_or_ours(sent: str) -> None:
    if sent:
        with pytest.raises(UsageError, match="cursor"):
            cursor_of("tool", {}, 1, sent)


def test_a_cursor_is_bound_to_the_call_and_the_state() -> None:
    sent = cursor_of("tool", {"a": 1, "max_tokens": 500}, 1, "").after(3)
    assert cursor_of("tool", {"a": 1, "max_tokens": 900, "cursor": sent}, 1, sent).start == 3
    for tool, arguments, state in [("other", {"a": 1}, 1), ("tool", {"a": 2}, 1), ("tool", {"a": 1}, 2)]:
        with pytest.raises(UsageError, match="another call"):
            cursor_of(tool, arguments, state, sent)

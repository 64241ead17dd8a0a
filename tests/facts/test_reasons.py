"""Sentences that give a reason are told from those that do not; templates and links never count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.answer.facts.changelog import _bounds
from whence.answer.facts.comments import telling_comments
from whence.answer.facts.reasons import TELLING, issue_links, plain_sentences, reverted, told_reasons


def told(text: str, n_title: int = 0) -> list[str]:
    return [text[quote.start : quote.end] for quote in told_reasons(text, n_title=n_title)]


def telling(text: str) -> bool:
    return any(quote.strength >= TELLING for quote in told_reasons(text, n_title=len(text.partition("\n\n")[0])))


@pytest.mark.parametrize(
    "text",
    [
        "Check the hook first\n\nOtherwise the load would drop.",
        "Use a list\n\nThe set lost the order of the loads, so the log was wrong.",
        "Drop Python 2\n\nIt is no longer supported.",
        "Copy the load to avoid changing the caller's",
        "Lift\n\n* flake8\n* Crashed when the load was None\n* typo",
        "Sort loads\n\nCranes are slow with unsorted ones.",
        "Raise LoadError instead of returning None",
    ],
)
def test_reasons(text: str) -> None:
    assert telling(text)


@pytest.mark.parametrize(
    "text",
    [
        "Add a lamp",
        "Release 1.2\n\n- [x] I wrote tests because they are needed\n- [ ] docs",
        "Lift\n\n<!-- Please say why, so that we can review. -->",
        "Lift\n\nFixes: #12\nSigned-off-by: Because Of <ada@example.org>",
        "Lift\n\n    raise ValueError('otherwise it fails')",
        "Lift\n\n```\n# because\n```",
        "Lift\n\n> This is broken because of the tide.",
        "Lift (#12)\n\nSee #13, #14 and https://example.org/because",
        "Merge branch 'main' into topic\n\nConflicts:\n\tsrc/because.py",
        "",
    ],
)
def test_what_is_no_reason(text: str) -> None:
    assert not telling(text)


def test_what_squashed_commits_leave_behind_is_no_sentence() -> None:
    text = (
        "* Apply style fixes\n\n* fix bugs\n\n* co-authored-by: Ada Lake <ada@example.org>\n\n* Lift the load at noon\n"
    )
    assert [text[start:end] for start, end in plain_sentences(text)] == ["Lift the load at noon"]


def test_a_sentence_that_leans_takes_the_one_before_along() -> None:
    text = "Title\n\nThe hook was loose. This caused the load to drop.\n\nUnrelated words stand here."
    assert told(text, 5) == ["The hook was loose. This caused the load to drop."]


def test_a_list_of_short_lines_is_not_one_sentence() -> None:
    text = "Title\n\nmove the crane to the app\nmake it faster because of tides\nrewrite the docs"
    assert told(text, 5) == ["make it faster because of tides"]


def test_bullets_are_left_out_of_the_quote() -> None:
    assert told("Title\n\n- It was broken.\n- Add tests", 5) == ["It was broken."]


def test_links() -> None:
    text = "Merge pull request #13 from grace/fix-12\n\nSee #13, GH-7, other/yard#99, &#8212; and a#5."
    assert [link.number for link in issue_links(text)] == [13, 7, 12]
    for link in issue_links(text):
        assert str(link.number) in text[link.start : link.end]


def test_reverts() -> None:
    assert reverted("Revert x\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.").startswith("0123")
    assert reverted("This commit reverts nothing") == ""


def test_comments_that_give_a_ground() -> None:
    text = "a = 1\n# plain words about it\nb = 2\n// kept, because older harbours need it\n// and pay for it\nc = 3\n"
    found = telling_comments(text, "a.c", 6, 6)
    assert [(item.first, item.last) for item in found] == [(4, 5)]
    assert found[0].words == "kept, because older harbours need it and pay for it"
    assert telling_comments(text, "a.c", 3, 3) == []


def test_entries_of_lists_of_changes() -> None:
    lines = ["# 1.1", "", "- First", "  goes on", "", "  and on. (#1)", "- Second (#2)", "", "Paragraph", "two (#3)"]
    assert _bounds(lines, 6) == (3, 6)
    assert _bounds(lines, 7) == (7, 7)
    assert _bounds(lines, 10) == (9, 10)


@given(st.text(max_size=300), st.integers(min_value=0, max_value=50))
def test_quotes_are_spans_in_order(text: str, n_title: int) -> None:
    at = 0
    for quote in told_reasons(text, n_title=n_title):
        assert at <= quote.start < quote.end <= len(text)
        assert text[quote.start : quote.end].strip()
        at = quote.end

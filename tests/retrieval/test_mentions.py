import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.retrieval.mentions import MAX_MENTIONS, mentions


def named(question: str, *, sure: bool = True) -> set[tuple[str, str]]:
    return {(mention.text, mention.form) for mention in mentions(question) if mention.sure == sure}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what does `Session.send` return", {("Session.send", "name")}),
        ("what does `send()` return", {("send", "name")}),
        ("what does `resolve(a, b)` return", {("resolve", "name")}),
        ("how does should_strip_auth decide", {("should_strip_auth", "name")}),
        ("how does _parse_header work", {("_parse_header", "name")}),
        ("what is __init__ for", {("__init__", "name")}),
        ("why does HTTPAdapter retry", {("HTTPAdapter", "name")}),
        ("how is getElementById bound", {("getElementById", "name")}),
        ("std::vector and Foo#bar", {("std::vector", "name"), ("Foo#bar", "name")}),
        ("what is in src/requests/sessions.py?", {("src/requests/sessions.py", "path")}),
        ("what is in sessions.py?", {("sessions.py", "name")}),
        ("what did c45d7c4 change", {("c45d7c4", "commit")}),
        ("was #1234 fixed", {("#1234", "issue")}),
        ('why "no route to host found" ?', {("no route to host found", "quote")}),
        ("why “keine Route gefunden”", {("keine Route gefunden", "quote")}),
        ("ValueError: invalid literal for int()", {("invalid literal for int()", "quote"), ("ValueError", "name")}),
        ("when to call merge_cookies(", {("merge_cookies", "name")}),
        ("why are cookies kept between requests", set()),
        ("e.g. this, i.e. that", set()),
        ("deadbeef accede 1234567", set()),
        ("", set()),
    ],
)
def test_what_is_recognised_for_sure(question: str, expected: set[tuple[str, str]]) -> None:
    assert expected <= named(question)
    if not expected:
        assert named(question) == set()


def test_plain_words_before_a_kind_of_definition_are_unsure() -> None:
    assert ("links", "name") in named("how does the links method work", sure=False)
    assert ("Response", "name") in named("how does the Response class work", sure=False)
    assert ("retry", "name") in named("where is retry defined?", sure=False)
    assert ("deploy", "name") in named("what does deploy do", sure=False)


def test_an_unsure_mention_that_a_sure_one_holds_is_left_out() -> None:
    assert named("the Session class and Session.send", sure=False) == set()


@given(st.text(max_size=400))
def test_any_text_gives_few_distinct_mentions(text: str) -> None:
    found = mentions(text)
    assert len(found) <= MAX_MENTIONS
    assert len({mention.text.lower() for mention in found}) == len(found)
    assert all(mention.text.strip() for mention in found)
    assert mentions(text) == found


@pytest.mark.parametrize(
    "piece", ["a.", "a/", "_a", "A", "aA", "`", '"', "'x ", "Error: ", "a::", "0a", "((", "#1", "a'b"]
)
def test_long_monotonous_questions_end_soon(piece: str) -> None:
    assert len(mentions(piece * 20_000)) <= MAX_MENTIONS


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what does allowed-uris do?", {("allowed-uris", "quote")}),
        ("what does the --keep-going flag do?", {("keep-going", "quote")}),
        ("when is Content-Type set?", {("Content-Type", "quote")}),
        ("a dash - alone, src/my-file.py and x-1", set()),
    ],
)
def test_hyphened_words_may_be_names(question: str, expected: set[tuple[str, str]]) -> None:
    found = {mention for mention in named(question, sure=False) if mention[1] == "quote"}
    assert found - {("x-1", "quote")} == expected

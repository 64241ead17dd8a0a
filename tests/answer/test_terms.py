"""Words, code names and the question as the reader sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.answer.features import wanted_type
from whence.answer.terms import code_names, make_query, marked_names, names_held, names_it, stems, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rebuild_auth", ["rebuild", "auth"]),
        ("HTTPAdapter.sendAll", ["http", "adapter", "send", "all"]),
        ("RFC 7,235 and 1.5", ["rfc", "7,235", "and", "1.5"]),
        ("größer als", ["größer", "als"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does `Session.request` do?", ("Session.request",)),
        (
            "why does get_environ_proxies() call should_bypass_proxies?",
            ("get_environ_proxies", "should_bypass_proxies"),
        ),
        ("When is ReadTimeout raised by the Session?", ("ReadTimeout",)),
        ("close() twice", ("close",)),
        ("Is it good?", ()),
    ],
)
def test_code_names(question: str, expected: tuple[str, ...]) -> None:
    assert code_names(question) == expected


def test_a_query_weighs_rare_words_more() -> None:
    question = "Which cache does the Zephyr broker use?"
    query = make_query(question, stems(words(question)), {"cach": 4.0, "use": 1.0}, 7.0)
    weight = dict(zip(query.terms, query.weights, strict=True))
    assert weight["use"] < weight["cach"] < weight["zephyr"]
    assert "zephyr" in query.proper
    assert "which" not in weight


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("When was it built?", "date"),
        ("How many are there?", "number"),
        ("Who built it?", "person"),
        ("Where is it?", "proper"),
        ("Why?", ""),
    ],
)
def test_wanted_type(question: str, wanted: str) -> None:
    assert wanted_type(question) == wanted


@given(st.text(max_size=200))
def test_any_text_can_be_asked(text: str) -> None:
    query = make_query(text, stems(words(text)), {}, 7.0)
    assert len(query.terms) == len(query.weights) == len(set(query.terms))
    code_names(text)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("does it support HTTP/2?", ("HTTP/2",)),
        ("Is there a C++ or C# client?", ("C++", "C#")),
        ("how do OAuth2, SOCKS5 and utf-8 work with 3.12?", ("OAuth2", "SOCKS5", "utf-8", "3.12")),
        ("why is and/or there in 10 files?", ()),
        ("what does utils.py do?", ()),
    ],
)
def test_marked_names(question: str, expected: tuple[str, ...]) -> None:
    assert marked_names(question) == expected


@pytest.mark.parametrize(
    ("name", "text", "there"),
    [
        ("HTTP/2", "We speak HTTP/2 only.", True),
        ("HTTP/2", "httplib2 speaks HTTP/1.1.", False),
        ("HTTP/2", "HTTP/2.5 is no version.", False),
        ("OAuth2", "Use OAuth 2 here.", True),
        ("OAuth2", "Use OAuth 1 here.", False),
        ("C++", "written in c++", True),
        ("C++", "written in C", False),
        ("utf-8", "decoded as UTF8", True),
        ("3.12", "since 3.1.2", False),
    ],
)
def test_whether_a_text_names_it(name: str, text: str, there: bool) -> None:
    assert names_it(name, text) is there


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("Where is the redaction of secrets done?", {"redaction", "secrets"}),
        ("which module handles typing errors?", {"typing", "errors"}),
        ("In which part of the code is the cache handled?", {"cache"}),
        ("Which file formats are supported?", {"file", "formats", "supported"}),
        ("How is the job done?", {"job", "done"}),
        ("whereabouts of the file", {"whereabouts", "file"}),
    ],
)
def test_what_frames_a_question_for_a_place_is_no_term(question: str, left: set[str]) -> None:
    query = make_query(question, {word: word for word in words(question)}, {}, 7.0)
    assert set(query.terms) == left


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("why was before_lift added?", 1.0),
        ("why was lift_after added?", 0.0),
        ("how do Crane.lift_all and lower_all differ?", 0.5),
        ("what does harbour.toml set?", 0.0),
        ("what does quay.toml set?", 1.0),
        ("how does QuayCrane lift?", 1.0),
        ("how does the crane lift?", 1.0),
    ],
)
def test_names_held(question: str, share: float) -> None:
    texts = ("src/quay.toml", "before_lift runs before lift_all", "a quay-crane of a harbour with toml")
    assert names_held(question, texts) == share
    assert names_held("where is HarbourCrane?", texts, {"harbourcrane"}) == 1.0

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.retrieval.analyzer import STOP_WORDS, Analyzer, AnalyzerOptions, searchable

ANALYZER = Analyzer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("should_strip_auth", ["should_strip_auth", "strip", "auth"]),
        ("HTTPSConnection", ["httpsconnect", "https", "connect"]),
        ("httpsconnection", ["httpsconnect"]),
        ("requests.Session.send", ["requests.session.send", "request", "session", "send"]),
        ("see sessions.py.", ["see", "sessions.py", "session", "py"]),
        ("2.20.1", ["2.20.1", "2.20"]),
        ("v2.0", ["2.0"]),
        ("UTF-8", ["utf8", "utf", "8"]),
        ("utf8", ["utf8", "utf", "8"]),
        ("many URLs", ["mani", "url"]),
        ("__init__", ["__init__", "init"]),
        ("commit c45d7c4deadbeef0", ["commit", "c45d7c4deadbeef0", "c45d7c4"]),
        ("#1234", ["1234"]),
        ("std::vector<T>", ["std", "vector"]),
        ("the what of it", []),
        ("don't", []),
        ("Café", ["café", "cafe"]),
        ("cafe\u0301", ["café", "cafe"]),
        ("ﬁle", ["file"]),
        ("requests库如何", ["request", "库如", "如何"]),
        ("한국어", ["한국", "국어"]),
        ("हिन्दी", ["हिन्दी"]),
        ("", []),
        ("___ --- ...", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert ANALYZER.tokens(text) == expected


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("how are redirects resolved", "def resolve_redirects(self):"),
        ("utf8 encoding", "UTF-8 encoded"),
        ("naïve", "naive"),
        ("Session.send", "`Session.send`"),
        ("release 2.20", "fixed in 2.20.1"),
        ("what did c45d7c4 change", "commit c45d7c4deadbeef00112233445566778899aabbc"),
        ("如何发送请求", "发送请求的方法"),
        ("HTTPAdapter", "httpadapter"),
    ],
)
def test_question_and_text_meet(question: str, text: str) -> None:
    assert set(ANALYZER.tokens(question)) & set(ANALYZER.tokens(text))


@given(st.text(max_size=200))
def test_tokens_hold_no_white_space_and_are_lower_case(text: str) -> None:
    for token in ANALYZER.tokens(text):
        assert token
        assert token.split() == [token]
        assert token == token.lower()


@given(st.lists(st.from_regex(r"[A-Za-z_]{1,12}(\.[a-z0-9]{1,5})?", fullmatch=True), max_size=12))
def test_words_are_analyzed_alone(words: list[str]) -> None:
    joined = ANALYZER.tokens(" ".join(words))
    assert joined == [token for word in words for token in ANALYZER.tokens(word)]


@given(st.text(max_size=100))
def test_a_fresh_analyzer_agrees_with_one_that_has_seen_much(text: str) -> None:
    assert Analyzer().tokens(text) == ANALYZER.tokens(text) == ANALYZER.tokens(text)


def test_the_memory_of_words_is_bounded() -> None:
    analyzer = Analyzer(AnalyzerOptions(max_cached_words=10))
    text = " ".join(f"word{number}" for number in range(100))
    assert analyzer.tokens(text) == ANALYZER.tokens(text)
    assert len(analyzer._seen) <= 10


def test_very_long_words_carry_nothing() -> None:
    assert ANALYZER.tokens("x" * 101) == []
    assert ANALYZER.tokens(".".join("a" * 40)) == [".".join("a" * 40)]


def test_threads_get_the_same_tokens() -> None:
    words = " ".join(f"running_{number} resolvedRedirects{number}" for number in range(500))
    expected = Analyzer().tokens(words)
    shared = Analyzer()
    with ThreadPoolExecutor(8) as pool:
        assert all(tokens == expected for tokens in pool.map(shared.tokens, [words] * 32))


def test_version_tells_settings_apart() -> None:
    versions = {
        Analyzer(options).version
        for options in (
            AnalyzerOptions(),
            AnalyzerOptions(language=""),
            AnalyzerOptions(stop_words=False),
            AnalyzerOptions(max_word_chars=50),
        )
    }
    assert len(versions) == 4
    assert Analyzer(AnalyzerOptions(max_cached_words=1)).version == ANALYZER.version


def test_without_stop_words_and_stemming_words_stay() -> None:
    plain = Analyzer(AnalyzerOptions(language="", stop_words=False))
    assert plain.tokens("What is running") == ["what", "is", "running"]


def test_stop_words_are_written_as_the_analyzer_would_see_them() -> None:
    assert all(word == word.lower() and word.isalpha() for word in STOP_WORDS)


def test_searchable_joins_what_is_there() -> None:
    assert searchable("src/sessions.py", "", "body") == "src/sessions.py\nbody"
    assert "sessions.py" in ANALYZER.tokens(searchable("src/sessions.py", "Session", "body"))

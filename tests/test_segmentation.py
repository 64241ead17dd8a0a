import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.segmentation import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Version 2.0.1 is out.", "See foo.bar() for details, e.g. the docs.", "It works... mostly.", "Done!"],
        ["Mr. Smith met Dr. J. R. Jones in the U.S. in 1999.", "They spoke.", "Then J.K. Rowling came."],
        ["It took approx. five min. in all.", "See Fig. 3 and Sec. 2.1 for more.", "No. 5 is alive."],
        ["Trinity-St. Paul's and Saint-Lt. Hill stand.", "It is co-ed.", "They say no-no.", "He met Lt.-Col. Jones."],
        ["Apple Inc. was founded in 1976.", "It grew on Jan. 3 of that year."],
        ["Is it so?", "Yes!", "No?!", "Maybe."],
        ['"Why?" he asked.', 'She said "no."', "Then she left."],
        ["A first thing.[1]", "Another begins.[2][3]", "A third."],
        ["requests.get returns a Response.", "foo is bar.", "it has lower case."],
        ["Use `a.b`.", "`c` is next.", "--flag is set.", "__init__ runs."],
        ["See https://example.org/a.b?c=d.", "Next one."],
        ["Tea, milk, etc. are sold.", "Tea, milk, etc.", "The end"],
        ["I am.", "You are, i.e. not me."],
        ["He came (it was late.)", "So he left."],
    ],
    ids=lambda expected: str(expected[0])[:24],
)
def test_sentences_on_one_line_and_wrapped(expected: list[str]) -> None:
    text = " ".join(expected)
    assert split(text) == expected
    wrapped = text.replace(" ", "\n")
    if not wrapped.startswith("Use") and "--flag" not in text:
        assert [" ".join(sentence.split()) for sentence in split(wrapped)] == expected


def test_chinese_needs_no_space() -> None:
    assert split("这是一句。另一句！好") == ["这是一句。", "另一句！", "好"]


def test_docstring_fields_and_sections_stand_alone() -> None:
    text = """Do a thing.

    :param x: the x. Defaults to ``None``.
    :param y: the y
        goes on here.
    :returns: int

    Args:
        name (str): The name. It is
            long.
        other: Foo.

    >>> f(1)
    """
    assert [" ".join(sentence.split()) for sentence in split(text)] == [
        "Do a thing.",
        ":param x: the x.",
        "Defaults to ``None``.",
        ":param y: the y goes on here.",
        ":returns: int",
        "Args:",
        "name (str): The name.",
        "It is long.",
        "other: Foo.",
        ">>> f(1)",
    ]


def test_comment_lines_run_on() -> None:
    assert split("# One thing\n# goes on. Another.\n") == ["# One thing\n# goes on.", "Another."]


def test_headings_lists_tables_and_fences_are_bounds() -> None:
    text = "# Title\nText here. More\n\nUnder\n=====\nNext\n```\na. b. C\n\nd\n```\nEnd\n"
    text += "- one\n- two. Three\n1. four\n| a | b |\n"
    assert split(text) == [
        *["# Title", "Text here.", "More", "Under\n=====", "Next", "```\na. b. C\n\nd\n```", "End"],
        *["- one", "- two.", "Three", "1. four", "| a | b |"],
    ]


def test_a_fence_that_is_never_closed_hides_nothing() -> None:
    assert split("```\nOne. Two.") == ["```", "One.", "Two."]


PIECES = [
    "a",
    "A",
    ".",
    "!",
    "?",
    " ",
    "\n",
    "\n\n",
    "```",
    "~~~",
    "\n- x",
    "\n1. y",
    '"',
    "”",
    ")",
    "e.g.",
    "Dr.",
    "=====",
    "。",
    "😀",
    "\r\n",
]


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_spans_are_ordered_trimmed_and_hold_all_that_is_printed(text: str) -> None:
    spans = sentences(text)
    at = 0
    for start, end in spans:
        assert not text[at:start].strip()
        assert text[start:end].strip() == text[start:end] != ""
        at = end
    assert not text[at:].strip()

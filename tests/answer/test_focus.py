"""What leads an answer where the question says what it wants: a name, a default, tests, a list, a definition."""

import pytest
from tests.answer.material import make_chunk, make_hits

from whence.answer.compose import Composition, compose
from whence.answer.extractive import ExtractiveReader
from whence.answer.places import asks_for_tests
from whence.types import Chunk

READER = ExtractiveReader()


def _asked(question: str, *chunks: Chunk, n_max: int = 4) -> Composition:
    return compose(question, READER.read(question, make_hits(chunks)), n_max)


def _code(text: str, symbol: str, path: str = "src/pool.py", start_line: int = 1) -> Chunk:
    return make_chunk(text, kind="code", path=path, symbol=symbol, start=100 * start_line, start_line=start_line)


def test_the_default_is_the_line_that_sets_it_and_the_constant_behind_it() -> None:
    mention = make_chunk("You may want to change `most_sockets`, whose default is seldom right for a pool.")
    top = _code("LARGEST_POOL = 12\nSMALLEST = 1\nSTEPS = 2\n\nNAMES = ()\n", "LARGEST_POOL")
    made = _code(
        "def __init__(self):\n    #: How many sockets are kept.\n"
        "    self.most_sockets = LARGEST_POOL\n    self.sockets = []\n",
        "Pool.__init__",
        start_line=9,
    )
    composed = _asked("what is the default of most_sockets?", mention, made, top)
    assert [item.text.splitlines()[-1].strip() for item in composed.evidence] == [
        "self.most_sockets = LARGEST_POOL",
        "LARGEST_POOL = 12",
    ]
    assert "How many sockets are kept [1]:" in composed.text


def test_a_default_in_plain_words_is_found_in_a_table_of_settings() -> None:
    table = _code('DEFAULTS = {\n    "POOL_SIZE": 4,\n    "POOL_LIFETIME": hours(3),\n}\n', "DEFAULTS")
    other = make_chunk("The lifetime of a pool is how long its sockets live, which is a matter of taste.")
    composed = _asked("what is the default lifetime of the pool?", other, table)
    assert [item.text for item in composed.evidence] == ['"POOL_LIFETIME": hours(3),']


def test_tests_are_listed_by_their_places_and_nothing_else() -> None:
    code = _code(
        'def close(pool):\n    """Close the pool and its sockets."""\n    pool.end()\n    return pool\n', "close"
    )
    tests = [
        _code(f"def {name}(pool):\n    close(pool)\n    assert {what}", name, "tests/test_pool.py", line)
        for line, name, what in (
            (3, "test_close_of_a_pool", "not pool.sockets"),
            (9, "test_close_twice_fails", "raised(ClosedError, lambda: close(pool))"),
        )
    ]
    composed = _asked("which tests cover the close of a pool?", code, *tests)
    assert composed.text == (
        "`test_close_of_a_pool` in tests/test_pool.py, lines 3-5 [1]\n"
        "`test_close_twice_fails` in tests/test_pool.py, lines 9-11 [2]"
    )
    assert [claim.citations for claim in composed.claims] == [(1,), (2,)]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("which tests cover digest authentication?", True),
        ("where are the tests of the session?", True),
        ("where is the redirect tested?", True),
        ("what is a test client?", False),
        ("what does test_client do?", False),
        ("how do I test a view?", False),
    ],
)
def test_which_questions_want_tests(question: str, wanted: bool) -> None:
    assert asks_for_tests(question) is wanted


def test_a_list_is_the_whole_row_of_declarations() -> None:
    row = "".join(f'{name} = _signals.signal("{name}")\n' for name in ("opened", "taken", "given", "closed", "broken"))
    declared = _code(f"from blinker import Namespace\n\n_signals = Namespace()\n\n{row}", "")
    prose = make_chunk("Note the limits of the signals that the pool sends, and of all signals, in the guide.")
    composed = _asked("list all signals that the pool sends", prose, declared)
    first = composed.evidence[0].text
    assert all(name in first for name in ("opened", "taken", "given", "closed", "broken"))


def test_what_is_named_leads_and_a_namesake_elsewhere_is_left_out() -> None:
    chunks = [
        _code(
            f'def give(self, socket):\n    """{said}"""\n    self.sockets.append(socket)\n    return self\n',
            symbol,
            path,
        )
        for said, symbol, path in (
            ("Give a socket back to the pond where it came from.", "Pond.give", "src/pond.py"),
            ("Give a socket back.", "Pool.give", "src/pool.py"),
        )
    ]
    composed = _asked("what does Pool.give do with a socket?", *chunks)
    assert [item.hit.chunk.symbol for item in composed.evidence] == ["Pool.give"]


def test_the_sentence_that_defines_leads() -> None:
    text = (
        "Many details of a socket pool go beyond the scope of this page, and so does the socket pool of others.\n\n"
        "You can open it twice.\n\nA socket pool is a set of sockets that stay open between calls.\n"
    )
    composed = _asked("what is a socket pool?", make_chunk(text))
    assert composed.text.startswith("A socket pool is a set of sockets")
    assert "beyond the scope" not in composed.text


def test_a_method_of_the_same_class_about_something_else_is_not_cited() -> None:
    chosen = _code(
        'def text(self):\n    """The encoding of the answer is guessed from its headers."""\n'
        "    encoding = self.encoding or guess(self.headers)\n    return decode(self.body, encoding)\n",
        "Answer.text",
    )
    other = _code(
        'def check(self):\n    """Raises an error, if one occurred."""\n'
        "    # The reason may have an encoding of its own.\n"
        "    reason = self.reason.decode()\n    raise Error(reason)\n",
        "Answer.check",
        start_line=20,
    )
    composed = _asked("How is the encoding of an answer chosen?", chosen, other)
    assert {item.hit.chunk.symbol for item in composed.evidence} == {"Answer.text"}


def test_what_goes_on_about_the_thing_defines_it() -> None:
    page = make_chunk("Since 2.0 the crane moves by hanging\nslings. These objects provide a way to hold a load.")
    assert "These objects provide" in _asked("what is a hanging sling?", page).text

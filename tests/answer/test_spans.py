"""Spans of prose and code: each is what its role says, and together they miss little."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.answer.material import make_chunk

from whence.answer.code_spans import LONGEST_STEP_LINES, code_spans
from whence.answer.prose_spans import prose_spans
from whence.answer.spans import spans_of
from whence.types import FILE_KINDS, Kind

RST = """Use it like this:

.. code-block:: python
    :caption: tests/conftest.py

    @pytest.fixture
    def auth(client):
        return 1

Then go on. Fine::

    x = 1

.. note::

    A note here.

>>> a = 1
>>> b

end
"""

PYTHON = '''def close(self, pool):
    """Close the pool.

    Idle sockets go first::

        pool.close()

    :param pool: the pool
    """
    import os

    # idle sockets
    for socket in pool.idle:
        socket.close()

    pool.open = False
    return pool
'''

PIECES = [
    "word. ",
    "Other! ",
    "\n",
    "\n\n",
    "    ",
    "::",
    "# c\n",
    '"""',
    "def f():\n",
    "```\n",
    "~~~\n",
    ":a: b\n",
    "=" * 5,
]


def _roles(text: str, kind: Kind, language: str = "python") -> list[tuple[str, str]]:
    chunk = make_chunk(text, kind=kind, language=language)
    return [(span.role, text[span.start : span.end].strip()) for span in spans_of(chunk)]


def test_restructured_text() -> None:
    assert _roles(RST, "doc") == [
        ("sentence", "Use it like this:"),
        ("heading", ".. code-block:: python\n    :caption: tests/conftest.py"),
        ("example", "@pytest.fixture\n    def auth(client):\n        return 1"),
        ("sentence", "Then go on."),
        ("sentence", "Fine::"),
        ("example", "x = 1"),
        ("heading", ".. note::"),
        ("sentence", "A note here."),
        ("example", ">>> a = 1\n>>> b"),
        ("sentence", "end"),
    ]


def test_python() -> None:
    assert _roles(PYTHON, "code") == [
        ("signature", "def close(self, pool):"),
        ("docstring", "Close the pool."),
        ("docstring", "Idle sockets go first::"),
        ("example", "pool.close()"),
        ("docstring", ":param pool: the pool"),
        ("step", "# idle sockets\n    for socket in pool.idle:\n        socket.close()"),
        ("step", "pool.open = False\n    return pool"),
    ]


@pytest.mark.parametrize("language", ["go", "rust", "java", "cpp", "typescript"])
def test_comments_of_other_languages(language: str) -> None:
    text = "/* Adds one.\n * Never fails. */\nint add(int n) {\n  // the sum\n  return n + 1;\n}\n"
    roles = _roles(text, "code", language)
    assert roles[0] == ("docstring", "Adds one.")
    assert ("step", "// the sum\n  return n + 1;\n}") in roles


def test_a_chunk_from_the_middle_of_a_docstring() -> None:
    fields = "    :param timeout: how long to wait.\n    :param size: how many.\n"
    text = fields + '    """\n    self.size = size\n    return size\n'
    assert [role for role, _ in _roles(text, "code")] == ["docstring", "docstring", "step"]


def test_imports_and_export_lists_are_not_quoted() -> None:
    text = "import os\nfrom a import (\n    b,\n)\n\n__all__ = (\n    'b',\n)\n\nlimit = 3\n"
    assert _roles(text, "code") == [("step", "limit = 3")]


def test_long_code_is_cut_into_steps() -> None:
    text = "def f():\n" + "".join(f"    value_{n} = {n}\n" for n in range(100))
    spans = code_spans(text, "python")
    assert all(text[span.start : span.end].count("\n") < LONGEST_STEP_LINES for span in spans)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=20).map("".join), st.sampled_from(FILE_KINDS))
def test_spans_are_in_order_and_apart(text: str, kind: Kind) -> None:
    chunk = make_chunk(text, kind=kind)
    end = 0
    for span in spans_of(chunk):
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip()
        end = span.end


@given(st.text(alphabet="ab .!\n", max_size=80))
def test_prose_loses_nothing(text: str) -> None:
    kept = "".join(text[span.start : span.end] for span in prose_spans(text))
    assert "".join(kept.split()) == "".join(text.split())


def test_a_line_break_alone_ends_no_sentence() -> None:
    text = "If a program uses the port, you'll see\n``OSError: [Errno 98]`` when it\nstarts. See below.\n"
    assert [text[span.start : span.end].split(maxsplit=1)[0] for span in prose_spans(text)] == ["If", "See"]


def test_code_cut_from_its_announcement_is_an_example() -> None:
    text = "    from app import create\n    app = create(name='x')\n\n    @app.route('/')\n    def index():\n"
    assert {role for role, _ in _roles(text, "doc")} == {"example"}


def test_a_class_with_a_comment_behind_it_keeps_its_docstring() -> None:
    text = (
        'class Config(dict):  # set\n    """Holds the settings. It is a dict.\n    """\n\n    size = 10\n\n    age = 3'
    )
    assert ("docstring", "Holds the settings.") in _roles(text, "code")


def test_an_import_inside_a_function_cuts_no_step() -> None:
    text = "def f():\n    if fast:\n        import speed\n        return speed.run()\n\n    return 1\n"
    assert any("import speed" in body and "speed.run()" in body for _, body in _roles(text, "code"))


@pytest.mark.parametrize("kind", FILE_KINDS)
@pytest.mark.parametrize("text", [" " * 60_000 + "x", '"""\n' * 9_000, "x = 1\n\n" * 4_000, "* x" * 20_000])
def test_monotonous_texts_come_to_an_end(text: str, kind: Kind) -> None:
    assert spans_of(make_chunk(text, kind=kind))


def test_imports_for_type_checkers_alone_are_not_quoted() -> None:
    text = "a = 1\nif t.TYPE_CHECKING:\n    from pool import (\n        Pool,\n    )\n    import sockets\n"
    text += "b = close(2)\nc = 3\n"
    assert [text[span.start : span.end] for span in code_spans(text, "python")] == ["a = 1", "b = close(2)\nc = 3"]


def test_code_for_type_checkers_stays_with_what_follows_it() -> None:
    text = "if TYPE_CHECKING:\n    return pool.sockets()\nlog(pool)\nreturn True\n"
    assert [text[span.start : span.end] for span in code_spans(text, "python")] == [text.rstrip()]


MIDDLE = """    The pool closes its idle sockets first. Use it as a decorator:

    .. code-block:: python

        from pool import closing

        @closing
        def serve():
            return Socket()
"""


@pytest.mark.parametrize("end", ["", '    """\n    pool.shut()\n    pool.log()\n    return pool.sockets()\n'])
def test_an_example_in_the_middle_of_a_docstring_stays_whole(end: str) -> None:
    text = MIDDLE + end
    spans = code_spans(text, "python")
    assert [span.role for span in spans[:2]] == ["docstring", "docstring"]
    example = next(span for span in spans if span.role == "example")
    assert "from pool" in text[example.start : example.end]
    assert "return Socket()" in text[example.start : example.end]
    assert not any(span.role == "signature" for span in spans)
    assert any(span.role == "step" and "pool.shut" in text[span.start : span.end] for span in spans) == bool(end)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("echo the pool closes idle sockets\nrm pool\nls pool\nexit 1\n", "shell"),
        ("not in pool and sockets or idle\npool.shut()\npool.log()\nx = 1\n", "python"),
    ],
)
def test_a_row_of_words_may_be_code(text: str, language: str) -> None:
    assert {span.role for span in code_spans(text, language)} == {"step"}


def test_what_a_docstring_lists_as_objects_is_no_sentence() -> None:
    spans = prose_spans(".. describe:: 'key' in pool\n\n    Check whether a socket is there.\n")
    assert [span.role for span in spans] == ["heading", "sentence"]


def test_the_sections_of_a_docstring_and_marks_of_a_page_are_no_sentences() -> None:
    text = (
        "Gathers what was sent.\n\nArgs:\n    data (`Tensor`, *optional*):\n        What is gathered.\n"
        "    whole (`bool`):\n        Whether all of it.\n\nReturns:\n    Tensors.\n"
    )
    spans = prose_spans(text, role="docstring")
    said = [text[span.start : span.end] for span in spans if span.role == "docstring"]
    assert said[1] == "data (`Tensor`, *optional*):\n        What is gathered."
    assert [text[span.start : span.end] for span in spans if span.role == "heading"] == ["Args:", "Returns:"]
    page = "[[autodoc]] pool.Pool\n\n<Tip warning={true}>\n\nMind the gap.\n\n</Tip>\n\n> [!NOTE]\n> Mind it twice.\n"
    told = [page[span.start : span.end] for span in prose_spans(page) if span.role == "sentence"]
    assert told == ["Mind the gap.", "> Mind it twice."]

"""What an answer quotes together: nothing dangles, one place is told once, short code is shown whole."""

import re

import pytest
from tests.answer.material import make_chunk, make_hits

from whence.answer.citations import cite
from whence.answer.compose import Composition, compose
from whence.answer.extractive import ExtractiveReader
from whence.types import Chunk

READER = ExtractiveReader()


def _asked(question: str, *chunks: Chunk, n_max: int = 4) -> Composition:
    return compose(question, READER.read(question, make_hits(chunks)), n_max)


def test_a_sentence_that_points_back_is_not_quoted_alone() -> None:
    text = "Downloads use little memory.\n\nWhen streaming a download into a file, the above is the preferred way."
    guide = make_chunk("Open the file, then stream the download of a file into it in pieces.", path="docs/other.md")
    said = _asked("How do I stream a download into a file?", make_chunk(text), guide).text
    assert "the above" not in said or "little memory" in said


def test_what_ends_in_a_colon_comes_with_what_it_announces() -> None:
    text = "Uploads are streamed.\n\nTo upload several files, pass a list::\n\n    upload(['a', 'b'])\n\nNothing else."
    said = _asked("How do I upload several files?", make_chunk(text, language="rst")).text
    assert "pass a list [1]:\n    upload(['a', 'b'])" in said


def test_an_example_behind_a_directive_belongs_to_its_announcement() -> None:
    text = (
        "To upload several files, pass a list:\n\n.. code-block:: python\n\n    upload(['a', 'b'])\n\nNothing else.\n"
    )
    said = _asked("How do I upload several files?", make_chunk(text, language="rst")).text
    assert "pass a list [1]:\n    upload(['a', 'b'])" in said
    assert "code-block" not in said
    assert "- python" not in said


def test_examples_and_prose_keep_their_order() -> None:
    text = (
        "You can upload several files. Suppose this form::\n\n    <input multiple>\n\n"
        "To upload its files, pass a list::\n\n    upload(['a', 'b'])\n"
    )
    said = _asked("How do I upload several files?", make_chunk(text, language="rst")).text
    order = [said.index(part) for part in ("Suppose", "<input", "pass a list", "upload(['a'")]
    assert order == sorted(order)


def test_one_docstring_is_one_claim() -> None:
    text = (
        'def close(pool):\n    """Close the idle sockets of the pool. Busy sockets of the pool stay.\n'
        '    Idle sockets of the pool are closed once.\n\n    :param pool: the pool\n    """\n'
        + "".join(f"    step_{n}(pool)\n" for n in range(40))
    )
    composed = _asked("What is the close of idle sockets?", make_chunk(text, kind="code", symbol="close"))
    assert sum("sockets" in item.text for item in composed.evidence) == 1


def test_a_short_function_is_one_citation() -> None:
    text = (
        'def close(pool):\n    """Close the pool."""\n    for one in pool:\n        one.close()\n\n    pool.clear()\n'
    )
    composed = _asked("How does close empty the pool?", make_chunk(text, kind="code", symbol="close"))
    assert len(composed.evidence) == 1
    assert "Close the pool [1]:\n    for one in pool:" in composed.text
    assert "pool.clear()" in composed.text


def test_the_name_of_a_file_stands_for_its_opening_words() -> None:
    text = '"""Replaces secrets of a text before it is stored."""\n\nimport re\n\nMASK = "*"\n'
    composed = _asked(
        "How are secrets of a text replaced?", make_chunk(text, kind="code", path="src/mask.py", symbol="MASK")
    )
    assert "`MASK`" not in composed.text
    assert composed.text.startswith("src/mask.py")
    assert cite(composed.evidence[0]).symbol == ""


def test_where_cites_the_definition_from_its_first_line() -> None:
    text = 'def default_agent(name):\n    """Return the default agent string."""\n    return f"{name}/1"\n\n\n'
    mention = make_chunk("The default agent string is easily changed.", path="docs/faq.md")
    code = make_chunk(text * 1, kind="code", path="src/agent.py", symbol="default_agent", start_line=5)
    citation = cite(_asked("Where is the default agent string made?", code, mention).evidence[0])
    assert (citation.path, citation.start_line) == ("src/agent.py", 5)


def test_each_name_in_the_question_gets_its_place() -> None:
    chunks = [
        make_chunk(
            f'def {name}(pool):\n    """{text}"""\n    pool.{name}()\n    return pool\n',
            kind="code",
            path="src/p.py",
            symbol=name,
            start=1000 * number,
        )
        for number, (name, text) in enumerate(
            [("open_pool", "Opens it, then calls close_pool."), ("close_pool", "Ends it.")]
        )
    ]
    composed = _asked("How do `open_pool` and `close_pool` work together?", *chunks)
    assert {item.hit.chunk.symbol for item in composed.evidence} == {"open_pool", "close_pool"}


def test_an_error_is_explained_where_its_words_stand() -> None:
    defined = make_chunk('class PoolError(Exception):\n    """The pool failed."""', kind="code", symbol="PoolError")
    raised = make_chunk(
        'def take(pool):\n    """Take a socket."""\n    if not pool:\n'
        '        raise PoolError(f"No sockets were left in {pool}")\n',
        kind="code",
        path="src/take.py",
        symbol="take",
    )
    composed = _asked('what does "PoolError: No sockets were left" mean?', defined, raised)
    assert composed.evidence[0].hit.chunk.symbol == "take"


@pytest.mark.parametrize("kind", ["doc", "code"])
def test_drawings_are_not_quoted(kind: str) -> None:
    art = "#   __\n#  /__)  _  _     _   _ _/   _\n# / (   (- (/ (/ (- _)  /  _)\n#          /\n"
    text = (
        f'{art}\n"""A library of requests, written for people."""\n'
        if kind == "code"
        else f"{art}\n\nA library of requests.\n"
    )
    said = _asked("What is the library of requests?", make_chunk(text, kind=kind, symbol="")).text  # type: ignore[arg-type]
    assert "/__)" not in said
    assert not re.search(r"_ +_", said)


def test_the_rest_of_a_definition_is_not_told_by_its_first_sentence() -> None:
    text = (
        "    More headers of the answer cannot be sent by then. Use it as a decorator to stream sockets:\n\n"
        "    .. code-block:: python\n\n        @streamed\n        def sockets():\n            yield socket()\n"
    )
    said = _asked("How do I stream sockets?", make_chunk(text, kind="code", symbol="streamed")).text
    assert "More headers" not in said
    assert "Use it as a decorator to stream sockets [1]:\n    @streamed\n    def sockets():" in said


def test_half_a_sentence_is_left_out_where_there_is_more() -> None:
    half = make_chunk("or for all downloads of the pool::\n\n    pool.verify = 'path'\n", language="rst")
    whole = make_chunk("The pool can skip to verify downloads::\n\n    pool.verify = 0\n", path="docs/pool.rst")
    assert "or for all" in _asked("How do I verify downloads of the pool?", half).text
    said = _asked("How do I verify downloads of the pool?", half, whole).text
    assert "or for all" not in said
    assert "skip to verify downloads [1]:\n    pool.verify = 0" in said


def test_what_the_search_ranks_first_is_told_though_it_uses_other_words() -> None:
    first = make_chunk(
        'def discard(box):\n    """Discard what is in the box, an element that is not wanted."""\n    box.drop()\n',
        kind="code",
        symbol="discard",
    )
    second = make_chunk(
        'def remove(element):\n    """Delete an element from the middle of a linked list."""\n    element.unlink()\n',
        kind="code",
        symbol="remove",
        path="b.py",
    )
    asked = "how to delete an element from a linked list"
    assert [one.path for one in _cited(asked, first, second)] == ["b.py", first.path]
    assert [one.path for one in _cited(asked, second, first)] == ["b.py"], "ranked second, it says too little of it"


def _cited(question: str, *chunks: Chunk) -> list[Chunk]:
    return list({item.hit.chunk.id: item.hit.chunk for item in _asked(question, *chunks).evidence}.values())

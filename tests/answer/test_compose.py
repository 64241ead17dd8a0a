"""Every claim of an answer is a span of it, carries its citation's mark, and holds only quoted or locating words."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.answer.material import make_chunk, make_hits

from whence.answer.compose import compose, not_found, without
from whence.answer.extractive import ExtractiveReader
from whence.answer.wording import prose
from whence.types import FILE_KINDS, Kind, Reading

READER = ExtractiveReader()

PIECES = [
    "The pool closes idle sockets. ",
    "It does so after ten seconds [3].\n",
    "def close(self, pool):\n",
    '    """Closes idle sockets of the pool.\n\n    :param pool: the pool\n    """\n',
    "    # idle sockets first\n    pool.close()\n",
    "    raise PoolError('no sockets')\n",
    "For example::\n\n    pool.close()\n\n",
    "```python\npool.close()\n```\n",
    "Pools\n=====\n\n",
    "- close sockets\n",
    "\n\n",
]
KINDS_OF_QUESTIONS = [
    "Where are idle sockets closed?",
    "Why does the pool close sockets?",
    "What is the difference between `close` and `PoolError`?",
    "When are sockets closed?",
    "How does the pool close idle sockets?",
    "Which exception is raised without sockets?",
    "Does the pool close sockets?",
    "list the sockets",
    "What is a pool?",
    "pool",
]


@settings(max_examples=150, deadline=None)
@given(
    question=st.sampled_from(KINDS_OF_QUESTIONS),
    texts=st.lists(
        st.tuples(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join), st.sampled_from(FILE_KINDS)),
        min_size=1,
        max_size=4,
    ),
    n_max=st.integers(0, 6),
)
def test_claims_are_cited_spans(question: str, texts: list[tuple[str, Kind]], n_max: int) -> None:
    chunks = [
        make_chunk(text, kind=kind, path=f"src/f{number}.py", symbol="Pool.close" if kind == "code" else "", start=7)
        for number, (text, kind) in enumerate(texts)
        if text.strip()
    ]
    composition = compose(question, READER.read(question, make_hits(chunks)), n_max)
    assert len(composition.evidence) <= n_max
    assert "\x1b" not in composition.text
    cited = [number for claim in composition.claims for number in claim.citations]
    assert sorted(set(cited)) == list(range(1, len(composition.evidence) + 1))
    end = 0
    for claim in composition.claims:
        assert claim.citations
        assert end <= claim.start < claim.end <= len(composition.text)
        assert composition.text[end : claim.start].strip() == ""
        end = claim.end
        said = composition.text[claim.start : claim.end]
        marks = [int(mark) for mark in re.findall(r"\[(\d+)\]", said.split(":\n    ")[0])]
        assert marks == list(claim.citations)
    assert composition.text[end:] == ""
    for evidence in composition.evidence:
        chunk = evidence.hit.chunk
        assert chunk.text[evidence.start - chunk.start : evidence.end - chunk.start] == evidence.text


@settings(max_examples=100, deadline=None)
@given(text=st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join), kind=st.sampled_from(FILE_KINDS))
def test_claims_use_no_word_that_is_not_quoted(text: str, kind: Kind) -> None:
    chunk = make_chunk(
        text.strip() or "x", kind=kind, path="src/pool.py", symbol="Pool.close" if kind == "code" else ""
    )
    question = "How does the pool close idle sockets?"
    composition = compose(question, READER.read(question, make_hits([chunk])), 5)
    quoted = " ".join(evidence.text for evidence in composition.evidence)
    placing = "src pool py Pool close Line Lines lines line in Parameter Returns Raises"
    words = set(re.findall(r"[A-Za-z]+", composition.text))
    assert words <= set(re.findall(r"[A-Za-z]+", f"{quoted} {placing}"))


def test_nothing_read_is_nothing_said() -> None:
    composition = compose("why?", Reading(evidence=(), confidence=0.0, question_kind="why"), 5)
    assert (composition.text, composition.claims, composition.evidence) == ("", (), ())


def test_what_does_not_resolve_is_composed_around() -> None:
    chunks = [
        make_chunk("The pool keeps five sockets. It closes idle sockets first.", path="a.md"),
        make_chunk("Idle sockets are closed after ten seconds by the pool.", path="b.md"),
    ]
    question = "When does the pool close idle sockets?"
    reading = READER.read(question, make_hits(chunks))
    broken = [item for item in compose(question, reading, 4).evidence if item.hit.chunk.path == "a.md"]
    again = without(reading, broken)
    assert {item.hit.chunk.path for item in again.evidence} == {"b.md"}
    nothing = without(again, again.evidence)
    assert (nothing.evidence, nothing.confidence) == ((), 0.0)


def test_not_found_names_the_nearest_passage() -> None:
    chunk = make_chunk("def close(): ...", kind="code", path="src/pool.py", symbol="close", start_line=9)
    assert not_found("demo", make_hits([chunk])) == "Not found in demo. Nearest: src/pool.py:9-9 (`close`)."
    assert not_found("demo", []) == "Not found in demo."


@pytest.mark.parametrize("question", ["Where is the pool closed?", "In which file is the pool closed?"])
def test_where_leads_with_the_place(question: str) -> None:
    chunk = make_chunk(
        'def close(pool):\n    """Closes the pool."""\n    pool.closed = True\n    return pool\n',
        kind="code",
        path="src/pool.py",
        symbol="close",
        start_line=40,
    )
    text = compose(question, READER.read(question, make_hits([chunk])), 3).text
    assert text.startswith("`close` in src/pool.py, lines 40-44: Closes the pool [1].")


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("*However*, it is **bold**.", "However, it is bold."),
        ("**Never use it. It is slow.", "Never use it. It is slow."),
        ("It is slow.** And 2 ** 3 is 8, *args stay.", "It is slow. And 2 ** 3 is 8, *args stay."),
        ("* an item of a list", "an item of a list"),
        ("__Mind this:__ it is slow.", "Mind this: it is slow."),
        ("in the ``__init__.py`` file, by __new__ and __init__", "in the `__init__.py` file, by __new__ and __init__"),
    ],
)
def test_marks_of_emphasis_are_left_out(quoted: str, shown: str) -> None:
    assert prose(quoted) == shown

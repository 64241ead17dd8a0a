"""What every reader promises, whatever the question and the hits."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.answer.material import HashEmbedder, make_chunk, make_hits

from whence.answer.extractive import ExtractiveReader, ReadingOptions
from whence.protocols import Reader
from whence.types import FILE_KINDS, Kind

SMALL = ReadingOptions(n_hits=2, n_sentences_embedded=3, n_evidence=2, max_quote_chars=20, max_chunk_chars=60)

MEMBERS: list[Reader] = [
    ExtractiveReader(),
    ExtractiveReader(HashEmbedder()),
    ExtractiveReader(None, SMALL),
    ExtractiveReader(HashEmbedder(), SMALL),
]

QUESTIONS = [
    "How does the session close its sockets?",
    "why?",
    "What is `Session.close`?",
    "",
    " ",
    "the of and",
    "Wo wird die Verbindung geschlossen?",
    "\u0000\ud7ff\U0010ffff \u202e",
    "close " * 500,
    "[1] (((( \\1 %s {} `",
]

PIECES = [
    "The session closes its sockets. ",
    "It does so once! ",
    "def close(self):\n",
    '    """Closes all sockets.\n\n    :param when: later\n    """\n',
    "    # first the pool\n    self.pool.close()\n",
    "```\ncode\n```\n",
    "Title\n=====\n",
    "~~~\n",
    "- item one\n",
    "\n\n",
    "\r\n",
    "\x0c",
    "\u2028",
    " ",
    "/* comment */\n",
    "'''",
    "::\n\n    shown\n",
    "see [1] and `x <y>`_ ",
    "\u4e2d\u6587\u3002",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), min_size=1, max_size=12).map("".join)


@pytest.mark.parametrize("reader", MEMBERS)
@settings(max_examples=60, deadline=None)
@given(
    question=st.sampled_from(QUESTIONS) | st.text(max_size=60),
    texts=st.lists(st.tuples(TEXTS, st.sampled_from(FILE_KINDS), st.integers(0, 50)), max_size=4),
)
@example(question="close?", texts=[("x", "code", 0)])
def test_evidence_is_a_span_of_its_hit(reader: Reader, question: str, texts: list[tuple[str, Kind, int]]) -> None:
    chunks = [
        make_chunk(text, kind=kind, path=f"f{number}", start=start)
        for number, (text, kind, start) in enumerate(texts)
        if text.strip()
    ]
    hits = make_hits(chunks)
    reading = reader.read(question, hits)
    assert 0.0 <= reading.confidence <= 1.0
    assert reading.question_kind
    if not reading.evidence:
        assert reading.confidence == 0.0
    for evidence in reading.evidence:
        chunk = evidence.hit.chunk
        assert evidence.hit in hits
        assert chunk.start <= evidence.start < evidence.end <= chunk.end
        assert chunk.text[evidence.start - chunk.start : evidence.end - chunk.start] == evidence.text
        assert evidence.text.strip()
        assert 0.0 <= evidence.score <= 1.0
    scores = [evidence.score for evidence in reading.evidence]
    assert scores == sorted(scores, reverse=True)
    assert reader.read(question, hits) == reading


@pytest.mark.parametrize("reader", MEMBERS)
def test_without_hits_there_is_nothing_to_read(reader: Reader) -> None:
    reading = reader.read("How does it work?", [])
    assert reading.evidence == ()
    assert reading.confidence == 0.0


@pytest.mark.parametrize("reader", MEMBERS)
def test_the_sentence_that_answers_comes_first(reader: Reader) -> None:
    chunks = [
        make_chunk("Cookies are kept. The pool closes idle sockets after ten seconds. Logs are short.", path="a.md"),
        make_chunk("The weather was fine that day.", path="b.md"),
    ]
    reading = reader.read("When does the pool close idle sockets?", make_hits(chunks))
    assert reading.evidence[0].text.startswith("The pool closes")


@pytest.mark.parametrize("reader", MEMBERS)
def test_overlapping_chunks_are_read_once(reader: Reader) -> None:
    chunk = make_chunk("The pool closes idle sockets. Cookies are kept.")
    again = replace(chunk, id="other")
    reading = reader.read("What does the pool close?", make_hits([chunk, again]))
    places = [(evidence.start, evidence.end) for evidence in reading.evidence]
    assert len(places) == len(set(places))

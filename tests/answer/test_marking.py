"""What a model marks: the sentence that answers moves to the front, and its words keep their place in the citation."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.answer.material import HashEmbedder, make_chunk, make_hits

from whence.answer.citations import cite
from whence.answer.compose import compose
from whence.answer.extractive import ExtractiveReader
from whence.types import AnswerSpan, Hit, PassageReading, ReadPassages

TEXTS = [
    "The pool was built by the harbour office. It closes idle sockets. Nobody knows who painted the pool.",
    "The pool closes at night. Idle sockets are shut once ten seconds have passed, and a note is written.",
    "Sockets are old. Cookies are kept.",
]


class Marker:
    """Marks words wherever they stand, with their margin; anything else answers less well than nothing."""

    digest = "marker"

    def __init__(self, margin_of: dict[str, float], skipped: str = "") -> None:
        self.margin_of = margin_of
        self.skipped = skipped
        self.asked: list[str] = []

    def reads(self, question: str) -> bool:
        return question.endswith("?")

    def read(self, question: str, passages: Sequence[str]) -> ReadPassages:
        self.asked += passages
        return ReadPassages(readings=tuple(map(self._reading, passages)), skipped=self.skipped)

    def _reading(self, passage: str) -> PassageReading:
        found = [
            AnswerSpan(start=passage.index(words), end=passage.index(words) + len(words), margin=margin)
            for words, margin in self.margin_of.items()
            if words in passage
        ]
        spans = tuple(sorted(found, key=lambda one: -one.margin)) or (AnswerSpan(start=0, end=1, margin=-9.0),)
        return PassageReading(spans=spans, relevance=spans[0].margin)


def _hits() -> list[Hit]:
    return make_hits([make_chunk(text, path=f"{n}.md", start=100 * n) for n, text in enumerate(TEXTS)])


@pytest.mark.parametrize("embedder", [None, HashEmbedder()])
def test_the_sentence_with_the_marked_words_comes_first(embedder: HashEmbedder | None) -> None:
    question = "When does the pool close idle sockets?"
    reading = ExtractiveReader(embedder, passages=Marker({"ten seconds": 12.0})).read(question, _hits())
    best = reading.evidence[0]
    assert best.text.startswith("Idle sockets are shut")
    assert best.answer_start is not None
    assert best.answer_end is not None
    assert best.text[best.answer_start - best.start : best.answer_end - best.start] == "ten seconds"
    assert TEXTS[1][best.answer_start - 100 : best.answer_end - 100] == "ten seconds"


def test_the_citation_says_which_words_of_its_quote_answer() -> None:
    reader = ExtractiveReader(passages=Marker({"ten seconds": 12.0}))
    question = "When does the pool close idle sockets?"
    composition = compose(question, reader.read(question, _hits()), 4)
    citation = cite(composition.evidence[0])
    assert citation.answer_start is not None
    assert citation.answer_end is not None
    assert citation.start <= citation.answer_start < citation.answer_end <= citation.end
    assert (
        citation.quote[citation.answer_start - citation.start : citation.answer_end - citation.start] == "ten seconds"
    )


def test_words_outside_the_quote_are_not_said_to_be_in_it() -> None:
    reader = ExtractiveReader(passages=Marker({"ten seconds": 12.0}))
    best = reader.read("When does the pool close idle sockets?", _hits()).evidence[0]
    assert cite(replace(best, answer_start=0, answer_end=3)).answer_start is None


def test_words_that_answer_less_well_than_nothing_are_not_marked() -> None:
    reader = ExtractiveReader(passages=Marker({"ten seconds": -0.5}))
    assert all(
        one.answer_start is None for one in reader.read("When does the pool close idle sockets?", _hits()).evidence
    )


def test_what_was_left_unread_is_said() -> None:
    reader = ExtractiveReader(passages=Marker({}, skipped="no time left for 2 of 3 passages"))
    assert reader.read("When does the pool close?", _hits()).skipped == ("reading: no time left for 2 of 3 passages",)


@pytest.mark.parametrize("others", [[], TEXTS])
def test_nothing_is_read_where_code_competes_while_its_weights_are_zero(others: list[str]) -> None:
    marker = Marker({"ten seconds": 12.0})
    code = make_chunk("def close(pool):\n    pool.shut()\n", kind="code", path="pool.py")
    hits = make_hits([*(make_chunk(text, path=f"{n}.md") for n, text in enumerate(others)), code])
    plain = ExtractiveReader().read("How does the pool close?", hits)
    assert ExtractiveReader(passages=marker).read("How does the pool close?", hits) == plain
    assert marker.asked == []

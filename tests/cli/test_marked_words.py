"""The words that answer are set off in the answer, wherever its text still has them."""

from dataclasses import replace

import pytest
from rich.text import Text
from tests.evaluation.fakes import answer

from whence.cli.answers import MARKED, _body, _underline
from whence.types import Answer, Citation, Claim


def _cited(quote: str, words: str, start: int = 40) -> Citation:
    at = quote.index(words)
    (plain,) = answer("x", path="a.md").citations
    return replace(
        plain,
        start=start,
        end=start + len(quote),
        quote=quote,
        answer_start=start + at,
        answer_end=start + at + len(words),
    )


def _marked(body: Text) -> list[str]:
    return [body.plain[span.start : span.end] for span in body.spans if span.style == MARKED]


def test_the_words_of_each_citation_are_underlined_once() -> None:
    body = Text("After ten seconds, not after ten seconds [1]. Ten at most, ten seconds [2].")
    _underline(
        body, [_cited("After ten\nseconds, not after ten seconds", "ten\nseconds"), _cited("ten seconds", "ten")]
    )
    assert _marked(body) == ["ten seconds", "ten"]
    assert [span.start for span in body.spans] == [6, 59]


@pytest.mark.parametrize("quote", ["the pool **closes**", "nothing of it"])
def test_words_that_the_text_does_not_have_are_left(quote: str) -> None:
    body = Text("The pool is shut [1].")
    _underline(body, [_cited(quote, quote.rsplit(maxsplit=1)[-1])])
    assert _marked(body) == []


def test_an_answer_shows_them() -> None:
    text = "It closes after ten seconds [1]."
    whole: Answer = replace(
        answer(text, path="a.md"),
        citations=(_cited("It closes after ten seconds.", "ten seconds"),),
        claims=(Claim(start=0, end=len(text), citations=(1,)),),
    )
    assert _marked(_body(whole)) == ["ten seconds"]

"""What a place is about, and how much of a question it has."""

from dataclasses import replace

from tests.answer.material import make_chunk, make_hits

from whence.answer.compose import compose
from whence.answer.extractive import ExtractiveReader
from whence.answer.support import asked_terms, is_about
from whence.types import Chunk


def _code(text: str, symbol: str, path: str) -> Chunk:
    return make_chunk(text, kind="code", path=path, symbol=symbol)


def test_words_that_only_frame_are_not_asked_for() -> None:
    assert set(asked_terms("where is the masking of secrets done?")) == {"mask", "secret"}


def test_code_is_about_its_name_its_first_words_or_its_file() -> None:
    terms = asked_terms("where are secrets masked?")
    plain = _code("def run(text):\n    return text.strip()\n", "run", "src/mask.py")
    assert not is_about(terms, plain)
    assert is_about(terms, plain, with_file=True)
    assert is_about(terms, _code("def mask(text):\n    return text\n", "mask", "src/a.py"))
    assert is_about(
        terms, _code('def run(text):\n    """Hides a secret."""\n    found = 1\n    return found\n', "run", "src/a.py")
    )


def test_a_place_that_only_counts_what_is_asked_for_does_not_lead() -> None:
    counts = _code(
        "def _done(report):\n    n = len(report.masks)\n"
        '    parts = [f"{n} secrets masked, done"]\n    return join(parts)\n',
        "_done",
        "src/report.py",
    )
    masks = _code(
        'def masked(text):\n    """Replaces what looks like a secret."""\n    stars = PATTERN.sub(STARS, text)\n'
        "    return stars\n",
        "masked",
        "src/secrets.py",
    )
    question = "where is the masking of secrets done?"
    hits = [replace(hit, score=score) for hit, score in zip(make_hits([counts, masks]), (0.50, 0.48), strict=True)]
    composed = compose(question, ExtractiveReader().read(question, hits), 4)
    assert composed.evidence[0].hit.chunk.symbol == "masked"

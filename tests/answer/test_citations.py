"""A citation is right in every detail or it does not verify."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.answer.material import make_chunk, make_hits

from whence.answer.citations import cite, verify
from whence.types import Citation, Evidence

DOCUMENT = "first line\nsecond line with words\n\nfourth line\n"


def _citation(start: int, end: int, **paged: tuple[int, ...]) -> Citation:
    chunk_start = DOCUMENT.rfind("\n", 0, start) + 1
    text = DOCUMENT[chunk_start : max(end, chunk_start + 1)]
    chunk = make_chunk(text, start=chunk_start, start_line=DOCUMENT.count("\n", 0, chunk_start) + 1)
    hit = make_hits([chunk])[0]
    evidence = Evidence(hit=hit, start=start, end=end, text=DOCUMENT[start:end], score=0.5)
    return cite(evidence, lambda path, revision, first, last: f"{path}@{revision}#{first}-{last}", **paged)


@given(st.integers(0, len(DOCUMENT) - 1), st.integers(1, len(DOCUMENT)))
def test_what_is_cited_verifies(start: int, end: int) -> None:
    assume(start < end)
    citation = _citation(start, end)
    assert verify(citation, DOCUMENT)
    assert citation.quote == DOCUMENT[start:end]
    assert not verify(citation, "x" + DOCUMENT)
    assert not verify(replace(citation, start_line=citation.start_line + 1), DOCUMENT)
    assert not verify(replace(citation, end_line=citation.end_line + 1), DOCUMENT)
    assert not verify(replace(citation, quote=citation.quote + "x"), DOCUMENT)
    assert not verify(citation, "")


def test_lines_pages_and_links() -> None:
    start = DOCUMENT.index("words")
    citation = _citation(start, start + 5, page_starts=(0, 11, 40))
    assert (citation.start_line, citation.end_line, citation.page) == (2, 2, 2)
    assert citation.url == "docs/guide.md@abc1234#2-2"
    assert _citation(0, 3).page is None


def test_an_empty_or_reversed_span_never_verifies() -> None:
    citation = _citation(0, 5)
    assert not verify(replace(citation, start=5, end=5, quote=""), DOCUMENT)
    assert not verify(replace(citation, start=6, end=5, quote=""), DOCUMENT)
    assert not verify(replace(citation, start=-5, end=5), DOCUMENT)

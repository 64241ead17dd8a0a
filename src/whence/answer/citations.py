"""Citations: made from evidence, and checked against the document they name."""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from whence.answer.wording import symbol_at
from whence.types import Citation, Evidence

UrlOf = Callable[[str, str, int, int], str]
"""(path, revision, first line, last line) to the page a person can open, or ""."""


def cite(evidence: Evidence, url_of: UrlOf | None = None, page_starts: Sequence[int] = ()) -> Citation:
    """The citation of exactly the evidence's span.

    ``page_starts`` is the document's ``metadata["page_starts"]`` (ascending offsets), if it is paged. Lines are counted
    from the chunk's first line, so the document is not read again here.
    """
    chunk = evidence.hit.chunk
    before = evidence.start - chunk.start
    first = chunk.start_line + chunk.text.count("\n", 0, before)
    last = first + evidence.text.count("\n")
    return Citation(
        document_id=chunk.document_id,
        revision=chunk.revision,
        path=chunk.path,
        start=evidence.start,
        end=evidence.end,
        start_line=first,
        end_line=last,
        quote=evidence.text,
        symbol=symbol_at(evidence),
        title=chunk.title,
        page=bisect_right(page_starts, evidence.start) if page_starts else None,
        url=url_of(chunk.path, chunk.revision, first, last) if url_of else "",
    )


def verify(citation: Citation, text: str) -> bool:
    """Whether the quote is exactly that span of the document's text, and the lines are the span's lines."""
    if not 0 <= citation.start < citation.end <= len(text):
        return False
    first = text.count("\n", 0, citation.start) + 1
    last = first + text.count("\n", citation.start, citation.end)
    return (
        text[citation.start : citation.end] == citation.quote
        and citation.start_line == first
        and citation.end_line == last
    )

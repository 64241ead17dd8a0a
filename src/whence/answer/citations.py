"""Citations: made from evidence, and checked against the document they name."""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from whence.answer.wording import symbol_at
from whence.types import HISTORY_KINDS, Citation, Evidence, cited_kind

UrlOf = Callable[[str, str, int, int], str]
"""(path, revision, first line, last line) to the page a person can open, or ""."""


def cite(evidence: Evidence, url_of: UrlOf | None = None, page_starts: Sequence[int] = ()) -> Citation:
    """The citation of exactly the evidence's span.

    ``page_starts`` is the document's ``metadata["page_starts"]`` (ascending offsets), if it is paged. Lines are counted
    from the chunk's first line, so the document is not read again here. Of a hunk they are those of the file.
    """
    chunk = evidence.hit.chunk
    first, last = lines_of(evidence)
    is_history = chunk.kind in HISTORY_KINDS
    marked_start, marked_end = _marked(evidence)
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
        commit=chunk.revision if is_history else None,
        page=bisect_right(page_starts, evidence.start) if page_starts else None,
        url=url_of("" if is_history else chunk.path, chunk.revision, first, last) if url_of else "",
        answer_start=marked_start,
        answer_end=marked_end,
    )


def _marked(evidence: Evidence) -> tuple[int | None, int | None]:
    """The words that answer, where they lie within what is quoted: quotes are cut and joined after reading."""
    start, end = evidence.answer_start, evidence.answer_end
    if start is None or end is None or not evidence.start <= start < end <= evidence.end:
        return None, None
    return start, end


def lines_of(evidence: Evidence) -> tuple[int, int]:
    """First and last line of evidence in its document; of a hunk, in the file."""
    chunk = evidence.hit.chunk
    before = chunk.text[: evidence.start - chunk.start]
    if chunk.kind != "hunk":
        first = chunk.start_line + before.count("\n")
        return first, first + evidence.text.count("\n")
    lines = chunk.text.split("\n")
    n_after = sum(1 for line in lines if not line.startswith("-"))
    passed_over = "-" if n_after == chunk.end_line - chunk.start_line + 1 else "+"
    at = before.count("\n")
    kept = [not line.startswith(passed_over) for line in lines]
    first = chunk.start_line + sum(kept[:at])
    return first, first + max(sum(kept[at : at + evidence.text.count("\n") + 1]), 1) - 1


def verify(citation: Citation, text: str) -> bool:
    """Whether the quote is exactly that span of the document's text, and the lines are the span's lines.

    The lines of a hunk are not those of its document, a commit.
    """
    if not 0 <= citation.start < citation.end <= len(text):
        return False
    if cited_kind(citation) == "hunk":
        return text[citation.start : citation.end] == citation.quote
    first = text.count("\n", 0, citation.start) + 1
    last = first + text.count("\n", citation.start, citation.end)
    return (
        text[citation.start : citation.end] == citation.quote
        and citation.start_line == first
        and citation.end_line == last
    )

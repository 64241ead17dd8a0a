"""From cuts to chunks: trimmed to what is printed, numbered by line, named by hash."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from whence.types import Chunk, Document

MAX_INDENT_CHARS = 100
"""Indentation beyond this is not kept in front of a chunk: it is layout noise, or an attack."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A span of the document before it is trimmed; characters, half-open."""

    start: int
    end: int
    symbol: str = ""
    title: str = ""


def chunk_id(document: Document, start: int, end: int, version: str, text: str) -> str:
    """32 hexadecimal digits that change with the place, the text or the chunker."""
    place = f"{document.source_id}\0{document.id}\0{start}\0{end}\0{version}\0"
    return blake2b((place + text).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def text_hash(title: str, symbol: str, text: str) -> str:
    """32 hexadecimal digits over what an embedder sees, so equal texts are embedded once."""
    return blake2b(f"{title}\0{symbol}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without blank lines and trailing space, with the indentation of its first line; None if blank."""
    segment = text[start:end]
    printed = segment.lstrip()
    if not printed:
        return None
    lead = len(segment) - len(printed)
    first = segment.rfind("\n", 0, lead) + 1
    mid_line = first == 0 and start > 0 and text[start - 1] != "\n"
    if mid_line or lead - first > MAX_INDENT_CHARS:
        first = lead
    return start + first, start + len(segment.rstrip())


def make_chunks(document: Document, cuts: Iterable[Cut], version: str) -> list[Chunk]:
    """One chunk for each cut that is not blank; ``cuts`` come in order of ``start``."""
    chunks = []
    text = document.text
    counted, line = 0, 1
    for cut in cuts:
        span = trimmed(text, cut.start, cut.end)
        if span is None:
            continue
        start, end = span
        line += text.count("\n", counted, start) if start >= counted else -text.count("\n", start, counted)
        counted = start
        piece = text[start:end]
        title = cut.title or document.path
        chunks.append(
            Chunk(
                id=chunk_id(document, start, end, version, piece),
                document_id=document.id,
                source_id=document.source_id,
                revision=document.revision,
                kind=document.kind,
                path=document.path,
                language=document.language,
                symbol=cut.symbol,
                title=title,
                start=start,
                end=end,
                start_line=line,
                end_line=line + piece.count("\n"),
                text=piece,
                text_hash=text_hash(title, cut.symbol, piece),
            )
        )
    return chunks

"""Cuts by lines: data files, languages without a grammar, and sources that cannot be parsed."""

from dataclasses import dataclass, field

from whence.chunking.identity import Cut, make_chunks
from whence.chunking.options import ChunkingOptions
from whence.chunking.packing import line_breaks, pack
from whence.types import Chunk, Document


def line_cuts(text: str, options: ChunkingOptions) -> list[Cut]:
    """The whole text, cut before lines that stand far left, best after a blank line."""
    spans = pack(text, (0, len(text)), line_breaks(text, 0, len(text)), options)
    return [Cut(start, end) for start, end in spans]


@dataclass(frozen=True, slots=True)
class TextChunker:
    """Lines and blank lines only; it knows no symbols and no headings. The title is the path."""

    options: ChunkingOptions = field(default_factory=ChunkingOptions)

    @property
    def version(self) -> str:
        """Format 1 of this chunker, with the sizes."""
        return f"text1-{self.options.signature}"

    def split(self, document: Document) -> list[Chunk]:
        """Chunks in order, without overlap."""
        return make_chunks(document, line_cuts(document.text, self.options), self.version)

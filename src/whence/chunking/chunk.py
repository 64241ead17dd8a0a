"""The one entry: the chunker that suits a document's kind and language."""

from dataclasses import dataclass, field

from whence.chunking.code import CodeChunker
from whence.chunking.diff import DiffChunker
from whence.chunking.options import ChunkingOptions
from whence.chunking.prose import ProseChunker
from whence.chunking.text import TextChunker
from whence.types import Chunk, Document

__all__ = ["ChunkerByKind", "ChunkingOptions"]


@dataclass(frozen=True, slots=True)
class ChunkerByKind:
    """Code by syntax, prose by headings, data by lines, commits by hunk.

    Holds no state beyond its options: safe to share between threads and to send to other processes.
    """

    options: ChunkingOptions = field(default_factory=ChunkingOptions)

    @property
    def version(self) -> str:
        """Changes with the version of any member."""
        return "+".join(member.version for member in self._members)

    @property
    def _members(self) -> tuple[CodeChunker, ProseChunker, TextChunker, DiffChunker]:
        options = self.options
        return CodeChunker(options), ProseChunker(options), TextChunker(options), DiffChunker(options)

    def split(self, document: Document) -> list[Chunk]:
        """Chunks in order; their ids carry the version of the member that made them."""
        code, prose, text, diff = self._members
        if document.kind == "commit":
            return diff.split(document)
        if document.kind == "code":
            return code.split(document)
        return prose.split(document) if document.kind == "doc" else text.split(document)

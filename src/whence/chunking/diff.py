"""Cuts a commit: its message with the list of files, and every hunk of its patch by itself.

The form of the text is that of ``sources/commit_documents.py``: from ``metadata["patch_start"]`` on, a line "diff PATH"
begins a file, "@@ -A,B +C,D @@ SYMBOL" a hunk, and every line of a hunk begins with a blank, "+" or "-".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from whence.chunking.identity import chunk_id, text_hash, trimmed
from whence.chunking.options import ChunkingOptions
from whence.chunking.packing import line_breaks, pack
from whence.types import Chunk, Document, Kind

_HEAD = re.compile(
    r"^(?:diff (?P<path>.*)|@@ -(?P<old>\d+),(?P<n_old>\d+) \+(?P<new>\d+),(?P<n_new>\d+) @@ ?(?P<symbol>.*))$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Hunk:
    """A hunk's lines as characters of the document, and where they stand; first lines count from 1."""

    path: str
    language: str
    symbol: str
    start: int
    end: int
    first: int
    n_lines: int
    is_removal: bool


@dataclass(frozen=True, slots=True)
class DiffChunker:
    """One chunk of kind "commit" (more for long messages or lists), then one of kind "hunk" for every hunk.

    Titles are "commit <7 digits> <subject>". A hunk's own chunk begins behind its "@@" line; one that is too long is
    cut between lines.
    """

    options: ChunkingOptions = field(default_factory=ChunkingOptions)

    @property
    def version(self) -> str:
        """Format 2 of this chunker, with the sizes."""
        return f"diff2-{self.options.max_chars}-{self.options.target_chars}"

    def split(self, document: Document) -> list[Chunk]:
        """Chunks in order, without overlap; all are valid from the position at which the commit landed."""
        making = _Making(document, self.version)
        text, patch_start = document.text, _number(document, "patch_start", len(document.text))
        for start, end in self._pieces(text, 0, patch_start):
            span = trimmed(text, start, end)
            if span is not None:
                first = text.count("\n", 0, span[0]) + 1
                making.add("commit", span, "", "", "text", (first, first + text.count("\n", *span)))
        for hunk in _hunks(document, patch_start):
            if hunk.end - hunk.start <= self.options.max_chars:
                lines = (hunk.first, hunk.first + max(hunk.n_lines, 1) - 1)
                making.add("hunk", (hunk.start, hunk.end), hunk.path, hunk.symbol, hunk.language, lines)
            else:
                self._long(making, text, hunk)
        return making.chunks

    def _long(self, making: "_Making", text: str, hunk: _Hunk) -> None:
        """The pieces of a hunk, each with the lines of the file that it covers."""
        passed_over = "+" if hunk.is_removal else "-"
        at = hunk.first
        for start, end in self._pieces(text, hunk.start, hunk.end):
            piece = text[start:end]
            lines = piece.removesuffix("\n").split("\n")
            n_here = sum(1 for line in lines if not line.startswith(passed_over))
            stop = start + len(piece.removesuffix("\n"))
            if piece.strip():
                covered = (at, at + max(n_here, 1) - 1)
                making.add("hunk", (start, stop), hunk.path, hunk.symbol, hunk.language, covered)
            at += n_here

    def _pieces(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        if end - start <= self.options.max_chars:
            return [(start, end)]
        return pack(text, (start, end), line_breaks(text, start, end), self.options)


class _Making:
    """The chunks of one commit, as they come."""

    def __init__(self, document: Document, version: str) -> None:
        self.chunks: list[Chunk] = []
        self._document = document
        self._version = version
        self._title = f"commit {document.revision[:7]} {document.title}".rstrip()
        self._valid_from = _number(document, "position", 0)

    def add(
        self, kind: Kind, span: tuple[int, int], path: str, symbol: str, language: str, lines: tuple[int, int]
    ) -> None:
        document, (start, end) = self._document, span
        text = document.text[start:end]
        self.chunks.append(
            Chunk(
                id=chunk_id(document, start, end, self._version, text),
                document_id=document.id,
                source_id=document.source_id,
                revision=document.revision,
                kind=kind,
                path=path,
                language=language,
                symbol=symbol,
                title=self._title,
                start=start,
                end=end,
                start_line=lines[0],
                end_line=lines[1],
                text=text,
                text_hash=text_hash(self._title, symbol, text),
                valid_from=self._valid_from,
            )
        )


def _hunks(document: Document, patch_start: int) -> Iterator[_Hunk]:
    """Hunks in order; those without a printed character are left out."""
    text = document.text
    languages = document.metadata.get("languages", ())
    named = iter(languages if isinstance(languages, list | tuple) else ())
    heads = list(_HEAD.finditer(text, patch_start))
    ends = [head.start() - 1 for head in heads[1:]] + [len(text)]
    path, language = "", "text"
    for head, end in zip(heads, ends, strict=False):
        if head["path"] is not None:
            path, language = head["path"], str(next(named, "text"))
            continue
        start = head.end() + 1
        if not text[start:end].strip():
            continue
        is_removal = int(head["n_new"]) == 0 or not _adds(text, start, end)
        first, n_lines = (head["old"], head["n_old"]) if is_removal else (head["new"], head["n_new"])
        yield _Hunk(path, language, head["symbol"], start, end, max(int(first), 1), int(n_lines), is_removal)


def _adds(text: str, start: int, end: int) -> bool:
    return text[start] == "+" or text.find("\n+", start, end) >= 0


def _number(document: Document, name: str, default: int) -> int:
    value = document.metadata.get(name, default)
    return value if isinstance(value, int) else default

"""Cuts prose along its headings; sections that are too long at blocks, then sentences."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from whence.chunking.identity import Cut, make_chunks
from whence.chunking.markup import Block, Heading, scan
from whence.chunking.options import ChunkingOptions
from whence.chunking.packing import ITEM, Break, line_breaks, pack
from whence.segmentation import sentences
from whence.types import Chunk, Document

SENTENCE_LEVEL = 10
LINE_LEVEL = 20

MAX_TITLE_CHARS = 300

PREAMBLE_CHARS = 40
"""A shorter text before the first heading (an option, a stray word) opens the first section."""


@dataclass(frozen=True, slots=True)
class Section:
    """From one heading to the next; ``body`` is where the text under the heading begins."""

    start: int
    body: int
    end: int
    title: str


@dataclass(frozen=True, slots=True)
class ProseChunker:
    """Markdown, reStructuredText and plain text; what it does not know as mark-up it takes for paragraphs.

    The title is "document > heading > heading". A chunk never begins between a heading and its first block, and never
    inside a sentence unless the sentence is longer than a chunk may be.
    """

    options: ChunkingOptions = field(default_factory=ChunkingOptions)

    @property
    def version(self) -> str:
        """Format 1 of this chunker, with the sizes."""
        return f"prose1-{self.options.signature}"

    def split(self, document: Document) -> list[Chunk]:
        """Chunks in order; neighbours share sentences only where a paragraph had to be cut."""
        text = document.text
        headings, blocks = scan(text, document.language)
        cuts: list[Cut] = []
        offsets = [block.start for block in blocks]
        for section in _sections(document, headings):
            inside = blocks[bisect_left(offsets, section.body) : bisect_left(offsets, section.end)]
            cuts.extend(_section_cuts(text, section, inside, self.options))
        return make_chunks(document, cuts, self.version)


def _sections(document: Document, headings: list[Heading]) -> Iterator[Section]:
    """Sections in order; a heading that is followed by another one at once opens the section of that one."""
    text = document.text
    name = _document_name(document, headings)
    path: list[Heading] = []
    start = body = 0
    title = name
    for heading in headings:
        printed = len(text[body : heading.start].strip())
        if printed >= (1 if path else PREAMBLE_CHARS):
            yield Section(start, body, heading.start, title)
            start = heading.start
        elif not path and not printed:
            start = heading.start
        while path and path[-1].level >= heading.level:
            path.pop()
        path.append(heading)
        body = heading.end
        title = _title(name, path)
    yield Section(start, body, len(text), title)


def _title(name: str, path: list[Heading]) -> str:
    parts = [name] if name else []
    parts += [heading.title for heading in path if heading.title]
    if len(parts) > 1 and parts[0].casefold() == parts[1].casefold():
        parts = parts[1:]
    if len(parts) > 3:
        parts = parts[:1] + parts[-3:] if len(parts) > 4 else parts
    return " > ".join(parts)[:MAX_TITLE_CHARS]


def _document_name(document: Document, headings: list[Heading]) -> str:
    """The title given, else the only heading of the highest level (which the path begins with anyway), else the path.

    A title that is one of several such headings (the newest release of a change log) does not name the document.
    """
    top = min((heading.level for heading in headings), default=0)
    highest = [heading.title.casefold() for heading in headings if heading.level == top]
    if document.title and (len(highest) <= 1 or document.title.casefold() not in highest):
        return document.title
    if len(highest) == 1 and headings[0].level == top and highest[0]:
        return headings[0].title
    return document.path


def _section_cuts(text: str, section: Section, blocks: list[Block], options: ChunkingOptions) -> Iterator[Cut]:
    begins = {block.start: _sentence_begins(text, block) for block in blocks if not block.verbatim}
    # List items and code are measured in characters alone.
    counted = [begin for start, found in begins.items() if not ITEM.match(text, start) for begin in found]
    if section.end - section.start <= options.max_chars and len(counted) <= options.sentences_per_chunk:
        yield Cut(section.start, section.end, title=section.title)
        return
    # Breaks after the first block's beginning only: the heading stays with what it introduces.
    breaks: list[Break] = [(block.start, block.level) for block in blocks[1:]]
    shared: list[int] = []
    for block in blocks:
        if block.verbatim:
            if block.end - block.start > options.target_chars // 2:
                breaks.extend(line_breaks(text, block.start, block.end, LINE_LEVEL))
            continue
        shared.extend(begins[block.start])
        breaks.extend((begin, SENTENCE_LEVEL) for begin in begins[block.start][1:])
    block_starts = {block.start for block in blocks}
    previous = section.start
    span = (section.start, section.end)
    for start, end in pack(text, span, sorted(breaks), options, floor=options.min_chars, counted=counted):
        begin = start
        if start > section.start and start not in block_starts:
            begin = _with_overlap(previous, start, end, shared, options)
        yield Cut(begin, end, title=section.title)
        previous = next((at for at in range(start, end) if not text[at].isspace()), start)  # where its text begins


def _sentence_begins(text: str, block: Block) -> list[int]:
    return [block.start + start for start, _ in sentences(text[block.start : block.end])]


def _with_overlap(previous: int, start: int, end: int, shared: list[int], options: ChunkingOptions) -> int:
    """An earlier beginning that takes in the last sentences of the piece before, as far as they fit."""
    here = bisect_left(shared, start)
    if here == len(shared) or shared[here] != start:
        return start
    earliest = max(previous + 1, end - options.max_chars)
    reach = max(bisect_right(shared, earliest - 1), here - options.sentence_overlap)
    return shared[reach] if reach < here else start

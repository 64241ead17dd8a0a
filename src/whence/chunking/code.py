"""Cuts source code along its syntax: a chunk for each definition, loose statements together, long ones in parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from whence.chunking.identity import MAX_INDENT_CHARS, Cut, make_chunks
from whence.chunking.languages import Language, grammar, rows
from whence.chunking.options import ChunkingOptions
from whence.chunking.outline import Item, Outliner, items_between, starts
from whence.chunking.packing import Break, line_breaks, pack
from whence.chunking.text import line_cuts
from whence.types import Chunk, Document

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

FRAGMENT_CHARS = 40
"""Loose code shorter than this (a lone ``pass``, a call of ``main``) joins the definition above it."""

LEAF_LEVEL = 1_000
"""Cuts inside a string or a comment are worse than any cut between statements."""


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring items that are cut as one."""

    start: int
    end: int
    items: list[Item]

    @property
    def loose(self) -> bool:
        """Whether it holds statements or comments only."""
        return self.items[0].part in {"loose", "lead"}


@dataclass(frozen=True, slots=True)
class CodeChunker:
    """Needs a row in ``languages.TABLE`` for the document's language; other texts are cut by lines.

    The title is the path, the symbol the qualified name. Raises ``MissingExtraError`` where a grammar is absent.
    """

    options: ChunkingOptions = field(default_factory=ChunkingOptions)

    @property
    def version(self) -> str:
        """Format 1 of this chunker, with the sizes."""
        return f"code1-{self.options.signature}"

    def split(self, document: Document) -> list[Chunk]:
        """Chunks in order, without overlap."""
        cuts = code_cuts(document.text, document.language, self.options)
        return make_chunks(document, cuts, self.version)


def code_cuts(text: str, language: str, options: ChunkingOptions) -> list[Cut]:
    """Cuts along the syntax, or by lines where the text cannot or should not be parsed."""
    row = rows().get(language)
    if row is None or not _parsable(text, options):
        return line_cuts(text, options)
    source = text.encode("utf-8")
    tree = _parsed(source, row)
    if row.retry and tree.root_node.has_error:
        other = rows()[row.retry]
        second = _parsed(source, other)
        if not second.root_node.has_error:
            tree, row = second, other
    offset = character_offsets(text, source)
    items = Outliner(text, row, offset, options).walk(tree.root_node)
    cuts: list[Cut] = []
    for group in _groups(text, items, options):
        cuts.extend(_cut(text, group, row, offset, options))
    return cuts


def character_offsets(text: str, source: bytes) -> Callable[[int], int]:
    """A function from byte offsets in the UTF-8 form to character offsets, prepared in one pass."""
    if len(source) == len(text):
        return int
    leading = (np.frombuffer(source, dtype=np.uint8) & 0xC0) != 0x80
    counts = np.concatenate(([0], np.cumsum(leading, dtype=np.int64)))

    def offset(byte: int) -> int:
        return int(counts[byte])

    return offset


def _parsable(text: str, options: ChunkingOptions) -> bool:
    if len(text) > options.max_parsed_chars or "\0" in text:
        return False
    at, limit = 0, options.max_line_chars
    while len(text) - at > limit:
        newline = text.rfind("\n", at, at + limit + 1)
        if newline < 0:
            return False
        at = newline + 1
    return True


def _parsed(source: bytes, row: Language) -> "Tree":
    from tree_sitter import Parser

    return Parser(grammar(row)).parse(source)


def _groups(text: str, items: list[Item], options: ChunkingOptions) -> list[Group]:
    """Definitions alone; a header with the loose statements behind it; loose statements together."""
    runs: list[list[Item]] = []
    for item in items:
        joins = item.part in {"loose", "lead"} and runs and runs[-1][0].part != "definition"
        if joins and runs[-1][-1].owner == item.owner:
            runs[-1].append(item)
        else:
            runs.append([item])
    # What stands before the first item (a byte order mark, a form feed) belongs to it.
    bounds = [0] + [run[0].start for run in runs[1:]] + [len(text)]
    groups = [Group(bounds[index], bounds[index + 1], run) for index, run in enumerate(runs)]
    return _without_crumbs(text, groups or [Group(0, len(text), [])], options)


def _without_crumbs(text: str, groups: list[Group], options: ChunkingOptions) -> list[Group]:
    """Short comments join what follows, other short loose code what comes before it, if the sum is not too long."""
    kept: list[Group] = []
    for group in groups:
        before = kept[-1] if kept else None
        if before is None or not group.items or not before.items:
            kept.append(group)
        elif _is_heading(before, options) and group.end - before.start <= options.max_chars and not group.loose:
            kept[-1] = Group(before.start, group.end, group.items)
        elif _is_crumb(text, group) and group.end - before.start <= options.max_chars:
            kept[-1] = Group(before.start, group.end, before.items)
        else:
            kept.append(group)
    return kept


def _is_heading(group: Group, options: ChunkingOptions) -> bool:
    return group.end - group.start < options.min_chars and all(item.part == "lead" for item in group.items)


def _is_crumb(text: str, group: Group) -> bool:
    if not group.loose or any(item.symbol for item in group.items):
        return False
    return group.end - group.start < 4 * FRAGMENT_CHARS and len(text[group.start : group.end].strip()) < FRAGMENT_CHARS


def _cut(text: str, group: Group, row: Language, offset: Callable[[int], int], options: ChunkingOptions) -> list[Cut]:
    if not group.items:
        return line_cuts(text, options)
    if group.end - group.start <= options.max_chars:
        spans = [(group.start, group.end)]
    else:
        breaks = sorted(_BreakFinder(text, row, offset, options.target_chars).of_group(group))
        spans = pack(text, (group.start, group.end), breaks, options)
    first = group.items[0]
    if not group.loose:
        return [Cut(start, end, first.symbol) for start, end in spans]
    offsets = starts(group.items)
    inside = (items_between(group.items, offsets, start, end) for start, end in spans)
    return [
        Cut(start, end, _only_name(items) or first.owner) for (start, end), items in zip(spans, inside, strict=True)
    ]


def _only_name(items: list[Item]) -> str:
    """The name among loose statements, if there is exactly one."""
    names = {item.symbol for item in items if item.symbol}
    return names.pop() if len(names) == 1 else ""


@dataclass(frozen=True, slots=True)
class _BreakFinder:
    """Beginnings of statements; deeper ones are worse, ones after a blank line better."""

    text: str
    row: Language
    offset: Callable[[int], int]
    target_chars: int

    def of_group(self, group: Group) -> Iterator[Break]:
        for item in group.items[1:]:
            yield item.start, _after_blank(self.text, item.start)
        bounds = [*starts(group.items)[1:], group.end]
        for item, end in zip(group.items, bounds, strict=True):
            if end - item.start <= self.target_chars:
                continue
            if item.part == "lead":
                yield from line_breaks(self.text, item.start, end, LEAF_LEVEL)
            else:
                yield from self.inside(item.node, item.start, end)

    def inside(self, root: "Node", first: int, last: int) -> Iterator[Break]:
        """Breaks within the node and between the two offsets: a header's members have items of their own."""
        waiting = [(root, 0)]
        while waiting:
            node, depth = waiting.pop()
            children = node.children
            if not children:
                start, end = self.offset(node.start_byte), self.offset(node.end_byte)
                yield from line_breaks(self.text, max(start, first), min(end, last), LEAF_LEVEL)
                continue
            # The first child stays with its parent, and what follows a comment with the comment.
            bound = True
            for child in children:
                start, end = self.offset(child.start_byte), self.offset(child.end_byte)
                if start >= last:
                    break
                kind = child.type
                if not bound and start > first and child.is_named and kind not in self.row.bodies:
                    line = self.text.rfind("\n", max(first, start - MAX_INDENT_CHARS), start) + 1
                    if line > first and not self.text[line:start].strip():
                        yield line, 2 * depth + 2 + _after_blank(self.text, line)
                bound = kind in self.row.leads
                if end - start > self.target_chars:
                    waiting.append((child, depth + 1))


def _after_blank(text: str, at: int) -> int:
    """0 for a line after a blank one, 1 for others."""
    previous = text.rfind("\n", max(0, at - 200), max(0, at - 1))
    return 0 if previous >= 0 and not text[previous:at].strip() else 1

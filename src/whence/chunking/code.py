"""Cuts source code along its syntax: a chunk for each definition, loose statements together, long ones in parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from whence.chunking.identity import MAX_INDENT_CHARS, Cut, make_chunks
from whence.chunking.languages import Language, rows
from whence.chunking.options import ChunkingOptions
from whence.chunking.outline import Item, Outliner, items_between, starts
from whence.chunking.packing import Break, line_breaks, pack
from whence.chunking.syntax import parsed
from whence.chunking.text import line_cuts
from whence.types import Chunk, Document

if TYPE_CHECKING:
    from tree_sitter import Node

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
        """Format 2 of this chunker, with the sizes."""
        return f"code2-{self.options.signature}"

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
    tree = parsed(source, row)
    if row.retry and (tree is None or tree.root_node.has_error):
        other = rows()[row.retry]
        second = parsed(source, other)
        if second is not None and not second.root_node.has_error:
            tree, row = second, other
    if tree is None:
        return line_cuts(text, options)
    offset = character_offsets(text, source)
    items = Outliner(text, source, row, offset, options).walk(tree.root_node)
    if not items:
        return line_cuts(text, options)
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


def _groups(text: str, items: list[Item], options: ChunkingOptions) -> list[Group]:
    """Definitions alone; a header with the loose statements behind it; loose statements together."""
    runs: list[list[Item]] = []
    for item in items:
        last = runs[-1] if runs else []
        if item.part in {"loose", "lead"} and last and last[0].part != "definition" and last[-1].owner == item.owner:
            last.append(item)
            continue
        if item.part in {"definition", "header"}:
            # A comment that stands apart at the end of loose code may introduce what follows.
            last_code = max((index for index, other in enumerate(last) if other.part != "lead"), default=-1)
            if 0 <= last_code < len(last) - 1:
                runs[-1:] = [last[: last_code + 1], last[last_code + 1 :]]
        runs.append([item])
    # What stands before the first item (a byte order mark, a form feed) belongs to it.
    bounds = [0] + [run[0].start for run in runs[1:]] + [len(text)]
    groups = [Group(bounds[index], bounds[index + 1], run) for index, run in enumerate(runs)]
    return _without_crumbs(text, groups, options)


def _without_crumbs(text: str, groups: list[Group], options: ChunkingOptions) -> list[Group]:
    """Short comments join what follows, other short loose code what comes before it, if the sum is not too long."""
    kept: list[Group] = []
    for index, group in enumerate(groups):
        before = kept[-1] if kept else None
        after = groups[index + 1] if index + 1 < len(groups) else None
        if before is None or group.end - before.start > options.max_chars:
            kept.append(group)
        elif not group.loose and _introduces(text, before, group, first=len(kept) == 1, options=options):
            kept[-1] = Group(before.start, group.end, group.items)
        elif _is_crumb(text, group) and not (after and _is_comment_on(group, after, options)):
            kept[-1] = Group(before.start, group.end, before.items)
        else:
            kept.append(group)
    return kept


def _introduces(text: str, before: Group, group: Group, *, first: bool, options: ChunkingOptions) -> bool:
    """Whether the text before a definition is a short comment on it, or the crumb with which the source begins."""
    return _is_comment_on(before, group, options) or (first and _is_crumb(text, before))


def _is_comment_on(group: Group, after: Group, options: ChunkingOptions) -> bool:
    short = group.end - group.start < options.min_chars and not after.loose
    return short and all(item.part == "lead" and item.within == after.items[0].within for item in group.items)


def _is_crumb(text: str, group: Group) -> bool:
    if not group.loose or group.end - group.start > 4 * FRAGMENT_CHARS:
        return False
    if any(item.symbol for item in group.items):
        return False
    return len(text[group.start : group.end].strip()) < FRAGMENT_CHARS


def _cut(text: str, group: Group, row: Language, offset: Callable[[int], int], options: ChunkingOptions) -> list[Cut]:
    if group.end - group.start <= options.max_chars:
        spans = [(group.start, group.end)]
    else:
        breaks = sorted(_BreakFinder(text, row, offset, options.target_chars).of_group(group))
        spans = pack(text, (group.start, group.end), breaks, options)
    first = group.items[0]
    if not group.loose:
        return [Cut(start, end, first.symbol) for start, end in spans]
    offsets = starts(group.items)
    cuts: list[Cut] = []
    for start, end in spans:
        items = items_between(group.items, offsets, start, end)
        name = _only_name(items)
        at = _named_from(items) if name else start
        if at - start < options.min_chars:
            cuts.append(Cut(start, end, name or first.owner))
        else:  # a module's docstring and imports do not belong to its one constant
            cuts += [Cut(start, at, first.owner), Cut(at, end, name)]
    return cuts


def _only_name(items: list[Item]) -> str:
    """The name among loose statements, if there is exactly one."""
    names = {item.symbol for item in items if item.symbol}
    return names.pop() if len(names) == 1 else ""


def _named_from(items: list[Item]) -> int:
    """Where the first named statement begins, with the comments right before it."""
    index = next(index for index, item in enumerate(items) if item.symbol)
    while index > 0 and items[index - 1].part == "lead":
        index -= 1
    return items[index].start


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
            # The first child stays with its parent, and what follows a comment on a line of its own with that.
            bound = True
            for child in children:
                start, end = self.offset(child.start_byte), self.offset(child.end_byte)
                if start >= last:
                    break
                kind = child.type
                if child.is_named:
                    newline = self.text.rfind("\n", max(first, start - MAX_INDENT_CHARS), start)
                    own_line = newline >= 0 and not self.text[newline:start].strip()
                    if own_line and not bound and newline >= first and kind not in self.row.bodies:
                        yield newline + 1, 2 * depth + 2 + _after_blank(self.text, newline + 1)
                    bound = own_line and kind in self.row.leads
                if end - start > self.target_chars:
                    waiting.append((child, depth + 1))


def _after_blank(text: str, at: int) -> int:
    """0 for a line after a blank one, 1 for others."""
    previous = text.rfind("\n", max(0, at - 200), max(0, at - 1))
    return 0 if previous >= 0 and not text[previous:at].strip() else 1

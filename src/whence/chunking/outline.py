"""The outline of a parsed source: where each definition and each loose statement begins, and what it is called.

No recursion: sources may nest deeper than the interpreter's stack.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from whence.chunking.identity import MAX_INDENT_CHARS
from whence.chunking.languages import Language
from whence.chunking.options import ChunkingOptions

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_OWNERS = 12
"""Definitions nested deeper than this are part of the one that holds them: their names would only grow."""

LONG_VALUE_LINES = 4
"""A statement that binds a name and ends this many lines below its beginning is worth a chunk of its own."""

ANNOUNCING = frozenset({"struct_specifier", "union_specifier", "enum_specifier", "method_declaration"})
"""Definitions that may come without a body."""

Part = Literal["definition", "header", "loose", "lead"]
Offset = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Item:
    """Something that begins at ``start`` (characters) and ends where the next item begins.

    ``owner`` is whose inside it is, by qualified name; a header is its own owner, and ``within`` is what holds it.
    """

    start: int
    part: Part
    owner: str
    within: str
    symbol: str
    node: "Node"


@dataclass(slots=True)
class _Frame:
    """A node list being visited: its owner's name, and whether it is the inside of a function."""

    nodes: "Iterator[Node]"
    owner: str
    depth: int
    in_function: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """A child classified: what it plays, its name, and the node whose inside would be visited."""

    part: Literal["function", "type", "scope", "loose"]
    name: str
    node: "Node"


class Outliner:
    """Walks one tree; made for each document. ``source`` is the text in UTF-8, which the tree's offsets count."""

    def __init__(self, text: str, source: bytes, row: Language, offset: Offset, options: ChunkingOptions) -> None:
        self._text = text
        # A tree parsed in pieces fetches the text of its nodes slowly; a slice of the source is 200 times faster.
        self._source = source
        self._row = row
        self._offset = offset
        self._options = options
        self._carried: int | None = None
        self._lead: tuple[int, int, Node] | None = None
        self.items: list[Item] = []

    def walk(self, root: "Node") -> list[Item]:
        """Items in order of their start, which strictly rises."""
        stack = [_Frame(iter(root.named_children), "", 0, False)]
        while stack:
            frame = stack[-1]
            child = next(frame.nodes, None)
            if child is None:
                self._drop_lead(frame)
                stack.pop()
                continue
            start, end = self._offset(child.start_byte), self._offset(child.end_byte)
            inner = self._visit(child, start, end, frame)
            if inner is not None:
                stack.append(inner)
        return self.items

    def _visit(self, child: "Node", start: int, end: int, frame: _Frame) -> _Frame | None:
        """Adds the items of one child; a frame where its inside is to be visited."""
        kind = child.type
        row = self._row
        line_start = self._line_start(start)
        if kind in row.leads:
            # A comment behind code on the same line belongs to that code.
            if line_start is not None:
                self._keep_lead(child, line_start, end, frame)
            return None
        found = self._classify(child, kind) if kind in row.inside else _Found("loose", "", child)
        if found.part == "loose" and line_start is None:
            return None
        at = self._begin(start if line_start is None else line_start, start, frame)
        if found.part == "scope" and not frame.in_function:
            # ``else`` behind a closing brace belongs to what was before.
            if line_start is not None:
                self._carried = at if self._carried is None else self._carried
            name = row.naming(found.node, self._source) if found.node.type in row.owners else ""
            return self._inside(found.node, _joined(frame.owner, name), frame, in_function=False)
        symbol = _joined(frame.owner, found.name)
        if found.part == "function":
            return self._function(found, at, end - start, symbol, frame)
        if found.part == "type" and frame.depth < MAX_OWNERS and not frame.in_function:
            self._add(at, "header", frame.owner, symbol, child)
            return self._inside(found.node, symbol, frame, in_function=False)
        if found.part == "type":
            part: Part = "loose" if frame.in_function and end - start < self._options.min_chars else "definition"
            self._add(at, part, frame.owner, symbol, child)
            return None
        own = bool(found.name) and not frame.in_function and self._is_long(at, end)
        self._add(
            at,
            "definition" if own else "loose",
            frame.owner,
            symbol if found.name and not frame.in_function else "",
            child,
        )
        return None

    def _is_long(self, start: int, end: int) -> bool:
        return end - start >= self._options.min_chars or self._text.count("\n", start, end) >= LONG_VALUE_LINES

    def _function(self, found: _Found, at: int, size: int, symbol: str, frame: _Frame) -> _Frame | None:
        """A function is one item, unless it is too long and holds others worth a chunk."""
        if frame.in_function and size < self._options.min_chars:
            self._add(at, "loose", frame.owner, "", found.node)
            return None
        if size <= self._options.max_chars or frame.depth >= MAX_OWNERS or not self._holds_definitions(found.node):
            self._add(at, "definition", frame.owner, symbol, found.node)
            return None
        self._add(at, "header", frame.owner, symbol, found.node)
        return self._inside(found.node, symbol, frame, in_function=True)

    def _holds_definitions(self, node: "Node") -> bool:
        body = node.child_by_field_name("body")
        if body is None:
            return False
        for child in body.named_children:
            if child.end_byte - child.start_byte < self._options.min_chars or child.type not in self._row.inside:
                continue
            if self._classify(child, child.type).part in {"function", "type"}:
                return True
        return False

    def _inside(self, node: "Node", owner: str, frame: _Frame, in_function: bool) -> _Frame:
        body = node.child_by_field_name("body") or node
        return _Frame(iter(body.named_children), owner, frame.depth + 1, in_function)

    def _classify(self, child: "Node", kind: str) -> _Found:
        row = self._row
        node = child
        for _ in range(MAX_OWNERS):
            if kind not in row.wrappers:
                break
            inner = next((part for part in node.named_children if part.type in row.inside), None)
            if inner is None:
                break
            node, kind = inner, inner.type
        if kind in row.functions:
            return self._function_or_reference(node)
        if kind in row.types:
            has_body = node.child_by_field_name("body") is not None
            return _Found("type" if has_body else "loose", row.naming(node, self._source), node)
        if kind in row.scopes:
            return _Found("scope", "", node)
        if kind in row.values:
            return self._value(node)
        return _Found("loose", "", node)

    def _function_or_reference(self, node: "Node") -> _Found:
        # ``struct point;`` and a method of an interface only announce.
        if node.type in ANNOUNCING and node.child_by_field_name("body") is None:
            return _Found(
                "loose", self._row.naming(node, self._source) if node.type == "method_declaration" else "", node
            )
        return _Found("function", self._row.naming(node, self._source), node)

    def _value(self, node: "Node") -> _Found:
        name, value = self._row.binding(node, self._source)
        if value is not None and value.type in self._row.callables:
            return _Found("function", name, value)
        if value is not None and value.type in self._row.types:
            return _Found("type", name, value)
        return _Found("loose", name, node)

    def _line_start(self, start: int) -> int | None:
        """Where the line begins, if nothing is printed on it before ``start``."""
        earliest = max(0, start - MAX_INDENT_CHARS)
        newline = self._text.rfind("\n", earliest, start)
        if newline < 0 and earliest > 0:
            return None
        return newline + 1 if newline + 1 == start or self._text[newline + 1 : start].isspace() else None

    def _keep_lead(self, child: "Node", at: int, end: int, frame: _Frame) -> None:
        if self._text[end - 1] == "\n":
            end -= 1
        if self._lead is not None and self._text.count("\n", self._lead[1], at) <= 1:
            self._lead = (self._lead[0], end, child)
            return
        self._drop_lead(frame)
        self._lead = (at, end, child)

    def _drop_lead(self, frame: _Frame) -> None:
        """A comment that nothing follows is an item of its own."""
        if self._lead is not None:
            (at, _, node), self._lead = self._lead, None
            self._add(at, "lead", frame.owner, "", node)

    def _begin(self, at: int, start: int, frame: _Frame) -> int:
        if self._lead is None:
            return at
        lead, lead_end, _ = self._lead
        if self._text.count("\n", lead_end, start) > 1:
            self._drop_lead(frame)
            return at
        self._lead = None
        return lead

    def _add(self, at: int, part: Part, within: str, symbol: str, node: "Node") -> None:
        if self._carried is not None:
            at, self._carried = min(at, self._carried), None
        if self.items and at <= self.items[-1].start:
            return
        owner = symbol if part == "header" else within
        self.items.append(Item(at, part, owner, within, symbol, node))


def _joined(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner and name else owner or name


def starts(items: list[Item]) -> list[int]:
    """The offsets at which the items begin."""
    return [item.start for item in items]


def items_between(items: list[Item], offsets: list[int], start: int, end: int) -> list[Item]:
    """The items that begin in the span."""
    return items[bisect_left(offsets, start) : bisect_left(offsets, end)]

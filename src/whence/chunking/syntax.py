"""Parses source code of the languages that there are grammars for; without numpy, so that a fact can use it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.chunking.languages import Language, grammar, rows

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

BYTES_PER_REPORT = 20
MIN_REPORTS = 1_000
"""How much work a parse may be: real sources take a report for every 70 bytes or more, hostile ones several a byte."""

READ_BYTES = 65_536
MAX_PARSED_CHARS = 2_000_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed source: the row of its language, the text in UTF-8, which nodes count in, and the root."""

    row: Language
    source: bytes
    root: "Node"


def parse_code(text: str, language: str) -> Parsed | None:
    """The tree of a text; None for languages without a grammar and texts that cannot be parsed within the limits.

    Where a text does not parse whole, the row's other language is tried; trees with errors are returned as they are.
    Raises ``MissingExtraError`` where a grammar is absent.
    """
    row = rows().get(language)
    if row is None or len(text) > MAX_PARSED_CHARS or "\0" in text:
        return None
    source = text.encode("utf-8", "surrogatepass")
    tree = parsed(source, row)
    if row.retry and (tree is None or tree.root_node.has_error):
        other = rows()[row.retry]
        second = parsed(source, other)
        if second is not None and not second.root_node.has_error:
            tree, row = second, other
    return None if tree is None else Parsed(row, source, tree.root_node)


def parsed(source: bytes, row: Language) -> "Tree | None":
    """The tree, or None for a source on which the parser works out of all proportion to its length.

    Counts the parser's own progress reports, not time, so that the same source is always cut the same way.
    """
    from tree_sitter import Parser

    reports = 0
    limit = MIN_REPORTS + len(source) // BYTES_PER_REPORT

    def read(offset: int, _: object) -> bytes:
        return source[offset : offset + READ_BYTES]

    def exhausted(_: int, __: bool) -> bool:
        nonlocal reports
        reports += 1
        return reports > limit

    try:
        return Parser(grammar(row)).parse(read, progress_callback=exhausted)
    except ValueError:
        return None

"""Which of the found places call each other: how several functions work together is told along their calls.

By the name alone, as text: a call through another name is not seen, and a method of another class may be meant.
"""

import re
from typing import Final

from whence.types import Chunk

_DEFINES: Final = r"(?<!\bdef )(?<!\bfn )(?<!\bfunc )(?<!\bfunction )(?<!\bclass )"
_FEWEST_LETTERS: Final = 3
_SHARED: Final = frozenset({"get", "set", "run", "add", "pop", "keys", "items", "values", "update", "close", "main"})
"""Names that many things have: a call of one says little about which is called."""


def last_part(symbol: str) -> str:
    """The name of a definition without what it stands in."""
    return symbol.replace("::", ".").rsplit(".", 1)[-1]


def calls(text: str, name: str) -> bool:
    """Whether a text calls a plain name, or makes an object of a class of that name."""
    return re.search(rf"{_DEFINES}\b{re.escape(name)}\s*\(", text) is not None


def connected(chunk: Chunk, other: Chunk) -> bool:
    """Whether one of two pieces of code calls what the other defines."""
    return _calls_definition(chunk, other) or _calls_definition(other, chunk)


def _calls_definition(chunk: Chunk, other: Chunk) -> bool:
    name = last_part(other.symbol)
    if name.startswith("__") and "." in other.symbol:
        name = other.symbol.rsplit(".", 2)[-2]
    if chunk.kind != "code" or len(name) < _FEWEST_LETTERS or name in _SHARED or chunk.symbol == other.symbol:
        return False
    return calls(chunk.text, name)

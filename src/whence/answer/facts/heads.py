"""The heads of Python functions in old versions of a file, Python 2 among them: what a function takes, or "unclear"."""

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from typing import Final, Literal

State = Literal["takes", "lacks", "absent", "unclear"]
"""Whether a function takes a parameter, lacks it, or is not there; "unclear" where that cannot be told."""

_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_LAYOUT: Final = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
)

_DEFINITION: Final = re.compile(r"\s*(?:async\b|def\b|class\b)")


class Heads:
    """Looks for one function, by its qualified name, and one of its parameters."""

    def __init__(self, symbol: str, parameter: str) -> None:
        self._symbol = symbol
        self._parameter = parameter
        self._name = re.compile(rf"\bdef\b[^\n]*\b{re.escape(symbol.rpartition('.')[2])}\b|\bdef\b[ \t]*\\")

    def layout(self, text: str | None) -> tuple[str, ...]:
        """The lines of a version that decide what it says: first lines of all definitions, whole heads of this name."""
        if text is None or self._name.search(text) is None:
            return ()
        found: list[str] = []
        depth, is_open = 0, False
        for line in text.splitlines():
            match = _DEFINITION.match(line)
            if match or is_open:
                found.append(line)
            if match:
                depth, is_open = 0, self._name.search(line) is not None
            if is_open:
                depth += sum((character in _OPENING) - (character in _CLOSING) for character in line)
                is_open = depth > 0 or not line.partition("#")[0].rstrip().endswith(":")
        return tuple(found)

    def state(self, text: str | None) -> State:
        """What the version with this text says; None is a file that is not there."""
        if text is None or self._name.search(text) is None:
            return "absent"
        try:
            found = [names for symbol, names in heads(text) if symbol == self._symbol]
        except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
            return "unclear"
        if not found:
            return "absent"
        if len(found) > 1:
            return "unclear"
        return "takes" if self._parameter in found[0] else "lacks"


def heads(text: str) -> list[tuple[str, frozenset[str]]]:
    """(qualified name, parameters without stars) of every function, in order; those inside functions count as well.

    Raises ``tokenize.TokenError``, ``SyntaxError`` or ``ValueError`` where the text does not read as Python.
    """
    owners: list[tuple[int, str]] = []  # (depth of the body, qualified name)
    depth = 0
    found = []
    for line in _logical_lines(text):
        depth += sum((token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT) for token in line)
        words = [token for token in line if token.type not in _LAYOUT]
        if words and words[0].string == "async":
            words = words[1:]
        if not words:
            continue
        while owners and owners[-1][0] > depth:
            owners.pop()
        if words[0].string not in {"def", "class"} or len(words) < 3:
            continue
        symbol = ".".join([*(name for _, name in owners[-1:]), words[1].string])
        owners.append((depth + 1, symbol))
        if words[0].string == "def":
            found.append((symbol, _parameters(words)))
    return found


def _logical_lines(text: str) -> Iterator[list[tokenize.TokenInfo]]:
    line: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.ERRORTOKEN and token.string.strip() and token.string not in "`$?!":
            raise ValueError("an unfinished string")
        line.append(token)
        if token.type == tokenize.NEWLINE:
            yield line
            line = []
    yield line


def _parameters(words: Sequence[tokenize.TokenInfo]) -> frozenset[str]:
    """Names in the head of a function, from its tokens. Raises ``SyntaxError`` for a head that is not Python 3."""
    depth, parts = 0, []
    for word in words:
        depth += (word.string in _OPENING) - (word.string in _CLOSING)
        parts.append(word.string)
        if word.string == ":" and depth == 0:
            break
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(" ".join([*parts, "pass"]))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)  # the first word is "def"
    taken = function.args
    named = [*taken.posonlyargs, *taken.args, *taken.kwonlyargs, taken.vararg, taken.kwarg]
    return frozenset(argument.arg for argument in named if argument is not None)

"""Where a Python function was before the commit that brought it to a file: nowhere, or in one other file."""

from __future__ import annotations

import tokenize
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from whence.answer.facts.heads import heads
from whence.types import Commit

if TYPE_CHECKING:
    from collections.abc import Callable

    from whence.protocols import History  # brings numpy

MAX_FILES: Final = 60


def origin_of(
    history: History,
    commit: Commit,
    path: str,
    symbol: str,
    read: Callable[[Sequence[tuple[str, str]]], Sequence[str | None]],
) -> str | None:
    """The path of the file that the commit moved a function from; "" where it is new; None where that is not clear.

    Moved is what one other file lost in the same commit, under the same qualified name. A function that such a file
    keeps may be a copy, one that was lost under another qualified name may have been renamed: neither is clear.
    """
    if len(commit.parents) > 1:
        return None
    if not commit.parents:
        return ""
    parent, name = commit.parents[0], symbol.rpartition(".")[2]
    paths = [found for found in history.files_with(f"def {name}", parent) if found.endswith(".py")]
    if len(paths) > MAX_FILES:
        return None
    texts = read([(found, sha) for found in paths for sha in (parent, commit.sha)])
    moved: list[str] = []
    for found, before, after in zip(paths, texts[::2], texts[1::2], strict=True):
        try:
            had, has = _named(before, name), _named(after, name)
        except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
            return None
        if found != path and symbol in had:
            if symbol in has:
                return None
            moved.append(found)
        elif had - has:
            return None
    return "" if not moved else moved[0] if len(moved) == 1 else None


def _named(text: str | None, name: str) -> set[str]:
    """Qualified names of the functions of this name. Raises as ``heads`` does."""
    return {symbol for symbol, _ in heads(text or "") if symbol.rpartition(".")[2] == name}

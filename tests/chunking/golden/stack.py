"""A stack with limits."""

from __future__ import annotations

import os
from dataclasses import dataclass

LIMIT = 10
NAMES = ["a", "b"]

# ---- errors ----


class FullError(Exception):
    """Raised when the stack is full."""


@dataclass
class Stack:
    """Last in, first out.

    Not safe for threads.
    """

    items: list[int]
    limit: int = LIMIT

    def push(self, item: int) -> None:
        """Puts one item on top."""
        if len(self.items) >= self.limit:
            raise FullError(item)
        self.items.append(item)

    # The top is the last one.
    @property
    def top(self) -> int:
        return self.items[-1]  # may raise

    default = 0

    class Node:
        """Something inside."""

        async def visit(self):
            pass

    # nothing follows


if os.name == "posix":

    def clear():
        """Clears the screen."""
        os.system("clear")
else:

    def clear():
        os.system("cls")


try:
    import fast
except ImportError:
    fast = None


def é_name(ünï="😀😀"):
    return "日本語"


def after():
    return 1


if __name__ == "__main__":
    clear()

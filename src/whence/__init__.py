"""Answers about a software project or a document corpus, with citations that the program resolves itself.

>>> from whence import Whence
>>> whence = Whence()  # doctest: +SKIP
>>> print(whence.ask("where is the session's timeout set?").answer)  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whence.interface import Whence

__all__ = ["Whence"]


def __getattr__(name: str) -> Any:
    """``Whence`` is imported when it is first used, so that ``import whence`` costs nothing."""
    if name == "Whence":
        from whence.interface import Whence

        return Whence
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

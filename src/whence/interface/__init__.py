"""The Python interface: one data folder that indexes, searches and answers. The command line stands on it alone.

changing.py  what changes indexes        contents.py  what they hold, and whence it comes
asking.py    what asks them              upkeep.py    how they stand
opened.py    what these four share: the parts, which index is asked, what answers from it
"""

from whence.interface.asking import Asking
from whence.interface.changing import Changing
from whence.interface.contents import Contents
from whence.interface.upkeep import Upkeep

__all__ = ["Whence"]


class Whence(Changing, Asking, Contents, Upkeep):
    """One data folder, opened. Thread-safe; parts are made when first needed.

    >>> whence = Whence()  # doctest: +SKIP
    >>> whence.index("~/src/requests")  # doctest: +SKIP
    >>> print(whence.ask("why is the Authorization header dropped on redirects?").answer)  # doctest: +SKIP
    """

"""Free memory goes back to the system: the C library keeps what many threads have freed, and seems to grow for ever."""

import ctypes
import sys
from collections.abc import Callable
from functools import cache


@cache
def _trim() -> Callable[[int], int] | None:
    """``malloc_trim`` of glibc; None where the C library has none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    return found


def give_back_free_memory() -> bool:
    """Hands free pages of the heap back; False where this system cannot. Other threads go on meanwhile."""
    trim = _trim()
    if trim is None:
        return False
    trim(0)
    return True

"""How much of its usual time a request gets while others wait: who serves says so, what may stop early heeds it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_n_waiting: ContextVar[Callable[[], int] | None] = ContextVar("n_waiting", default=None)


@contextmanager
def sharing_with(n_waiting: Callable[[], int]) -> Iterator[None]:
    """What runs inside, in this thread, shares its time with those who wait then; ``n_waiting`` is asked each time."""
    token = _n_waiting.set(n_waiting)
    try:
        yield
    finally:
        _n_waiting.reset(token)


def share_of_time() -> float:
    """The share (0..1] of its usual time that this thread's work may take now; 1 where nobody waits."""
    n_waiting = _n_waiting.get()
    return 1.0 / (1 + n_waiting()) if n_waiting else 1.0

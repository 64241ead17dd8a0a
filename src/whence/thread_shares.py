"""Threads that several callers compute with at once: each gets its share of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class ThreadShares:
    """So many threads, divided among the callers that are at it. Thread-safe.

    More threads than cores do nothing sooner: they only keep each other, and who waits for Python, from being done.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._n_callers = 0

    @contextmanager
    def share(self, n_threads: int) -> Iterator[int]:
        """How many of ``n_threads`` a caller may have while it is inside, at least 1.

        Told by who is there when it comes: the first of several has them all until it is done.
        """
        with self._lock:
            self._n_callers += 1
            n_callers = self._n_callers
        try:
            yield max(1, n_threads // n_callers)
        finally:
            with self._lock:
                self._n_callers -= 1

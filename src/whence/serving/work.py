"""Where the synchronous core works for the event loop: threads, a queue in front of them, and a limit to it.

Two kinds: questions and writes, which take a while and may have to wait or be refused, and glances (a log, a document),
which have threads of their own so that they answer while questions queue.
"""

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

from whence.monitoring.meters import Meters
from whence.serving.problems import too_many

Result = TypeVar("Result")

_GLANCES = 4
_GLANCES_WAITING = 256
_SMOOTHING = 0.05


class Work:
    """The threads of one process. Made and closed with the application; ``run`` and ``glance`` are for the loop."""

    def __init__(self, threads: int, queue: int, meters: Meters) -> None:
        self._threads, self._queue = threads, queue
        self._meters = meters
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="whence-work")
        self._glances = ThreadPoolExecutor(_GLANCES, thread_name_prefix="whence-glance")
        self._lock = Lock()
        self._taken = self._glancing = 0
        self._mean_s = 0.2

    def close(self) -> None:
        """Ends the threads after what they are doing."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._glances.shutdown(wait=True, cancel_futures=True)

    def submit(self, work: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Begins work, or lets it wait. Raises a 429 problem at once where too many wait already."""
        with self._lock:
            waiting = self._taken - self._threads
            if waiting >= self._queue:
                self._meters.refused.labels("queue").inc()
                raise too_many(
                    "busy",
                    "The service has as many questions as it can keep waiting: ask again in a moment.",
                    (waiting + 1) * self._mean_s / self._threads,
                )
            self._taken += 1
            self._show()
        submitted = time.perf_counter()

        def timed() -> Result:
            began = time.perf_counter()
            self._meters.waited_s.observe(began - submitted)
            return work()

        def done(_: object) -> None:
            with self._lock:
                self._taken -= 1
                self._mean_s += _SMOOTHING * (time.perf_counter() - submitted - self._mean_s)
                self._show()

        future = self._pool.submit(contextvars.copy_context().run, timed)
        future.add_done_callback(done)
        return asyncio.wrap_future(future)

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of work that takes a while. Raises like ``submit``."""
        return await self.submit(work)

    async def glance(self, work: Callable[[], Result]) -> Result:
        """The result of something short. Raises a 429 problem where very many wait."""
        if self._glancing >= _GLANCES_WAITING:
            self._meters.refused.labels("queue").inc()
            raise too_many("busy", "The service has too much to do: ask again in a moment.", 1.0)
        self._glancing += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._glances, work)
        finally:
            self._glancing -= 1

    def _show(self) -> None:
        self._meters.running.set(min(self._taken, self._threads))
        self._meters.waiting.set(max(0, self._taken - self._threads))

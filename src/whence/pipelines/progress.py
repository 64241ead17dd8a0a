"""What a long-running pipeline tells about itself while it works."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One moment of a stage. ``total`` is 0 while unknown; ``rate`` is per second; ``note`` is for people.

    Stages: waiting, fetching, text, ready (the text can be asked now; once), history, vectors, finishing; and "making"
    with the name of a published model that is made ready.
    """

    stage: str
    done: int = 0
    total: int = 0
    rate: float = 0.0
    note: str = ""

    @property
    def left_s(self) -> float | None:
        """Seconds left at the present rate, or None while that cannot be said."""
        return (self.total - self.done) / self.rate if self.rate > 0 and self.total else None


Listener = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """A listener for those who do not want to know."""


class Pace:
    """Counts work and says the rate since it began; tells of the beginning too, where there is something to do."""

    def __init__(self, stage: str, total: int, listener: Listener) -> None:
        self._stage, self._total, self._listener = stage, total, listener
        self._began = time.perf_counter()
        self._done = 0
        if total:
            listener(Progress(stage=stage, total=total))

    def add(self, n: int, note: str = "") -> None:
        """Counts n more and tells the listener."""
        self._done += n
        elapsed_s = max(time.perf_counter() - self._began, 1e-9)
        self._listener(
            Progress(stage=self._stage, done=self._done, total=self._total, rate=self._done / elapsed_s, note=note)
        )

"""Turns at computing: a few threads at once, and of those that wait the ones that search before those that read.

Whoever asks sees passages first and can begin to read them, so a search goes before an answer; and what takes a core to
itself is done sooner than what shares it with all others.
"""

from collections import deque
from threading import Event, Lock


class Turns:
    """At most ``n`` at once. Thread-safe; those of one kind come in the order of their arrival."""

    def __init__(self, n: int) -> None:
        self._free = n
        self._lock = Lock()
        self._searching: deque[Event] = deque()
        self._reading: deque[Event] = deque()

    def take(self, *, search: bool) -> None:
        """Waits for a turn; ``give_back`` it."""
        with self._lock:
            if self._free:  # nobody waits: a turn that is given back goes to who waits
                self._free -= 1
                return
            turn = Event()
            (self._searching if search else self._reading).append(turn)
        turn.wait()

    def give_back(self) -> None:
        """Ends a turn; the next in line has it."""
        with self._lock:
            line = self._searching or self._reading
            if line:
                line.popleft().set()
            else:
                self._free += 1

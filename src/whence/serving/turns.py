"""Turns at computing: so many searches and so many readings at once, each in the order of their arrival.

Whoever asks sees passages first and can begin to read them, so a search never waits for answers that are being written;
and what shares a core with few others is done sooner than what shares it with all.
"""

from collections import deque
from threading import Event, Lock


class Turns:
    """At most ``n`` at once, in the order of their arrival. Thread-safe."""

    def __init__(self, n: int) -> None:
        self._free = n
        self._lock = Lock()
        self._line: deque[Event] = deque()

    def take(self) -> None:
        """Waits for a turn; ``give_back`` it."""
        with self._lock:
            if self._free:  # nobody waits: a turn that is given back goes to who waits
                self._free -= 1
                return
            turn = Event()
            self._line.append(turn)
        turn.wait()

    def give_back(self) -> None:
        """Ends a turn; the next in line has it."""
        with self._lock:
            if self._line:
                self._line.popleft().set()
            else:
                self._free += 1


class Turn:
    """The turn that one request has, of one kind or another. For one thread."""

    def __init__(self) -> None:
        self._of: Turns | None = None

    def change(self, to: Turns | None) -> None:
        """Gives back the turn it has, if any, and waits for one of these, if any."""
        if self._of is not None:
            self._of.give_back()
            self._of = None
        if to is not None:
            to.take()
            self._of = to

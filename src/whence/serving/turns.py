"""Turns at computing: a few requests at once, of those that wait the ones that search first, and a turn kept for them.

Whoever asks sees passages first and can begin to read them, so a search goes before an answer; and what takes a core to
itself is done sooner than what shares it with all others.
"""

from collections import deque
from threading import Event, Lock


class Turns:
    """At most ``n`` at once, of which one less read (but one may). Thread-safe; each kind in the order of arrival."""

    def __init__(self, n: int) -> None:
        self._free = n
        self._free_to_read = max(1, n - 1)
        self._lock = Lock()
        self._searching: deque[Event] = deque()
        self._reading: deque[Event] = deque()

    def take(self, *, search: bool) -> None:
        """Waits for a turn; ``give_back`` it."""
        turn = Event()
        with self._lock:
            (self._searching if search else self._reading).append(turn)
            self._deal()
        turn.wait()

    def give_back(self, *, search: bool) -> None:
        """Ends a turn; the next in line has it."""
        with self._lock:
            self._free += 1
            self._free_to_read += not search
            self._deal()

    @property
    def waiting_to_read(self) -> int:
        """How many wait for a turn to read."""
        return len(self._reading)

    def _deal(self) -> None:
        while self._free and (self._searching or (self._reading and self._free_to_read)):
            self._free -= 1
            if self._searching:
                self._searching.popleft().set()
            else:
                self._free_to_read -= 1
                self._reading.popleft().set()


class Turn:
    """The turn that one request has, of one kind or another. For one thread."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._has = ""

    def change(self, to: str) -> None:
        """Gives back the turn it has, if any, and waits for one to "search" or to "read", or "" for none."""
        if self._has:
            self._turns.give_back(search=self._has == "search")
            self._has = ""
        if to:
            self._turns.take(search=to == "search")
            self._has = to

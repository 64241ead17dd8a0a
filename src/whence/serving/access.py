"""Who is calling, and what that caller may do and see."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from threading import Lock

from whence.store.keys import PREFIX, Key, Keys


class Right(IntEnum):
    """What a door asks for; each holds those before it."""

    OPEN = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


_RIGHT_OF = {"reader": Right.READ, "editor": Right.WRITE, "admin": Right.ADMIN}
_KNOWN_FOR_S = 1.0
_MAX_KNOWN = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody at a door. ``id`` is that of the key, "" without one; ``address`` is where the request came from."""

    id: str = ""
    name: str = ""
    right: Right = Right.OPEN
    key: Key | None = None
    address: str = ""
    request_id: str = ""

    def may(self, right: Right) -> bool:
        """Whether the caller has a right."""
        return self.right >= right

    def sees(self, index: str, source_ids: Iterable[str]) -> frozenset[str]:
        """Those of the sources of an index that exist for the caller."""
        if self.key is None:
            return frozenset(source_ids) if self.right >= Right.READ else frozenset()
        return frozenset(source_id for source_id in source_ids if self.key.allows(index, source_id))


class Doorkeeper:
    """Knows keys when it sees them. Thread-safe; a revoked key opens nothing after a second."""

    def __init__(self, keys: Keys, *, asks_for_keys: bool) -> None:
        self.asks_for_keys = asks_for_keys
        self._keys = keys
        self._known: dict[str, tuple[float, Key | None]] = {}
        self._lock = Lock()

    def caller(self, shown: str, address: str, request_id: str) -> Caller | None:
        """Who shows this key ("" for none); None where the key opens nothing. Reads the database at most once a second.

        Where no keys are asked for, one that is shown counts all the same; what does not look like one of whence's is
        taken for the placeholder that many clients insist on.
        """
        if not shown or not (self.asks_for_keys or shown.startswith(f"{PREFIX}_")):
            right = Right.OPEN if self.asks_for_keys else Right.ADMIN
            return Caller(right=right, address=address, request_id=request_id)
        key = self._find(shown)
        if key is None:
            return None
        return Caller(
            id=key.id, name=key.name, right=_RIGHT_OF[key.role], key=key, address=address, request_id=request_id
        )

    def _find(self, shown: str) -> Key | None:
        now = time.monotonic()
        with self._lock:
            known = self._known.get(shown)
            if known is not None and now - known[0] < _KNOWN_FOR_S:
                return known[1]
        key = self._keys.find(shown)
        with self._lock:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[shown] = (now, key)
        return key


class Rates:
    """A bucket of requests for each name: full at first, refilled evenly. Only for the event loop's thread."""

    def __init__(self, max_names: int = 10_000) -> None:
        self._max_names = max_names
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, name: str, per_minute: int) -> float:
        """0 where one more request is within the rate (it then counts), else seconds until it would be."""
        now, capacity = time.monotonic(), max(1.0, per_minute / 6)
        level, since = self._buckets.get(name, (capacity, now))
        level = min(capacity, level + (now - since) * per_minute / 60)
        if level < 1.0:
            self._buckets[name] = (level, now)
            return (1.0 - level) * 60 / per_minute
        if len(self._buckets) >= self._max_names and name not in self._buckets:
            self._buckets.clear()
        self._buckets[name] = (level - 1.0, now)
        return 0.0

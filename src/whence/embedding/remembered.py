"""An embedder that remembers the last texts it was given: a question is embedded for its search and again for its
reading, and the sentences of popular passages are read for many questions.

A text has one vector whatever it is embedded with, so nothing changes but the time.
"""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock

import numpy as np

from whence.protocols import Embedder, Vectors
from whence.types import Role

MOST_ROWS = 20_000
"""About 35 MB for vectors of 384 numbers."""


class RememberingEmbedder:
    """Member of the ``Embedder`` seam over another one. Thread-safe if that one is."""

    def __init__(self, embedder: Embedder, most_rows: int = MOST_ROWS) -> None:
        self._embedder = embedder
        self._most_rows = most_rows
        self._rows: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = Lock()

    @property
    def digest(self) -> str:
        """That of the embedder beneath."""
        return self._embedder.digest

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._embedder.dim

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """See ``protocols.Embedder``."""
        keys = [blake2b(f"{role}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        with self._lock:
            known = {key: self._rows[key] for key in keys if key in self._rows}
            for key in known:
                self._rows.move_to_end(key)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            made = self._embedder.embed(list(missing.values()), role)
            known |= {key: made[n].copy() for n, key in enumerate(missing)}
            with self._lock:
                self._rows.update((key, known[key]) for key in missing)
                while len(self._rows) > self._most_rows:
                    self._rows.popitem(last=False)
        return np.stack([known[key] for key in keys]) if keys else self._embedder.embed([], role)

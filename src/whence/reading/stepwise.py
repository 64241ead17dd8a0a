"""Reads passages a few at a time until one answers clearly, and remembers what it read.

A question's passages are read for their ranking and again for the answer; popular questions are asked more than once.
A passage is read the same way whatever it is read with, so remembering changes nothing but the time.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock

from whence.patience import share_of_time
from whence.protocols import PassageReader
from whence.reading.options import PassageReadingOptions
from whence.types import PassageReading, ReadPassages

MOST_READINGS = 4_000
"""About 4 MB."""
MOST_WORDS, MOST_WORDS_UNMARKED = 30, 14
"""How long a question may be to be read with; the second without a question mark."""
_ASKS = re.compile(
    r"(?:wh(?:at|en|ere|ich|o|om|ose|y)|how|is|are|was|were|do(?:es)?|did|can|could|has|have|had|will|would|should)\b",
    re.I,
)


class Stepwise:
    """A ``StepwiseReader`` over a ``PassageReader``. Thread-safe if that one is."""

    def __init__(self, reader: PassageReader, options: PassageReadingOptions | None = None) -> None:
        self._reader = reader
        self._options = options or PassageReadingOptions()
        self._lock = Lock()
        self._known: OrderedDict[bytes, PassageReading] = OrderedDict()

    @property
    def digest(self) -> str:
        """That of the reader beneath."""
        return self._reader.digest

    def reads(self, question: str) -> bool:
        """Whether this is a question as the model knows them.

        It was taught questions that a few words answer. Of keywords, of the statement of a topic and of a whole report
        it finds no answer anywhere, which says nothing about the passages.
        """
        text = question.strip()
        n_words = len(text.split())
        if text.endswith("?"):
            return n_words <= MOST_WORDS
        return n_words <= MOST_WORDS_UNMARKED and _ASKS.match(text) is not None

    def read(self, question: str, passages: Sequence[str]) -> ReadPassages:
        """See ``protocols.StepwiseReader``. Takes less time while others wait (``patience``). Raises ``ModelError``."""
        readings: list[PassageReading] = []
        began = float("inf")
        skipped = ""
        while len(readings) < len(passages) and not self._is_clear(readings):
            if readings and time.perf_counter() - began > self._options.budget_ms * share_of_time() / 1000.0:
                skipped = f"no time left for {len(passages) - len(readings)} of {len(passages)} passages"
                break
            n = len(readings)
            readings += self._read(question, passages[n : n + max(self._options.at_once, 1)])
            if not n:  # The first are always read, and may have had to wait for the model to be loaded.
                began = time.perf_counter()
        unread = [None] * (len(passages) - len(readings))
        return ReadPassages(readings=(*readings, *unread), skipped=skipped)

    def _read(self, question: str, passages: Sequence[str]) -> list[PassageReading]:
        keys = [_key(question, passage) for passage in passages]
        with self._lock:
            known = {key: self._known[key] for key in keys if key in self._known}
            for key in known:
                self._known.move_to_end(key)
        missing = {key: passage for key, passage in zip(keys, passages, strict=True) if key not in known}
        if missing:
            known |= dict(zip(missing, self._reader.read(question, list(missing.values())), strict=True))
            with self._lock:
                self._known.update((key, known[key]) for key in missing)
                while len(self._known) > MOST_READINGS:
                    self._known.popitem(last=False)
        return [known[key] for key in keys]

    def _is_clear(self, readings: Sequence[PassageReading]) -> bool:
        """Whether the best passage answers for sure and all others much less."""
        margins = sorted((one.spans[0].margin for one in readings if one.spans), reverse=True)
        if not margins or margins[0] < self._options.clear_margin:
            return False
        return len(margins) == 1 or margins[0] - margins[1] >= self._options.clear_lead


def _key(question: str, passage: str) -> bytes:
    return blake2b(f"{question}\0{passage}".encode("utf-8", "surrogatepass"), digest_size=16).digest()

"""The words of a history's patches: stored beside whoever reads the patches anyway, and read for what is left.

Merges have no patch; the lines that they have beyond all of their parents are read last.
Killed anywhere, it repeats at most one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from whence.errors import UnreadableError
from whence.pipelines.progress import Listener, Pace, silent
from whence.sources.git_process import ObjectReader
from whence.sources.merge_patches import read_merges
from whence.sources.patch_secrets import MaskedPatch, masked_patch
from whence.sources.patch_words import patch_words
from whence.sources.patches import Patch, read_patches
from whence.store.history import HistoryTables
from whence.store.history_words import HistoryWords
from whence.store.word_segments import CommitWords

STAGE: Final = "names"
BATCH_COMMITS: Final = 1_000
BATCH_LINES: Final = 60_000


class WordIndexer:
    """Stores the words of one history's commits. A context manager: it reads versions of files meanwhile."""

    def __init__(self, tables: HistoryTables, history: int, mirror: Path) -> None:
        self._words = HistoryWords(tables.database)
        self._history = history
        self._waiting = self._words.waiting(history)
        self._objects = ObjectReader(mirror)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._objects.close()

    @property
    def waiting(self) -> Sequence[str]:
        """Ids of the commits whose words are not there, newest first."""
        return list(self._waiting)

    def take(self, patches: Iterable[MaskedPatch]) -> None:
        """Stores the words of those commits whose words are not there; one transaction. Raises ``StoreError``.

        While more are to come, segments are joined, too; the last ones by ``tend_words``.
        """
        told = []
        for masked in patches:
            number = self._waiting.pop(masked.patch.sha, None)
            if number is not None:
                found = patch_words(masked.patch, self.read_blob, is_redacted=masked.n_masked > 0)
                told.append(CommitWords(number, found.words, found.is_doubtful, found.has_binary))
        self._words.put(self._history, told)
        if told and self._waiting:
            self._words.merge(self._history)

    def take_merges(self, mirror: Path, revision: str) -> None:
        """Stores the words of the lines that merges have beyond all of their parents, where they are not there.

        Raises ``StoreError`` and ``UnreadableError``.
        """
        numbers, last = self._words.waiting_merges(self._history)
        for batch in _batches(read_merges(mirror, numbers, revision)):
            told = []
            for patch in batch:
                masked = masked_patch(patch, self.read_blob)
                found = patch_words(masked.patch, self.read_blob, is_redacted=masked.n_masked > 0)
                if found.words or found.is_doubtful:
                    told.append(CommitWords(numbers[patch.sha], found.words, found.is_doubtful, found.has_binary))
            self._words.put_merges(self._history, told, numbers[batch[-1].sha])
        self._words.put_merges(self._history, [], last)

    def read_blob(self, blob: str) -> bytes | None:
        """A version of a file by its id; None where it is not there."""
        return next(self._objects.read_all([blob]))


def load_words(
    tables: HistoryTables,
    index: str,
    source_id: str,
    mirror: Path,
    revision: str,
    *,
    listener: Listener = silent,
) -> int:
    """Stores the words of all commits that have none yet; returns of how many.

    Nothing is done unless the tables are complete for the revision. Where git cannot read a patch, the words stay
    incomplete, and what they serve is asked of git. Raises ``StoreError``.
    """
    history = tables.number(index, source_id, revision)
    if history is None:
        return 0
    with WordIndexer(tables, history, mirror) as words:
        waiting = words.waiting
        pace = Pace(STAGE, len(waiting), listener)
        try:
            for batch in _batches(read_patches(mirror, waiting, revision)):
                words.take([masked_patch(patch, words.read_blob) for patch in batch])
                pace.add(len(batch))
            if not words.waiting:
                words.take_merges(mirror, revision)
        except UnreadableError:
            return len(waiting) - len(words.waiting)
    return len(waiting)


def tend_words(tables: HistoryTables, history: int) -> None:
    """Joins small segments of words: no question need wait for it. Raises ``StoreError``."""
    HistoryWords(tables.database).merge(history)


def _batches(patches: Iterable[Patch]) -> Iterator[list[Patch]]:
    """So many patches at a time that memory holds them."""
    batch: list[Patch] = []
    n_lines = 0
    for patch in patches:
        batch.append(patch)
        n_lines += sum(len(hunk.lines) for file in patch.files for hunk in file.hunks)
        if len(batch) >= BATCH_COMMITS or n_lines >= BATCH_LINES:
            yield batch
            batch, n_lines = [], 0
    if batch:
        yield batch

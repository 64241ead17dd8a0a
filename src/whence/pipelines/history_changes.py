"""Reads the patches of a loaded history once, for all who need them: the words over time, and who stores the patches.

Newest first, in batches; killed anywhere, it repeats at most one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from whence.errors import UnreadableError
from whence.pipelines.progress import Listener, Pace, silent
from whence.sources.git_process import ObjectReader
from whence.sources.patch_words import patch_words
from whence.sources.patches import Patch, read_patches, redacted_patch
from whence.store.history import HistoryTables
from whence.store.history_words import HistoryWords, Waiting
from whence.store.word_segments import CommitWords
from whence.types import Commit

BATCH_COMMITS: Final = 500
BATCH_LINES: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedPatch:
    """A commit that the revision reaches, with its patch.

    ``commit`` is as the tables have it: texts redacted, people named by the mailmap, with its changes. The lines of
    ``patch`` are redacted, ``n_masked`` credentials in all. ``landed`` is the first-parent position, from 1, at which
    the commit became part of the main line.
    """

    commit: Commit
    patch: Patch
    landed: int
    n_masked: int = 0

    @property
    def n_lines(self) -> int:
        """Lines of all hunks."""
        return sum(len(hunk.lines) for file in self.patch.files for hunk in file.hunks)


Store = Callable[[Sequence[LandedPatch]], None]
Drop = Callable[[Sequence[str]], None]


def load_changes(
    tables: HistoryTables,
    index: str,
    source_id: str,
    mirror: Path,
    revision: str,
    *,
    store: Store | None = None,
    drop: Drop | None = None,
    listener: Listener = silent,
) -> int:
    """Reads the patches of all commits that the revision reaches and whose patch is not stored; returns how many.

    Nothing is done unless the tables are complete for the revision. Each batch goes to ``store`` before it is
    recorded, so a batch may come twice; so does a commit whose landing moved. ``drop`` gets the ids of stored commits
    that the revision no longer reaches. Where git cannot read a patch, the reason is recorded. Raises ``StoreError``.
    """
    number = tables.number(index, source_id, revision)
    if number is None:
        return 0
    words = HistoryWords(tables.database)
    left = words.left(number)
    if left:
        if drop is not None:
            drop(left)
        words.let_go(number)
    waiting = words.waiting(number)
    pace = Pace("changes", len(waiting), listener)
    by_sha = {each.sha: each for each in waiting}
    try:
        with ObjectReader(mirror) as objects:
            patches = read_patches(mirror, by_sha, revision)
            for batch in _batches(patches):
                _put(words, number, [(by_sha[patch.sha], patch, n_masked) for patch, n_masked in batch], objects, store)
                pace.add(len(batch))
    except UnreadableError as error:
        tables.give_up(number, str(error))
    return len(waiting)


def _put(
    words: HistoryWords,
    history: int,
    batch: Sequence[tuple[Waiting, Patch, int]],
    objects: ObjectReader,
    store: Store | None,
) -> None:
    def read_blob(blob: str) -> bytes | None:
        return next(objects.read_all([blob]))

    numbers = [waiting.number for waiting, _, _ in batch]
    if store is not None:
        rows = words.landed(numbers)
        store(
            [
                LandedPatch(commit=rows[waiting.number][0], patch=patch, landed=rows[waiting.number][1], n_masked=n)
                for waiting, patch, n in batch
            ]
        )
    told = []
    for waiting, patch, n_masked in batch:
        if not waiting.has_words:
            found = patch_words(patch, read_blob, is_redacted=n_masked > 0)
            told.append(CommitWords(waiting.number, found.words, found.is_doubtful, found.has_binary))
    words.put(history, told, numbers)


def _batches(patches: Iterable[Patch]) -> Iterator[list[tuple[Patch, int]]]:
    """Patches with the number of credentials masked in each, so many that memory holds them."""
    batch: list[tuple[Patch, int]] = []
    n_lines = 0
    for patch in patches:
        batch.append(redacted_patch(patch))
        n_lines += sum(len(hunk.lines) for file in patch.files for hunk in file.hunks)
        if len(batch) >= BATCH_COMMITS or n_lines >= BATCH_LINES:
            yield batch
            batch, n_lines = [], 0
    if batch:
        yield batch

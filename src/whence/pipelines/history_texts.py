"""When a text came and went: the words of all patches say which commits may have changed it, git which one did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice

from whence.errors import HistoryNotLoadedError
from whence.sources.history_queries import HistoryQueries
from whence.sources.patch_words import MIN_BINARY_CHARS, is_one_word, is_told, text_parts
from whence.store.history import HistoryTables
from whence.store.history_words import HistoryWords
from whence.store.word_segments import TextPart
from whence.types import Commit

ASKED_AT_ONCE = 200


class ChangedTexts:
    """Commits that changed how often a text occurs, of one history at its complete revision.

    With ``among``, the places of an earlier state's commits from the newest, only those count, and in that order.
    """

    def __init__(
        self, tables: HistoryTables, history: int, git: HistoryQueries, among: Mapping[str, int] | None = None
    ) -> None:
        self._words = HistoryWords(tables.database)
        self._history = history
        self._git = git
        self._among = among

    @cached_property
    def _is_complete(self) -> bool:
        return self._words.is_complete(self._history)

    def find(self, text: str, *, oldest: bool) -> Commit | None:
        """The oldest or newest commit, no merge, for which ``git log -S`` shows the text; None where there is none.

        Raises ``HistoryNotLoadedError`` where words cannot tell: they are not all there, or the text has none.
        """
        parts = text_parts(text)
        if not parts or not self._is_complete:
            raise HistoryNotLoadedError("The words of the history cannot tell: ask git.")
        shas = self._words.candidates(self._history, parts, changed=is_one_word(text), oldest_first=oldest)
        among = self._among
        if among is not None:
            shas = iter(sorted((sha for sha in shas if sha in among), key=among.__getitem__, reverse=oldest))
        while some := list(islice(shas, ASKED_AT_ONCE)):
            found = self._git.first_changing(text, some)
            if found is not None:
                return found
        return None

    def patched(self, groups: Sequence[Sequence[str]]) -> frozenset[str]:
        """Ids of commits whose patch may have all words of one of the groups.

        Raises ``HistoryNotLoadedError`` where words cannot tell.
        """
        found: set[str] = set()
        for group in groups:
            parts = [TextPart(word, is_short=len(word) < MIN_BINARY_CHARS) for word in group]
            if not self._is_complete or not all(is_told(word) for word in group):
                raise HistoryNotLoadedError("The words of the history cannot tell: ask git.")
            found.update(self._words.candidates(self._history, parts, changed=False, oldest_first=True))
        return frozenset(found)

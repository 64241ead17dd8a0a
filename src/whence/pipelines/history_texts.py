"""When a text came and went: the words of all patches say which commits may have changed it, git which one did."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final

from whence.errors import HistoryNotLoadedError
from whence.sources.history_queries import HistoryQueries
from whence.sources.patch_words import MIN_BINARY_CHARS, is_one_word, is_told, text_parts
from whence.sources.shown_changes import changes_count, is_shown
from whence.store.commit_texts import held_texts, place_of
from whence.store.history import HistoryTables
from whence.store.history_words import HistoryWords
from whence.store.word_segments import TextPart
from whence.types import Commit, commit_id

READ_AT_FIRST: Final = 8
READ_AT_ONCE: Final = 400
ASKED_AT_FIRST: Final = 8
ASKED_AT_ONCE: Final = 200
_MANY: Final = 1_000


class ChangedTexts:
    """Commits that changed how often a text occurs, of one history at its complete revision.

    With ``among``, the places of an earlier state's commits from the newest, only those count, and in that order.
    ``unreadable`` are the first twelve digits of commits that git cannot read whole: it is not asked about them.
    """

    def __init__(
        self,
        tables: HistoryTables,
        history: int,
        git: HistoryQueries,
        among: Mapping[str, int] | None = None,
        unreadable: Collection[str] = (),
    ) -> None:
        self._database = tables.database
        self._words = HistoryWords(tables.database)
        self._history = history
        self._git = git
        self._among = among
        self._unreadable = frozenset(unreadable)

    @cached_property
    def _is_complete(self) -> bool:
        return self._words.is_complete(self._history)

    def find(self, text: str, *, oldest: bool, is_word: bool = False) -> Commit | None:
        """The oldest or newest commit, no merge, for which ``git log -S`` shows the text; None where there is none.

        Raises ``HistoryNotLoadedError`` where words cannot tell: they are not all there, or the text has none.
        """
        return next(iter(self.several(text, 1, oldest=oldest, is_word=is_word)), None)

    def several(self, text: str, n_max: int, *, oldest: bool = False, is_word: bool = False) -> list[Commit]:
        """As ``find``, the first ``n_max`` of them, in that order. With ``is_word`` the text is a word of its own."""
        parts = _whole(text) if is_word else text_parts(text)
        if not parts or not self._is_complete:
            raise HistoryNotLoadedError("The words of the history cannot tell: ask git.")
        shas = self._words.candidates(self._history, parts, changed=is_one_word(text), oldest_first=oldest)
        among = self._among
        if among is not None:
            shas = iter(sorted((sha for sha in shas if sha in among), key=among.__getitem__, reverse=oldest))
        shas = (sha for sha in shas if sha[:12] not in self._unreadable)
        return self._confirmed(text, shas, n_max, is_word=is_word)

    def never_occurs(self, text: str) -> bool:
        """Whether no commit has the text, as far as that can be told without git's walk over all of them.

        The first commit to have it, if no merge, changes how often it occurs; if a merge, has it in a line that is in
        none of its parents.
        """
        parts = text_parts(text)
        if not parts or not self._is_complete or not self._words.has_merges(self._history):
            return False
        if self.find(text, oldest=True) is not None:
            return False
        shas = list(islice(self._words.candidates(self._history, parts, changed=False, oldest_first=True), _MANY + 1))
        return len(shas) <= _MANY and (not self._git.changing(text, shas, merges=True))

    def _confirmed(self, text: str, shas: Iterator[str], n_max: int, *, is_word: bool) -> list[Commit]:
        """The first that git confirms. Those whose documents show that the text stays are not asked about."""
        n_read, n_asked = READ_AT_FIRST, ASKED_AT_FIRST
        able: list[str] = []
        found: list[Commit] = []
        while some := list(islice(shas, n_read)):
            told = [None] * len(some) if is_word else self._told(text, some)
            for sha, verdict in zip(some, told, strict=True):
                if verdict is False:
                    continue
                able.append(sha)
                if verdict is None and len(able) < n_asked:
                    continue
                found += self._git.changing(text, able, n_max - len(found), is_word=is_word)
                if len(found) == n_max:
                    return found
                able, n_asked = [], min(2 * n_asked, ASKED_AT_ONCE)
            n_read = min(2 * n_read, READ_AT_ONCE)
        return [*found, *self._git.changing(text, able, n_max - len(found), is_word=is_word)]

    def _told(self, text: str, shas: Sequence[str]) -> list[bool | None]:
        """What the documents of commits say, None where there is none."""
        if not is_shown(text):
            return [None] * len(shas)
        index, source_id = self._place
        ids = [commit_id(source_id, sha) for sha in shas]
        held = held_texts(self._database, index, ids)
        return [changes_count(*held[key], text) if key in held else None for key in ids]

    @cached_property
    def _place(self) -> tuple[str, str]:
        return place_of(self._database, self._history)

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


def _whole(text: str) -> tuple[TextPart, ...]:
    """The one word that a text is; empty where the words of patches do not tell of it."""
    return (TextPart(text, is_short=len(text) < MIN_BINARY_CHARS),) if is_told(text) else ()

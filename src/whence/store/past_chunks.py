"""An earlier state of an index to be searched: files from the index made of it, commits from the newest up to there."""

from collections.abc import Mapping, Sequence

from whence.protocols import Vectors
from whence.store.chunks import LanceIndex, in_order
from whence.store.scope import at_position
from whence.types import HISTORY_KINDS, Chunk, Kind, Scope, Scored


class PastIndex:
    """Member of the ``Index`` seam: two snapshots, of which the newer one shows only what had landed by then.

    ``positions`` has the first-parent position of each source. Scopes are made for the index of the files. Among
    commits and hunks a word's rarity is that of the whole history, so that scores may differ from those of that time.
    """

    def __init__(self, files: LanceIndex, history: LanceIndex, positions: Mapping[str, int]) -> None:
        self._files = files
        self._history = history
        self._positions = positions

    @property
    def has_vectors(self) -> bool:
        """Whether there is a vector table at all."""
        return self._files.has_vectors

    def lexical(self, tokens: Sequence[str], k: int, scope: Scope, kind: Kind, *, every: bool = False) -> list[Scored]:
        """See ``protocols.Index``."""
        if kind not in HISTORY_KINDS:
            return self._files.lexical(tokens, k, scope, kind, every=every)
        return _best([self._history.lexical(tokens, k, then, kind, every=every) for then in self._then(scope)], k)

    def named(self, names: Sequence[str], k: int, scope: Scope, *, history: bool = False) -> list[Scored]:
        """See ``protocols.Index``."""
        if not history:
            return self._files.named(names, k, scope)
        return _best([self._history.named(names, k, then, history=True) for then in self._then(scope)], k)

    def dense(self, vector: Vectors, k: int, scope: Scope) -> list[Scored]:
        """See ``protocols.Index``."""
        return self._files.dense(vector, k, scope)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """See ``protocols.Index``."""
        found = {chunk.id: chunk for chunk in self._files.chunks(ids)}
        missing = [key for key in ids if key not in found]
        past = self._history.chunks(missing) if missing else []
        found |= {chunk.id: chunk for chunk in past if chunk.kind in HISTORY_KINDS}
        return [found[key] for key in ids if key in found]

    def _then(self, scope: Scope) -> list[Scope]:
        """The scope in the newer snapshot, one for each source, because each has its own position."""
        index = self._history.snapshot.index
        return [
            at_position(scope, index, source_id, position)
            for source_id, position in self._positions.items()
            if source_id in scope.sources
        ]


def _best(listed: Sequence[Sequence[Scored]], k: int) -> list[Scored]:
    return in_order(row for rows in listed for row in rows)[:k]

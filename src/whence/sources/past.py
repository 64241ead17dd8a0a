"""Documents of a git repository as they stood at an earlier commit: read from the mirror alone, offline."""

from pathlib import Path

from whence.errors import RevisionError
from whence.sources.git import GitSource
from whence.sources.mirror import Checkout, Mirror, is_borrowed
from whence.sources.options import SourceOptions
from whence.types import SourceState


class PastGitSource(GitSource):
    """The files of one commit that a mirror has. Member of the ``Source`` seam; it neither updates nor needs the
    original.

    ``state`` is the commit's: documents, digests and citations are those that indexing it would have given.
    """

    def __init__(self, source_id: str, location: str, mirror: Path, state: SourceState, options: SourceOptions) -> None:
        """Raises ``RevisionError`` where the mirror is gone."""
        if not (mirror / "HEAD").is_file():
            raise RevisionError(f"The local copy of {location} is gone: run `whence sync` to fetch it again.")
        self._id = source_id
        self._options = options
        self._remote = None
        self._checkout = None
        if is_borrowed(mirror):  # a partial clone lacks files of earlier commits, which is no damage
            self._checkout = Checkout(Path(location), mirror, None, "", is_partial=True)
        self._web_url = state.web_url
        self._state = state
        self.location = location
        self.name = source_id.partition(":")[2].rpartition("-")[0]
        self.mirror = Mirror(mirror, location, options)

    def state(self) -> SourceState:
        """The commit's own state; nothing is fetched."""
        assert self._state is not None
        return self._state

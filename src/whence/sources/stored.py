"""Reads what was indexed without looking for the original: git texts from the mirror, documents from their folder.

Citations are resolved here, so it works offline and after the user's clone has moved or gone.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from whence.errors import NotARepositoryError, RevisionError
from whence.sources.blobs import read_texts
from whence.sources.documents import DocumentsSource
from whence.sources.mirror import UNFINISHED, lock_file
from whence.sources.options import SourceOptions

_GIT = "git:"


def is_repository(source_id: str) -> bool:
    """Whether the source of this id is a git repository: it has commits, and a bare copy of its own."""
    return source_id.startswith(_GIT)


def mirror_folder(source_id: str, mirrors: Path) -> Path | None:
    """Where the bare copy of a git source lies; None for sources without one."""
    return mirrors / source_id.removeprefix(_GIT) if is_repository(source_id) else None


def read_stored(
    source_id: str,
    location: str,
    mirrors: Path,
    paths_and_revisions: Sequence[tuple[str, str]],
    options: SourceOptions | None = None,
) -> list[str | None]:
    """Texts of many (path, revision) pairs in order, None where one is no longer to be had.

    Raises ``RevisionError`` where the mirror is gone, ``UnreadableError`` for damage.
    """
    options = options or SourceOptions()
    mirror = mirror_folder(source_id, mirrors)
    if mirror is None:
        try:
            return DocumentsSource(location, options).read_many(paths_and_revisions)
        except NotARepositoryError:
            return [None] * len(paths_and_revisions)
    if not (mirror / "HEAD").is_file():
        raise RevisionError(f"The local copy of {location} is gone: run `whence sync` to fetch it again.")
    return read_texts(mirror, paths_and_revisions, options)


def forget_source(source_id: str, mirrors: Path) -> None:
    """Removes the local copy of a source, if it has one, its lock, and copies that were never finished.

    Only for the holder of the writer's lock: nobody else makes or updates copies.
    """
    mirror = mirror_folder(source_id, mirrors)
    if mirror is not None:
        shutil.rmtree(mirror, ignore_errors=True)
        lock_file(mirror).unlink(missing_ok=True)
        for unfinished in mirror.parent.glob(f"{UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)

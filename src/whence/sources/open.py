"""From what the user named to the source that reads it."""

from pathlib import Path

from whence.errors import NotARepositoryError, RevisionError
from whence.sources.addresses import is_address
from whence.sources.documents import DocumentsSource
from whence.sources.git import GitSource
from whence.sources.git_process import run_git
from whence.sources.options import SourceOptions

__all__ = ["SourceOptions", "open_source"]


def open_source(location: str, mirrors: Path, options: SourceOptions | None = None) -> GitSource | DocumentsSource:
    """The source for a folder, a file or the address of a repository.

    A folder of a git repository is that whole repository, unless git tracks nothing in it; every other folder, and
    every single file, is read as documents. Raises ``NotARepositoryError`` for what does not exist, ``RefusedError``
    for addresses that may not be read, ``RevisionError`` for a revision of plain documents, ``UnreadableError`` for
    damaged repositories.
    """
    options = options or SourceOptions()
    path = Path(location).expanduser()
    if not path.exists():
        if is_address(location):
            return GitSource(location, mirrors, options)
        raise NotARepositoryError(f"{location} does not exist; name a folder, a file or the address of a repository.")
    if path.is_dir() and _is_tracked(path):
        return GitSource(str(path), mirrors, options)
    if options.revision:
        raise RevisionError(f"{location} is not a git repository and has no revision {options.revision}; leave it out.")
    return DocumentsSource(str(path), options)


def _is_tracked(folder: Path) -> bool:
    """Whether git speaks for this folder: a repository's own, or one in which it tracks something."""
    result = run_git(folder, "rev-parse", "--show-prefix")
    if result.status != 0:
        return "not a git repository" not in result.complaint
    if not result.text:
        return True
    return bool(run_git(folder, "ls-files", "-z", "--", ".").output)

"""Documents of a folder, or one file: prose, PDF, HTML, and whatever code stands beside them, as they are now.

A folder has no history, so a text is readable only while the file still has the content it was fetched with.
"""

import errno
import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whence.errors import NotARepositoryError, RefusedError, UnreadableError
from whence.sources import ignore
from whence.sources.blobs import path_bytes, path_text
from whence.sources.content import Content, extract, size_limit
from whence.sources.options import SourceOptions
from whence.types import Document, Fetched, Skipped, SourceState, Unchanged

_RULE_FILES = ((".gitignore", "listed in .gitignore"), (".whenceignore", ignore.IGNORED))
_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr", "CVS", ".jj"})
_SETTLED_NS = 2_000_000_000
_DIGEST_CHARS = 16


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of the folder; ``reason`` says why it is left out without being read."""

    path: str
    reason: str = ""


class DocumentsSource:
    """The documents below a folder, or a single file.

    ``digest`` is the SHA-256 of a file's bytes, a document's ``revision`` its first 16 characters; the source's own
    revision is a hash over all paths and digests. The id is made of the absolute path.
    """

    def __init__(self, location: str, options: SourceOptions | None = None) -> None:
        """Raises ``NotARepositoryError`` where there is nothing, ``RefusedError`` for devices, pipes and sockets."""
        self._options = options or SourceOptions()
        place = Path(location).expanduser()
        try:
            place = place.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise NotARepositoryError(
                f"{location} does not exist or cannot be reached; name a folder, a file or the address of a repository."
            ) from error
        if not (place.is_dir() or place.is_file()):
            raise RefusedError(f"{location} is neither a folder nor a regular file; name one of these.")
        self._single = place.name if place.is_file() else ""
        self._root = place.parent if self._single else place
        self.location = str(place)
        self.name = re.sub(r"[^A-Za-z0-9._-]+", "-", place.stem if self._single else place.name).strip("-.") or "files"
        digest = hashlib.sha256(os.fsencode(place)).hexdigest()
        self._id = f"docs:{self.name}-{digest[:8]}"
        self._seen: dict[str, tuple[tuple[int, int, int], str]] = {}

    @property
    def id(self) -> str:
        """Name and short hash of the path, such as "docs:manual-1a2b3c4d"."""
        return self._id

    def state(self) -> SourceState:
        """A revision over all files that can be read now. Raises ``UnreadableError``."""
        listing = hashlib.sha256()
        for entry in self._entries():
            digest = "" if entry.reason else self._digest(entry.path)
            if digest:
                listing.update(f"{entry.path}\0{digest}\0".encode("utf-8", "surrogateescape"))
        return SourceState(revision=listing.hexdigest()[:_DIGEST_CHARS])

    def fetch(self, held: Mapping[str, str]) -> Iterator[Fetched]:
        """Every file by path; a file that vanishes meanwhile is left out. Raises ``UnreadableError``."""
        for entry in self._entries():
            if entry.reason:
                yield Skipped(path=entry.path, reason=entry.reason)
                continue
            known = held.get(f"{self._id}:{entry.path}")
            if known is not None and known == self._digest(entry.path):
                yield Unchanged(id=f"{self._id}:{entry.path}")
                continue
            record = self._record(entry.path)
            if isinstance(record, Skipped) and self._single:
                raise UnreadableError(f"{self.location} cannot be read: {record.reason}; give another file.")
            if record is not None:
                yield record

    def read(self, path: str, revision: str) -> str | None:
        """The text of a file whose content still is the one of ``revision``.

        That is a document's revision, or the source's (``state``) while nothing at all has changed; else None.
        """
        return self.read_many([(path, revision)])[0]

    def read_many(self, paths_and_revisions: Sequence[tuple[str, str]]) -> list[str | None]:
        """Texts of many (path, revision) pairs in order, each as ``read`` gives it."""
        present = ""
        texts: list[str | None] = []
        for path, revision in paths_and_revisions:
            data = self._bytes(path)
            if isinstance(data, bytes) and hashlib.sha256(data).hexdigest()[:_DIGEST_CHARS] != revision:
                present = present or self.state().revision
                data = data if revision == present else ""
            content = extract(path, data) if isinstance(data, bytes) else ""
            texts.append(content.text if isinstance(content, Content) else None)
        return texts

    def _record(self, path: str) -> Document | Skipped | None:
        data = self._bytes(path)
        if not isinstance(data, bytes):
            return Skipped(path=path, reason=data) if data else None
        content = extract(path, data)
        if isinstance(content, str):
            return Skipped(path=path, reason=content)
        digest = hashlib.sha256(data).hexdigest()
        return Document(
            id=f"{self._id}:{path}",
            source_id=self._id,
            revision=digest[:_DIGEST_CHARS],
            kind=content.kind,
            path=path,
            text=content.text,
            digest=digest,
            title=content.title,
            language=content.language,
            licence=content.licence,
            metadata=content.metadata,
        )

    def _digest(self, path: str) -> str:
        """SHA-256 of a file, "" where it is not read; remembered while size, time and inode stay the same."""
        try:
            status = self._file(path).lstat()
        except OSError:
            return ""
        stamp = (status.st_size, status.st_mtime_ns, status.st_ino)
        seen = self._seen.get(path)
        if seen is not None and seen[0] == stamp:
            return seen[1]
        data = self._bytes(path)
        digest = hashlib.sha256(data).hexdigest() if isinstance(data, bytes) else ""
        if digest and time.time_ns() - status.st_mtime_ns > _SETTLED_NS:  # a younger file may change within one tick
            self._seen[path] = (stamp, digest)
        return digest

    def _file(self, path: str) -> Path:
        return self._root / os.fsdecode(path_bytes(path))

    def _bytes(self, path: str) -> bytes | str:
        """The bytes of a file of the folder; else the reason to skip it, "" where there is no such file."""
        if (self._single and path != self._single) or not path or path.startswith("/") or "\0" in path:
            return ""
        file = self._file(path)
        if ".." in file.parts or file.parent.resolve() != file.parent:
            return ""
        limit = size_limit(path, self._options)
        try:
            handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return ""
        except OSError as error:
            if error.errno == errno.ELOOP:
                return ignore.SYMLINK
            return f"cannot be opened ({(error.strerror or 'unknown error').lower()})"
        with os.fdopen(handle, "rb") as stream:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return "not a regular file"
            if status.st_size > limit:
                return ignore.skip_by_size(status.st_size, limit)
            try:
                data = stream.read(limit + 1)
            except OSError as error:
                return f"cannot be read ({(error.strerror or 'unknown error').lower()})"
        return ignore.skip_by_size(len(data), limit) or data

    def _entries(self) -> list[_Entry]:
        """Files in order of path, and folders that are left out as a whole (their path ends with a slash)."""
        if self._single:
            return [_Entry(path_text(os.fsencode(self._single)))]
        texts: dict[str, dict[str, str]] = {name: {} for name, _ in _RULE_FILES}
        return sorted(self._walk(self._root, "", texts), key=lambda entry: entry.path)

    def _walk(self, folder: Path, prefix: str, texts: dict[str, dict[str, str]]) -> Iterator[_Entry]:
        try:
            children = list(os.scandir(folder))
        except OSError as error:
            if not prefix:
                raise UnreadableError(f"{folder} cannot be listed: {error.strerror}; check its permissions.") from error
            yield _Entry(prefix, f"cannot be opened ({(error.strerror or 'unknown error').lower()})")
            return
        names = {child.name for child in children}
        for name, _ in _RULE_FILES:
            if name in names and isinstance(data := self._bytes(prefix + name), bytes):
                texts[name][prefix.rstrip("/")] = data.decode("utf-8", "replace")
        rules = [(reason, ignore.IgnoreRules(texts[name])) for name, reason in _RULE_FILES if texts[name]]
        for child in children:
            path = prefix + path_text(os.fsencode(child.name))
            if child.is_dir(follow_symlinks=False):
                reason = _skip_folder(path, rules)
                if reason:
                    yield _Entry(path + "/", reason)
                else:
                    yield from self._walk(folder / child.name, path + "/", texts)
            else:
                yield _Entry(path, self._skip_file(child, path, rules))

    def _skip_file(self, child: os.DirEntry[str], path: str, rules: Sequence[tuple[str, ignore.IgnoreRules]]) -> str:
        if child.is_symlink():
            target = Path(child.path).resolve()
            return ignore.SYMLINK if target.is_relative_to(self._root) else "symbolic link out of the folder"
        if not child.is_file(follow_symlinks=False):
            return "not a regular file"
        ignored = next((reason for reason, rule in rules if rule.ignores(path)), "")
        return ignored or ignore.skip_by_path(path)


def _skip_folder(path: str, rules: Sequence[tuple[str, ignore.IgnoreRules]]) -> str:
    name = path.rpartition("/")[2]
    if name in _VERSION_CONTROL:
        return "version control data"
    ignored = next((reason for reason, rule in rules if rule.ignores(path + "/")), "")
    return ignored or ignore.skip_by_path(path + "/x")

"""Documents of a git repository: the files of one commit, read from whence's own mirror.

The user's working tree is never read, except to count changes that the commit does not have.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from whence.errors import RevisionError, UnreadableError
from whence.sources import ignore
from whence.sources.addresses import Remote, is_address, parse_address, permalink, web_page
from whence.sources.blobs import path_text, read_texts
from whence.sources.content import extract, size_limit
from whence.sources.git_process import ObjectReader, run_git
from whence.sources.mirror import Checkout, Mirror, count_uncommitted, find_checkout
from whence.sources.options import SourceOptions
from whence.types import Document, Fetched, Skipped, SourceState, Unchanged, is_commit_id

_REGULAR = frozenset({b"100644", b"100755", b"100664"})
_IGNORE_FILE = ".whenceignore"
_ATTRIBUTES_FILE = ".gitattributes"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One row of a tree: ``size`` is -1 where the object is absent, ``reason`` says why it is left out."""

    path: str
    blob: str
    size: int
    reason: str = ""


class GitSource:
    """A repository in a folder (any folder of it, a linked worktree, a bare one) or at an address.

    ``mirrors`` is the folder that holds the bare copies, ``mirrors/<id>`` this one's. The id is made of the origin
    (host and path of the remote "origin", else the repository's own path), so all clones of a project share it.
    ``state`` brings the copy up to date and fixes the revision that ``fetch`` reads; ``fetch`` alone calls it first.
    """

    def __init__(self, location: str, mirrors: Path, options: SourceOptions | None = None) -> None:
        """Raises ``NotARepositoryError``, ``RefusedError`` or ``UnreadableError``; reads no objects and no network."""
        self._options = options or SourceOptions()
        self._remote: Remote | None = None
        self._checkout: Checkout | None = None
        if not Path(location).exists() and is_address(location):
            self._remote = parse_address(location)
            self.location = self._remote.address
            origin = self._remote.address
        else:
            self._checkout = find_checkout(Path(location).expanduser())
            self.location = str(self._checkout.location)
            origin = self._checkout.origin
        self._web_url = web_page(origin)
        self.name, identity = _identity(origin, self._remote, self._checkout)
        self._id = f"git:{self.name}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
        self.mirror = Mirror(mirrors / self._id.removeprefix("git:"), self.location, self._options)
        self._state: SourceState | None = None

    @property
    def id(self) -> str:
        """Name and short hash of the origin, such as "git:requests-1a2b3c4d"."""
        return self._id

    def state(self) -> SourceState:
        """Update the mirror and say where the source stands; ``revision`` is "" for a repository without commits.

        Raises ``RevisionError``, ``RefusedError``, ``UnreadableError``.
        """
        uncommitted = 0
        if self._checkout is not None:
            head = self.mirror.update_from_checkout(self._checkout)
            uncommitted = count_uncommitted(self._checkout)
        elif self._remote is not None:
            head = self.mirror.update_from_remote(self._remote)
        committed_at, position = None, 0
        if head.revision:
            committed_at = self._committed_at(head.revision)
            position = self._position(head.revision)
        self._state = SourceState(
            revision=head.revision,
            committed_at=committed_at,
            position=position,
            branch=head.branch,
            web_url=self._web_url,
            uncommitted=uncommitted,
        )
        return self._state

    def fetch(self, held: Mapping[str, str]) -> Iterator[Fetched]:
        """Every file of the revision that ``state`` gave last, by path. Raises ``SourceError``."""
        state = self._state or self.state()
        if not state.revision:
            return
        with ObjectReader(self.mirror.folder) as objects:
            entries = self._entries(state.revision, objects)
            yield from self._stream(entries, held, state, objects)

    def read(self, path: str, revision: str) -> str | None:
        """The text of a file at a revision as ``fetch`` gave it, whatever the ignore rules say of it."""
        return self.read_many([(path, revision)])[0]

    def read_many(self, paths_and_revisions: Sequence[tuple[str, str]]) -> list[str | None]:
        """Texts of many (path, revision) pairs in order, None where there is no such file; one git process.

        Raises ``RevisionError`` before the mirror exists, ``UnreadableError`` for damage.
        """
        if not self.mirror.exists():
            raise RevisionError(f"{self.location} has not been indexed yet; index it first.")
        try:
            return read_texts(self.mirror.folder, paths_and_revisions, self._options)
        except UnreadableError as error:
            raise self.mirror.damaged(str(error).partition(";")[0]) from error

    def _contents(self, objects: ObjectReader, names: Iterable[str]) -> Iterator[bytes | None]:
        try:
            yield from objects.read_all(names)
        except UnreadableError as error:
            raise self.mirror.damaged(str(error).partition(";")[0]) from error

    def _stream(
        self, entries: Sequence[_Entry], held: Mapping[str, str], state: SourceState, objects: ObjectReader
    ) -> Iterator[Fetched]:
        """Records in the order of ``entries``; contents are asked for ahead, as far as the reader's window goes."""
        wanted = (entry.blob for entry in entries if not entry.reason and held.get(self._key(entry)) != entry.blob)
        contents = self._contents(objects, wanted)
        for entry in entries:
            if entry.reason:
                yield Skipped(path=entry.path, reason=entry.reason)
            elif held.get(self._key(entry)) == entry.blob:
                yield Unchanged(id=self._key(entry))
            else:
                yield self._record(entry, next(contents), state)

    def _key(self, entry: _Entry) -> str:
        return f"{self._id}:{entry.path}"

    def _record(self, entry: _Entry, data: bytes | None, state: SourceState) -> Document | Skipped:
        if data is None:
            raise self.mirror.damaged(f"object {entry.blob} of {entry.path} is absent")
        content = extract(entry.path, data)
        if isinstance(content, str):
            return Skipped(path=entry.path, reason=content)
        return Document(
            id=self._key(entry),
            source_id=self._id,
            revision=state.revision,
            kind=content.kind,
            path=entry.path,
            text=content.text,
            digest=entry.blob,
            title=content.title,
            url=permalink(state.web_url, state.revision, entry.path),
            committed_at=state.committed_at,
            language=content.language,
            licence=content.licence,
            metadata=content.metadata,
        )

    def _entries(self, revision: str, objects: ObjectReader) -> list[_Entry]:
        """All files of a commit in order of path, each with the reason to skip it that needs no content."""
        result = run_git(self.mirror.folder, "ls-tree", "-r", "-l", "-z", "--full-tree", revision)
        if result.status != 0:
            raise self.mirror.damaged(result.complaint or "its tree cannot be read")
        rows = [_parse_row(row) for row in result.output.split(b"\0") if row]
        rules = self._rules(rows, objects)
        return sorted((self._judge(row, rules) for row in rows), key=lambda entry: entry.path)

    def _rules(
        self, rows: Sequence[tuple[bytes, _Entry]], objects: ObjectReader
    ) -> list[tuple[str, ignore.IgnoreRules]]:
        """The reasons that rule files of the tree itself give, with their rules."""
        files: dict[str, list[_Entry]] = {_IGNORE_FILE: [], _ATTRIBUTES_FILE: []}
        for mode, entry in rows:
            name = entry.path.rpartition("/")[2]
            if name in files and mode in _REGULAR and 0 <= entry.size < 1_000_000:
                files[name].append(entry)
        texts: dict[str, dict[str, str]] = {}
        for name, entries in files.items():
            contents = self._contents(objects, [entry.blob for entry in entries])
            texts[name] = {
                entry.path.rpartition("/")[0]: (data or b"").decode("utf-8", "replace")
                for entry, data in zip(entries, contents, strict=True)
            }
        return [
            (ignore.IGNORED, ignore.IgnoreRules(texts[_IGNORE_FILE])),
            (ignore.VENDORED, ignore.AttributeRules(texts[_ATTRIBUTES_FILE], "linguist-vendored")),
            (ignore.GENERATED, ignore.AttributeRules(texts[_ATTRIBUTES_FILE], "linguist-generated")),
        ]

    def _judge(self, row: tuple[bytes, _Entry], rules: Sequence[tuple[str, ignore.IgnoreRules]]) -> _Entry:
        mode, entry = row
        reason = ""
        if mode == b"160000":
            reason = ignore.SUBMODULE
        elif mode == b"120000":
            reason = ignore.SYMLINK
        elif is_commit_id(f":{entry.path}"):  # its id would be that of a commit
            reason = ignore.LIKE_A_COMMIT
        else:
            reason = next((why for why, rule in rules if rule and rule.ignores(entry.path)), "")
            reason = reason or ignore.skip_by_path(entry.path)
            reason = reason or ignore.skip_by_size(entry.size, size_limit(entry.path, self._options))
            if not reason and entry.size < 0:
                if self._checkout is None or not self._checkout.is_partial:
                    raise self.mirror.damaged(f"object {entry.blob} of {entry.path} is absent")
                reason = ignore.PARTIAL
        return _Entry(entry.path, entry.blob, entry.size, reason) if reason else entry

    def _committed_at(self, revision: str) -> datetime | None:
        result = run_git(self.mirror.folder, "log", "-1", "--format=%ct", revision, "--")
        if result.status != 0:
            raise self.mirror.damaged(result.complaint or f"commit {revision[:12]} cannot be read")
        try:
            return datetime.fromtimestamp(int(result.text.split("\n")[-1]), UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def _position(self, revision: str) -> int:
        result = run_git(self.mirror.folder, "rev-list", "--count", "--first-parent", revision, "--")
        if result.status != 0 or not result.text.isdigit():
            raise self.mirror.damaged(result.complaint or "its history cannot be walked")
        return int(result.text)


def _parse_row(row: bytes) -> tuple[bytes, _Entry]:
    """Mode and entry of one row ``mode type object size<TAB>path``."""
    fields, _, path = row.partition(b"\t")
    mode, _, blob, size = fields.split()
    return mode, _Entry(path_text(path), blob.decode(), int(size) if size.isdigit() else -1)


def _identity(origin: str, remote: Remote | None, checkout: Checkout | None) -> tuple[str, str]:
    """Name and the string whose hash tells this origin from all others."""
    if remote is None and origin and is_address(origin) and web_page(origin):
        remote = parse_address(origin)
    if remote is not None and remote.scheme != "file":
        return _plain_name(remote.name), remote.origin
    if checkout is not None:
        folder = checkout.git_folder.resolve()
        place = folder.parent if folder.name == ".git" else folder
        return _plain_name(place.name.removesuffix(".git")), str(place)
    path = Path(remote.path if remote is not None else "")
    place = path.parent if path.name == ".git" else path
    return _plain_name(place.name.removesuffix(".git")), str(place.resolve())


def _plain_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "repository"

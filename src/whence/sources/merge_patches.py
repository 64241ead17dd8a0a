"""What merges wrote themselves: the lines that none of their parents has, by one streamed ``git log --cc``."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from whence.sources.blobs import path_text
from whence.sources.damage import readable
from whence.sources.history import streamed
from whence.sources.patches import MAX_BYTES, MAX_LINE_BYTES, FilePatch, Hunk, Patch

_MARK: Final = b"\x01"
_OPTIONS: Final = (
    *("log", "--stdin", "--ignore-missing", "--no-walk=unsorted", "--cc", "--unified=0", "--no-renames"),
    *("--full-index", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-notes", "--no-color"),
    *("--submodule=short", "--format=%x01%H"),
)


def read_merges(mirror: Path, shas: Iterable[str], revision: str) -> Iterator[Patch]:
    """What each of these merges has beyond all of its parents; those that the mirror does not have are left out.

    A file comes with the lines that are new to every parent as one hunk of additions, without numbers. Files of more
    than 8 MB of such lines are cut; of a merge that cannot be read because the content of a file is absent or damaged,
    one file without a path is. Raises ``UnreadableError`` where too many cannot.
    """

    def whole(some: Sequence[str]) -> Iterator[Patch]:
        return _read_merges(mirror, some, revision)

    yield from readable(whole, list(shas), _unread, lambda patch: patch.sha)


def _unread(sha: str) -> Patch:
    return Patch(sha=sha, files=(FilePatch(path="", status="M", is_cut=True),))


def _read_merges(mirror: Path, shas: Sequence[str], revision: str) -> Iterator[Patch]:
    if not shas:  # without any, git would tell HEAD
        return
    with streamed(mirror, _OPTIONS, revision, [f"{sha}\n" for sha in shas]) as stdout:
        sha, files = "", list[FilePatch]()
        file = _File()
        for line in _lines(stdout):
            if line[:1] == _MARK or line[:5] == b"diff ":
                files += file.told()
                file = _File(line)
            else:
                file.take(line)
            if line[:1] == _MARK:
                if sha:
                    yield Patch(sha=sha, files=tuple(files))
                sha, files = line[1:].strip().decode(), []
        if sha:
            yield Patch(sha=sha, files=(*files, *file.told()))


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines, the longest of them without what is beyond the limit."""
    while line := stream.readline(MAX_LINE_BYTES):
        yield line
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE_BYTES)


class _File:
    """One file of a combined diff, as its lines come."""

    def __init__(self, head: bytes = b"") -> None:
        self._path = head.partition(b" --cc ")[2] or head.partition(b" --combined ")[2]
        self._blob = ""
        self._marks = b""
        self._lines: list[bytes] = []
        self._n_left = MAX_BYTES
        self._is_binary = False

    def take(self, line: bytes) -> None:
        if line[:3] == b"@@@":
            self._marks = b"+" * (len(line) - len(line.lstrip(b"@")) - 1)
        elif self._marks:
            if line.startswith(self._marks):
                self._n_left -= len(line) if line.endswith(b"\n") else MAX_BYTES + 1
                if self._n_left >= 0:
                    self._lines.append(line[len(self._marks) :])
        elif line.startswith(b"index "):
            blob = line.partition(b"..")[2].split()[0].decode()
            self._blob = "" if set(blob) == {"0"} else blob
        elif line.startswith(b"Binary files "):
            self._is_binary = True

    def told(self) -> Iterator[FilePatch]:
        is_cut = self._n_left < 0
        if not self._path or not (self._lines or self._is_binary or is_cut):
            return
        whole = b"".join(self._lines)
        try:
            text = whole.decode("utf-8")
        except UnicodeDecodeError:
            text = whole.decode("cp1252", "replace")
        added = tuple(f"+{line}" for line in text.removesuffix("\n").split("\n"))
        hunk = Hunk(old_start=0, old_lines=0, new_start=0, new_lines=len(added), lines=added)
        yield FilePatch(
            path=path_text(self._path.rstrip(b"\n")),
            status="M",
            hunks=(hunk,) if whole else (),
            is_binary=self._is_binary,
            is_cut=is_cut,
            new_blob=self._blob,
        )

"""Reads what commits changed, line by line: one streamed ``git log -p`` for any number of commits.

Memory holds one commit at a time, and of that no more than the limits say. Which files a commit touched, without their
lines, is what ``sources/history.py`` reads.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from whence.errors import UnreadableError
from whence.sources.blobs import path_text
from whence.sources.damage import readable
from whence.sources.history import RENAME_SHARE, read_commits, streamed
from whence.types import Commit

MAX_LINES: Final = 50_000
MAX_BYTES: Final = 8_000_000
MAX_LINE_BYTES: Final = 1_000_000

_MARK: Final = b"\x01"
_HUNK: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?")
_OPTIONS: Final = (
    *("log", "--stdin", "--no-walk=unsorted", "-z", "--raw", "--patch", "--no-abbrev", RENAME_SHARE),
    *("--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-notes", "--no-color", "--submodule=short"),
    *("--unified=3", "--inter-hunk-context=0", "-O/dev/null", "--format=%x01%H%x00"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Neighbouring changes of a file, with three lines of context.

    ``lines`` begin with " ", "+" or "-" and have no line feed (a carriage return stays); that a file ends without one
    is not said. Line numbers count from 1; a side of 0 lines names the line before. ``context`` is what git shows of
    the function around. Text is UTF-8; lines that are not are read as Windows-1252.
    """

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    lines: tuple[str, ...]
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePatch:
    """One file of a patch. ``status`` and ``old_path`` are those of ``types.Change``; blobs are "" where there is none.

    A binary file, a changed mode, an empty file and a plain rename have no hunks; a submodule has its two commits as
    lines. ``is_cut`` says that hunks or parts of lines are left out because the patch is beyond the limits;
    ``added`` and ``removed`` count these, too. A file
    whose type changed (to a symbolic link) has the hunks of its removal, then those of its addition.
    """

    path: str
    status: str
    old_path: str = ""
    hunks: tuple[Hunk, ...] = ()
    is_binary: bool = False
    is_cut: bool = False
    added: int | None = None
    removed: int | None = None
    old_blob: str = ""
    new_blob: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What a commit changed, compared with its only parent, or with nothing; a merge has no files. By git's order."""

    sha: str
    files: tuple[FilePatch, ...] = ()

    @property
    def is_cut(self) -> bool:
        """Whether anything is left out of a file."""
        return any(file.is_cut for file in self.files)


def read_patches(
    mirror: Path,
    shas: Iterable[str],
    revision: str,
    *,
    max_lines: int = MAX_LINES,
    max_bytes: int = MAX_BYTES,
) -> Iterator[Patch]:
    """The patches of commits, in the order given; at most so many lines and bytes of each are kept.

    ``revision`` has the mailmap that all commands of a history run with. Of a commit that cannot be read because the
    content of a file is absent or damaged, all files are cut and have no hunks. Raises ``UnreadableError`` where
    commits or lists of files are.
    """

    def whole(some: Sequence[str]) -> Iterator[Patch]:
        return _read_patches(mirror, some, revision, max_lines, max_bytes)

    def without_lines(sha: str) -> Patch:
        return _cut_whole(next(read_commits(mirror, [sha], revision)))

    yield from readable(whole, list(shas), without_lines)


def _read_patches(mirror: Path, shas: Sequence[str], revision: str, max_lines: int, max_bytes: int) -> Iterator[Patch]:
    if not shas:  # without any, git would tell HEAD
        return
    with streamed(mirror, _OPTIONS, revision, [f"{sha}\n" for sha in shas]) as stdout:
        lines = _Lines(stdout)
        while header := lines.take():
            yield from _commits(header, lines, mirror, max_lines, max_bytes)


def _cut_whole(commit: Commit) -> Patch:
    """The patch of a commit of which only the files are known."""
    files = [
        FilePatch(path=change.path, status=change.status, old_path=change.old_path, is_cut=True)
        for change in commit.changes
    ]
    return Patch(sha=commit.sha, files=tuple(files))


def _commits(header: bytes, lines: "_Lines", mirror: Path, max_lines: int, max_bytes: int) -> Iterator[Patch]:
    """The commits whose headers stand on one line: those without changes have nothing that ends it."""
    if not header.startswith(_MARK):
        raise UnreadableError(f"Git told a patch of {mirror.name} that cannot be read: try another version of git.")
    names = [part.removeprefix(_MARK).decode() for part in header.removesuffix(b"\n").split(b"\0\0") if part]
    empty = names[:-1] if header.endswith(b"\n") else names
    for name in empty:
        yield Patch(sha=name)
    if len(empty) < len(names):
        yield Patch(sha=names[-1], files=tuple(_Reading(lines, max_lines, max_bytes).files()))


class _Lines:
    """Lines of the stream, one of which can be put back; what is too long for memory is cut."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._read = stream.readline
        self._kept = b""
        self.was_cut = False

    def take(self) -> bytes:
        """The next line with its end, b"" after the last."""
        if self._kept:
            line, self._kept = self._kept, b""
            return line
        return self._read()

    def take_short(self) -> bytes:
        """The next line without what is beyond the limit; ``was_cut`` says whether something was."""
        if self._kept:
            return self.take()
        line = self._read(MAX_LINE_BYTES)
        self.was_cut = False
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            self.was_cut = True
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = self._read(MAX_LINE_BYTES)
        return line

    def put_back(self, line: bytes) -> None:
        self._kept = line


@dataclass(slots=True)
class _Entry:
    """One row of the raw listing."""

    status: str
    path: str
    old_path: str
    old_blob: str
    new_blob: str

    @property
    def n_sections(self) -> int:
        return 2 if self.status == "T" else 1


class _Reading:
    """Takes the files of one commit off the stream."""

    def __init__(self, lines: _Lines, max_lines: int, max_bytes: int) -> None:
        self._lines = lines
        self._lines_left = max_lines
        self._bytes_left = max_bytes
        self._added = self._removed = 0

    def files(self) -> Iterator[FilePatch]:
        for entry in self._entries():
            hunks: list[Hunk] = []
            is_binary = is_cut = False
            self._added = self._removed = 0
            for _ in range(entry.n_sections):
                line = self._lines.take()
                if not line.startswith(b"diff --git "):
                    self._lines.put_back(line)
                    is_cut = True
                    break
                found, binary, cut = self._section()
                hunks += found
                is_binary |= binary
                is_cut |= cut
            yield FilePatch(
                path=entry.path,
                status=entry.status,
                old_path=entry.old_path,
                hunks=tuple(hunks),
                is_binary=is_binary,
                is_cut=is_cut,
                added=self._added,
                removed=self._removed,
                old_blob=entry.old_blob,
                new_blob=entry.new_blob,
            )

    def _entries(self) -> list[_Entry]:
        """The raw listing, which ends with an empty field; paths may hold line feeds."""
        listing = b""
        while b"\0\0" not in listing and (line := self._lines.take()):
            listing += line
        listing, _, rest = listing.partition(b"\0\0")
        self._lines.put_back(rest)
        entries = []
        fields = iter(listing.split(b"\0"))
        for field in fields:
            row = field[1:].decode().split(" ")
            status = row[4][:1]
            old = path_text(next(fields, b""))
            path = path_text(next(fields, b"")) if status in "RC" else old
            blobs = ["" if set(blob) == {"0"} else blob for blob in row[2:4]]
            entries.append(_Entry(status, path, old if status in "RC" else "", blobs[0], blobs[1]))
        return entries

    def _section(self) -> tuple[list[Hunk], bool, bool]:
        """Hunks of one file up to the next file or commit; whether it is binary, and whether it was cut."""
        hunks: list[Hunk] = []
        is_binary = is_cut = False
        while line := self._lines.take():
            head = line[:3]
            if head == b"@@ ":
                found = _HUNK.match(line)
                assert found is not None  # git writes no other
                hunk = self._hunk(found, line[found.end() :])
                is_cut |= hunk is None or self._lines.was_cut
                hunks += [hunk] if hunk is not None else []
            elif head == b"dif" or line[:1] == _MARK:
                self._lines.put_back(line)
                break
            elif head == b"Bin":
                is_binary = True
        return hunks, is_binary, is_cut

    def _hunk(self, found: re.Match[bytes], context: bytes) -> Hunk | None:
        """The hunk that begins here, None where it is beyond the limits; its lines are taken in any case."""
        old_start, old_lines, new_start, new_lines = (int(number) if number else 1 for number in found.groups())
        lines, was_cut = self._body(old_lines, new_lines)
        self._lines.was_cut = was_cut
        if lines is None:
            return None
        return Hunk(
            old_start=old_start,
            old_lines=old_lines,
            new_start=new_start,
            new_lines=new_lines,
            lines=tuple(_decoded(lines)),
            context=_text(context.rstrip(b"\n")),
        )

    def _body(self, n_old: int, n_new: int) -> tuple[list[bytes] | None, bool]:
        """As many lines as the head of the hunk says, None if they do not fit; whether one was cut."""
        take = self._lines.take_short
        lines: list[bytes] | None = [] if n_old + n_new <= 2 * self._lines_left else None
        was_cut = False
        while n_old > 0 or n_new > 0:
            line = take()
            mark = line[:1]
            if mark == b"+":
                n_new -= 1
                self._added += 1
            elif mark == b"-":
                n_old -= 1
                self._removed += 1
            elif mark == b" ":
                n_old -= 1
                n_new -= 1
            elif mark != b"\\":
                self._lines.put_back(line)
                return lines, True
            else:
                continue
            if self._lines.was_cut:
                was_cut = True
            self._bytes_left -= len(line)
            self._lines_left -= 1
            if self._bytes_left < 0 or self._lines_left < 0:
                lines = None
            if lines is not None:
                lines.append(line)
        return lines, was_cut


def _decoded(lines: list[bytes]) -> list[str]:
    whole = b"".join(lines)
    try:
        found = whole.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return [_text(line.removesuffix(b"\n")) for line in lines]
    if len(found) == len(lines) + 1:
        found.pop()
        return found
    return [_text(line.removesuffix(b"\n")) for line in lines]  # a line that was cut has no end


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")

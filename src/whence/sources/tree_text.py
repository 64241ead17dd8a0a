"""All text files of one revision in memory, to be looked through at every question: what ``git grep`` reads each time.

NOT redacted: lines are to be parsed, never to be shown.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from whence.sources.blobs import path_text
from whence.sources.git_process import ObjectReader
from whence.sources.history_queries import HistoryQueries

_BINARY_BYTES = 8_000
"""Git takes a file for binary if there is a NUL among its first bytes."""


class TreeText:
    """Text files one after the other, by path. Thread-safe."""

    def __init__(self, files: Sequence[tuple[str, bytes]]) -> None:
        self._paths = [path for path, _ in files]
        self._starts: list[int] = []
        pieces = [b"\n"]
        at = 1
        for _, data in files:
            self._starts.append(at)
            pieces += (data, b"" if data.endswith(b"\n") else b"\n")
            at += len(data) + (not data.endswith(b"\n"))
        self._text = b"".join(pieces)

    def lines_with(self, word: str) -> list[tuple[str, str]]:
        """(path, line) of every line that has the whole word, as ``git grep -w`` finds them."""
        return list(self._lines_with(word.encode()))

    def _lines_with(self, word: bytes) -> Iterator[tuple[str, str]]:
        whole = re.compile(rb"(?<![A-Za-z0-9_])" + re.escape(word) + rb"(?![A-Za-z0-9_])")
        text = self._text
        position = text.find(word)
        while position >= 0:
            if whole.match(text, position) is None:
                position = text.find(word, position + 1)
                continue
            start, end = text.rfind(b"\n", 0, position) + 1, text.index(b"\n", position)
            yield self._paths[bisect_right(self._starts, position) - 1], text[start:end].decode("utf-8", "replace")
            position = text.find(word, end)


class TreeFile(NamedTuple):
    """A regular file of a tree: path, blob id and bytes."""

    path: str
    blob: str
    n_bytes: int


def regular_files(git: HistoryQueries) -> list[TreeFile]:
    """The regular files at the revision, by path: no links, no submodules. Raises ``UnreadableError``."""
    found = []
    for row in git.asked("ls-tree", "-r", "-l", "-z", "--full-tree", git.revision).output.split(b"\0"):
        head, _, path = row.partition(b"\t")
        fields = head.split()
        if fields and fields[0].startswith(b"100"):
            found.append(TreeFile(path_text(path), fields[2].decode(), int(fields[3]) if fields[3].isdigit() else 0))
    return found


def read_tree(git: HistoryQueries, max_bytes: int) -> TreeText | None:
    """The text files at the revision; None where they have more bytes. Raises ``UnreadableError``."""
    chosen = regular_files(git)
    if sum(file.n_bytes for file in chosen) > max_bytes:
        return None
    with ObjectReader(git.mirror) as objects:
        found = zip(chosen, objects.read_all([file.blob for file in chosen]), strict=True)
        return TreeText([(file.path, data) for file, data in found if data and b"\0" not in data[:_BINARY_BYTES]])

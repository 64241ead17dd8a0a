"""Asks git to count over many commits or lines: whose lines a file has, what changes together, when it was done.

Single commits, files and names are asked of ``history_queries.py``, whose commands these run with.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from whence.sources.blobs import path_bytes, path_text
from whence.sources.git_process import ObjectReader
from whence.sources.history_queries import HistoryQueries
from whence.sources.redaction import redact
from whence.sources.tree_text import TreeText, read_tree
from whence.types import Commit, CommitQuery

MAX_TREE_BYTES = 64_000_000
TRAILERS_FORMAT = "%(trailers:only=true,unfold=true,separator=%x00)"


class HistoryCounts:
    """Counts for the revision of some queries. Raises ``UnreadableError``.

    Up to ``max_tree_bytes`` of text files are kept in memory once names are asked for repeatedly.
    """

    def __init__(self, mirror: Path, queries: HistoryQueries, max_tree_bytes: int = MAX_TREE_BYTES) -> None:
        self._mirror = mirror
        self._max_tree_bytes = max_tree_bytes
        self._git = queries
        self.revision = queries.revision
        self._n_asked = 0

    def line_authors(self, path: str) -> list[tuple[str, int]]:
        """(name, lines that ``git blame`` gives to it) of a file at the revision, most first, ties by name."""
        spot = os.fsdecode(path_bytes(path))
        output = self._git.asked("blame", "--line-porcelain", self.revision, "--", spot).output
        names = Counter(row[7:].decode("utf-8", "replace") for row in output.split(b"\n") if row.startswith(b"author "))
        return sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))

    def touched(self, query: CommitQuery) -> list[tuple[str, int]]:
        """(path, commits) of every file that the commits asked for change, most first, ties by path.

        Merges are left out and renames not followed; where the query names paths, the commits count whole.
        """
        told = ["log", "-z", "--no-show-signature", "--name-only", "--no-renames", "--full-diff", "--format="]
        chosen = [part for part in self._git.selection(query) if part not in {"--no-merges", "--merges"}]
        output = self._git.asked(*told, "--no-merges", *chosen).output
        counts = Counter(row.lstrip(b"\n") for row in output.split(b"\0") if row.strip(b"\n"))
        return sorted(((path_text(path), n) for path, n in counts.items()), key=lambda pair: (-pair[1], pair[0]))

    def moments(self, query: CommitQuery) -> list[datetime]:
        """The committer dates of the commits asked for, newest first as git orders them, UTC."""
        rows = self._git.asked("log", "--no-show-signature", "--no-patch", "--format=%ct", *self._git.selection(query))
        return [datetime.fromtimestamp(int(row), UTC) for row in rows.text.split()]

    def merge_of(self, sha: str) -> Commit | None:
        """The merge that brought a commit to the line of first parents; None for a commit of that line itself."""
        span = f"{sha}..{self.revision}"
        onto = self._git.asked("rev-list", "--first-parent", "--ancestry-path", span, "--").text.split()
        through = self._git.asked("rev-list", "--ancestry-path", "--merges", span, "--").text.split()
        line = set(self._git.asked("rev-list", "--first-parent", self.revision, "--").text.split())
        if sha in line:
            return None
        candidates = [merge for merge in through if merge in line] or onto
        return self._git.log(CommitQuery(span=candidates[-1], n_max=1))[0] if candidates else None

    def trailers(self, sha: str) -> list[tuple[str, str]]:
        """(key, value) of the trailers of a commit's message, in order, redacted."""
        output = self._git.asked("log", "-1", "--no-patch", f"--format={TRAILERS_FORMAT}", sha, "--").output
        found = []
        for row in output.decode("utf-8", "replace").strip("\n").split("\0"):
            key, colon, value = row.partition(":")
            if colon:
                found.append((key.strip(), redact(value.strip(), "")[0]))
        return found

    def lines_with(self, word: str) -> list[tuple[str, str]]:
        """(path, line) of every line of a text file that has this whole word, by path.

        The files are read at the second question and kept, unless they are too large together: then git looks.
        """
        self._n_asked += 1
        tree = self._tree if self._n_asked > 1 else None
        if tree is not None and word.isascii() and "\n" not in word:
            return tree.lines_with(word)
        result = self._git.run("grep", "-z", "-n", "-I", "-F", "-w", "-e", word, self.revision, "--")
        if result.status not in {0, 1}:
            raise self._git.failed("grep", result)
        return list(_lines(result.output))

    @cached_property
    def _tree(self) -> TreeText | None:
        return read_tree(self._git, self._max_tree_bytes) if self._max_tree_bytes else None

    def sources(self, paths: Sequence[str]) -> list[str]:
        """Texts of files at the revision, decoded and NOT redacted: to be parsed, never to be shown."""
        names = [f"{self.revision}:{os.fsdecode(path_bytes(path))}" for path in paths if "\n" not in path]
        with ObjectReader(self._mirror) as objects:
            found = iter(list(objects.read_all(names)))
        texts = []
        for path in paths:
            data = next(found) if "\n" not in path else None
            texts.append((data or b"").decode("utf-8-sig", "replace"))
        return texts


def _lines(output: bytes) -> Iterator[tuple[str, str]]:
    """Rows of ``git grep -z -n``: revision:path NUL line number NUL line LF. Paths may hold line feeds."""
    for row in re.finditer(rb"([^\0]+)\0\d+\0([^\n]*)\n", output):
        yield path_text(row[1].partition(b":")[2]), row[2].decode("utf-8", "replace")

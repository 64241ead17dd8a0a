"""The passages that every engine of a comparison gets: the text files of one commit, cut in the same way for all."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Lines ``start_line`` to ``end_line`` of a file, from 1, both inside."""

    path: str
    start_line: int
    end_line: int
    text: str

    @property
    def indexed(self) -> str:
        """What the engines index: the path, which every engine may profit from, and the text below it."""
        return f"{self.path}\n{self.text}"


def commit_files(repository: Path, commit: str) -> dict[str, str]:
    """Path and text of every file at ``commit`` that is not binary (git's rule: a NUL in the first 8,000 bytes).

    Reads objects only, so a bare repository will do. Ends the program with a sentence when the commit is not there.
    """
    listing = _git(repository, "ls-tree", "-r", "-z", "--full-tree", commit)
    entries = [entry.split("\t", 1) for entry in listing.decode("utf-8", "surrogateescape").split("\0") if entry]
    blobs = [(path, head.split()[2]) for head, path in entries if head.split()[1] == "blob"]
    contents = _git(repository, "cat-file", "--batch", given="".join(f"{blob}\n" for _, blob in blobs).encode())
    files: dict[str, str] = {}
    position = 0
    for path, _ in blobs:
        head_end = contents.index(b"\n", position)
        size = int(contents[position:head_end].split()[2])
        data = contents[head_end + 1 : head_end + 1 + size]
        position = head_end + size + 2
        if b"\0" not in data[:8000]:
            files[path] = data.decode("utf-8", "replace")
    return files


def windows(files: Mapping[str, str], n_lines: int = 40) -> list[Passage]:
    """Every file cut into windows of ``n_lines``, without overlap; blank windows are left out."""
    passages = []
    for path, text in files.items():
        lines = text.splitlines()
        for start in range(0, len(lines), n_lines):
            cut = lines[start : start + n_lines]
            if any(line.strip() for line in cut):
                passages.append(
                    Passage(path=path, start_line=start + 1, end_line=start + len(cut), text="\n".join(cut))
                )
    return passages


def files_in_order(passages: Sequence[Passage]) -> list[str]:
    """Paths by their first passage: how a ranking of passages ranks files."""
    return list(dict.fromkeys(passage.path for passage in passages))


def _git(repository: Path, *arguments: str, given: bytes | None = None) -> bytes:
    command = ["git", "-C", str(repository), *arguments]
    try:
        return subprocess.run(command, input=given, check=True, capture_output=True).stdout
    except subprocess.CalledProcessError as failure:
        said = failure.stderr.decode("utf-8", "replace").strip()
        raise SystemExit(f"git {arguments[0]} failed in {repository}: {said}") from failure

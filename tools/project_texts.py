"""The texts of a project that examples are made of: files and commits of a git repository, files of a package.

Tests are left out, and what was copied from other projects. The same input gives the same texts.
"""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from whence.training.project_examples import ProjectText

SEED = 7
MOST_BYTES = 300_000
PYTHON, PROSE = (".py",), (".md", ".rst")
BRACES = (".h", ".hpp", ".c", ".cc", ".cpp", ".js", ".ts", ".go", ".rs", ".java")

Endings = tuple[str, ...]
Item = TypeVar("Item")


def is_own(path: str, endings: Endings) -> bool:
    """Whether a file with one of these endings is neither a test nor of another project."""
    lowered = path.lower()
    return path.endswith(endings) and "test" not in lowered and "vendor" not in lowered


def repository_files(name: str, repository: Path, kinds: Sequence[Endings], n_most: int = 0) -> list[ProjectText]:
    """The files of the newest commit, kind after kind; of each at most ``n_most``, drawn (0: all, in order)."""
    listed = _git(repository, "ls-tree", "-r", "-l", "--full-tree", "HEAD").decode("utf-8", "replace").splitlines()
    every = tuple(ending for endings in kinds for ending in endings)
    found: list[tuple[str, str]] = []
    for line in listed:
        about, _, path = line.partition("\t")
        _, kind, blob, size = about.split()
        if kind == "blob" and int(size) < MOST_BYTES and is_own(path, every):
            found.append((path, blob))
    wanted = [one for endings in kinds for one in _drawn([pair for pair in found if pair[0].endswith(endings)], n_most)]
    told = _git(repository, "cat-file", "--batch", given="".join(f"{blob}\n" for _, blob in wanted).encode())
    files: list[ProjectText] = []
    at = 0
    for path, _ in wanted:
        end = told.index(b"\n", at)
        n_bytes = int(told[at:end].split()[-1])
        text = told[end + 1 : end + 1 + n_bytes].decode("utf-8", "replace")
        files.append(ProjectText(project=name, path=path, text=text))
        at = end + 2 + n_bytes
    return files


def repository_commits(
    name: str, repository: Path, n_newest: int, endings: Endings, shown: Callable[[str, str], str]
) -> Iterator[ProjectText]:
    """Subject, and longest hunk as ``shown`` of path and hunk, of small commits; newest first.

    Small are at most three hunks in files that count, and 20,000 characters of patch.
    """
    told = _git(repository, "log", "--no-merges", "--format=%x01%s%x02", "-p", "-U2", f"-{n_newest}", "HEAD")
    for commit in told.decode("utf-8", "replace").split("\x01")[1:]:
        subject, _, patch = commit.partition("\x02")
        found: list[tuple[str, str]] = []
        for part in patch.split("\ndiff --git ")[1:]:
            path = part.partition("\n")[0].rpartition(" b/")[2]
            if is_own(path, endings):
                found += [(path, hunk) for hunk in part.split("\n@@ ")[1:]]
        if 0 < len(found) <= 3 and len(patch) <= 20_000:
            path, hunk = max(found, key=lambda one: len(one[1]))
            yield ProjectText(project=name, path=subject.strip(), text=shown(path, hunk))


def package_files(name: str, folder: Path, kinds: Sequence[Endings], n_most: int) -> list[ProjectText]:
    """The files of an installed package, kind after kind; of each at most ``n_most``, drawn."""
    found: list[ProjectText] = []
    every = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for endings in kinds:
        for path in _drawn([path for path in every if is_own(str(path.relative_to(folder)), endings)], n_most):
            if path.stat().st_size < MOST_BYTES:
                text = path.read_text(encoding="utf-8", errors="replace")
                found.append(ProjectText(project=name, path=str(path.relative_to(folder)), text=text))
    return found


def named_folders(given: Sequence[str]) -> list[tuple[str, Path]]:
    """NAME=DIR of the command line. Ends the program where one is something else."""
    made = [one.partition("=") for one in given]
    for name, sign, folder in made:
        if not sign or not Path(folder).is_dir():
            sys.exit(f"{name}{sign}{folder} is not NAME=DIR with a folder that is there.")
    return [(name, Path(folder)) for name, _, folder in made]


def _drawn(files: Sequence[Item], n_most: int) -> list[Item]:
    return random.Random(SEED).sample(list(files), min(n_most, len(files))) if n_most else list(files)


def _git(repository: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git says; ends the program with git's own sentence where it fails."""
    done = subprocess.run(["git", "-C", str(repository), *arguments], input=given, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"git cannot read {repository}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout

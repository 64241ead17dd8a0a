"""Makes the examples from projects that the reader is trained on, beside SQuAD: from repositories and packages.

    python tools/make_reading_examples.py --repository pip=DIR ... --package numpy=DIR ... --out FILE

Only what its licence lets weights be trained on may be given: the caller answers for the repositories and packages.
Half of the questions come once more with a like passage of the same project that does not answer. The same input gives
the same file.
"""

import argparse
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from whence.training.project_examples import (
    ProjectText,
    change_examples,
    code_examples,
    like_passages,
    section_examples,
)
from whence.training.reading_examples import ReadingExample, write_examples

SEED = 7
MOST_SPANS, MOST_WHOLE, MOST_SECTIONS, MOST_CHANGES = 1200, 900, 700, 700
"""Examples of one kind from one repository, so that no project rules."""
MOST_PACKAGE_SPANS, MOST_PACKAGE_WHOLE, MOST_PACKAGE_FILES = 1000, 600, 400
LIKE_SHARE = 0.5
N_COMMITS = 2500
MOST_BYTES = 300_000


def git(repository: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git says; ends the program with git's own sentence where it fails."""
    done = subprocess.run(["git", "-C", str(repository), *arguments], input=given, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"git cannot read {repository}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def repository_files(name: str, repository: Path, endings: tuple[str, ...]) -> list[ProjectText]:
    """The files of the newest commit with these endings; no tests, nothing copied from others."""
    listed = git(repository, "ls-tree", "-r", "--name-only", "HEAD").decode("utf-8", "replace").splitlines()
    wanted = [
        path for path in listed if path.endswith(endings) and "_vendor" not in path and "test" not in path.lower()
    ]
    told = git(repository, "cat-file", "--batch", given="".join(f"HEAD:{path}\n" for path in wanted).encode())
    files: list[ProjectText] = []
    at = 0
    for path in wanted:
        end = told.index(b"\n", at)
        size = int(told[at:end].split()[-1])
        if size < MOST_BYTES:
            text = told[end + 1 : end + 1 + size].decode("utf-8", "replace")
            files.append(ProjectText(project=name, path=path, text=text))
        at = end + 2 + size
    return files


def repository_commits(name: str, repository: Path) -> Iterator[ProjectText]:
    """Subject and longest hunk of small commits to Python files, newest first."""
    told = git(
        repository, *("log", "--no-merges", "--format=%x01%s%x02", "-p", "-U2"), f"-{N_COMMITS}", "HEAD", "--", "*.py"
    )
    for commit in told.decode("utf-8", "replace").split("\x01")[1:]:
        subject, _, patch = commit.partition("\x02")
        hunks = patch.split("\n@@")[1:]
        if 0 < len(hunks) <= 3 and len(patch) <= 20_000:
            text = "@@" + max(hunks, key=len)
            yield ProjectText(project=name, path=subject.strip(), text=text[:2400])


def package_files(name: str, folder: Path) -> list[ProjectText]:
    """Some of the Python files of an installed package, drawn."""
    paths = [path for path in sorted(folder.rglob("*.py")) if "test" not in str(path.relative_to(folder)).lower()]
    texts = [
        ProjectText(
            project=name, path=str(path.relative_to(folder)), text=path.read_text(encoding="utf-8", errors="replace")
        )
        for path in paths
        if path.stat().st_size <= MOST_BYTES
    ]
    random.Random(SEED).shuffle(texts)
    return texts[:MOST_PACKAGE_FILES]


def drawn(
    examples: Sequence[ReadingExample], chance: random.Random, most_spans: int, most_whole: int
) -> list[ReadingExample]:
    """What docstrings say before plain defaults, of which there are many and which teach less."""
    mixed = chance.sample(list(examples), len(examples))
    said = [e for e in mixed if not e.is_whole and "/default/" not in e.id][:most_spans]
    defaults = [e for e in mixed if "/default/" in e.id][: min(most_spans - len(said) // 2, len(said) // 2 + 150)]
    return said + defaults + [e for e in mixed if e.is_whole][:most_whole]


def of_repository(name: str, repository: Path, chance: random.Random) -> list[ReadingExample]:
    """Functions, sections and commits of one repository."""
    functions = list(code_examples(repository_files(name, repository, (".py",)), SEED))
    sections = list(section_examples(repository_files(name, repository, (".md", ".rst"))))
    changes = list(change_examples(repository_commits(name, repository)))
    return [
        *drawn(functions, chance, MOST_SPANS, MOST_WHOLE),
        *chance.sample(sections, min(MOST_SECTIONS, len(sections))),
        *chance.sample(changes, min(MOST_CHANGES, len(changes))),
    ]


def main() -> None:
    """Reads the arguments, makes the examples, says how many there are of each project."""
    parser = argparse.ArgumentParser(description="make the examples from projects that the reader is trained on")
    parser.add_argument("--repository", action="append", default=[], metavar="NAME=DIR", help="a git repository")
    parser.add_argument("--package", action="append", default=[], metavar="NAME=DIR", help="an installed package")
    parser.add_argument("--out", type=Path, required=True, help="file to write, .jsonl or .jsonl.gz")
    options = parser.parse_args()
    chance = random.Random(SEED)
    made: list[ReadingExample] = []
    like: list[ReadingExample] = []
    of_repositories = [given.partition("=") for given in options.repository]
    for name, _, folder in of_repositories:
        made += of_repository(name, Path(folder), chance)
    for name, _, folder in (given.partition("=") for given in options.package):
        functions = list(code_examples(package_files(name, Path(folder)), SEED))
        made += drawn(functions, chance, MOST_PACKAGE_SPANS, MOST_PACKAGE_WHOLE)
    like = like_passages(made, LIKE_SHARE, SEED)
    n_written = write_examples([*made, *like], options.out)
    for project, count in sorted(Counter(example.id.partition("/")[0] for example in made).items()):
        sys.stdout.write(f"{count:>7,}  {project}\n")
    sys.stdout.write(f"{n_written:>7,}  examples in {options.out}, {len(like):,} of them without an answer\n")


if __name__ == "__main__":
    main()

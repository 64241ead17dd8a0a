"""Makes the pairs that the embedder is trained on: from data sets, repositories and installed packages.

    python tools/make_embedding_pairs.py --data DIR --repository sympy=DIR ... --package torch=DIR ... --out FILE

Only what its licence lets weights be trained on may be given: the caller answers for the repositories and packages. Of
the data sets those below are read: SQuAD train, CoNaLa, the Python API documentation, PubMedQA. Pairs whose question
or passage is like a question or passage of the suites that models are judged by (in DIR too) are left out and
counted. The same input gives the same file.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from data_set_pairs import squad_pairs, whole_pairs, without_held_out
from project_texts import (
    BRACES,
    PROSE,
    PYTHON,
    SEED,
    named_folders,
    package_files,
    repository_commits,
    repository_files,
)

from whence.embedding.passage import passage_text
from whence.training.embedding_examples import EmbeddingPair, write_pairs
from whence.training.project_examples import ProjectText
from whence.training.project_pairs import change_pairs, declaration_pairs, drawn, function_pairs, section_pairs

KINDS = (PYTHON, PROSE, BRACES)
MOST = {"code": 1500, "names": 300, "sections": 600, "changes": 800, "declarations": 1200}
"""Pairs of one kind from one project, so that no project rules."""
N_COMMITS = 3000
MOST_FILES = 400
"""Of one kind and one project."""


def of_project(name: str, files: Sequence[ProjectText], commits: Iterable[ProjectText] = ()) -> Iterator[EmbeddingPair]:
    """Pairs of one project, at most ``MOST`` of a kind."""
    made = [
        *function_pairs((file for file in files if file.path.endswith(PYTHON)), SEED, passage_text),
        *section_pairs((file for file in files if file.path.endswith(PROSE)), passage_text),
        *declaration_pairs((file for file in files if file.path.endswith(BRACES)), passage_text),
        *change_pairs(commits),
    ]
    for kind, most in MOST.items():
        yield from drawn((pair for pair in made if pair.source == f"{name}/{kind}"), most, SEED)


def of_repository(name: str, folder: Path) -> Iterator[EmbeddingPair]:
    """Pairs of a repository's newest files and small commits."""
    files = repository_files(name, folder, KINDS, MOST_FILES)
    commits = repository_commits(name, folder, N_COMMITS, (*PYTHON, *PROSE, *BRACES), shown)
    yield from of_project(name, files, commits)


def shown(path: str, hunk: str) -> str:
    """A hunk as the embedder is shown one: under the path of its file."""
    return passage_text("", path, hunk.partition("@@")[2].strip("\n"))


def main() -> None:
    """Reads the arguments, makes the pairs, says how many there are of each source."""
    parser = argparse.ArgumentParser(description="make the pairs that the embedder is trained on")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--repository", action="append", default=[], metavar="NAME=DIR", help="a git repository")
    parser.add_argument("--package", action="append", default=[], metavar="NAME=DIR", help="an installed package")
    parser.add_argument("--out", type=Path, required=True, help="file to write, .jsonl or .jsonl.gz")
    options = parser.parse_args()
    pairs = [*squad_pairs(options.data), *whole_pairs(options.data)]
    for name, folder in named_folders(options.repository):
        pairs += of_repository(name, folder)
    for name, folder in named_folders(options.package):
        pairs += of_project(name, package_files(name, folder, KINDS, MOST_FILES))
    kept = without_held_out(pairs, options.data)
    write_pairs(kept, options.out)
    for source, count in sorted(Counter(pair.source for pair in kept).items()):
        sys.stdout.write(f"{count:>7,}  {source}\n")
    sys.stdout.write(f"{len(kept):>7,}  pairs in {options.out}\n")


if __name__ == "__main__":
    main()

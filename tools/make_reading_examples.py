"""Makes the examples that the reader is trained on beside SQuAD: from repositories, packages, data sets and pairs.

    python tools/make_reading_examples.py --repository pip=DIR ... --package numpy=DIR ... --out project.jsonl.gz
    python tools/make_reading_examples.py --data DIR --out whole.jsonl.gz
    python tools/make_reading_examples.py --pairs pairs.jsonl.gz --only conala --only sympy/code --out whole.jsonl.gz

Repositories and packages give spans of functions, and whole functions, sections and changes. CoNaLa, the Python API
documentation and PubMedQA (``--data``), and what ``make_embedding_pairs.py`` made (``--pairs``), give whole passages,
which teach relevance alone. Many questions come once more with a like passage of the same project or set that does not
answer. Only what its licence lets weights be trained on may be given: the caller answers for it. What is like a
question or passage of the suites in DIR is left out and counted. The same input gives the same file.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from data_set_pairs import whole_pairs, without_held_out
from project_texts import PROSE, PYTHON, SEED, named_folders, package_files, repository_commits, repository_files

from whence.errors import WhenceError
from whence.training.embedding_examples import EmbeddingPair, read_pairs
from whence.training.project_examples import change_examples, code_examples, like_passages, section_examples
from whence.training.reading_examples import ReadingExample, write_examples

MOST_SPANS, MOST_WHOLE, MOST_SECTIONS, MOST_CHANGES = 1200, 900, 700, 700
"""Examples of one kind from one repository, so that no project rules."""
MOST_PACKAGE_SPANS, MOST_PACKAGE_WHOLE, MOST_PACKAGE_FILES = 1000, 600, 400
LIKE_SHARE, LIKE_WHOLE_SHARE = 0.5, 0.6
MOST_CHARS = 1500
N_COMMITS = 2500


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
    functions = list(code_examples(repository_files(name, repository, (PYTHON,)), SEED))
    sections = list(section_examples(repository_files(name, repository, (PROSE,))))
    commits = repository_commits(name, repository, N_COMMITS, PYTHON, lambda _, hunk: f"@@ {hunk}"[:2400])
    changes = list(change_examples(commits))
    return [
        *drawn(functions, chance, MOST_SPANS, MOST_WHOLE),
        *chance.sample(sections, min(MOST_SECTIONS, len(sections))),
        *chance.sample(changes, min(MOST_CHANGES, len(changes))),
    ]


def of_pairs(pairs: Iterable[EmbeddingPair], seed: int) -> list[ReadingExample]:
    """Each pair as a question and its whole passage, in an order that the seed decides."""
    made = [
        ReadingExample(
            id=f"{pair.source}/{pair.id}", question=pair.question, passage=pair.passage[:MOST_CHARS], is_whole=True
        )
        for pair in pairs
    ]
    random.Random(seed).shuffle(made)
    return made


def with_own_ids(examples: Iterable[ReadingExample]) -> list[ReadingExample]:
    """The second of an id gets "/1", and so on: several wordings and passages of one row share theirs."""
    seen: Counter[str] = Counter()
    made = []
    for example in examples:
        n = seen[example.id]
        seen[example.id] += 1
        made.append(replace(example, id=f"{example.id}/{n}") if n else example)
    return made


def chosen_pairs(files: Sequence[Path], only: Sequence[str]) -> list[EmbeddingPair]:
    """The pairs of the files whose source begins with one of ``only``; all, if none is given."""
    return [pair for path in files for pair in read_pairs(path) if pair.source.startswith(tuple(only) or "")]


def main() -> None:
    """Reads the arguments, makes the examples, says how many there are of each project."""
    parser = argparse.ArgumentParser(description="make the examples that the reader is trained on, beside SQuAD")
    parser.add_argument("--repository", action="append", default=[], metavar="NAME=DIR", help="a git repository")
    parser.add_argument("--package", action="append", default=[], metavar="NAME=DIR", help="an installed package")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the data sets")
    parser.add_argument("--pairs", action="append", default=[], type=Path, metavar="FILE", help="made pairs")
    parser.add_argument("--only", action="append", default=[], metavar="SOURCE", help="pairs whose source begins so")
    parser.add_argument("--seed", type=int, default=SEED, help="order of the pairs, and which passages do not answer")
    parser.add_argument("--out", type=Path, required=True, help="file to write, .jsonl or .jsonl.gz")
    options = parser.parse_args()
    if not (options.repository or options.package or options.data or options.pairs):
        parser.error("nothing to make examples of: give --repository, --package, --data or --pairs")
    chance = random.Random(SEED)
    made: list[ReadingExample] = []
    for name, folder in named_folders(options.repository):
        made += of_repository(name, folder, chance)
    for name, folder in named_folders(options.package):
        functions = list(code_examples(package_files(name, folder, (PYTHON,), MOST_PACKAGE_FILES), SEED))
        made += drawn(functions, chance, MOST_PACKAGE_SPANS, MOST_PACKAGE_WHOLE)
    try:
        pairs = chosen_pairs(options.pairs, options.only)
    except WhenceError as error:
        sys.exit(str(error))
    if options.data:
        pairs += without_held_out(list(whole_pairs(options.data)), options.data)
    whole = of_pairs(pairs, options.seed)
    like = [*like_passages(made, LIKE_SHARE, SEED), *like_passages(whole, LIKE_WHOLE_SHARE, options.seed)]
    n_written = write_examples(with_own_ids([*made, *whole, *like]), options.out)
    for project, count in sorted(Counter(example.id.partition("/")[0] for example in (*made, *whole)).items()):
        sys.stdout.write(f"{count:>7,}  {project}\n")
    sys.stdout.write(f"{n_written:>7,}  examples in {options.out}, {len(like):,} of them without an answer\n")


if __name__ == "__main__":
    main()

"""Makes the pairs that the embedder is trained on: from data sets, repositories and installed packages.

    python tools/make_embedding_pairs.py --data DIR --repository sympy=DIR ... --package torch=DIR ... --out FILE

Only what its licence lets weights be trained on may be given: the caller answers for the repositories and packages. Of
the data sets those below are read: SQuAD train, CoNaLa, the Python API documentation, PubMedQA. Pairs whose question
or passage is like a question or passage of the suites that models are judged by (in DIR too) are left out and
counted. The same input gives the same file.
"""

import argparse
import gzip
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from whence.embedding.passage import passage_text
from whence.training.embedding_examples import EmbeddingPair, write_pairs
from whence.training.likeness import alike
from whence.training.project_examples import ProjectText
from whence.training.project_pairs import change_pairs, declaration_pairs, drawn, function_pairs, section_pairs
from whence.training.reading_examples import read_paragraphs

SEED = 7
PYTHON, PROSE = (".py",), (".md", ".rst")
BRACES = (".h", ".hpp", ".c", ".cc", ".cpp", ".js", ".ts", ".go", ".rs", ".java")
MOST = {"code": 1500, "names": 300, "sections": 600, "changes": 800, "declarations": 1200}
"""Pairs of one kind from one project, so that no project rules."""
MOST_QUESTIONS, MOST_SIGNATURES = 9000, 4000
N_COMMITS = 3000
MOST_BYTES = 300_000
MOST_FILES = 400
"""Of one kind and one project."""

Row = dict[str, Any]
Item = TypeVar("Item")


def rows(path: Path) -> Iterator[Row]:
    """One object a line, unpacked where needed."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def of_data(folder: Path) -> Iterator[EmbeddingPair]:
    """Pairs of the data sets."""
    squad = read_paragraphs(folder / "squad" / "squad_v1.1_train_paragraphs.jsonl.gz")
    questions = (EmbeddingPair(id=e.id, source="squad", question=e.question, passage=e.passage) for e in squad)
    yield from drawn(questions, MOST_QUESTIONS, SEED)
    for row in rows(folder / "conala" / "conala_train.jsonl"):
        for wording in dict.fromkeys(filter(None, (row["intent"], row["rewritten_intent"]))):
            yield EmbeddingPair(id=row["id"], source="conala", question=wording, passage=row["snippet"])
    documented = (
        EmbeddingPair(id=f"api-{row['id']}", source="api", question=row["intent"], passage=row["snippet"])
        for row in rows(folder / "python_api_docs" / "python_api_docs.jsonl")
        if 4 <= len(row["intent"].split()) <= 60
    )
    yield from drawn(documented, MOST_SIGNATURES, SEED)
    chance = random.Random(SEED)
    for row in rows(folder / "pubmed_qa" / "pubmed_qa_open.jsonl"):
        for passage in (chance.choice(row["contexts"]), row["long_answer"]):
            yield EmbeddingPair(id=row["id"], source="pubmed", question=row["question"], passage=passage)


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


def git(repository: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git says; ends the program with git's own sentence where it fails."""
    done = subprocess.run(["git", "-C", str(repository), *arguments], input=given, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"git cannot read {repository}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def repository_files(name: str, repository: Path) -> list[ProjectText]:
    """The files of the newest commit that pairs are made from; no tests, nothing copied from others."""
    listed = git(repository, "ls-tree", "-r", "-l", "--full-tree", "HEAD").decode("utf-8", "replace").splitlines()
    wanted: list[tuple[str, str]] = []
    for line in listed:
        about, _, path = line.partition("\t")
        _, kind, blob, size = about.split()
        if kind == "blob" and int(size) < MOST_BYTES and is_wanted(path):
            wanted.append((path, blob))
    wanted = [one for part in (PYTHON, PROSE, BRACES) for one in some([w for w in wanted if w[0].endswith(part)])]
    told = git(repository, "cat-file", "--batch", given="".join(f"{blob}\n" for _, blob in wanted).encode())
    files: list[ProjectText] = []
    at = 0
    for path, _ in wanted:
        end = told.index(b"\n", at)
        size_read = int(told[at:end].split()[-1])
        text = told[end + 1 : end + 1 + size_read].decode("utf-8", "replace")
        files.append(ProjectText(project=name, path=path, text=text))
        at = end + 2 + size_read
    return files


def some(files: Sequence[Item]) -> list[Item]:
    """At most ``MOST_FILES`` of them, drawn."""
    return random.Random(SEED).sample(list(files), min(MOST_FILES, len(files)))


def is_wanted(path: str) -> bool:
    """Whether pairs are made from this file."""
    lowered = path.lower()
    return path.endswith((*PYTHON, *PROSE, *BRACES)) and "test" not in lowered and "vendor" not in lowered


def repository_commits(name: str, repository: Path) -> Iterator[ProjectText]:
    """Subject and longest hunk of small commits, newest first; the hunk under the path of its file."""
    told = git(repository, "log", "--no-merges", "--format=%x01%s%x02", "-p", "-U2", f"-{N_COMMITS}", "HEAD")
    for commit in told.decode("utf-8", "replace").split("\x01")[1:]:
        subject, _, patch = commit.partition("\x02")
        found: list[tuple[str, str]] = []
        for part in patch.split("\ndiff --git ")[1:]:
            path = part.partition("\n")[0].rpartition(" b/")[2]
            if is_wanted(path):
                found += [(path, hunk) for hunk in part.split("\n@@ ")[1:]]
        if 0 < len(found) <= 3 and len(patch) <= 20_000:
            path, hunk = max(found, key=lambda one: len(one[1]))
            text = passage_text("", path, hunk.partition("@@")[2].strip("\n"))
            yield ProjectText(project=name, path=subject.strip(), text=text)


def package_files(name: str, folder: Path) -> list[ProjectText]:
    """The files of an installed package that pairs are made from."""
    found: list[ProjectText] = []
    for endings in (PYTHON, PROSE, BRACES):
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name.endswith(endings)]
        wanted = [path for path in paths if is_wanted(str(path.relative_to(folder)))]
        for path in some(wanted):
            if path.stat().st_size < MOST_BYTES:
                text = path.read_text(encoding="utf-8", errors="replace")
                found.append(ProjectText(project=name, path=str(path.relative_to(folder)), text=text))
    return found


def held_out(folder: Path) -> tuple[list[str], list[str]]:
    """Questions and passages of the suites: nothing like them may be trained on."""
    questions: list[str] = []
    passages: list[str] = []
    for name in ("cranfield", "cisi", "cacm", "npl_vaswani"):
        questions += [row["text"] for row in rows(folder / name / "queries_open.jsonl")]
        passages += [row["text"] for row in rows(folder / name / "documents.jsonl")]
    for row in rows(folder / "squad" / "squad_v1.1_dev_open.jsonl.gz"):
        passages.append(row["context"])
        questions.append(row["question"])
    questions += [row["query"] for row in rows(folder / "cosqa" / "retrieval_dev_500.jsonl")]
    passages += [row["code"] for row in rows(folder / "cosqa" / "code_base.jsonl")]
    questions += [row["question"] for row in rows(folder / "swe_qa" / "swe_qa_2026-04_gold.jsonl")]
    return questions, passages


def without_held_out(pairs: Sequence[EmbeddingPair], folder: Path) -> list[EmbeddingPair]:
    """The pairs of which neither text is like one that models are judged by."""
    questions, passages = held_out(folder)
    bad = {*alike([pair.question for pair in pairs], questions), *alike([pair.passage for pair in pairs], passages)}
    dropped = Counter(pairs[n].source for n in bad)
    sys.stdout.write(f"left out as like what models are judged by: {len(bad)} {dict(dropped)}\n")
    return [pair for n, pair in enumerate(pairs) if n not in bad]


def main() -> None:
    """Reads the arguments, makes the pairs, says how many there are of each source."""
    parser = argparse.ArgumentParser(description="make the pairs that the embedder is trained on")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--repository", action="append", default=[], metavar="NAME=DIR", help="a git repository")
    parser.add_argument("--package", action="append", default=[], metavar="NAME=DIR", help="an installed package")
    parser.add_argument("--out", type=Path, required=True, help="file to write, .jsonl or .jsonl.gz")
    options = parser.parse_args()
    pairs = list(of_data(options.data))
    for given in options.repository:
        name, _, folder = given.partition("=")
        pairs += of_project(name, repository_files(name, Path(folder)), repository_commits(name, Path(folder)))
    for given in options.package:
        name, _, folder = given.partition("=")
        pairs += of_project(name, package_files(name, Path(folder)))
    kept = without_held_out(pairs, options.data)
    write_pairs(kept, options.out)
    for source, count in sorted(Counter(pair.source for pair in kept).items()):
        sys.stdout.write(f"{count:>7,}  {source}\n")
    sys.stdout.write(f"{len(kept):>7,}  pairs in {options.out}\n")


if __name__ == "__main__":
    main()

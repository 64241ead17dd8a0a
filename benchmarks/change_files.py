"""Which files does a change concern? Commit messages as questions, the files they changed as answers.

    python -m benchmarks.change_files --requests DIR --flask DIR

A seeded sample of commits that are no merges, changed at most 20 files, and at least one that was there before. The
question is the message without trailers; gold are the changed files by the name they had before. Every system sees
only what had landed before the commit: no code, not the commit itself. Whence is asked as users ask it (``files_for``);
its parameters were chosen on 150 other commits of each repository (``--skip``). The floors: ``git log --grep`` for the
words of the message, ranking files by how many of the newest 200 commits found touch them; bm25s with stemming over
messages and paths; SQLite FTS5 over messages, paths and hunks. The last two add up the scores of their best 200 rows,
shared by a commit's files. All rank only files that the parent commit has.
"""

import argparse
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.comparison import rows
from benchmarks.report import table, write_result
from whence import Whence
from whence.metrics.hit_rate import hit_rate
from whence.metrics.reciprocal_rank import reciprocal_rank
from whence.sources.git_process import run_git
from whence.sources.history import read_commits
from whence.store.commits import landed_commits
from whence.store.history import HistoryTables
from whence.types import Commit

SEED = 17
DEPTH = 200
MOST_FILES = 20
FIRST_POSITION = 20
_WORD = re.compile(r"\w+")
_SIGNED = re.compile(r"(?i)(signed-off|co-authored|reviewed|acked|tested|reported|suggested)-by:")

Rank = Callable[["Question"], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A commit as a question: ``at`` is the last position that may be known, ``present`` what the parent has."""

    id: str
    text: str
    gold: frozenset[str]
    at: int
    parent: str
    present: frozenset[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=Path, required=True)
    parser.add_argument("--flask", type=Path, required=True)
    parser.add_argument("--n", type=int, default=300, help="commits of each repository")
    parser.add_argument("--skip", type=int, default=150, help="commits of the drawing that come first and are not used")
    options = parser.parse_args()
    tables: dict[str, str] = {}
    results: dict[str, Any] = {}
    both: dict[str, dict[str, Mapping[str, float]]] = defaultdict(dict)
    for name, repository in (("requests", options.requests), ("flask", options.flask)):
        with tempfile.TemporaryDirectory(prefix="change-files-") as data, Whence(data) as whence:
            whence.index(repository, name=name, until="text")
            values = _values(whence, name, repository, options)
        results[name] = values
        tables[name] = _table(values)
        for system, own in values.items():
            both[system].update(own)
    tables = {"both": _table(both), **tables}
    for title, text in tables.items():
        print(f"\n{title}\n{text}")
    write_result("change_files", {"n": options.n, "skip": options.skip, "seed": SEED}, results, tables)


def _table(values: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    found = rows(
        values,
        intervals=("MRR",),
        means=("hit@1", "hit@5", "recall@10"),
        medians=("ms",),
        reference="whence",
        tested="MRR",
    )
    return table(("system", "MRR", "hit@1", "hit@5", "recall@10", "p50 ms", "p (MRR)"), found)


def _values(
    whence: Whence, name: str, repository: Path, options: argparse.Namespace
) -> dict[str, dict[str, dict[str, float]]]:
    commits, landed = _history(whence, name, repository)
    questions = list(_questions(commits, landed, repository, options.skip, options.n))
    hunks = list(_hunk_rows(whence, name))
    systems: dict[str, Rank] = {
        "whence": lambda question: _whence(whence, name, question),
        "git log --grep": lambda question: _grep(repository, question),
        "bm25s, messages and paths": _bm25s(commits, landed),
        "FTS5, messages and hunks": _fts5(commits, landed, hunks),
    }
    values: dict[str, dict[str, dict[str, float]]] = {}
    for system, rank in systems.items():
        for question in questions:
            began = time.perf_counter()
            ranked = [path for path in rank(question) if path in question.present]
            took_ms = (time.perf_counter() - began) * 1000
            values.setdefault(system, {})[f"{name} {question.id[:12]}"] = {
                "MRR": reciprocal_rank(ranked, question.gold),
                "hit@1": hit_rate(ranked, question.gold, 1),
                "hit@5": hit_rate(ranked, question.gold, 5),
                "recall@10": len(question.gold & set(ranked[:10])) / len(question.gold),
                "ms": took_ms,
            }
        print(f"{name}: {system}", file=sys.stderr)
    return values


def _history(whence: Whence, name: str, repository: Path) -> tuple[dict[str, Commit], dict[str, int]]:
    snapshot = whence.ledger.snapshot(name)
    assert snapshot is not None
    [(source_id, source)] = snapshot.sources.items()
    number = HistoryTables(whence.ledger.database).number(name, source_id, source.revision)
    assert number is not None
    landed = dict(landed_commits(whence.ledger, number))
    return {commit.sha: commit for commit in read_commits(repository, landed, source.revision)}, landed


def _questions(
    commits: Mapping[str, Commit], landed: Mapping[str, int], repository: Path, skip: int, n: int
) -> Iterator[Question]:
    drawn = [sha for sha in sorted(commits) if len(commits[sha].parents) == 1 and commits[sha].changes]
    random.Random(SEED).shuffle(drawn)
    made = 0
    for sha in drawn:
        commit = commits[sha]
        gold = frozenset(change.old_path or change.path for change in commit.changes if change.status in "MDRT")
        text = _text(commit)
        at = landed[sha] - 1
        if not gold or len(gold) > MOST_FILES or at < FIRST_POSITION or not _words(text):
            continue
        made += 1
        if made <= skip:
            continue
        parent = commit.parents[0]
        listed = run_git(repository, "ls-tree", "-r", "--name-only", "-z", parent).output.decode("utf-8", "replace")
        yield Question(id=sha, text=text, gold=gold, at=at, parent=parent, present=frozenset(listed.split("\0")))
        if made == skip + n:
            return


def _text(commit: Commit) -> str:
    trailers = {f"{key}: {value}" for key, value in commit.trailers}
    kept = [line for line in commit.body.split("\n") if line.strip() not in trailers and not _SIGNED.match(line)]
    return "\n".join([commit.subject, *kept]).strip()


def _words(text: str) -> list[str]:
    from bm25s.stopwords import STOPWORDS_EN_PLUS

    words = dict.fromkeys(_WORD.findall(text.lower()))
    return [word for word in words if word not in STOPWORDS_EN_PLUS and len(word) > 1]


def _whence(whence: Whence, name: str, question: Question) -> list[str]:
    return [file.path for file in whence.files_for(question.text[:5_000], 1_000, name=name, at=question.at)]


def _grep(repository: Path, question: Question) -> list[str]:
    """Files by how many of the newest commits whose message has any of the words touch them, then by the newest."""
    words = _words(question.text)[:12]
    patterns = [part for word in words for part in ("--grep", word)]
    command = ["git", "-C", str(repository), "log", "-i", "-F", *patterns, "-n", str(DEPTH), "--name-only"]
    done = subprocess.run(
        [*command, "--no-merges", "-z", "--format=", question.parent, "--"], capture_output=True, check=True
    )
    counts: dict[str, int] = defaultdict(int)
    for path in done.stdout.decode("utf-8", "replace").split("\0"):
        counts[path.strip("\n")] += 1
    order = list(counts)
    return sorted(order, key=lambda path: (-counts[path], order.index(path)))


def _bm25s(commits: Mapping[str, Commit], landed: Mapping[str, int]) -> Rank:
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    kept = [commit for commit in commits.values() if commit.changes]
    paths = [[change.path for change in commit.changes] for commit in kept]
    texts = [f"{commit.subject}\n{commit.body}\n{' '.join(own)}" for commit, own in zip(kept, paths, strict=True)]
    engine = bm25s.BM25()
    engine.index(bm25s.tokenize(texts, stemmer=stemmer, show_progress=False), show_progress=False)
    positions = np.array([landed[commit.sha] for commit in kept])

    def rank(question: Question) -> list[str]:
        [tokens] = bm25s.tokenize([question.text], stemmer=stemmer, show_progress=False, return_ids=False)
        scores = np.where(positions <= question.at, engine.get_scores(tokens), 0.0)
        best = np.argsort(-scores, kind="stable")[:DEPTH]
        return _summed((float(scores[row]), paths[row]) for row in best if scores[row] > 0)

    return rank


def _fts5(commits: Mapping[str, Commit], landed: Mapping[str, int], hunks: Sequence[tuple[str, str, str]]) -> Rank:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE rows USING fts5(text, tokenize='porter unicode61')")
    paths: list[list[str]] = []
    positions: list[int] = []
    texts: list[str] = []
    for commit in commits.values():
        if commit.changes:
            paths.append([change.path for change in commit.changes])
            positions.append(landed[commit.sha])
            texts.append(f"{commit.subject}\n{commit.body}\n{' '.join(paths[-1])}")
    for sha, path, text in hunks:
        paths.append([path])
        positions.append(landed[sha])
        texts.append(f"{path}\n{text}")
    connection.executemany("INSERT INTO rows(rowid, text) VALUES (?, ?)", enumerate(texts))
    connection.execute("CREATE TABLE places (id INTEGER PRIMARY KEY, position INTEGER)")
    connection.executemany("INSERT INTO places VALUES (?, ?)", enumerate(positions))

    def rank(question: Question) -> list[str]:
        query = " OR ".join(f'"{word}"' for word in _words(question.text)[:64])
        sql = (
            "SELECT rows.rowid, -bm25(rows) FROM rows JOIN places ON places.id = rows.rowid "
            "WHERE rows MATCH ? AND places.position <= ? ORDER BY bm25(rows) LIMIT ?"
        )
        found = connection.execute(sql, (query, question.at, DEPTH)).fetchall()
        return _summed((score, paths[row]) for row, score in found)

    return rank


def _summed(found: Iterator[tuple[float, list[str]]]) -> list[str]:
    scores: dict[str, float] = defaultdict(float)
    for score, paths in found:
        for path in paths:
            scores[path] += score / len(paths) ** 0.5
    return sorted(scores, key=lambda path: (-scores[path], path))


def _hunk_rows(whence: Whence, name: str) -> Iterator[tuple[str, str, str]]:
    """(commit, path, text) of every hunk."""
    snapshot = whence.ledger.snapshot(name)
    assert snapshot is not None
    opened = whence._parts.tables.open(snapshot.history_table, snapshot.tables[snapshot.history_table])
    columns = ["document_id", "path", "text"]
    found = opened.read(lambda query: query.where("kind = 'hunk'").select(columns))
    for row in found.to_pylist():
        yield row["document_id"].rpartition("/")[2], row["path"], row["text"]


if __name__ == "__main__":
    main()

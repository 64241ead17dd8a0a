"""Fact questions about any git repository, drawn at random, with answers found by plain git commands alone.

Nothing of whence's own reading of histories is used: what a question expects comes from git run as anyone would.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from whence.evaluation.repositories import git_lines

_PLAIN_PATH = re.compile(r"[\w./-]+\.(?:py|md|rst|txt|toml|cfg|yml|yaml|c|h|js|go|java|rs|html)")
_PLAIN_NAME = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}")
_MENTION = re.compile(r"(?<![\w&/#-])#(\d{1,6})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactQuestion:
    """What an answer must say. ``commit`` is that of its first citation ("": any); ``says`` are parts of its text.

    An ``unknown`` thing is to be answered by saying that it is not there.
    """

    kind: str
    question: str
    commit: str = ""
    says: tuple[str, ...] = ()
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class _Drawing:
    folder: Path
    rng: random.Random

    def lines(self, *arguments: str) -> list[str]:
        return git_lines(self.folder, *arguments)

    def draw(self, items: Sequence[str], n: int) -> list[str]:
        unique = sorted(set(items) - {""})
        return self.rng.sample(unique, min(n, len(unique)))

    def ask(self, *wordings: str) -> str:
        return self.rng.choice(wordings)

    def count(self, *arguments: str) -> int:
        return int(self.lines("rev-list", "--count", *arguments)[0])


def fact_questions(repository: Path, seed: int) -> list[FactQuestion]:
    """About 150 questions of all kinds in a fixed order; the same seed gives the same ones. Raises ``UsageError``."""
    drawing = _Drawing(repository, random.Random(f"facts {seed}"))
    makers: tuple[Callable[[_Drawing], Iterator[FactQuestion]], ...] = (
        _files,
        _gone,
        _blamed,
        _commits,
        _people,
        _totals,
        _mentions,
        _releases,
        _unknown,
    )
    return [one for make in makers for one in make(drawing)]


def _plain_files(d: _Drawing) -> list[str]:
    return [path for path in d.lines("ls-tree", "-r", "--name-only", "HEAD") if _PLAIN_PATH.fullmatch(path)]


def _files(d: _Drawing) -> Iterator[FactQuestion]:
    paths = _plain_files(d)
    for path in d.draw(paths, 20):
        asked = d.ask(
            f"who last changed {path}?", f"when was {path} last modified?", f"which commit last touched {path}?"
        )
        yield FactQuestion(
            kind="last change of a file",
            question=asked,
            commit=d.lines("log", "-1", "--format=%H", "HEAD", "--", path)[0],
        )
    for path in d.draw(paths, 12):
        added = d.lines("log", "--follow", "-M50%", "--diff-filter=A", "--format=%H", "HEAD", "--", path)
        asked = d.ask(f"who created {path}?", f"when was {path} added?", f"which commit first added {path}?")
        if added and added[-1]:
            yield FactQuestion(kind="first change of a file", question=asked, commit=added[-1])
    for path in d.draw(paths, 10):
        asked = d.ask(f"how many commits changed {path}?", f"how many times was {path} modified?")
        yield FactQuestion(kind="commits of a file", question=asked, says=(f"{d.count('HEAD', '--', path):,}",))


def _gone(d: _Drawing) -> Iterator[FactQuestion]:
    present = set(d.lines("ls-tree", "-r", "--name-only", "HEAD"))
    every = set(d.lines("log", "--diff-filter=D", "--no-renames", "--name-only", "--format=", "HEAD"))
    lowered = {path.lower() for path in present}
    for path in d.draw([one for one in every if _PLAIN_PATH.fullmatch(one) and one.lower() not in lowered], 12):
        found = d.lines("log", "-1", "--diff-filter=D", "--no-renames", "--format=%H", "HEAD", "--", path)
        asked = d.ask(f"when was {path} removed?", f"who deleted {path}?", f"which commit removed {path}?")
        if found and found[0]:
            yield FactQuestion(kind="removal of a file", question=asked, commit=found[0])


def _blamed(d: _Drawing) -> Iterator[FactQuestion]:
    for path in d.draw(_plain_files(d), 15):
        n_lines = len(d.lines("show", f"HEAD:{path}"))
        if not n_lines:
            continue
        line = d.rng.randint(1, n_lines)
        blamed = d.lines("blame", "--porcelain", f"-L{line},{line}", "HEAD", "--", path)[0].split()[0]
        asked = d.ask(f"who wrote line {line} of {path}?", f"who last changed {path}:{line}?")
        yield FactQuestion(kind="author of a line", question=asked, commit=blamed)


def _commits(d: _Drawing) -> Iterator[FactQuestion]:
    shas = [sha for sha in d.lines("rev-list", "HEAD") if re.search(r"\d", sha[:10]) and re.search("[a-f]", sha[:10])]
    for sha in d.draw(shas, 12):
        author = d.lines("log", "-1", "--use-mailmap", "--format=%aN", sha)[0]
        asked = d.ask(f"who made commit {sha[:10]}?", f"who is the author of commit {sha[:10]}?")
        yield FactQuestion(kind="a commit", question=asked, commit=sha, says=(author,))
    log = d.lines("log", "--format=%H", "HEAD")
    yield FactQuestion(kind="first and last commit", question="what was the first commit?", commit=log[-1])
    yield FactQuestion(kind="first and last commit", question="who made the last commit?", commit=log[0])


def _people(d: _Drawing) -> Iterator[FactQuestion]:
    by_name = Counter(d.lines("log", "--use-mailmap", "--format=%aN", "HEAD"))
    lowered = Counter(name.lower() for name in by_name)
    plain = [name for name in by_name if _PLAIN_NAME.fullmatch(name) and lowered[name.lower()] == 1]
    for name in d.draw(plain, 12):
        asked = d.ask(f"how many commits did {name} make?", f"how many commits by {name}?")
        yield FactQuestion(kind="commits of a person", question=asked, says=(f"{by_name[name]:,}",))
    yield FactQuestion(kind="count of authors", question="how many authors are there?", says=(f"{len(by_name):,}",))


def _totals(d: _Drawing) -> Iterator[FactQuestion]:
    yield FactQuestion(kind="total", question="how many commits are there?", says=(f"{d.count('HEAD'):,}",))
    asked = "how many merge commits are there?"
    yield FactQuestion(kind="total", question=asked, says=(f"{d.count('--merges', 'HEAD'):,}",))
    for year in d.draw(d.lines("log", "--date=format:%Y", "--format=%cd", "HEAD"), 5):
        n = d.count(f"--since={year}-01-01T00:00:00Z", f"--until={year}-12-31T23:59:59Z", "HEAD")
        yield FactQuestion(kind="commits of a year", question=f"how many commits in {year}?", says=(f"{n:,}",))


def _mentions(d: _Drawing) -> Iterator[FactQuestion]:
    named: dict[str, set[str]] = {}
    for message in "\n".join(d.lines("log", "--format=%x01%H%x02%B", "HEAD")).split("\x01")[1:]:
        sha, _, text = message.partition("\x02")
        for number in _MENTION.findall(text):
            named.setdefault(number, set()).add(sha)
    for number in d.draw([one for one in named if not one.startswith("0")], 10):
        n = len(named[number])
        asked = d.ask(f"which commits mention #{number}?", f"what commits reference issue {number}?")
        yield FactQuestion(kind="mentions", question=asked, says=("one commit" if n == 1 else f"{n:,} commits",))


def _releases(d: _Drawing) -> Iterator[FactQuestion]:
    tags = d.lines("tag", "--merged", "HEAD", "--sort=creatordate")
    for tag in d.draw([tag for tag in tags if re.fullmatch(r"v?\d+\.\d+(\.\d+)?", tag)], 8):
        commit = d.lines("rev-parse", f"{tag}^{{commit}}")[0]
        yield FactQuestion(kind="date of a release", question=f"when was {tag} released?", commit=commit)
    if tags:
        yield FactQuestion(kind="count of tags", question="how many tags are there?", says=(f"{len(tags):,}",))


def _unknown(d: _Drawing) -> Iterator[FactQuestion]:
    del d
    for question in (
        "who last changed src/nowhere/missing_file.py?",
        "when was v987.6.5 released?",
        "how many commits did Zacharias Quetzalcoatl make?",
        "what changed in commit 0123456789abcdef?",
        "first commit by Zacharias Quetzalcoatl",
    ):
        yield FactQuestion(kind="not there", question=question, unknown=True)

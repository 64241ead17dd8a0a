"""Fact questions about any git repository, drawn at random, with answers found by plain git commands alone.

Nothing of whence is used here: what a question expects comes from ``git`` run as anyone would, and from counting.
"""

import os
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an answer must say. ``commit`` is that of its first citation; ``says`` are parts of its text, or numbers.

    ``unknown`` answers must abstain.
    """

    kind: str
    question: str
    commit: str = ""
    says: tuple[str, ...] = ()
    unknown: bool = False


class Repository:
    """Plain git in one folder, as anyone would run it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(f"{seed} {folder.parent.name}")

    def lines(self, *arguments: str) -> list[str]:
        """The output in lines; bytes that are not UTF-8 are replaced."""
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
        done = subprocess.run(
            ["git", "-c", "core.quotePath=false", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode("utf-8", "replace").removesuffix("\n").split("\n") if done.stdout else []

    def bytes(self, *arguments: str) -> bytes:
        """The output as it is."""
        return subprocess.run(["git", *arguments], cwd=self.folder, capture_output=True, check=True).stdout

    def holds(self, sha: str, ancestor: str) -> bool:
        """Whether a commit contains another."""
        command = ["git", "merge-base", "--is-ancestor", ancestor, sha]
        return subprocess.run(command, cwd=self.folder, check=False).returncode == 0

    @staticmethod
    def seconds(moment: str) -> int:
        """Seconds since 1970 of a moment in ISO form."""
        return int(datetime.fromisoformat(moment).timestamp())

    def count(self, *arguments: str) -> int:
        """``git rev-list --count``."""
        return int(self.lines("rev-list", "--count", *arguments)[0])

    def draw(self, items: Sequence[str], n: int) -> list[str]:
        """At most n different ones."""
        unique = sorted(set(items))
        return self.random.sample(unique, min(n, len(unique)))

    def ask(self, *wordings: str) -> str:
        """One of the wordings."""
        return self.random.choice(wordings)


MAX_SEARCHED = 10_000
"""Commits up to which ``git log -S`` is asked for the truth: it looks at every version of every file."""

Maker = Callable[[Repository], Iterator[Expected]]


def questions(folder: Path, seed: int, makers: Sequence[Maker]) -> list[Expected]:
    """About 400 questions, all kinds; equal seeds give equal questions."""
    repository = Repository(folder, seed)
    return [expected for make in makers for expected in make(repository)]


def plain_files(r: Repository) -> list[str]:
    """Paths of text files that need no quotes."""
    names = r.lines("ls-tree", "-r", "--name-only", "HEAD")
    known = (".py", ".md", ".rst", ".txt", ".toml", ".cfg", ".yml", ".yaml", ".html", ".in", ".c", ".js")
    return [name for name in names if name.endswith(known) and re.fullmatch(r"[\w./-]+", name)]


def files(r: Repository) -> Iterator[Expected]:
    """Last and first change, authors, counts and renames of files that are there."""
    for path in r.draw(plain_files(r), 20):
        commit = r.lines("log", "-1", "--format=%H", "HEAD", "--", path)[0]
        asked = r.ask(
            f"who last changed {path}?", f"when was {path} last modified", f"which commit last touched `{path}`?"
        )
        yield Expected(kind="last change of a file", question=asked, commit=commit)
    for path in r.draw(plain_files(r), 12):
        followed = r.lines("log", "--follow", "-M50%", "--diff-filter=A", "--format=%H", "HEAD", "--", path)
        asked = r.ask(f"who created {path}?", f"when was `{path}` added", f"which commit first added {path}?")
        if followed:
            yield Expected(kind="first change of a file", question=asked, commit=followed[-1])
    for path in r.draw(plain_files(r), 8):
        names = Counter(r.lines("log", "--use-mailmap", "--format=%aN", "HEAD", "--", path))
        said = f"{len(names):,} authors" if len(names) > 1 else next(iter(names))
        yield Expected(
            kind="authors of a file", question=r.ask(f"who wrote {path}?", f"authors of {path}"), says=(said,)
        )
    for path in r.draw(plain_files(r), 8):
        n = r.count("HEAD", "--", path)
        asked = r.ask(f"how many commits changed {path}?", f"how many times was {path} modified")
        yield Expected(kind="count of commits", question=asked, says=(str(n),))
    for path in r.draw(plain_files(r), 8):
        rows = r.lines("log", "--follow", "-M50%", "--diff-filter=R", "--name-status", "--format=", "HEAD", "--", path)
        old = [row.split("\t")[1] for row in rows if row.startswith("R")]
        asked = r.ask(f"what was {path} called before?", f"when was {path} renamed?")
        yield Expected(kind="renames of a file", question=asked, says=(old[-1] if old else "No rename",))


def removals(r: Repository) -> Iterator[Expected]:
    """Files that are gone."""
    present = set(r.lines("ls-tree", "-r", "--name-only", "HEAD"))
    gone = set(r.lines("log", "--diff-filter=D", "--no-renames", "--name-only", "--format=", "HEAD")) - present - {""}
    for path in r.draw([path for path in gone if re.fullmatch(r"[\w./-]+\.(py|rst|txt|md|html)", path)], 12):
        found = r.lines("log", "-1", "--diff-filter=D", "--no-renames", "--format=%H", "HEAD", "--", path)
        if found and found[0]:
            asked = r.ask(f"when was {path} removed?", f"who deleted {path}", f"which commit removed `{path}`?")
            yield Expected(kind="removal of a file", question=asked, commit=found[0])


def names(r: Repository) -> Iterator[Expected]:
    """Where names come from and where they are defined."""
    pattern = r"^[ ]*(async def|def|class) [A-Za-z_]*_[A-Za-z_]+"
    rows = r.lines("grep", "-n", "-E", pattern, "HEAD", "--", "*.py")
    places: dict[str, list[str]] = {}
    for row in rows:
        _, path, line, code = row.split(":", 3)
        name = re.sub(r"^\s*(?:async def|def|class) ", "", code)
        places.setdefault(re.split(r"\W", name)[0], []).append(f"{path}:{line}")
    long = [name for name in places if len(name) > 8 and not name.startswith("__")]
    for name in r.draw(long, 12 if r.count("HEAD") <= MAX_SEARCHED else 0):
        oldest = r.lines("log", f"-S{name}", "--format=%H", "HEAD")[-1]
        by_itself = ("log", "--pickaxe-regex", rf"-S\b{name}\b", "--format=%H")
        if not r.lines(*by_itself, f"{oldest}^!"):  # there it is only a part of longer names
            oldest = r.lines(*by_itself, "HEAD")[-1]
        asked = r.ask(f"which commit introduced `{name}`?", f"who added {name}?", f"when was the function {name} added")
        yield Expected(kind="introduction of a name", question=asked, commit=oldest)
    for name in r.draw([name for name in long if len(places[name]) == 1], 10):
        asked = r.ask(
            f"where is {name} defined?", f"in which file is `{name}` defined", f"where is the function {name} defined?"
        )
        yield Expected(kind="definition", question=asked, says=(places[name][0],))


def lines(r: Repository) -> Iterator[Expected]:
    """Blame of single lines."""
    for path in r.draw([path for path in plain_files(r) if path.endswith(".py")], 15):
        n_lines = len(r.lines("show", f"HEAD:{path}"))
        if not n_lines:
            continue
        line = r.random.randint(1, n_lines)
        blamed = r.lines("blame", "--porcelain", f"-L{line},{line}", "HEAD", "--", path)[0].split()[0]
        asked = r.ask(f"who wrote line {line} of {path}?", f"who last changed {path}:{line}", f"blame {path}:{line}")
        yield Expected(kind="author of a line", question=asked, commit=blamed)


def commits(r: Repository) -> Iterator[Expected]:
    """Single commits."""
    everything = r.lines("rev-list", "HEAD")
    for sha in r.draw([sha for sha in everything if re.search(r"\d", sha[:9])], 10):
        author, date = r.lines("log", "-1", "--use-mailmap", "--date=format-local:%Y-%m-%d", "--format=%aN%n%ad", sha)
        del date
        yield Expected(kind="a commit", question=f"who made commit {sha[:9]}?", commit=sha, says=(author,))
    for sha in r.draw([sha for sha in everything[:-1] if re.search(r"\d", sha[:10])], 10):
        changed = (
            r.lines("diff", "--name-only", "-M50%", f"{sha}^1", sha)
            if r.lines("log", "-1", "--format=%P", sha)[0]
            else []
        )
        said = f"{len(changed)} file" + ("" if len(changed) == 1 else "s")
        if changed:
            asked = r.ask(f"what changed in commit {sha[:10]}?", f"which files did {sha[:10]} touch")
            yield Expected(kind="changes of a commit", question=asked, commit=sha, says=(said,))
    log = r.lines("log", "--format=%H", "HEAD")
    yield Expected(kind="first and last commit", question="what was the first commit?", commit=log[-1])
    yield Expected(kind="first and last commit", question="who made the last commit?", commit=log[0])


def people(r: Repository) -> Iterator[Expected]:
    """Single authors: those whose name is written in plain letters."""
    rows = [row.split("\t", 1) for row in r.lines("log", "--use-mailmap", "--format=%H%x09%aN", "HEAD")]
    by_name: dict[str, list[str]] = {}
    for sha, name in rows:
        by_name.setdefault(name, []).append(sha)
    plain = [name for name in by_name if re.fullmatch(r"[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}", name)]
    lowered = Counter(name.lower() for name in by_name)
    plain = [name for name in plain if lowered[name.lower()] == 1]
    busy = sorted(plain, key=lambda name: -len(by_name[name]))[:4]
    for name in [*busy, *r.draw(plain, 8)]:
        asked = r.ask(
            f"how many commits did {name} make?", f"how many commits by {name}", f"how many commits has {name} made?"
        )
        yield Expected(kind="count of commits", question=asked, says=(f"{len(by_name[name]):,}",))
    for name in r.draw(plain, 6):
        yield Expected(kind="first and last commit", question=f"first commit by {name}", commit=by_name[name][-1])
        asked = f"when did {name} make the last commit?"
        yield Expected(kind="first and last commit", question=asked, commit=by_name[name][0])
    top, n = sorted(Counter(name for _, name in rows).items(), key=lambda pair: (-pair[1], pair[0]))[0]
    yield Expected(kind="most active", question="who are the most active authors?", says=(top, f"{n:,} commits"))
    yield Expected(kind="count of authors", question="how many authors are there?", says=(f"{len(by_name):,}",))


def counts(r: Repository) -> Iterator[Expected]:
    """Totals, and by time."""
    yield Expected(kind="count of commits", question="how many commits are there?", says=(f"{r.count('HEAD'):,}",))
    n = r.count("--merges", "HEAD")
    yield Expected(kind="count of commits", question="how many merge commits are there?", says=(f"{n:,}",))
    years = sorted(set(r.lines("log", "--date=format:%Y", "--format=%cd", "HEAD")))
    for year in r.draw(years, 6):
        n = r.count(f"--since={year}-01-01T00:00:00Z", f"--until={year}-12-31T23:59:59Z", "HEAD")
        yield Expected(kind="count of commits", question=f"how many commits in {year}?", says=(f"{n:,}",))
    for path in r.draw(plain_files(r), 6):
        n = r.count(f"--since={years[-2]}-03-01T00:00:00Z", "HEAD", "--", path)
        asked = f"what changed in {path} since {years[-2]}-03-01?"
        said = "No commit" if not n else f"{n:,} commit"
        yield Expected(kind="changes of a file", question=asked, says=(said,))
    tree = r.lines("ls-tree", "-r", "--name-only", "HEAD")
    links = [row for row in r.lines("ls-tree", "-r", "HEAD") if row.startswith("160000")]
    yield Expected(kind="count of files", question="how many files are there?", says=(f"{len(tree) - len(links):,}",))
    for folder in r.draw([path.split("/")[0] for path in tree if "/" in path and path[0].isalpha()], 3):
        n = len(r.lines("ls-tree", "-r", "--name-only", "HEAD", "--", f"{folder}/"))
        yield Expected(kind="count of files", question=f"how many files are in {folder}/?", says=(f"{n:,}",))
    changed = Counter(r.lines("log", "--no-merges", "-M50%", "--name-only", "--format=", "HEAD"))
    changed.pop("", None)
    path, n = sorted(changed.items(), key=lambda pair: (-pair[1], pair[0]))[0]
    yield Expected(kind="most active", question="which files change most often?", says=(path, f"{n:,} commits"))


def mentions(r: Repository) -> Iterator[Expected]:
    """Issue numbers in messages."""
    named: dict[str, set[str]] = {}
    for message in "\n".join(r.lines("log", "--format=%x01%H%x02%B", "HEAD")).split("\x01")[1:]:
        sha, _, text = message.partition("\x02")
        for match in re.finditer(r"(\S*)#(\d{1,6})\b", text):
            if not re.search(r"[\w&/#-]$", match[1]):
                named.setdefault(match[2], set()).add(sha)
    for number in r.draw([number for number in named if not number.startswith("0")], 10):
        n = len(named[number])
        asked = r.ask(f"which commits mention #{number}?", f"what commits reference issue {number}?")
        yield Expected(kind="mentions", question=asked, says=("one commit" if n == 1 else f"{n:,} commits",))
    yield Expected(kind="mentions", question="which commits mention #987654321?", says=("No commit",))


def releases(r: Repository) -> Iterator[Expected]:
    """Tags that HEAD contains."""
    tags = r.lines("tag", "--merged", "HEAD", "--sort=creatordate")
    plain = [tag for tag in tags if re.fullmatch(r"v?\d+\.\d+(\.\d+)?", tag)]
    yield Expected(kind="tags", question="how many tags are there?", says=(f"{len(tags):,}",))
    yield Expected(kind="tags", question="what is the latest release?", says=(tags[-1],))
    for tag in r.draw(plain, 6):
        commit = r.lines("rev-parse", f"{tag}^{{commit}}")[0]
        yield Expected(kind="tags", question=f"when was {tag} released?", commit=commit)
    for _ in range(6):
        first, last = sorted(r.random.sample(range(len(plain)), 2))
        n = r.count(f"{plain[first]}..{plain[last]}")
        n_files = len(r.lines("diff", "--name-only", "-M50%", plain[first], plain[last]))
        if n and n_files > 1:
            asked = r.ask(
                f"what changed between {plain[first]} and {plain[last]}?",
                f"changes from {plain[first]} to {plain[last]}",
            )
            says = (f"{n:,} commit", f"{n_files:,} files")
            yield Expected(kind="changes between tags", question=asked, says=says)
            asked = f"how many commits are between {plain[first]} and {plain[last]}?"
            yield Expected(kind="count of commits", question=asked, says=(f"{n:,}",))
    for sha in r.draw([sha for sha in r.lines("rev-list", tags[-1]) if re.search(r"\d", sha[:9])], 10):
        holding = r.lines("tag", "--contains", sha, "--sort=creatordate")
        asked = r.ask(f"which release first contained commit {sha[:9]}?", f"in which version did {sha[:9]} land")
        yield Expected(kind="release of a commit", question=asked, commit=sha, says=(holding[0],))


def unknown(r: Repository) -> Iterator[Expected]:
    """Things that are not there."""
    for question in (
        "who last changed src/nowhere/missing_file.py?",
        "who wrote line 999999 of README.md?",
        "when was v987.6.5 released?",
        "how many commits did Zacharias Quetzalcoatl make?",
        "what changed in commit 0123456789abcdef?",
        "when was `this_name_was_never_here_q7` added?",
        "what changed between v987.6.5 and v987.6.6?",
        "first commit by Zacharias Quetzalcoatl",
    ):
        yield Expected(kind="what is not there", question=question, unknown=True)
    del r


MAKERS: tuple[Maker, ...] = (files, removals, names, lines, commits, people, counts, mentions, releases, unknown)

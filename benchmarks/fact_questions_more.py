"""More fact questions with answers by plain git: people, sizes, ages, what changes together, releases by date."""

import re
from collections import Counter
from collections.abc import Iterator

from benchmarks.fact_questions import Expected, Repository, plain_files
from benchmarks.fact_wordings import mistaken, worded


def files(r: Repository) -> Iterator[Expected]:
    """Size, who knows it best, what changes with it."""
    for path in r.draw(plain_files(r), 10):
        content = r.bytes("show", f"HEAD:{path}")
        n = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
        yield Expected(
            kind="lines of a file",
            question=r.ask(f"how many lines does {path} have?", f"how big is {path}?", f"how long is `{path}`?"),
            says=(f"{n:,} line",),
        )
    for path in r.draw([path for path in plain_files(r) if path.endswith(".py")], 8):
        rows = r.lines("blame", "--line-porcelain", "HEAD", "--", path)
        names = Counter(row[7:] for row in rows if row.startswith("author "))
        if names:
            best, n = min(names.items(), key=lambda pair: (-pair[1], pair[0]))
            asked = worded(r.random, "file_experts", [("file", path)])
            yield Expected(kind="who knows a file", question=asked, says=(f"{best} wrote the most", f"{n:,} of"))
    for path in r.draw(plain_files(r), 8):
        counts: Counter[str] = Counter()
        for sha in r.lines("rev-list", "--no-merges", "HEAD", "--", path):
            counts.update(r.lines("show", "--no-renames", "--name-only", "--format=", sha))
        counts.pop("", None)
        counts.pop(path, None)
        said: tuple[str, ...] = ("No other file",)
        if counts:
            best, n = min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            said = (f"{best} changed most often together", f"in {n:,} of")
        yield Expected(kind="changed together", question=worded(r.random, "coupled_files", [("file", path)]), says=said)


def ages(r: Repository) -> Iterator[Expected]:
    """The oldest and the longest untouched files, in one walk over everything."""
    present = set(r.lines("ls-tree", "-r", "--name-only", "HEAD"))
    first: dict[str, tuple[int, str]] = {}
    last: dict[str, tuple[int, str]] = {}
    sha, place = "", 0
    for row in r.lines("log", "--no-merges", "--no-renames", "--name-only", "--format=%x01%H", "HEAD"):
        if row.startswith("\x01"):
            sha, place = row[1:], place + 1
        elif row in present:
            first[row] = (place, sha)
            last.setdefault(row, (place, sha))
    oldest = min(first, key=lambda path: (-first[path][0], path))
    stale = min(last, key=lambda path: (-last[path][0], path))
    for kind, path, commit in (("oldest_files", oldest, first[oldest]), ("untouched_files", stale, last[stale])):
        asked = worded(r.random, kind, [])
        yield Expected(kind="ages of files", question=asked, commit=commit[1], says=(path,))


def people(r: Repository) -> Iterator[Expected]:
    """What people did, and who was new."""
    rows = [row.split("\t") for row in r.lines("log", "--use-mailmap", "--date=unix", "--format=%aN%x09%ct", "HEAD")]
    names = Counter(name for name, _ in rows)
    lowered = Counter(name.lower() for name in names)
    plain = [name for name in names if re.fullmatch(r"[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}", name)]
    plain = [name for name in plain if lowered[name.lower()] == 1]
    years = sorted(set(r.lines("log", "--date=format-local:%Y", "--format=%cd", "HEAD")))
    for name in r.draw(plain, 12):
        year = r.random.choice(years)
        own = [
            f"--author=^{name} <",
            "--use-mailmap",
            f"--since={year}-01-01T00:00:00Z",
            f"--until={year}-12-31T23:59:59Z",
        ]
        n = len(r.lines("log", "--format=%H", *own, "HEAD"))
        said = f"{name} made {n:,} commit" if n else f"{name} made no commit"
        asked = worded(r.random, "person_activity", [("person", name), ("year", year)])
        yield Expected(kind="what a person did", question=asked, says=(said,))
    for name in r.draw([name for name in plain if len(name) > 9], 6):
        wrong = mistaken(r.random, name)
        if lowered[wrong.lower()] == 0:
            yield Expected(
                kind="names with a typo", question=f"how many commits did {wrong} make?", says=(name,), unknown=True
            )
    yield Expected(
        kind="commits by period", question=worded(r.random, "commits_by_period", []), says=(f"{len(rows):,}",)
    )
    tags = [
        tag
        for tag in r.lines("tag", "--merged", "HEAD", "--sort=creatordate")
        if re.fullmatch(r"v?\d+\.\d+(\.\d+)?", tag)
    ]
    for _ in range(5):
        old, new = (tags[n] for n in sorted(r.random.sample(range(len(tags)), 2)))
        if not r.count(f"{old}..{new}") or r.count(f"{new}..{old}"):
            continue
        before = set(r.lines("log", "--use-mailmap", "--format=%aN", old))
        fresh = set(r.lines("log", "--use-mailmap", "--format=%aN", f"{old}..{new}")) - before
        said = f"{len(fresh):,} author" if fresh else "No author"
        asked = f"first-time contributors between {old} and {new}"
        yield Expected(kind="new contributors", question=asked, says=(said,))


def merges(r: Repository) -> Iterator[Expected]:
    """The merge that brought a commit: the oldest commit of the first-parent line that contains it."""
    line = r.lines("rev-list", "--first-parent", "--reverse", "HEAD")
    on_line = set(line)
    beside = [
        sha for sha in r.lines("rev-list", "--no-merges", "HEAD") if sha not in on_line and re.search(r"\d", sha[:9])
    ]
    for sha in r.draw(beside, 8):
        low, high = 0, len(line) - 1
        while low < high:
            middle = (low + high) // 2
            if r.holds(line[middle], sha):
                high = middle
            else:
                low = middle + 1
        asked = worded(r.random, "reviewers", [("sha", sha[:9])])
        yield Expected(kind="merge of a commit", question=asked, commit=sha, says=(f"commit {line[low][:7]}",))


def releases(r: Repository) -> Iterator[Expected]:
    """What is unreleased, which release was current on a day, versions of typed names."""
    rows = r.lines(
        "for-each-ref",
        "--merged=HEAD",
        "--sort=creatordate",
        "--format=%(creatordate:unix) %(refname:strip=2)",
        "refs/tags",
    )
    tags = [(int(row.split(" ", 1)[0]), row.split(" ", 1)[1]) for row in rows if row and row[0].isdigit()]
    n = r.count(f"{tags[-1][1]}..HEAD")
    said = f"{n:,} commit" if n else "Nothing is unreleased"
    yield Expected(kind="unreleased", question=worded(r.random, "unreleased", []), says=(said,))
    for _ in range(6):
        moment = r.random.randint(tags[0][0], tags[-1][0])
        day = r.lines("log", "-1", "--date=format:%Y-%m-%d", "--format=%cd", "--reverse", "HEAD", f"--until={moment}")
        if not day:
            continue
        end = r.seconds(f"{day[0]}T23:59:59Z")
        current = [name for made, name in tags if made <= end]
        if current:
            asked = r.ask(f"which release was current on {day[0]}?", f"what was the newest release on {day[0]}?")
            yield Expected(kind="release on a day", question=asked, says=(f"latest tag was {current[-1]},",))
    for path in r.draw([path for path in plain_files(r) if len(path.rsplit("/", 1)[-1]) > 9], 6):
        wrong = mistaken(r.random, path)
        if wrong.rsplit("/", 1)[-1] not in " ".join(
            r.lines("log", "--format=", "--name-only", "--diff-filter=A", "HEAD", "--", wrong)
        ):
            yield Expected(kind="names with a typo", question=f"who last changed {wrong}?", says=(path,), unknown=True)


MORE = (files, ages, people, merges, releases)

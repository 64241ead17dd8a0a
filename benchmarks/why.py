"""How long `whence why` takes, and how often it shows a reason that plain blame does not.

    python -m benchmarks.why REPOSITORY... [-n 200] [--seed 7]

Targets are drawn from the text files at the indexed revision: lines, ranges, definitions of Python, files, commits.
Beside it, in the same run, what people do without it: `git blame -L` and the subject of the commit that it names. Times
are of one process that stays, after a first question, one by one.
"""

import argparse
import ast
import random
import re
import resource
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.report import table, write_result
from whence import Whence
from whence.metrics.latency import latency
from whence.types import Answer

Target = tuple[str, str]
"""(kind, target)"""

SHARES = {"line": 0.5, "range": 0.15, "symbol": 0.15, "file": 0.05, "commit": 0.15}
WHERE = (
    ("message", r"^The message says: "),
    ("merge", r"^It came with merge .*, which says: "),
    ("beside", r", (?:of the same merge|which it brought), says: "),
    ("changes", r"^\S+:\d+(?:-\d+)? has: "),
    ("comment", r"^A comment there, "),
    ("subject", r"^The message says no more of the reason"),
)
"""Where a reason was found, by what the answer's lines say, the first that fits counting."""


HEADS = ["repository", "target", "asked", "with a reason", "p50 ms", "p95 ms", "cpu p50 ms", "cpu p95 ms"]


def main() -> None:
    options = _arguments()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder, Whence(options.data or folder) as whence:
        for repository in options.repositories:
            place = repository.parent.name if repository.name in {"repo", ".git"} else repository.stem
            name = re.split(r"[^\w.-]", place)[-1]
            if name not in whence.ledger.index_names():
                whence.index(repository, name=name, until="text")
            whence.why(git(repository, "rev-parse", "HEAD").strip(), name=name)
            for kind, target in targets(repository, options.n, options.seed):
                rows.append(measured(whence, name, repository, kind, target))
    report(rows, options)


def measured(whence: Whence, name: str, repository: Path, kind: str, target: str) -> dict[str, object]:
    """One target asked, and blamed plainly where it is a line."""
    began, used = time.perf_counter(), cpu_s()
    answer = whence.why(target, name=name)
    elapsed_ms, used_ms = (time.perf_counter() - began) * 1000, (cpu_s() - used) * 1000
    row: dict[str, object] = {"repository": name, "kind": kind, "target": target, "ms": elapsed_ms, "cpu_ms": used_ms}
    row["where"] = "unknown" if answer.abstained else found_in(answer)
    row["is_telling"] = not re.search(r"does not say why|gives no reason", answer.answer)
    if kind == "line":
        path, _, line = target.rpartition(":")
        began = time.perf_counter()
        blamed = git(repository, "blame", "-l", f"-L{line},{line}", "HEAD", "--", path)[:40].lstrip("^")
        subject = git(repository, "log", "-1", "--format=%s", blamed).strip()
        row["blame_ms"] = (time.perf_counter() - began) * 1000
        row["is_other_commit"] = not (answer.citations[0].commit or "").startswith(blamed.strip()[:39])
        row["blamed_subject"] = len(subject)
    return row


def cpu_s() -> float:
    """Seconds of processor time of this process and of the git processes that have ended."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def found_in(answer: Answer) -> str:
    """Where the reason of an answer about one commit stands; "several" for tables, "nowhere" without one."""
    if re.search(r"^  [0-9a-f]{7}  ", answer.answer, re.MULTILINE):
        return "several"
    for where, pattern in WHERE:
        if re.search(pattern, answer.answer, re.MULTILINE):
            return where
    return "nowhere"


def targets(repository: Path, n: int, seed: int) -> list[Target]:
    """Targets of each kind, in the shares above; the same for the same commit and seed."""
    draw = random.Random(seed)
    paths = [p for p in git(repository, "ls-tree", "-r", "--name-only", "HEAD").split("\n") if p.endswith(".py")]
    texts: dict[str, str] = {}
    while len(texts) < min(60, len(paths)):
        path = draw.choice(paths)
        texts[path] = git(repository, "show", f"HEAD:{path}")
    texts = {path: text for path, text in texts.items() if text.count("\n") > 5}
    found: list[Target] = []
    for kind, share in SHARES.items():
        while sum(made == kind for made, _ in found) < round(n * share):
            path = draw.choice(list(texts))
            found.append((kind, _target(repository, kind, path, texts[path], draw)))
    return [pair for pair in found if pair[1]]


def _target(repository: Path, kind: str, path: str, text: str, draw: random.Random) -> str:
    lines = text.removesuffix("\n").split("\n")
    if kind == "file":
        return path
    if kind == "commit":
        shas = git(repository, "rev-list", "--no-merges", "HEAD").split()
        return draw.choice(shas)
    if kind == "symbol":
        defined = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        return f"{path}::{draw.choice(defined).name}" if defined else ""
    written = [n for n, line in enumerate(lines, start=1) if line.strip()]
    first = draw.choice(written)
    return f"{path}:{first}" if kind == "line" else f"{path}:{first}-{min(len(lines), first + draw.randint(3, 40))}"


def git(repository: Path, *arguments: str) -> str:
    """What a git command prints."""
    done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def report(rows: list[dict[str, object]], options: argparse.Namespace) -> None:
    """Prints the tables and writes the results."""
    cells = []
    for name in dict.fromkeys(str(row["repository"]) for row in rows):
        for kind in [*SHARES, "all"]:
            mine = [row for row in rows if row["repository"] == name and kind in (row["kind"], "all")]
            speed, cost = (latency([float(str(row[key])) for row in mine]) for key in ("ms", "cpu_ms"))
            telling = sum(bool(row["is_telling"]) for row in mine)
            figures = [f"{n:.0f}" for n in (speed.p50_ms, speed.p95_ms, cost.p50_ms, cost.p95_ms)]
            cells.append([name, kind, len(mine), f"{telling / len(mine):.0%}", *figures])
    times = table(HEADS, cells)
    found = []
    for name in dict.fromkeys(str(row["repository"]) for row in rows):
        lines = [row for row in rows if row["repository"] == name and row["kind"] == "line"]
        counts = Counter(str(row["where"]) for row in lines)
        other = sum(bool(row["is_other_commit"]) for row in lines)
        plain = latency([float(str(row["blame_ms"])) for row in lines])
        places = [f"{counts[where]}" for where, _ in WHERE]
        found.append([name, len(lines), *places, counts["nowhere"], other, f"{plain.p50_ms:.0f}"])
    heads = [
        "repository",
        "lines",
        *(where for where, _ in WHERE),
        "nowhere",
        "other commit than blame",
        "blame p50 ms",
    ]
    wheres = table(heads, found)
    print(f"\n{times}\n\n{wheres}\n")
    settings = {"n": options.n, "seed": options.seed, "repositories": [str(r["repository"]) for r in rows[:1]]}
    print(f"written to {write_result('why', settings, {'targets': rows}, {'times': times, 'where': wheres}).name}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path, help="git folders")
    parser.add_argument("-n", type=int, default=200, help="targets a repository")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", help="a data folder that has the indexes already")
    return parser.parse_args()


if __name__ == "__main__":
    main()

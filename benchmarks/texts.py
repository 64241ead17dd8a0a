"""Which commit introduced or last changed a text: by the words of patches, against a whole ``git log -S``.

    python -m benchmarks.texts REPOSITORY... [--n 60] [--seed 7] [--unchecked]

Words, parts of words, lines and parts of lines are drawn from patches of random commits. Cost is processor time, git's
included: other programs on the machine do not count. ``--unchecked`` leaves out the comparison, for large histories.
"""

import argparse
import random
import re
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.report import table, write_result
from whence.errors import HistoryNotLoadedError
from whence.pipelines.history_loading import load_history
from whence.pipelines.history_texts import ChangedTexts
from whence.pipelines.history_words import load_words
from whence.sources.history_queries import HistoryQueries
from whence.sources.redaction import redact
from whence.store.folder import DataFolder
from whence.store.history import HistoryTables
from whence.store.ledger import Ledger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--unchecked", action="store_true")
    options = parser.parse_args()
    rows = [measured(path, options.n, options.seed, checked=not options.unchecked) for path in options.repositories]
    shown = table(list(rows[0]), [list(row.values()) for row in rows])
    print(shown)
    settings = {"n": options.n, "seed": options.seed, "checked": not options.unchecked}
    write_result("texts", settings, rows, {"texts": shown})


def measured(repository: Path, n: int, seed: int, *, checked: bool) -> dict[str, object]:
    """One row: what loading cost and took, and what the questions did."""
    with tempfile.TemporaryDirectory() as place:
        mirror = Path(place) / "mirror"
        subprocess.run(["git", "clone", "-q", "--bare", "--shared", str(repository), str(mirror)], check=True)
        revision = lines(mirror, "rev-parse", "HEAD")[0]
        folder = DataFolder(Path(place) / "data")
        folder.create()
        tables = HistoryTables(Ledger(folder).database)
        began_s = cpu_s()
        n_commits = load_history(
            tables, "texts", "git:texts", mirror, revision, redact=lambda text: redact(text, "")[0]
        )
        loaded_s = cpu_s()
        load_words(tables, "texts", "git:texts", mirror, revision)
        words_s = cpu_s()
        number = tables.number("texts", "git:texts", revision)
        assert number is not None
        changed = ChangedTexts(tables, number, HistoryQueries(mirror, revision))
        costs: list[float] = []
        git_costs: list[float] = []
        wrong = left = 0
        for text in drawn(mirror, [sha for sha, _ in tables.shas(number)], n, random.Random(seed)):
            before_s = cpu_s()
            try:
                found = changed.find(text, oldest=True), changed.find(text, oldest=False)
            except HistoryNotLoadedError:
                left += 1
                continue
            costs.append((cpu_s() - before_s) / 2)
            if checked:
                before_s = cpu_s()
                shown = lines(mirror, "log", "--format=%H", "--no-renames", f"-S{text}", revision)
                git_costs.append(cpu_s() - before_s)
                wrong += [commit.sha if commit else None for commit in found] != [*shown[-1:], *shown[:1]]
        size_mb = (folder.root / "whence.db").stat().st_size / 1e6
        return {
            "repository": repository.parent.name,
            "commits": n_commits,
            "loading s": round(loaded_s - began_s, 1),
            "words s": round(words_s - loaded_s, 1),
            "MB": round(size_mb, 1),
            "texts": len(costs),
            "left to git": left,
            "wrong": wrong if checked else "",
            "p50 ms": share(costs, 0.5),
            "p95 ms": share(costs, 0.95),
            "git log -S p50 ms": share(git_costs, 0.5) if checked else "",
        }


def drawn(mirror: Path, shas: list[str], n: int, rng: random.Random) -> Iterator[str]:
    """Texts of at least four characters with a word in them."""
    while n > 0:
        patch = lines(mirror, "show", "--format=", rng.choice(shas))
        changed = [line[1:].strip() for line in patch if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        line = rng.choice(changed) if changed else ""
        words = re.findall(r"\w{4,}", line)
        if not words:
            continue
        word, start = rng.choice(words), rng.randrange(len(line))
        yield rng.choice(
            [word, word, word[1:] if len(word) > 5 else word, line, line[start : start + 40].strip() or line]
        )
        n -= 1


def lines(mirror: Path, *arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=mirror, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace").split("\n")[:-1]


def cpu_s() -> float:
    """Seconds of processor time of this program and of the commands that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def share(costs_s: list[float], part: float) -> int:
    """A quantile in milliseconds."""
    return round(1000 * sorted(costs_s)[int((len(costs_s) - 1) * part)]) if costs_s else 0


if __name__ == "__main__":
    main()

"""What a question as of an earlier state costs, and whether facts are then right.

    python -m benchmarks.as_of NAME REPOSITORY --data DIR [--states N] [--facts N] [--seed N]

NAME is an index of REPOSITORY in DIR, complete with its history. States are tags drawn at random among the newer two
thirds of those that the indexed revision reaches. Of each: the first question, which makes its index; then others,
each asked once; the bytes that the data folder grew by; and facts, whose right answers plain git gives in a clone that
ends at that tag. Vectors that are not copied are left out (``embed_s`` 0), so that the time is that of reading and not
of the model. Beside wall-clock time stands the processor time of this process, because others may use the machine.
"""

import argparse
import contextlib
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from random import Random

from benchmarks.fact_questions import MAKERS, Expected, questions
from benchmarks.fact_questions_more import MORE
from benchmarks.facts import judged
from benchmarks.report import table, write_result
from whence.answer.facts.parse import parse
from whence.interface import Whence
from whence.metrics.latency import latency
from whence.pipelines.options import AsOfOptions
from whence.pipelines.status import disk_bytes
from whence.settings import load_settings
from whence.store.kept import kept_states
from whence.store.scope import Filters

N_SEARCHES = 20


def main() -> None:
    options = _arguments()
    settings = replace(load_settings(options.data), as_of=AsOfOptions(embed_s=0.0, n_kept=1_000))
    random = Random(options.seed)
    with Whence(settings=settings) as whence, tempfile.TemporaryDirectory() as folder:
        revision = whence.ledger.sources(options.name)[0].state.revision
        tags = _git(options.repository, "tag", "--sort=creatordate", "--merged", revision).split()
        tags = tags[len(tags) // 3 :]  # questions of fact need some years
        kept = {words for state in kept_states(whence.ledger, options.name) for words in state.wanted}
        tags = [tag for tag in tags if tag not in kept]
        states = sorted(random.sample(tags, min(options.states, len(tags))))
        whence.search("begin", name=options.name)  # the libraries are loaded before anything is measured
        makings, searches, facts = [], [], []
        for state in states:
            makings.append(_made(whence, options.name, state))
            searches += _searched(whence, options.name, options.repository, state, random)
            clone = _clone(options.repository, Path(folder) / "clones" / state.replace("/", "-"), state)
            facts += _asked(whence, options.name, state, clone, options.facts, random)
    report(options, makings, searches, facts)


def _made(whence: Whence, name: str, state: str) -> dict[str, object]:
    """The first search as of a state."""
    size, began, used = disk_bytes(whence.folder), time.perf_counter(), time.process_time()
    whence.search("how is it configured?", name=name, filters=Filters(as_of=state))
    cost = {"s": time.perf_counter() - began, "cpu_s": time.process_time() - used}
    kept = next(kept for kept in kept_states(whence.ledger, name) if state in kept.wanted)
    snapshot = whence.ledger.snapshot(kept.name)
    assert snapshot is not None
    grown = (disk_bytes(whence.folder) - size) / 1e6
    amounts = {"files": snapshot.n_documents, "chunks": snapshot.n_chunks, "vectors": snapshot.n_vectors}
    print(f"{state}: {amounts}, {cost['s']:.1f} s, {cost['cpu_s']:.1f} s of one core, {grown:.1f} MB", flush=True)
    return {"state": state, **amounts, **cost, "mb": grown}


def _searched(whence: Whence, name: str, repository: Path, state: str, random: Random) -> list[dict[str, object]]:
    """Other searches as of the state, about files that were there."""
    paths = _git(repository, "ls-tree", "-r", "--name-only", state).split("\n")
    rows = []
    for path in random.sample(paths, min(N_SEARCHES, len(paths))):
        words = Path(path).stem.replace("_", " ").replace("-", " ")
        began, used = time.perf_counter(), time.process_time()
        whence.search(f"how does {words} work?", name=name, filters=Filters(as_of=state))
        ms, cpu_ms = (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000
        rows.append({"state": state, "ms": ms, "cpu_ms": cpu_ms})
    return rows


def _asked(whence: Whence, name: str, state: str, clone: Path, n: int, random: Random) -> list[dict[str, object]]:
    """Facts as of the state, judged by what plain git says of a clone that ends there."""
    drawn: list[Expected] = []
    for maker in (*MAKERS, *MORE):
        with contextlib.suppress(ValueError, IndexError):  # a young history has too little for some of them
            drawn += questions(clone, random.randrange(1_000), (maker,))
    known = [expected for expected in drawn if parse(expected.question) is not None]
    whence.ask("how many commits are there?", name=name, filters=Filters(as_of=state))
    return [_judged(whence, name, state, expected) for expected in random.sample(known, min(n, len(known)))]


def _judged(whence: Whence, name: str, state: str, expected: Expected) -> dict[str, object]:
    began = time.perf_counter()
    answer = whence.ask(expected.question, name=name, filters=Filters(as_of=state))
    elapsed_ms = (time.perf_counter() - began) * 1000
    verdict = judged(answer if answer.kind == "fact" else None, expected)
    if verdict != "right":
        print(f"{verdict}: {state}: {expected.question}\n   {answer.answer[:300]}\n   {expected}", flush=True)
    return {"state": state, "kind": expected.kind, "verdict": verdict, "ms": elapsed_ms}


def _clone(repository: Path, folder: Path, state: str) -> Path:
    """A bare clone whose HEAD is the state, with no tag that it does not reach; objects are shared."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _git(folder.parent, "clone", "--quiet", "--bare", "--shared", str(repository), str(folder))
    commit = _git(folder, "rev-parse", f"{state}^{{commit}}")
    for refs in ("refs/tags", "refs/heads"):
        merged = () if refs == "refs/heads" else (f"--no-merged={commit}",)
        for ref in _git(folder, "for-each-ref", "--format=%(refname)", *merged, refs).split("\n"):
            if ref:
                _git(folder, "update-ref", "-d", ref)
    _git(folder, "update-ref", "--no-deref", "HEAD", commit)
    return folder


def report(
    options: argparse.Namespace,
    makings: list[dict[str, object]],
    searches: list[dict[str, object]],
    facts: list[dict[str, object]],
) -> None:
    """Prints the tables and writes the results."""
    made = table(
        ["state", "files", "chunks", "vectors copied", "s", "core s", "MB"],
        [[row["state"], row["files"], row["chunks"], row["vectors"], *_costs(row)] for row in makings],
    )
    speed = latency([float(str(row["ms"])) for row in searches])
    used = latency([float(str(row["cpu_ms"])) for row in searches])
    rows = [["search", speed.n, "", f"{speed.p50_ms:.0f}", f"{speed.p95_ms:.0f}", f"{used.p50_ms:.0f}"]]
    if facts:
        told = latency([float(str(row["ms"])) for row in facts])
        right = sum(row["verdict"] == "right" for row in facts)
        rows.append(["fact", told.n, f"{right} right", f"{told.p50_ms:.0f}", f"{told.p95_ms:.0f}", ""])
    later = table(["later questions", "asked", "", "p50 ms", "p95 ms", "core ms p50"], rows)
    print(f"\n{made}\n\n{later}\n")
    results = {"makings": makings, "searches": searches, "facts": facts}
    settings = {"index": options.name, "seed": options.seed, "states": options.states, "facts": options.facts}
    written = write_result(f"as_of_{options.name}", settings, results, {"as of": made, "as of, later": later})
    print(f"written to {written.name}")


def _costs(row: dict[str, object]) -> list[str]:
    return [f"{float(str(row[key])):.1f}" for key in ("s", "cpu_s", "mb")]


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="an index")
    parser.add_argument("repository", type=Path, help="the repository that it was made of")
    parser.add_argument("--data", type=Path, required=True, help="the data folder that has the index")
    parser.add_argument("--states", type=int, default=5)
    parser.add_argument("--facts", type=int, default=60, help="facts asked as of each state")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()

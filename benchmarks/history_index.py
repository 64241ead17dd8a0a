"""Making commits and hunks searchable: time, memory and disk, beside loading the same texts into FTS5 and tantivy.

    python -m benchmarks.history_index [NAME=]REPOSITORY... [--add]

Each repository is cloned (sharing objects) and indexed without vectors by the command line in a process of its own;
then one commit is added, and the time is taken until a fact about it and a search for its message, asked by another
thread, both name it ("answerable"), and until the sync has ended ("one commit"). FTS5 and tantivy get the texts of the
same rows, already read, redacted and cut, so their times hold no git. "Cores" is processor time over all cores.
"Memory" is the most that the command held; its resident memory after each quarter of the time shows whether it grows.
``--add`` keeps the repositories of the result that is there, so that they can be measured one after the other.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.report import RESULTS, table, write_result

if TYPE_CHECKING:
    from whence import Whence

COLUMNS = (
    *("repository", "commits", "rows", "text ready", "history ready", "cores", "memory", "disk"),
    *("answerable", "one commit", "its cores"),
)
MEMORY_COLUMNS = ("repository", "commits", "rows", "1/4", "2/4", "3/4", "4/4", "at most")
ENGINE_COLUMNS = ("repository", "engine", "loading", "cores", "disk")
Rows = Sequence[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("repositories", type=_named, nargs="+", metavar="[NAME=]REPOSITORY")
    parser.add_argument("--add", action="store_true", help="keep the other repositories of the result that is there")
    options = parser.parse_args()
    kept = RESULTS / "history_index.json"
    results: dict[str, Any] = {}
    if options.add and kept.is_file():
        found = json.loads(kept.read_text(encoding="utf-8"))["results"]
        results = {name: one for name, one in found.items() if "answerable_s" in one["whence"]}
    for name, repository in options.repositories:
        with tempfile.TemporaryDirectory(prefix="history-index-") as place:
            results[name] = _measured(repository, Path(place), name)
        print(json.dumps({name: results[name]}), file=sys.stderr)
        tables = _tables(results)
        write_result("history_index", {"until": "text"}, results, tables)  # after each: the next may not end
    for title, text in tables.items():
        print(f"\n{title}\n{text}")


def _named(word: str) -> tuple[str, Path]:
    """The name that the tables give a repository, and where it is."""
    name, equals, place = word.partition("=")
    if equals:
        return name, Path(place)
    path = Path(word).resolve()
    return path.parent.name.partition("+")[2] or path.name, path


def _tables(results: Mapping[str, Any]) -> dict[str, str]:
    """What is printed, of every repository."""
    shown, memory, engines = [], [], []
    for name, found in sorted(results.items(), key=lambda item: int(item[1]["whence"]["commits"])):
        own = found["whence"]
        seconds = [f"{own[key]:.1f} s" for key in ("text_ready_s", "history_ready_s", "cpu_s")]
        sizes = [f"{own[key]:.0f} MB" for key in ("memory_mb", "disk_mb")]
        commit = [f"{own[key]:.1f} s" for key in ("answerable_s", "one_commit_s", "one_commit_cpu_s")]
        size = (f"{own['commits']:,}", f"{own['rows']:,}")
        shown.append([name, *size, *seconds, *sizes, *commit])
        held = [f"{megabytes:.0f} MB" for megabytes in own.get("memory_by_quarter_mb", ())]
        if held:
            memory.append([name, *size, *held, f"{own['memory_mb']:.0f} MB"])
        for engine in ("FTS5", "tantivy"):
            line = found[engine]
            cells = (f"{line['seconds']:.1f} s", f"{line['cpu_s']:.1f} s", f"{line['disk_mb']:.0f} MB")
            engines.append([name, engine, *cells])
    return {
        "whence": table(COLUMNS, shown),
        "memory while loading": table(MEMORY_COLUMNS, memory),
        "the same rows in other engines": table(ENGINE_COLUMNS, engines),
    }


def _measured(repository: Path, place: Path, name: str) -> dict[str, Any]:
    clone, data = place / name, place / "data"
    subprocess.run(["git", "clone", "--quiet", "--shared", str(repository), str(clone)], check=True)
    report, usage, held = _indexed(clone, data, name)
    disk_mb = _megabytes(data / "whence.db") + _megabytes(data / "lance")
    rows, n_commits = _rows(data, name)
    own = {
        "commits": n_commits,
        "rows": len(rows),
        "text_ready_s": report["text_ready_s"],
        "history_ready_s": report["history_ready_s"],
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "memory_mb": usage.ru_maxrss / 1024,
        "memory_by_quarter_mb": [held[len(held) * quarter // 4 - 1] for quarter in (1, 2, 3, 4)],
        "disk_mb": disk_mb,
        **_one_commit(clone, data, name),
    }
    return {"whence": own, "FTS5": _engine(_fts5, rows, place), "tantivy": _engine(_tantivy, rows, place)}


def _indexed(clone: Path, data: Path, name: str) -> tuple[dict[str, Any], resource.struct_rusage, list[float]]:
    """The report of the command, what it used, and its resident MB over time, ten times a second."""
    command = [str(Path(sys.executable).parent / "whence"), "index", str(clone), "--name", name, "--data", str(data)]
    with subprocess.Popen([*command, "--until", "text", "--json"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        held: list[float] = []
        watching = threading.Thread(target=_watch_memory, args=(process.pid, held))
        watching.start()
        told = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watching.join()
    if process.returncode:
        raise SystemExit(f"{name} could not be indexed")
    return (told[0] if isinstance(told, list) else told), usage, held


def _watch_memory(pid: int, held: list[float]) -> None:
    """Appends the resident MB of a process until it ends."""
    import psutil

    try:
        process = psutil.Process(pid)
        while resident := process.memory_info().rss:  # 0 of one that has ended and was not waited for
            held.append(resident / 2**20)
            time.sleep(0.1)
    except psutil.NoSuchProcess:
        return


def _rows(data: Path, name: str) -> tuple[list[tuple[str, str]], int]:
    """(title and place, text) of every row of the history."""
    from whence import Whence

    with Whence(data) as whence:
        snapshot = whence.ledger.snapshot(name)
        assert snapshot is not None
        opened = whence._parts.tables.open(snapshot.history_table, snapshot.tables[snapshot.history_table])
        found = opened.read(lambda query: query.select(["title", "path", "symbol", "text"]))
        heads = (
            f"{t} {p} {s}" for t, p, s in zip(*(found[c].to_pylist() for c in ("title", "path", "symbol")), strict=True)
        )
        return list(zip(heads, found["text"].to_pylist(), strict=True)), snapshot.n_commits


def _one_commit(clone: Path, data: Path, name: str) -> dict[str, float]:
    """A sync of one commit in a running program, from its start: seconds, and those of cores."""
    from whence import Whence

    (clone / "benchmark_marker.txt").write_text("a quagga\n")
    git = ["git", "-C", str(clone), "-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.org"]
    subprocess.run([*git, "add", "benchmark_marker.txt"], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "Add the quagga"], check=True)
    sha = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    with Whence(data) as whence:
        whence.search("which commit added anything", 1, name=name)
        whence.ask("who made the last commit?", name=name)
        moments: list[float] = []
        asking = threading.Thread(target=_until_answerable, args=(whence, name, sha, moments))
        began, cpu_began = time.perf_counter(), _cpu_s()
        asking.start()
        whence.sync(name, until="text")
        took = {"one_commit_s": time.perf_counter() - began, "one_commit_cpu_s": _cpu_s() - cpu_began}
        asking.join()
    return {"answerable_s": moments[0] - began, **took}


def _until_answerable(whence: "Whence", name: str, sha: str, moments: list[float]) -> None:
    """Asks as soon as the index says that it has the commit, and notes when both answers were there."""
    while True:
        snapshot = whence.ledger.snapshot(name)
        if snapshot is not None and sha in snapshot.commits.values():
            break
        time.sleep(0.02)
    answer = whence.ask(f"what changed in {sha[:10]}?", name=name)
    hit = whence.search("why was the quagga added?", 1, name=name).hits[0]
    if answer.citations[0].commit != sha or hit.chunk.revision != sha:
        raise SystemExit("The new commit is said to be there, and is not told of")
    moments.append(time.perf_counter())


def _cpu_s() -> float:
    """Processor time of this program and of those that it ran."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _engine(load: Callable[[Rows, Path], None], rows: Rows, place: Path) -> dict[str, float]:
    folder = place / load.__name__
    folder.mkdir()
    began, cpu_began = time.perf_counter(), time.process_time()
    load(rows, folder)
    result = {
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu_began,
        "disk_mb": _megabytes(folder),
    }
    shutil.rmtree(folder)
    return result


def _fts5(rows: Rows, folder: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(folder / "fts5.db")
    connection.execute("CREATE VIRTUAL TABLE rows USING fts5(head, text, tokenize='porter unicode61')")
    connection.executemany("INSERT INTO rows VALUES (?, ?)", rows)
    connection.commit()
    connection.execute("INSERT INTO rows(rows) VALUES ('optimize')")
    connection.commit()
    connection.close()


def _tantivy(rows: Rows, folder: Path) -> None:
    import tantivy

    builder = tantivy.SchemaBuilder()
    for field in ("head", "text"):
        builder.add_text_field(field, stored=True, tokenizer_name="en_stem")
    index = tantivy.Index(builder.build(), path=str(folder))
    writer = index.writer(heap_size=200_000_000, num_threads=2)
    for head, text in rows:
        writer.add_document(tantivy.Document(head=head, text=text))
    writer.commit()
    writer.wait_merging_threads()


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


if __name__ == "__main__":
    main()

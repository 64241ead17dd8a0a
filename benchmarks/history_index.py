"""Making commits and hunks searchable: time, memory and disk, beside loading the same texts into FTS5 and tantivy.

    python -m benchmarks.history_index REPOSITORY...

Each repository is cloned (sharing objects) and indexed without vectors by the command line in a process of its own;
then one commit is added, and the time is taken until a search finds it. FTS5 and tantivy get the texts of the same
rows, already read, redacted and cut, so their times hold no git. "Cores" is processor time over all cores.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import table, write_result

COLUMNS = (
    *("repository", "commits", "rows", "text ready", "history ready", "cores", "memory", "disk"),
    *("one commit", "its cores"),
)
ENGINE_COLUMNS = ("repository", "engine", "loading", "cores", "disk")
Rows = Sequence[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("repositories", type=Path, nargs="+")
    options = parser.parse_args()
    shown: list[list[object]] = []
    engines: list[list[object]] = []
    results: dict[str, Any] = {}
    for repository in options.repositories:
        name = repository.resolve().parent.name.partition("+")[2] or repository.resolve().name
        with tempfile.TemporaryDirectory(prefix="history-index-") as place:
            found = _measured(repository, Path(place), name)
        results[name] = found
        own = found["whence"]
        shown.append(
            [
                name,
                own["commits"],
                own["rows"],
                f"{own['text_ready_s']:.1f} s",
                f"{own['history_ready_s']:.1f} s",
                f"{own['cpu_s']:.1f} s",
                f"{own['memory_mb']:.0f} MB",
                f"{own['disk_mb']:.0f} MB",
                f"{own['one_commit_s']:.1f} s",
                f"{own['one_commit_cpu_s']:.1f} s",
            ]
        )
        for engine in ("FTS5", "tantivy"):
            line = found[engine]
            cells = (f"{line['seconds']:.1f} s", f"{line['cpu_s']:.1f} s", f"{line['disk_mb']:.0f} MB")
            engines.append([name, engine, *cells])
        print(json.dumps({name: found}), file=sys.stderr)
    tables = {"whence": table(COLUMNS, shown), "the same rows in other engines": table(ENGINE_COLUMNS, engines)}
    for title, text in tables.items():
        print(f"\n{title}\n{text}")
    write_result("history_index", {"until": "text"}, results, tables)


def _measured(repository: Path, place: Path, name: str) -> dict[str, Any]:
    clone, data = place / name, place / "data"
    subprocess.run(["git", "clone", "--quiet", "--shared", str(repository), str(clone)], check=True)
    report, usage = _indexed(clone, data, name)
    disk_mb = _megabytes(data / "whence.db") + _megabytes(data / "lance")
    rows, n_commits = _rows(data, name)
    own = {
        "commits": n_commits,
        "rows": len(rows),
        "text_ready_s": report["text_ready_s"],
        "history_ready_s": report["history_ready_s"],
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "memory_mb": usage.ru_maxrss / 1024,
        "disk_mb": disk_mb,
        **_one_commit(clone, data, name),
    }
    return {"whence": own, "FTS5": _engine(_fts5, rows, place), "tantivy": _engine(_tantivy, rows, place)}


def _indexed(clone: Path, data: Path, name: str) -> tuple[dict[str, Any], resource.struct_rusage]:
    """The report of the command, and what it used."""
    command = [str(Path(sys.executable).parent / "whence"), "index", str(clone), "--name", name, "--data", str(data)]
    with subprocess.Popen([*command, "--until", "text", "--json"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} could not be indexed")
    return (told[0] if isinstance(told, list) else told), usage


def _rows(data: Path, name: str) -> tuple[list[tuple[str, str]], int]:
    """(title and place, text) of every row of the history."""
    from whence import Whence

    with Whence(data) as whence:
        snapshot = whence.ledger.snapshot(name)
        assert snapshot is not None
        opened = whence._parts.tables.open(snapshot.history_table, snapshot.tables[snapshot.history_table])
        found = opened.search().select(["title", "path", "symbol", "text"]).limit(None).to_arrow()
        heads = (
            f"{t} {p} {s}" for t, p, s in zip(*(found[c].to_pylist() for c in ("title", "path", "symbol")), strict=True)
        )
        return list(zip(heads, found["text"].to_pylist(), strict=True)), snapshot.n_commits


def _one_commit(clone: Path, data: Path, name: str) -> dict[str, float]:
    """From the start of a sync in a running program until a search finds the commit: seconds, and those of cores."""
    from whence import Whence

    (clone / "benchmark_marker.txt").write_text("a quagga\n")
    git = ["git", "-C", str(clone), "-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.org"]
    subprocess.run([*git, "add", "benchmark_marker.txt"], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "Add the quagga"], check=True)
    with Whence(data) as whence:
        whence.search("which commit added anything", 1, name=name)
        began, cpu_began = time.perf_counter(), _cpu_s()
        whence.sync(name, until="text")
        hits = whence.search("why was the quagga added?", 3, name=name).hits
        took = {"one_commit_s": time.perf_counter() - began, "one_commit_cpu_s": _cpu_s() - cpu_began}
    assert hits
    assert "quagga" in hits[0].chunk.text
    return took


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

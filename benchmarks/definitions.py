"""What it costs to parse what the code defines when it is indexed, and what a question costs with and without that.

    python -m benchmarks.definitions DATA [SHOWN=]INDEX... [--n 20] [--seed 7]

Works on a copy of the ledger of a data folder, in which the definitions are forgotten; its mirrors are only read. Names
are asked for before they are stored again ("parsed") and after that, each of a history that has kept nothing from
earlier questions. Cost is processor time, git's included.
"""

import argparse
import random
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks.facts import cpu_s, indexed
from benchmarks.report import table, write_result
from benchmarks.texts import share
from whence.answer.facts.python_code import definitions as define
from whence.pipelines.history_definitions import load_definitions
from whence.sources.stored import mirror_folder
from whence.store.folder import DataFolder
from whence.store.history import HistoryTables
from whence.store.history_definitions import forget_definitions
from whence.store.history_tables import definition_files, definitions
from whence.store.ledger import Ledger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("indexes", nargs="+")
    parser.add_argument("--n", type=int, default=20, help="names asked for in each index")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rows = []
    for word in options.indexes:
        shown, _, index = word.rpartition("=")
        row = measured(options.data, index, options.n, options.seed)
        rows.append({"index": shown or index, **row})
    told = table(list(rows[0]), [list(row.values()) for row in rows])
    print(told)
    write_result("definitions", {"n": options.n, "seed": options.seed}, rows, {"definitions": told})


def measured(data: Path, index: str, n: int, seed: int) -> dict[str, Any]:
    """One row: what storing them costs and takes, and what a name costs either way."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        shutil.copy(data / "whence.db", copy / "whence.db")
        (copy / "mirrors").symlink_to((data / "mirrors").absolute())
        history = indexed(copy, index)
        tables = HistoryTables(Ledger(DataFolder(copy)).database)
        number = tables.number(index, history.source_id, history.revision)
        mirror = mirror_folder(history.source_id, copy / "mirrors")
        assert number is not None
        assert mirror is not None
        of_history = select(definitions.c.name).where(definitions.c.history_id == number, definitions.c.role == 0)
        with tables.database.reading() as connection:
            every = sorted(connection.execute(of_history).scalars())
        names = random.Random(seed).sample(sorted(set(every)), n)
        with tables.database.writing() as connection:
            forget_definitions(connection, number)
        size = vacuumed(copy)
        parsed = [asked(copy, index, name) for name in names]
        began_s = cpu_s()
        load_definitions(tables, index, history.source_id, mirror, history.revision, define=define)
        stored_s = cpu_s() - began_s
        read = [asked(copy, index, name) for name in names]
        of_files = select(definition_files.c.id).where(definition_files.c.history_id == number)
        with tables.database.reading() as connection:
            n_files = len(connection.execute(of_files).all())
        return {
            "code files": n_files,
            "definitions": len(every),
            "storing s": round(stored_s, 1),
            "MB": round((vacuumed(copy) - size) / 1e6, 1),
            "names": n,
            "other answers": sum(one[1] != other[1] for one, other in zip(parsed, read, strict=True)),
            "parsed p50 ms": share([cost for cost, _ in parsed], 0.5),
            "parsed p95 ms": share([cost for cost, _ in parsed], 0.95),
            "stored p50 ms": share([cost for cost, _ in read], 0.5),
            "stored p95 ms": share([cost for cost, _ in read], 0.95),
        }


def asked(data: Path, index: str, name: str) -> tuple[float, list[tuple[str, int]]]:
    """(processor seconds, places) of a name in a history that has kept nothing from earlier questions."""
    history = indexed(data, index)
    began_s = cpu_s()
    found = [(one.path, one.start_line) for one in history.definitions(name)]
    return cpu_s() - began_s, found


def vacuumed(data: Path) -> int:
    """Bytes of the ledger without free pages."""
    with closing(sqlite3.connect(data / "whence.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (data / "whence.db").stat().st_size


if __name__ == "__main__":
    main()

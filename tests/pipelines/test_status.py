"""What is said of an index, and what need not be opened for it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.store.material import ListSource, Store

from whence.pipelines.indexing import IndexingOptions
from whence.pipelines.status import IndexStatus, index_status
from whence.store.queue import Queue

Make = Callable[..., Store]
SOURCE = ListSource({"a.md": "# A\n\nwalrus\n", "b.py": "def heron(): pass\n", "c.csv": "a,b\n1,2\n"})


class Asked(Exception):
    """The tables themselves were counted."""


def status(store: Store, *, embedder: str = "", may_count: bool = False) -> IndexStatus:
    def refuse() -> Any:
        raise Asked

    rows = store.indexer().tables.rows if may_count else refuse
    return index_status(store.ledger, store.tables, "tiny", embedder=embedder or store.embedder.digest, rows=rows)


def asks(store: Store, **options: Any) -> bool:
    try:
        status(store, **options)
    except Asked:
        return True
    return False


def test_a_finished_index_is_counted_by_the_ledger(make_store: Make) -> None:
    store = make_store()
    store.run(SOURCE)
    assert status(store) == status(store, may_count=True)
    found = status(store)
    assert (found.chunks, found.embeddable, found.vectors) == (3, 3, 3)


def test_kinds_without_vectors_are_not_missing_them(make_store: Make) -> None:
    store = make_store(options=IndexingOptions(vector_kinds=("doc",)))
    store.run(SOURCE)
    found = status(store)
    assert (found.chunks, found.embeddable, found.vectors) == (3, 1, 1)


def test_unfinished_work_is_looked_at(make_store: Make) -> None:
    store = make_store()
    store.run(SOURCE, until="text")
    assert asks(store)
    assert status(store, may_count=True).vectors == 0
    store.run(SOURCE)
    assert not asks(store)
    assert asks(store, embedder="another model")
    job = Queue(store.ledger).append("index", "tiny", {})
    assert asks(store)
    Queue(store.ledger).finish(job, result={})
    store.ledger.put_documents("tiny", [SOURCE.document("d.md", "# D\n")], 9)
    assert asks(store)


def test_tables_that_are_gone_are_noticed(make_store: Make) -> None:
    store = make_store()
    store.run(SOURCE)
    snapshot = store.ledger.snapshot("tiny")
    assert snapshot is not None
    folder = store.folder.lance / f"{snapshot.vectors_table}.lance"
    folder.rename(folder.with_suffix(".away"))
    assert asks(store)


def test_lance_is_not_imported_for_a_finished_index(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "a.md").write_text("# A\n\nThe walrus sleeps.\n")
    told = (
        "import sys\n"
        "from whence.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "print('imported', 'lancedb' in sys.modules, 'onnxruntime' in sys.modules)\n"
    )

    def run(*arguments: str) -> str:
        words = [sys.executable, "-c", told, *arguments, "--data", str(tmp_path / "data")]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert "imported True" in run("index", str(pages))
    said = run("status")
    assert "1 file · 1 chunk   complete" in said
    assert "imported False False" in said

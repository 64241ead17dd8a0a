"""Indexes a folder in a process of its own, which kills itself, without any clean-up, at a named moment.

``python -m tests.pipelines.crash DATA FOLDER MOMENT [NAME]`` does that; without arguments it reads such arguments from
its input, see ``tests/killing.py``.
"""

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.killing import serve
from tests.store.material import Store

from whence.pipelines.changes import submit
from whence.pipelines.indexing import IndexingOptions
from whence.pipelines.progress import silent
from whence.sources.documents import DocumentsSource
from whence.store.queue import Job
from whence.wire import to_json

OPTIONS = IndexingOptions(batch_chars=20, vector_batch=3)

MOMENTS = {
    "fetch, before a batch is acknowledged": ("whence.store.ledger:Ledger.put_documents", "before", 2),
    "fetch, after a batch is acknowledged": ("whence.store.ledger:Ledger.put_documents", "after", 2),
    "after the deletions": ("whence.store.ledger:Ledger.delete_documents", "after", 1),
    "before the first rows": ("whence.store.writing:ChunkWriter.replace_documents", "before", 1),
    "between deleting and adding rows": ("whence.store.writing:chunk_rows", "before", 2),
    "after rows, before they are marked": ("whence.store.writing:ChunkWriter.replace_documents", "after", 2),
    "before compaction": ("whence.store.writing:ChunkWriter.finish", "before", 1),
    "between two full-text indexes": ("lancedb.table:LanceTable.create_index", "before", 4),
    "before the text is published": ("whence.store.ledger:Ledger.publish", "before", 1),
    "inside the publishing transaction": ("whence.store.ledger:to_json", "after", 1),
    "before the first vectors": ("whence.store.vectors:VectorWriter.write", "before", 1),
    "between two batches of vectors": ("whence.store.vectors:VectorWriter.write", "after", 1),
    "before vectors are finished": ("whence.store.vectors:VectorWriter.finish", "before", 1),
    "before the vectors are published": ("whence.store.ledger:Ledger.publish", "before", 2),
    "after all, before the job is closed": ("whence.store.queue:Queue.finish", "before", 1),
}


def kill_at(place: str, when: str, nth: int) -> None:
    """Replaces a function by one that ends the process at its nth call."""
    module_name, _, path = place.partition(":")
    owner: Any = importlib.import_module(module_name)
    *parts, name = path.split(".")
    for part in parts:
        owner = getattr(owner, part)
    original, calls = getattr(owner, name), list[int]()

    def fatal(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == nth and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **named)
        if len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, fatal)


def index(store: Store, folder: Path, name: str = "tiny") -> Any:
    """What the product does for ``whence index``: a job in the queue, applied under the lock."""

    def apply(job: Job) -> Any:
        return to_json(store.run(DocumentsSource(job.arguments["location"]), job.index))

    return submit(store.ledger, "index", name, {"location": str(folder)}, apply, silent)


def main(data: str, folder: str, moment: str, name: str = "tiny") -> None:
    store = Store(Path(data), options=OPTIONS)
    if moment in MOMENTS:
        kill_at(*MOMENTS[moment])
    sys.stdout.write("began\n")
    sys.stdout.flush()
    index(store, Path(folder), name)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 1 else serve(main, ["lancedb.query"])

"""Brings an index up to its repository in a process that kills itself, without any clean-up, at a named moment.

Reads [DATA, MOMENT] from its input, see ``tests/killing.py``.
"""

from tests.killing import serve
from tests.pipelines.crash import kill_at

from whence import Whence
from whence.pipelines import commits as loading
from whence.settings import load_settings

MOMENTS = {
    "history stored, no commit yet": ("whence.pipelines.commits:load_commits", "before", 1),
    "after those that a force push left behind": ("whence.store.ledger:Ledger.delete_documents", "after", 2),
    "commits acknowledged, before their rows": ("whence.store.history_writing:HistoryWriter.put", "before", 2),
    "rows written, before they are marked": ("whence.store.history_writing:HistoryWriter.put", "after", 2),
    "between two full-text indexes": ("lancedb.table:LanceTable.create_index", "before", 9),
    "before a part is published": ("whence.store.ledger:Ledger.publish", "before", 2),
    "between a batch and its words": ("whence.pipelines.history_words:WordIndexer.take", "before", 2),
    "all rows written, before the last indexes": ("whence.store.history_writing:HistoryWriter.finish", "before", 1),
    "after all, before the job is closed": ("whence.store.queue:Queue.finish", "before", 1),
}


def sync(data: str, moment: str) -> None:
    loading.BATCH_COMMITS = 2
    loading.PUBLISH_EVERY_S = 0.0
    kill_at(*MOMENTS[moment])
    with Whence(settings=load_settings(data)) as whence:
        whence.sync(until="text")


if __name__ == "__main__":
    serve(sync, ["lancedb.query", "sqlalchemy.dialects.sqlite", "whence.pipelines.history_words"])

"""Commits and their hunks become searchable: patches to documents, documents to the ledger, chunks to Lance.

Batches come newest first, each is acknowledged in the ledger before its rows are written, and what is there is
published after a few seconds, then ever less often. After an interruption the same batches come again and replace what
was half done.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from whence.chunking.enclosing import enclosing
from whence.errors import UnreadableError
from whence.pipelines.progress import Listener, Pace
from whence.protocols import Chunker
from whence.sources.commit_documents import (
    MAX_CODE_BYTES,
    CommitWriter,
    commit_digest,
    shared_digest,
)
from whence.sources.git_process import ObjectReader, run_git
from whence.sources.history import read_commits
from whence.sources.options import HistoryOptions
from whence.sources.patch_secrets import MaskedPatch, ReadBlob, masked_patch
from whence.sources.patches import read_patches
from whence.sources.redaction import redact
from whence.store.commits import held_commits, known_documents, landed_commits, n_landed, outdated_commits, slices
from whence.store.history_writing import HistoryWriter
from whence.store.ledger import Ledger
from whence.types import Commit, Document, SourceState, commit_id

PUBLISH_EVERY_S = 4.0
PUBLISH_SLOWER = 1.5
PUBLISH_AT_LEAST_EVERY_S = 60.0
BATCH_COMMITS = 1_000
BATCH_LINES = 60_000
BLOBS_AHEAD = 64

Landed = tuple[Commit, MaskedPatch, int]
"""A redacted commit, its patch, and the first-parent position at which it landed."""


class CommitIndexer:
    """Writes the commits of one index. Only for the holder of the writer's lock.

    ``publish`` makes the present tables what readers see.
    """

    def __init__(
        self,
        *,
        index: str,
        ledger: Ledger,
        writer: HistoryWriter,
        chunker: Chunker,
        publish: Callable[[], object],
        batch_chars: int,
    ) -> None:
        self.index = index
        self._ledger = ledger
        self._writer = writer
        self._chunker = chunker
        self._publish = publish
        self._batch_chars = batch_chars
        self._generation = 0
        self._published_at = time.perf_counter()
        self._publish_every_s = PUBLISH_EVERY_S

    def write(self, documents: Sequence[Document]) -> None:
        """Acknowledges commits and makes them searchable; those that are there already are replaced."""
        if not documents:
            return
        known = known_documents(self._ledger, self.index, [document.id for document in documents])
        self._ledger.put_documents(self.index, documents, self._next_generation())
        self._to_lance(documents, sorted(known))
        self._publish_now_and_then()

    def write_pending(self, listener: Listener) -> None:
        """Brings to Lance what the ledger has acknowledged, and removes what it has removed."""
        n_pending = self._ledger.n_pending(self.index, commits=True)
        pace = Pace("commits", n_pending, listener)
        for documents, removed in self._ledger.pending(self.index, self._batch_chars, commits=True):
            self._to_lance(documents, [*(document.id for document in documents), *removed], removed)
            pace.add(len(documents) + len(removed))
            self._publish_now_and_then()

    def settle(self, source_id: str, digests: Mapping[str, str], positions: Mapping[str, int]) -> None:
        """Removes commits that the revision no longer reaches, and moves those that landed elsewhere than before.

        Both mappings are by document id. What they name and the ledger lacks, or has in another form, is not this
        method's business.
        """
        held = held_commits(self._ledger, self.index, source_id)
        gone = [key for key in held if key not in digests]
        moved = sorted(
            key
            for key, digest in held.items()
            if key in digests and digests[key] != digest and _form(digests[key]) == _form(digest)
        )
        generation = self._next_generation()
        self._ledger.delete_documents(self.index, gone, generation)
        for part in slices(moved):
            documents = [
                replace(
                    document,
                    digest=digests[document.id],
                    metadata={**document.metadata, "position": positions[document.id]},
                )
                for document in self._ledger.documents(self.index, part)
            ]
            self._ledger.put_documents(self.index, documents, generation)

    def tidy(self) -> None:
        """Frees the disk of what no reader needs any more."""
        self._writer.tidy(self._ledger.kept_snapshots(self.index))

    def finish(self) -> bool:
        """Indexes what has no index yet; whether there was anything."""
        if not self._writer.exists() or self._writer.is_finished():
            return False
        self._writer.finish(self._ledger.kept_snapshots(self.index))
        return True

    def _to_lance(self, documents: Sequence[Document], replaced: Sequence[str], removed: Sequence[str] = ()) -> None:
        chunks = [chunk for document in documents for chunk in self._chunker.split(document)]
        self._writer.put(chunks, replaced, self._next_generation())
        self._ledger.mark_indexed(self.index, [document.id for document in documents], removed)

    def _publish_now_and_then(self) -> None:
        if time.perf_counter() - self._published_at < self._publish_every_s:
            return
        self._publish_every_s = min(PUBLISH_SLOWER * self._publish_every_s, PUBLISH_AT_LEAST_EVERY_S)
        self._writer.make_searchable()
        self._publish()
        self._published_at = time.perf_counter()

    def _next_generation(self) -> int:
        if not self._generation:
            self._generation = self._ledger.next_generation(self.index)
        return self._generation


class Blobs:
    """Versions of files by their id, as ``patch_secrets.ReadBlob``. Asked for ahead, git reads them beside us."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._ahead: dict[str, bytes | None] = {}

    def __call__(self, blob: str) -> bytes | None:
        """The content, None where there is no such blob."""
        if blob not in self._ahead:
            return next(self._objects.read_all([blob]))
        return self._ahead[blob]

    def read_ahead(self, blobs: Iterable[str]) -> None:
        """Keeps these versions in memory, unless they are large, until the next call."""
        wanted = list(dict.fromkeys(blobs))
        read = zip(wanted, self._objects.read_all(wanted), strict=True)
        self._ahead = {blob: data for blob, data in read if data is None or len(data) <= MAX_CODE_BYTES}


def documents_of(writer: CommitWriter, batch: Sequence[Landed], blobs: Blobs) -> Iterator[Document]:
    """The documents of some commits, in their order."""
    wanted: list[str] = []
    waiting: list[Landed] = []
    for landed in batch:
        wanted += writer.looked_into(landed[1].patch)
        waiting.append(landed)
        if len(wanted) >= BLOBS_AHEAD or landed is batch[-1]:
            blobs.read_ahead(wanted)
            yield from (writer.document(commit, masked, position) for commit, masked, position in waiting)
            wanted, waiting = [], []


def read_commit_texts(source_id: str, mirror: Path, shas: Sequence[str], options: HistoryOptions) -> dict[str, str]:
    """The text of each commit's document, written anew from the mirror; those that are gone are left out.

    Raises ``UnreadableError`` for damage.
    """
    there = [sha for sha in dict.fromkeys(shas) if run_git(mirror, "cat-file", "-e", f"{sha}^{{commit}}").status == 0]
    if not there:
        return {}
    with ObjectReader(mirror) as objects:
        writer = CommitWriter(source_id, options, enclosing, blobs := Blobs(objects))
        landed = _landed(mirror, dict.fromkeys(there, 0), there[0], blobs)
        return {commit.sha: writer.document(commit, masked, 0).text for commit, masked, _ in landed}


def continues(mirror: Path, before: str, revision: str) -> bool:
    """Whether ``before`` lies on the first-parent line of the revision: then older commits stay where they landed."""
    if not before:
        return False
    if before == revision:
        return True
    counted = run_git(mirror, "rev-list", "--first-parent", "--count", f"{before}..{revision}")
    if counted.status != 0 or not counted.text.isdigit():
        return False
    return run_git(mirror, "rev-parse", "--verify", "-q", f"{revision}~{counted.text}").text == before


def load_commits(
    indexer: CommitIndexer,
    ledger: Ledger,
    source_id: str,
    mirror: Path,
    state: SourceState,
    history: int,
    before: str,
    options: HistoryOptions,
    listener: Listener,
    beside: Callable[[Sequence[MaskedPatch]], None] | None = None,
) -> Counter[str] | None:
    """Brings the commits of an index up to a complete history; returns why hunks of commits were left out, counted.

    None where git cannot read a patch: then the commits before it stay as they are. ``before`` is the revision for
    which they were complete last, "" if they never were. ``beside`` sees every batch of patches after it is stored.
    """
    index = indexer.index
    outdated, n_held = outdated_commits(ledger, index, source_id, shared_digest(options))
    after = 0
    if not outdated and continues(mirror, before, state.revision):
        after = state.position - _n_between(mirror, before, state.revision)
        after = after if n_held >= n_landed(ledger, history, after) else 0  # they were switched off meanwhile
    landed = landed_commits(ledger, history, after)
    digests = {commit_id(source_id, sha): commit_digest(sha, at, options) for sha, at in landed}
    if not after:
        positions = {commit_id(source_id, sha): at for sha, at in landed}
        indexer.settle(source_id, digests, positions)
    indexer.write_pending(listener)
    there = known_documents(ledger, index, list(digests), live=True) - outdated
    missing = {sha: at for sha, at in landed if commit_id(source_id, sha) not in there}
    left_out: Counter[str] = Counter()
    pace = Pace("commits", len(missing), listener)
    try:
        with ObjectReader(mirror) as objects:
            writer = CommitWriter(source_id, options, enclosing, blobs := Blobs(objects))
            for batch in _batches(_landed(mirror, missing, state.revision, blobs)):
                documents = list(documents_of(writer, batch, blobs))
                indexer.write(documents)
                left_out.update(str(d.metadata["left_out"]) for d in documents if "left_out" in d.metadata)
                if beside is not None:
                    beside([patch for _, patch, _ in batch])
                pace.add(len(batch))
    except UnreadableError:
        return None
    return left_out


def _landed(mirror: Path, positions: Mapping[str, int], revision: str, read_blob: ReadBlob) -> Iterator[Landed]:
    commits = read_commits(mirror, positions, revision, changes=False)
    patches = read_patches(mirror, positions, revision)
    for commit, patch in zip(commits, patches, strict=True):
        yield _redacted(commit), masked_patch(patch, read_blob), positions[commit.sha]


def _batches(items: Iterator[Landed]) -> Iterator[list[Landed]]:
    """The items in batches of a bounded number of commits and of lines."""
    batch: list[Landed] = []
    n_lines = 0
    for item in items:
        batch.append(item)
        n_lines += sum(len(hunk.lines) for file in item[1].patch.files for hunk in file.hunks)
        if len(batch) >= BATCH_COMMITS or n_lines >= BATCH_LINES:
            yield batch
            batch, n_lines = [], 0
    if batch:
        yield batch


def _form(digest: str) -> str:
    return digest.partition("-")[0]


def _n_between(mirror: Path, before: str, revision: str) -> int:
    return int(run_git(mirror, "rev-list", "--first-parent", "--count", f"{before}..{revision}").text or "0")


def _redacted(commit: Commit) -> Commit:
    """The commit with its message as the history tables have it."""
    return replace(
        commit, subject=redact(commit.subject, "")[0], body=redact(commit.body, "")[0] if commit.body else ""
    )

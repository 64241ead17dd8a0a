"""Questions about repositories, searched as the program searches: its own chunks, analyzer, vectors and fusion.

Reads bare repositories at the commit a benchmark names; keeps hits in a file, because embedding takes minutes.
"""

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.corpus import commit_files
from benchmarks.memory_index import MemoryIndex
from whence.chunking.chunk import ChunkerByKind
from whence.evaluation.suites.swe_qa import gold_rows
from whence.protocols import Embedder
from whence.retrieval.hybrid import HybridRetriever
from whence.sources.ignore import skip_by_path
from whence.sources.languages import classify
from whence.types import Chunk, Document, Hit, Scope


def swe_qa(data: Path) -> list[dict[str, object]]:
    """The questions of SWE-QA whose evidence is known."""
    return [dict(row) for row in gold_rows(data / "swe_qa/swe_qa_2026-04_gold.jsonl")]


def repository_chunks(repository: Path, commit: str, name: str) -> list[Chunk]:
    """All text files of a commit, cut as the program cuts them."""
    chunker = ChunkerByKind()
    chunks: list[Chunk] = []
    for path, text in commit_files(repository, commit).items():
        if skip_by_path(path):
            continue
        kind, language = classify(path)
        digest = hashlib.sha256(text.encode()).hexdigest()
        document = Document(
            id=f"{name}:{path}",
            source_id=name,
            revision=commit,
            kind=kind,
            path=path,
            text=text,
            digest=digest,
            language=language,
        )
        chunks.extend(chunker.split(document))
    return chunks


def searched(
    repositories: Mapping[str, tuple[Path, str]], questions: Sequence[str], embedder: Embedder | None, kept: Path | None
) -> dict[tuple[str, str], list[Hit]]:
    """The hits of every question in every repository (name to path and commit), by (name, question)."""
    if kept is not None and kept.exists():
        loaded: dict[tuple[str, str], list[Hit]] = pickle.loads(kept.read_bytes())
        if {(name, question) for name in repositories for question in questions} <= set(loaded):
            return loaded
    found: dict[tuple[str, str], list[Hit]] = {}
    for name, (repository, commit) in repositories.items():
        retriever = HybridRetriever(MemoryIndex(repository_chunks(repository, commit, name), embedder), embedder)
        scope = Scope(index=name, sources=frozenset({name}))
        for question in questions:
            found[name, question] = retriever.search(question, 10, scope)
    if kept is not None:
        kept.write_bytes(pickle.dumps(found))
    return found

"""The passages that whence itself would search in a repository: its own reading of the files, its own chunks."""

import tempfile
from pathlib import Path

from benchmarks.corpus import Passage


def whence_chunks(repository: Path, commit: str) -> list[Passage]:
    """Chunks of ``commit`` with the default settings, in order of path and place; files that whence skips have none."""
    from whence.chunking.chunk import ChunkerByKind
    from whence.chunking.options import ChunkingOptions
    from whence.sources.open import open_source
    from whence.sources.options import SourceOptions
    from whence.types import Document

    chunker = ChunkerByKind(ChunkingOptions())
    with tempfile.TemporaryDirectory() as mirrors:
        source = open_source(str(repository), Path(mirrors), SourceOptions(revision=commit))
        documents = [item for item in source.fetch({}) if isinstance(item, Document)]
    return [
        Passage(path=chunk.path, start_line=chunk.start_line, end_line=chunk.end_line, text=chunk.text)
        for document in documents
        for chunk in chunker.split(document)
    ]

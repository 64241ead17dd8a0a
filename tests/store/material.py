"""A small whence for tests: a source in memory, an embedder without a model, and a look at what was stored."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from whence.chunking.chunk import ChunkerByKind, ChunkingOptions
from whence.embedding.passage import passage_text
from whence.errors import UnreadableError
from whence.pipelines.indexing import Indexer, IndexingOptions, IndexReport, Until
from whence.pipelines.progress import Listener, silent
from whence.pipelines.publishing import IndexParts
from whence.protocols import Chunker, Vectors
from whence.retrieval.analyzer import Analyzer, searchable
from whence.store.chunks import LanceIndex, Tables, open_index
from whence.store.folder import DataFolder
from whence.store.ledger import Ledger
from whence.types import Chunk, Document, Fetched, Kind, Role, Scope, SourceState, Unchanged

ANALYZER = Analyzer()
DIM = 16


def analyze(chunk: Chunk) -> list[str]:
    return ANALYZER.tokens(searchable(chunk.title, chunk.symbol, chunk.text))


@dataclass
class HashEmbedder:
    """Unit vectors drawn from a hash of the text; remembers every passage it was given."""

    digest: str = "hash-16"
    dim: int = DIM
    seen: list[str] = field(default_factory=list)

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        if role == "passage":
            self.seen += texts
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
            rows[row] = np.random.default_rng(seed).standard_normal(self.dim)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def check(self) -> float:
        return 1.0


@dataclass
class ListSource:
    """A source whose files are a dictionary. ``fails_after`` documents it breaks; ``gone`` it cannot be reached."""

    files: dict[str, str]
    id: str = "list:tiny"
    fails_after: int | None = None
    gone: bool = False

    def state(self) -> SourceState:
        if self.gone:
            raise UnreadableError("the list cannot be read; bring it back")
        return SourceState(revision=_digest(repr(sorted(self.files.items())))[:12])

    def fetch(self, held: Mapping[str, str]) -> Iterator[Fetched]:
        for count, (path, text) in enumerate(sorted(self.files.items())):
            if self.fails_after is not None and count >= self.fails_after:
                raise UnreadableError("the list is torn; bring it back")
            document = self.document(path, text)
            yield Unchanged(id=document.id) if held.get(document.id) == document.digest else document

    def read(self, path: str, revision: str) -> str | None:
        return self.files.get(path)

    def document(self, path: str, text: str) -> Document:
        kind: Kind = "code" if path.endswith(".py") else "data" if path.endswith(".csv") else "doc"
        language = {"code": "python", "data": "text", "doc": "markdown"}[kind]
        first = text.partition("\n")[0].strip("# ")
        return Document(
            id=f"{self.id}:{path}",
            source_id=self.id,
            revision=_digest(text)[:12],
            kind=kind,
            path=path,
            text=text,
            digest=_digest(text),
            title=first if kind == "doc" else "",
            language=language,
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass
class Store:
    """One data folder, with all that writes an index into it."""

    root: Path
    embedder: HashEmbedder = field(default_factory=HashEmbedder)
    chunker: Chunker = field(default_factory=lambda: ChunkerByKind(ChunkingOptions()))
    analyzer_version: str = ANALYZER.version
    options: IndexingOptions = field(default_factory=IndexingOptions)
    analyze: Callable[[Chunk], Sequence[str]] = analyze
    sql_url: str = ""

    def __post_init__(self) -> None:
        self.folder = DataFolder(self.root, self.sql_url)
        self.folder.create()
        self.ledger = Ledger(self.folder)
        self.tables = Tables(self.folder.lance)

    def indexer(self, index: str = "tiny") -> Indexer:
        parts = IndexParts(
            index=index,
            ledger=self.ledger,
            tables=self.tables,
            chunker=self.chunker,
            analyze=self.analyze,
            analyzer_version=self.analyzer_version,
            passage=passage_text,
            embedder=lambda: self.embedder,
            options=self.options,
        )
        return Indexer(parts)

    def run(
        self, source: Any, index: str = "tiny", until: Until = "vectors", listener: Listener = silent
    ) -> IndexReport:
        self.ledger.create_index(index)
        self.ledger.put_source(index, source.id, "list", {})
        return self.indexer(index).run(source, until, listener)

    def open(self, index: str = "tiny") -> LanceIndex:
        snapshot = self.ledger.snapshot(index)
        assert snapshot is not None
        digest = self.embedder.digest
        return open_index(self.tables, self.ledger, snapshot, analyzer=self.analyzer_version, embedder=digest)

    def scope(self, index: str = "tiny", **filters: Any) -> Scope:
        return Scope(index=index, sources=frozenset(row.id for row in self.ledger.sources(index)), **filters)

    def contents(self, index: str = "tiny") -> dict[str, Any]:
        """All that a reader can see: every row of every table of the published snapshot, none of them twice."""
        snapshot = self.ledger.snapshot(index)
        assert snapshot is not None
        rows = _rows(self.tables, snapshot.chunks_table, snapshot.tables[snapshot.chunks_table])
        chunks = {row["id"]: {k: v for k, v in row.items() if k != "generation"} for row in rows}
        assert len(chunks) == len(rows), "a chunk is there twice"
        vectors = {}
        if snapshot.vectors_table:
            rows = _rows(self.tables, snapshot.vectors_table, snapshot.tables[snapshot.vectors_table])
            vectors = {row["chunk_id"]: row for row in rows}
            assert len(vectors) == len(rows), "a vector is there twice"
        counts = (snapshot.n_documents, snapshot.n_chunks, snapshot.n_embeddable, snapshot.n_vectors)
        return {"chunks": chunks, "vectors": vectors, "counts": counts}

    def contents_by_reader(self, index: str = "tiny") -> list[Chunk]:
        """The chunks of all files, found and loaded as the product does it."""
        reader = self.open(index)
        paths = [document.path for document in self.ledger.documents(index, list(self.ledger.held(index, "list:tiny")))]
        return reader.chunks([row.chunk_id for row in reader.named(paths, 1000, self.scope(index))])

    def answers(self, words: Sequence[str], index: str = "tiny") -> dict[str, Any]:
        """What searches find: ids and scores."""
        reader, scope = self.open(index), self.scope(index)
        found: dict[str, Any] = {}
        for word in words:
            for kind in ("code", "doc", "data"):
                rows = reader.lexical(ANALYZER.tokens(word), 20, scope, kind)
                found[f"{kind} {word}"] = [(row.chunk_id, round(row.score, 5)) for row in rows]
            found[f"named {word}"] = [(row.chunk_id, round(row.score, 5)) for row in reader.named([word], 20, scope)]
            vector = self.embedder.embed([word], "question")[0]
            found[f"dense {word}"] = [(row.chunk_id, round(row.score, 5)) for row in reader.dense(vector, 20, scope)]
        return found

    def close(self) -> None:
        self.ledger.close()


@contextmanager
def stores(folder: Path, sql_url: Callable[[str], str]) -> Iterator[Callable[..., Store]]:
    """Opens data folders by name, below one folder, and closes them at the end."""
    opened: list[Store] = []

    def make(name: str = "data", **options: Any) -> Store:
        opened.append(Store(folder / name, sql_url=sql_url(name), **options))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def _rows(tables: Tables, name: str, version: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tables.open(name, version).read(lambda query: query).to_pylist()
    return rows

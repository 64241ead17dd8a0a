"""A small project in chunks, an embedder that works without a model, and an index over both."""

import hashlib
from collections.abc import Sequence

import numpy as np
from tests.retrieval.memory_index import MemoryIndex

from whence.protocols import Vectors
from whence.retrieval.analyzer import Analyzer, searchable
from whence.types import OPEN_END, Chunk, Kind, Role, Scope

SOURCE = "git:tiny-00000000"
OTHER = "git:other-11111111"
ANALYZER = Analyzer()


class HashingEmbedder:
    """Counts hashed tokens: near texts share words. No model, the same vectors everywhere."""

    digest = "hashing-256"
    dim = 256

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for token in ANALYZER.tokens(text) or [""]:
                row[int.from_bytes(hashlib.blake2b(token.encode(), digest_size=4).digest()) % self.dim] += 1.0
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def chunk(
    path: str,
    text: str,
    symbol: str = "",
    *,
    kind: Kind = "code",
    source: str = SOURCE,
    start: int = 0,
    valid_from: int = 0,
    valid_to: int = OPEN_END,
) -> Chunk:
    """A chunk with what matters here; the id follows from place and text."""
    return Chunk(
        id=hashlib.blake2b(f"{source}{path}{start}{symbol}{text}".encode(), digest_size=16).hexdigest(),
        document_id=f"{source}:{path}",
        source_id=source,
        revision="r1",
        kind=kind,
        path=path,
        language="python" if kind == "code" else "text",
        symbol=symbol,
        title=path,
        start=start,
        end=start + len(text),
        start_line=1,
        end_line=1 + text.count("\n"),
        text=text,
        text_hash=hashlib.blake2b(text.encode()).hexdigest(),
        valid_from=valid_from,
        valid_to=valid_to,
    )


CHUNKS = [
    chunk("src/tiny/sessions.py", "class Session:\n    '''Keeps cookies between requests.'''", "Session"),
    chunk(
        "src/tiny/sessions.py", "def send(self, request):\n    return adapter.send(request)", "Session.send", start=100
    ),
    chunk(
        "src/tiny/sessions.py",
        "def should_strip_auth(self, old, new):\n    # leaving the host: drop the Authorization header on redirect",
        "Session.should_strip_auth",
        start=200,
    ),
    chunk(
        "src/tiny/sessions.py",
        "def close(self):\n    for adapter in self.adapters: adapter.close()",
        "Session.close",
        start=300,
    ),
    chunk("src/tiny/adapters.py", "class HTTPAdapter:\n    def send(self, request): ...", "HTTPAdapter"),
    chunk(
        "src/tiny/adapters.py",
        "def send(self, request):\n    raise ConnectionError('no route to the host given')",
        "HTTPAdapter.send",
        start=80,
    ),
    chunk("src/tiny/adapters.py", "def close(self):\n    self.pool.clear()", "HTTPAdapter.close", start=160),
    chunk(
        "src/tiny/models.py", "class Response:\n    '''What a server answered; the body is read lazily.'''", "Response"
    ),
    chunk(
        "src/tiny/models.py",
        "def iter_content(self, size):\n    yield from self.raw.stream(size)",
        "Response.iter_content",
        start=90,
    ),
    chunk(
        "tests/test_sessions.py",
        "def test_strip_auth_on_redirect(session):\n    assert session.should_strip_auth(a, b)",
        "test_strip_auth_on_redirect",
    ),
    chunk("tests/test_models.py", "class Session:\n    '''A stand-in.'''", "Session"),
    chunk(
        "docs/redirects.md",
        "Redirects are followed, and authorization headers are dropped when the host changes.",
        kind="doc",
    ),
    chunk("docs/streaming.md", "Responses are streamed lazily: iterate over the content to read the body.", kind="doc"),
    chunk("HISTORY.md", "1.2: strip authorization headers on redirect to another host.", kind="doc"),
    chunk("setup.cfg", "[flake8]\nignore = E203", kind="data"),
    chunk(
        "src/old.py", "def should_strip_auth(): the former redirect rule", "should_strip_auth", valid_from=0, valid_to=5
    ),
    chunk(
        "lib/secret.py",
        "def should_strip_auth(): authorization header redirect host",
        "should_strip_auth",
        source=OTHER,
    ),
]

EVERYTHING = Scope(index="tiny", sources=frozenset({SOURCE}))


def index(*, vectors: bool = True, chunks: Sequence[Chunk] = CHUNKS) -> MemoryIndex:
    """An index over the project, with or without vectors."""
    texts = [searchable(item.title, item.symbol, item.text) for item in chunks]
    embedded = HashingEmbedder().embed(texts, "passage") if vectors and chunks else None
    return MemoryIndex(chunks, ANALYZER.tokens, embedded)

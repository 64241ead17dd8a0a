"""Whole files and the chunks they give, one expectation a file; ``WHENCE_UPDATE_GOLDEN=1`` writes them anew."""

import os
from pathlib import Path

import pytest

from whence.chunking.chunk import ChunkerByKind
from whence.types import Document, Kind

GOLDEN = Path(__file__).parent / "golden"

LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".c": "c",
    ".h": "c",
    ".cpp": "cpp",
    ".md": "markdown",
    ".rst": "rst",
    ".toml": "toml",
}


def suffix(path: Path) -> str:
    """Python sources end in ".py.txt" here, lest the linters take them for ours."""
    return Path(path.name.removesuffix(".txt")).suffix


SOURCES = sorted(path for path in GOLDEN.iterdir() if suffix(path) in LANGUAGES)


def read(path: Path) -> Document:
    kind: Kind = "doc" if suffix(path) in {".md", ".rst"} else "data" if suffix(path) == ".toml" else "code"
    text = path.read_bytes().decode()
    return Document(
        id=f"g:{path.name}",
        source_id="g",
        revision="r",
        kind=kind,
        path=path.name,
        text=text,
        digest="",
        language=LANGUAGES[suffix(path)],
    )


def render(document: Document) -> str:
    chunks = ChunkerByKind().split(document)
    rows = [
        (f"{chunk.start_line}-{chunk.end_line}", chunk.symbol if document.kind == "code" else chunk.title)
        for chunk in chunks
    ]
    return "".join(f"{lines:>8}  {name or '-'}\n" for lines, name in rows)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.name))
def test_golden(path: Path) -> None:
    expected = GOLDEN / f"{path.name}.chunks"
    found = render(read(path))
    if os.environ.get("WHENCE_UPDATE_GOLDEN"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


def test_every_language_of_the_table_has_a_golden_file() -> None:
    from whence.chunking.languages import TABLE

    assert {row.name for row in TABLE} <= {LANGUAGES[suffix(path)] for path in SOURCES}

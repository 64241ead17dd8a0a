"""What every chunker promises, whatever the text."""

import pickle
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from whence.chunking.chunk import ChunkerByKind
from whence.chunking.code import CodeChunker
from whence.chunking.languages import TABLE
from whence.chunking.options import ChunkingOptions
from whence.chunking.prose import ProseChunker
from whence.chunking.text import TextChunker
from whence.protocols import Chunker
from whence.types import FILE_KINDS, Chunk, Document

SMALL = ChunkingOptions(target_chars=60, max_chars=90, min_chars=15, max_line_chars=400)

MEMBERS: list[Chunker] = [
    member(options)
    for member in (ChunkerByKind, CodeChunker, ProseChunker, TextChunker)
    for options in (ChunkingOptions(), SMALL)
]

LANGUAGES = [row.name for row in TABLE] + ["markdown", "rst", "text", "html", "pdf", "toml", "klingon"]

PIECES = [
    *["\n", "\n\n", " ", "    ", "\t", "\r\n", "\r", "\x0c", "\x0b", "\x1c", "\u2028", "\u00a0", "\ufeff"],
    *["def f(x):\n    return x\n", "class A:\n", "    x = 1\n", "# note\n", "@deco\n", "else:\n", '"""doc', "if a:\n"],
    *["function f() { }\n", "const a = (b) => {\n", "}\n", "{", "(", "[", ")", "/* c */", "// c\n", "export ", ";"],
    *["func (s *T) M() {}\n", "impl T {\n", "fn f() {}\n", "#[test]\n", "namespace a {\n", "template <class T>\n"],
    *["#ifdef A\n", "#endif\n", "int f(void) { return 0; }\n", "struct s { int a; };\n", "typedef int t;\n"],
    *["# Heading\n", "Title\n=====\n", "---\n", "```\n", "~~~\n", ".. note::\n\n   text\n", ".. _t:\n\n", "- item\n"],
    *[
        "One sentence. Another one! ",
        "1. first\n",
        "| a | b |\n",
        "e.g. this ",
        "word " * 30,
        "x" * 120,
        "日本語。",
        "😀",
    ],
]

TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=400),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=25).map("".join),
)


def document(text: str, language: str, kind: str) -> Document:
    return Document(
        id="src:a/b",
        source_id="src",
        revision="r1",
        kind=kind,  # type: ignore[arg-type]
        path="a/b",
        text=text,
        digest="d",
        language=language,
    )


def options_of(chunker: Chunker) -> ChunkingOptions:
    options = getattr(chunker, "options")  # noqa: B009
    assert isinstance(options, ChunkingOptions)
    return options


def check(chunker: Chunker, source: Document) -> list[Chunk]:
    chunks = chunker.split(source)
    text, limit = source.text, options_of(chunker).max_chars
    covered = bytearray(len(text))
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip()
        assert len(chunk.text) <= limit
        assert chunk.start_line == text.count("\n", 0, chunk.start) + 1
        assert chunk.end_line == text.count("\n", 0, chunk.end) + 1
        assert (chunk.document_id, chunk.source_id, chunk.revision) == (source.id, source.source_id, source.revision)
        assert (chunk.kind, chunk.path, chunk.language) == (source.kind, source.path, source.language)
        assert chunk.title
        covered[chunk.start : chunk.end] = b"\1" * (chunk.end - chunk.start)
    missing = [at for at, character in enumerate(text) if not covered[at] and not character.isspace()]
    assert not missing, text[missing[0] :][:40]
    assert all(one.start < other.start and one.end < other.end for one, other in pairwise(chunks))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    return chunks


@pytest.mark.parametrize(
    "chunker", MEMBERS, ids=lambda member: f"{type(member).__name__}-{options_of(member).max_chars}"
)
@settings(max_examples=120, deadline=None)
@given(text=TEXTS, language=st.sampled_from(LANGUAGES), kind=st.sampled_from(FILE_KINDS))
@example(text="", language="python", kind="code")
@example(text=" \n\t\r\n ", language="rst", kind="doc")
@example(text="\ufeffdef f(): pass", language="python", kind="code")
@example(text="😀 = 1\ndef é(): '日本語'", language="python", kind="code")
@example(text="a\0b\n" * 30, language="c", kind="code")
@example(text="\n" + "0" * 88 + "。0", language="python", kind="code")
def test_chunks_are_exact_spans_that_cover_the_text(chunker: Chunker, text: str, language: str, kind: str) -> None:
    check(chunker, document(text, language, kind))


@pytest.mark.parametrize(
    "chunker", MEMBERS, ids=lambda member: f"{type(member).__name__}-{options_of(member).max_chars}"
)
def test_same_text_gives_same_chunks_in_any_process(chunker: Chunker) -> None:
    source = document("# A\n\ndef f():\n    pass\n" * 40, "python", "code")
    again: Chunker = pickle.loads(pickle.dumps(chunker))
    assert again.split(source) == chunker.split(source)
    assert again.version == chunker.version


@pytest.mark.parametrize("member", [ChunkerByKind, CodeChunker, ProseChunker, TextChunker])
def test_version_and_ids_follow_the_sizes(member: type[ChunkerByKind]) -> None:
    one, other = member(ChunkingOptions()), member(replace(ChunkingOptions(), max_chars=1300))
    source = document("x = 1\n", "python", "code")
    assert one.version != other.version
    assert one.split(source)[0].id != other.split(source)[0].id
    assert one.split(source)[0].text_hash == other.split(source)[0].text_hash


# Not ByKind, which hands them to these.
@pytest.mark.parametrize(
    "chunker", MEMBERS[2::2], ids=lambda member: f"{type(member).__name__}-{options_of(member).max_chars}"
)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 300_000, id="one-line"),
        pytest.param("a=1;" * 60_000, id="one-line-of-statements"),
        pytest.param("[" * 100_000, id="open-brackets"),
        pytest.param(("{" * 300 + "\n") * 200, id="open-braces"),
        pytest.param("\n".join(" " * (i % 60) + "if x:" for i in range(3_000)), id="nested-blocks"),
        pytest.param("class A {\n" * 3_000, id="nested-classes"),
        pytest.param("#if 1\n" * 5_000, id="nested-conditions"),
        pytest.param("namespace a {\n" * 3_000, id="nested-namespaces"),
        pytest.param("```\n" * 10_001, id="fences"),
        pytest.param("A\n=\n" * 5_000, id="headings"),
        pytest.param(".. _a:\n" * 5_000, id="targets"),
        pytest.param(".. a::\n " * 5_000, id="directives"),
        pytest.param("e.g. " * 20_000, id="abbreviations"),
        pytest.param("`" * 50_000 + "\n===", id="long-heading"),
        pytest.param("// a\n" * 20_000, id="comments"),
        pytest.param("@a\n" * 5_000, id="decorators"),
        pytest.param(" " * 100_000 + "x", id="indentation"),
    ],
)
def test_hostile_texts_end(chunker: Chunker, text: str) -> None:
    for language, kind in [("python", "code"), ("cpp", "code"), ("rst", "doc"), ("markdown", "doc")]:
        if isinstance(chunker, ProseChunker) == (kind == "doc"):
            assert chunker.split(document(text, language, kind))

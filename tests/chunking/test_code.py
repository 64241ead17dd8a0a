from collections.abc import Callable

import pytest

from whence.chunking.code import CodeChunker, character_offsets
from whence.chunking.languages import TABLE, grammar
from whence.chunking.options import ChunkingOptions
from whence.errors import MissingExtraError, UsageError
from whence.types import Document

Make = Callable[..., Document]

SMALL = ChunkingOptions(target_chars=150, max_chars=220, min_chars=40)


def test_parts_of_a_long_function_keep_its_name_and_begin_with_statements(make_document: Make) -> None:
    body = "".join(f"    value_{i} = compute({i})\n    if value_{i}:\n        store(value_{i})\n\n" for i in range(40))
    chunks = CodeChunker().split(make_document(f"def work():\n{body}"))
    assert len(chunks) > 2
    assert {chunk.symbol for chunk in chunks} == {"work"}
    assert all(chunk.text.lstrip().startswith("value_") for chunk in chunks[1:])


def test_a_decorator_stays_with_its_function(make_document: Make) -> None:
    text = "import x\n\n@route('/a')\n@cached\ndef page():\n    return 1\n"
    chunks = CodeChunker().split(make_document(text))
    assert chunks[-1].text.startswith("@route") or chunks[-1].text.startswith("import x")
    assert [chunk.symbol for chunk in chunks] == ["page"]


def test_inner_functions_of_a_long_function_get_their_own_chunk(make_document: Make) -> None:
    inner = "    def inner(x):\n" + "        x = change(x)\n" * 5 + "        return x\n\n"
    text = (
        "def outer():\n    first = 1\n"
        + inner
        + "    middle = 2\n" * 4
        + inner.replace("inner", "other")
        + "    return 3\n"
    )
    symbols = [chunk.symbol for chunk in CodeChunker(SMALL).split(make_document(text))]
    assert symbols == ["outer", "outer.inner", "outer", "outer.other"]
    assert CodeChunker().split(make_document(text))[0].symbol == "outer"
    assert len(CodeChunker().split(make_document(text))) == 1


def test_a_constant_carries_its_name_when_alone_or_long(make_document: Make) -> None:
    text = "CODES = {\n" + "".join(f"    {i}: 'code {i}',\n" for i in range(12)) + "}\nA = 1\nB = 2\n"
    assert [chunk.symbol for chunk in CodeChunker().split(make_document(text))] == ["CODES", ""]
    assert [chunk.symbol for chunk in CodeChunker().split(make_document("LIMIT = 30\n"))] == ["LIMIT"]


def test_the_head_of_a_module_does_not_take_the_name_of_its_one_constant(make_document: Make) -> None:
    head = '"""What this module does, at some length, so that it is worth a piece of its own."""\n\nimport lamp\n\n'
    chunks = CodeChunker(SMALL).split(make_document(head + "# How many.\nLIMIT = 3\n\n\ndef work():\n    pass\n"))
    assert [(chunk.symbol, chunk.text.strip().split("\n")[0][:7]) for chunk in chunks] == [
        ("", '"""What'),
        ("LIMIT", "# How m"),
        ("work", "def wor"),
    ]


def test_documented_prototypes_of_a_header_are_found_by_name(make_document: Make) -> None:
    comment = "/**\n" + " * Says what it does at some length.\n" * 3 + " */\n"
    text = f"#include <a.h>\n\n{comment}int open_it(int a);\n\n{comment}int close_it(int a);\n"
    chunks = CodeChunker().split(make_document(text, language="c"))
    assert [chunk.symbol for chunk in chunks] == ["open_it", "close_it"]


def test_broken_code_still_gives_its_definitions(make_document: Make) -> None:
    text = "def good():\n    return 1\n\ndef bad(:\n    return\n\ndef fine():\n    return 2\n"
    symbols = [chunk.symbol for chunk in CodeChunker().split(make_document(text))]
    assert "good" in symbols
    assert "fine" in symbols


def test_characters_outside_ascii_do_not_shift_spans(make_document: Make) -> None:
    text = "x = '😀é'\n\n\ndef ä():\n    '''日本語 😀'''\n\n\ndef b():\n    pass\n"
    chunks = CodeChunker().split(make_document(text))
    assert [(chunk.symbol, chunk.start_line, chunk.end_line) for chunk in chunks] == [
        ("x", 1, 1),
        ("ä", 4, 5),
        ("b", 8, 9),
    ]
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)


def test_character_offsets_agree_with_decoding() -> None:
    text = "aé日😀b"
    source = text.encode()
    offset = character_offsets(text, source)
    assert [offset(len(text[:n].encode())) for n in range(len(text) + 1)] == list(range(len(text) + 1))


def test_carriage_returns_are_kept_and_lines_agree(make_document: Make) -> None:
    text = "def a():\r\n    pass\r\n\r\n\r\ndef b():\r\n    pass\r\n"
    chunks = CodeChunker().split(make_document(text))
    assert [(chunk.symbol, chunk.start_line, chunk.end_line) for chunk in chunks] == [("a", 1, 2), ("b", 5, 6)]


@pytest.mark.parametrize("reason", ["long line", "too large", "nul"])
def test_what_should_not_be_parsed_is_cut_by_lines(make_document: Make, reason: str) -> None:
    text = {
        "long line": "def f(): pass\n" + "x" * 30_000,
        "too large": "def f():\n    pass\n" * 10,
        "nul": "def f():\n    '\0'\n",
    }[reason]
    options = ChunkingOptions(max_parsed_chars=100) if reason == "too large" else ChunkingOptions()
    chunks = CodeChunker(options).split(make_document(text))
    assert chunks
    assert {chunk.symbol for chunk in chunks} == {""}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row.name))
def test_node_types_of_the_table_exist_in_the_grammar(row: "object") -> None:
    from whence.chunking.languages import Language

    assert isinstance(row, Language)
    loaded = grammar(row)
    known = {loaded.node_kind_for_id(number) for number in range(loaded.node_kind_count)}
    assert row.functions | row.types | row.scopes | row.wrappers | row.values | row.callables <= known


def test_a_missing_grammar_is_named() -> None:
    from dataclasses import replace

    absent = replace(TABLE[0], name="absent", load=("tree_sitter_absent", "language"))
    with pytest.raises(MissingExtraError, match="tree-sitter-absent"):
        grammar(absent)


@pytest.mark.parametrize("sizes", [{"min_chars": 0}, {"target_chars": 5000}, {"sentence_overlap": -1}])
def test_impossible_sizes_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        ChunkingOptions(**sizes)

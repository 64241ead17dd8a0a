"""Tests and change logs are told by their paths, and quoted only where they are asked for."""

import pytest
from tests.answer.material import make_chunk, make_hits

from whence.answer.compose import compose
from whence.answer.extractive import ExtractiveReader
from whence.answer.places import is_changes, is_test, out_of_place

READER = ExtractiveReader()


@pytest.mark.parametrize(
    ("path", "test", "changes"),
    [
        ("tests/test_pool.py", True, False),
        ("src/pool_test.go", True, False),
        ("src/http/testing.py", False, False),
        ("HISTORY.md", False, True),
        ("docs/changelog.rst", False, True),
        ("docs/history/pool.rst", False, False),
    ],
)
def test_paths(path: str, test: bool, changes: bool) -> None:
    assert (is_test(path), is_changes(path)) == (test, changes)


@pytest.mark.parametrize(
    ("question", "path", "expected"),
    [
        ("How are files uploaded?", "HISTORY.md", True),
        ("When was the upload of files introduced?", "HISTORY.md", False),
        ("In which version did the upload change?", "HISTORY.md", False),
        ("When does an upload fail?", "HISTORY.md", True),
        ("How are files uploaded?", "tests/test_upload.py", True),
        ("What does the upload test check?", "tests/test_upload.py", False),
        ("What does TestUpload check?", "tests/test_upload.py", False),
        ("How are files uploaded?", "src/upload.py", False),
    ],
)
def test_what_a_question_asks_for(question: str, path: str, expected: bool) -> None:
    assert out_of_place(question, path) is expected


CHANGES = make_chunk("- Added upload of multipart files to the pool.\n- Faster imports.", path="HISTORY.md")
CODE = make_chunk(
    'def upload(pool, files):\n    """Upload multipart files to the pool."""\n    for file in files:\n'
    "        pool.send(file)\n\n    return pool.flush()\n",
    kind="code",
    path="src/pool.py",
    symbol="upload",
)
TEST = make_chunk(
    "def test_upload(pool):\n    # upload multipart files to the pool\n    upload(pool, ['a', 'b'])\n\n"
    "    assert pool.sent == 2\n    assert pool.flushed\n",
    kind="code",
    path="tests/test_pool.py",
    symbol="test_upload",
)


@pytest.mark.parametrize("chunks", [[CHANGES, CODE, TEST], [TEST, CODE, CHANGES]])
def test_code_leads_where_the_present_is_asked_for(chunks: list[object]) -> None:
    question = "How are multipart files uploaded to the pool?"
    cited = compose(question, READER.read(question, make_hits(chunks)), 4).evidence  # type: ignore[arg-type]
    assert [item.hit.chunk.path for item in cited] == ["src/pool.py"]


def test_the_change_log_leads_where_a_change_is_asked_for() -> None:
    question = "When was the upload of multipart files to the pool added?"
    cited = compose(question, READER.read(question, make_hits([CHANGES, CODE])), 4).evidence
    assert cited[0].hit.chunk.path == "HISTORY.md"


def test_a_test_is_quoted_where_nothing_else_is_left() -> None:
    question = "How are multipart files uploaded to the pool?"
    assert compose(question, READER.read(question, make_hits([TEST])), 4).evidence


def test_stubs_and_benchmarks_are_quoted_where_they_are_asked_for() -> None:
    assert out_of_place("does it support masks?", "src/core.pyi")
    assert not out_of_place("which type does core return?", "src/core.pyi")
    assert out_of_place("how does sort work?", "benchmarks/sort.py")
    assert not out_of_place("how fast is sort?", "benchmarks/sort.py")

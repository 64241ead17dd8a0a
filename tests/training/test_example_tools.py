"""The tools that make what shipped weights learn from: texts of a project, and nothing that models are judged by."""

import gzip
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from whence.training.embedding_examples import EmbeddingPair, write_pairs

TOOLS = Path(__file__).resolve().parents[2] / "tools"
DATA = os.environ.get("WHENCE_TEST_DATA", "")
needs_data = pytest.mark.skipif(not Path(DATA or "absent").is_dir(), reason="WHENCE_TEST_DATA is not set")


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports one of the tools' modules by its name."""
    monkeypatch.syspath_prepend(str(TOOLS))
    return importlib.import_module


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments],
        check=True,
        capture_output=True,
    )


def test_a_repository_gives_files_and_small_commits(tool: Callable[[str], ModuleType], tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "pool.py").write_text("def pop(waiting):\n    return None\n", encoding="utf-8")
    (tmp_path / "test_pool.py").write_text("def test():\n    pass\n", encoding="utf-8")
    (tmp_path / "vendored").mkdir()
    (tmp_path / "vendored" / "other.py").write_text("x = 1\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Begin with the pool of sockets")
    (tmp_path / "pool.py").write_text("def pop(waiting):\n    return waiting.pop()\n", encoding="utf-8")
    git(tmp_path, "commit", "-q", "-a", "-m", "Give back a waiting socket")
    texts, pairs = tool("project_texts"), tool("make_embedding_pairs")
    files = texts.repository_files("net", tmp_path, pairs.KINDS, 400)
    assert [(file.path, file.project) for file in files] == [("pool.py", "net")]
    first = next(texts.repository_commits("net", tmp_path, 10, texts.PYTHON, pairs.shown))
    assert first.path == "Give back a waiting socket"
    assert first.text.startswith("pool.py\n")
    assert "+    return waiting.pop()" in first.text


def test_what_git_cannot_read_is_said_in_a_sentence(tool: Callable[[str], ModuleType], tmp_path: Path) -> None:
    texts = tool("project_texts")
    with pytest.raises(SystemExit, match="git cannot read"):
        texts.repository_files("net", tmp_path / "absent", (texts.PYTHON,))
    with pytest.raises(SystemExit, match="is not NAME=DIR"):
        texts.named_folders(["net"])


@needs_data
def test_a_question_or_passage_of_the_suites_is_left_out_whatever_its_signs(
    tool: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = tool("data_set_pairs")
    questions, passages = sets.held_out(Path(DATA))
    assert len(questions) > 5000
    monkeypatch.setattr(sets, "held_out", lambda _: (questions[:200], passages[-200:]))  # all of them take long
    bad = [
        EmbeddingPair(id="1", source="x", question=questions[3].upper() + " !", passage="nothing of the kind here"),
        EmbeddingPair(id="2", source="x", question="a question of our own about pools", passage=passages[-1] + "\n"),
    ]
    good = EmbeddingPair(id="3", source="x", question="which pool do sockets wait in", passage="they wait in the pool")
    assert sets.without_held_out([bad[0], good, bad[1]], Path(DATA)) == [good]
    assert "2 {'x': 2}" in capsys.readouterr().out


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOOLS / script), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("script", "needed"), [("make_embedding_pairs.py", "--data"), ("make_reading_examples.py", "--out")]
)
def test_a_tool_says_what_it_needs(script: str, needed: str) -> None:
    done = run(script)
    assert done.returncode == 2
    assert needed in done.stderr
    assert "Traceback" not in done.stderr


def test_pairs_become_whole_passages_and_some_questions_come_again_with_one_that_does_not_answer(
    tmp_path: Path,
) -> None:
    things = ["lamp", "mill", "boat", "gate", "crane", "kiln", "bell", "sluice"]
    pairs = [
        EmbeddingPair(
            id=str(n % 8),
            source="port/code" if n < 16 else "other",
            question=f"how is the {things[n % 8]} lifted in harbour {n}",
            passage=f"def lift_{things[n % 8]}(harbour):\n    return harbour.lift({n})",
        )
        for n in range(24)
    ]
    write_pairs(pairs, tmp_path / "pairs.jsonl")
    out = tmp_path / "whole.jsonl.gz"
    done = run(
        "make_reading_examples.py", "--pairs", str(tmp_path / "pairs.jsonl"), "--only", "port/", "--out", str(out)
    )
    assert done.returncode == 0, done.stderr
    with gzip.open(out, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    whole = {row["question"]: row["passage"] for row in rows if row["is_whole"]}
    assert len([row for row in rows if row["is_whole"]]) == 16
    assert len({row["id"] for row in rows}) == len(rows)
    like = [row for row in rows if not row["is_whole"]]
    assert 0 < len(like) <= 9
    assert all(row["start"] == -1 and row["passage"] != whole[row["question"]] for row in like)
    assert {row["id"].split("/")[0] for row in rows} == {"port"}


def test_pairs_that_cannot_be_read_are_one_sentence(tmp_path: Path) -> None:
    done = run("make_reading_examples.py", "--pairs", str(tmp_path / "absent.jsonl"), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "absent.jsonl cannot be read" in done.stderr
    assert "Traceback" not in done.stderr

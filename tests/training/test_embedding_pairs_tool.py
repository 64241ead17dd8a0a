"""The pairs that shipped weights may be trained on hold nothing that models are judged by."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from whence.training.embedding_examples import EmbeddingPair

TOOL = Path(__file__).resolve().parents[2] / "tools" / "make_embedding_pairs.py"
DATA = os.environ.get("WHENCE_TEST_DATA", "")
needs_data = pytest.mark.skipif(not Path(DATA or "absent").is_dir(), reason="WHENCE_TEST_DATA is not set")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_embedding_pairs", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments],
        check=True,
        capture_output=True,
    )


def test_a_repository_gives_files_and_small_commits(tool: ModuleType, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "pool.py").write_text("def pop(waiting):\n    return None\n", encoding="utf-8")
    (tmp_path / "test_pool.py").write_text("def test():\n    pass\n", encoding="utf-8")
    (tmp_path / "vendored").mkdir()
    (tmp_path / "vendored" / "other.py").write_text("x = 1\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Begin with the pool of sockets")
    (tmp_path / "pool.py").write_text("def pop(waiting):\n    return waiting.pop()\n", encoding="utf-8")
    git(tmp_path, "commit", "-q", "-a", "-m", "Give back a waiting socket")
    assert [(file.path, file.project) for file in tool.repository_files("net", tmp_path)] == [("pool.py", "net")]
    first = next(tool.repository_commits("net", tmp_path))
    assert first.path == "Give back a waiting socket"
    assert first.text.startswith("pool.py\n")
    assert "+    return waiting.pop()" in first.text


def test_what_git_cannot_read_is_said_in_a_sentence(tool: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="git cannot read"):
        tool.repository_files("net", tmp_path / "absent")


@needs_data
def test_a_question_or_passage_of_the_suites_is_left_out_whatever_its_signs(
    tool: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions, passages = tool.held_out(Path(DATA))
    assert len(questions) > 5000
    monkeypatch.setattr(tool, "held_out", lambda _: (questions[:200], passages[-200:]))  # all of them take long
    bad = [
        EmbeddingPair(id="1", source="x", question=questions[3].upper() + " !", passage="nothing of the kind here"),
        EmbeddingPair(id="2", source="x", question="a question of our own about pools", passage=passages[-1] + "\n"),
    ]
    good = EmbeddingPair(id="3", source="x", question="which pool do sockets wait in", passage="they wait in the pool")
    assert tool.without_held_out([bad[0], good, bad[1]], Path(DATA)) == [good]
    assert "2 {'x': 2}" in capsys.readouterr().out


def test_the_tool_says_what_it_needs() -> None:
    done = subprocess.run([sys.executable, str(TOOL)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr

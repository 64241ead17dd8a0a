"""--as-of on the command line, in files of questions, and what is printed."""

import json
from pathlib import Path

import pytest
from tests.cli.command import run
from tests.history.repository import Scripted, harbour


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    return harbour(tmp_path_factory.mktemp("source") / "harbour")


@pytest.fixture(scope="module")
def data(made: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "whence"
    result = run("index", made.path, "--until", "text", data=folder)
    assert result.code == 0, result.err
    (folder / "whence.toml").write_text("[as_of]\nembed_s = 0.0\n")
    return folder


def test_a_fact_names_its_state(made: Scripted, data: Path) -> None:
    result = run("ask", "how many commits are there?", "--as-of", "0.1", data=data)
    commit = made.git("rev-parse", "v0.1^{commit}").decode().strip()
    assert result.code == 0, result.err
    assert "There are 2 commits" in result.out
    assert f"harbour as of 0.1 @{commit[:7]}" in result.out
    [answer] = run("ask", "how many commits are there?", "--as-of", "v0.1", "--json", data=data).records
    assert (answer["as_of"], answer["asked_as_of"], answer["index"]) == (commit, "v0.1", "harbour")


def test_a_search_and_its_answer(made: Scripted, data: Path) -> None:
    result = run("search", "what does lift do?", "--as-of", "v0.1", "--json", data=data)
    assert result.code == 0, result.err
    assert {hit["path"] for hit in result.records[0]["hits"] if hit["kind"] == "code"} == {"src/crane.py"}
    again = run("search", "what does lift do?", "--as-of", "v0.1", data=data)
    assert "src/crane.py" in again.out
    assert "src/lift.py" not in again.out
    assert again.err == ""


def test_questions_of_a_file_have_a_state_each(data: Path, tmp_path: Path) -> None:
    entries = [
        {"id": "a", "question": "how many commits are there?", "as_of": "v0.1"},
        {"id": "b", "question": "how many commits are there?", "filters": {"as_of": "2020-01-05"}},
        {"id": "c", "question": "how many commits are there?", "as_of": None},
        {"id": "d", "question": "how many commits are there?", "as_of": "v9"},
        {"id": "e", "question": "how many commits are there?", "as_of": 2020},
        {"id": "f", "question": "as of v0.1, how many commits are there?"},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    result = run("ask", "--questions", file, data=data)
    assert result.code == 1
    said = {record["id"]: record for record in result.records}
    assert said["a"]["answer"] == said["f"]["answer"]
    assert "There are 2 commits" in said["a"]["answer"]
    assert "There are 3 commits" in said["b"]["answer"]
    assert said["c"]["asked_as_of"] == ""
    assert "v9" in said["d"]["error"]
    assert '"as_of" takes' in said["e"]["error"]
    all_then = run("ask", "--questions", file, "--as-of", "2020-01-05", data=data)
    assert "There are 3 commits" in {record["id"]: record for record in all_then.records}["c"]["answer"]


@pytest.mark.parametrize("command", ["ask", "search"])
def test_what_is_no_state_is_one_sentence_and_wrong_usage(command: str, data: Path) -> None:
    for state in ("v9", "2001", "main", "--help-me", "\x1b[31m"):
        result = run(command, "how is a load lifted?", "--as-of", state, data=data)
        assert result.code == 2
        assert result.err.startswith("error: ")
        assert result.err.count("\n") == 1
        assert result.out == ""


def test_open_as_of_and_the_last_answer(made: Scripted, data: Path) -> None:
    opened = run("open", "src/crane.py:4", "--as-of", "v0.1", data=data)
    assert opened.code == 0, opened.err
    assert "def lift(load, *, limit=30)" in opened.out
    assert run("open", "src/lift.py", "--as-of", "v0.1", data=data).code == 2
    asked = run("ask", "what does lift do?", "--as-of", "v0.1", data=data)
    if asked.code == 0:
        assert run("open", "1", data=data).code == 0
        assert run("open", "1", "--as-of", "v0.1", data=data).code == 2


def test_status_shows_what_is_kept_under_its_index(data: Path) -> None:
    run("search", "crane", "--as-of", "v0.2", data=data)
    result = run("status", data=data)
    assert "ready as of " in result.out
    assert "v0.2" in result.out
    [status] = run("status", "--json", data=data).records
    assert [index["name"] for index in status["indexes"]] == ["harbour"]
    assert any("v0.2" in kept["wanted"] for kept in status["indexes"][0]["kept"])

"""What a search finds is printed as a place that a person knows: commits by day and author, hunks by their lines."""

import json
import re
from pathlib import Path

import pytest
from tests.cli.command import run
from tests.history.repository import empty


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hits")
    made = empty(folder / "harbour")
    for name in "abcdef":
        made.write(f"cranes/{name}.py", f"def lift_{name}():\n    return 1\n")
    made.commit("Paint the cranes\n\nThe rust showed through.")
    assert run("index", made.path, "--until", "text", data=folder / "data").code == 0
    return folder / "data"


def test_a_commit_by_day_author_and_files(data: Path) -> None:
    shown = run("search", "paint the cranes rust", "--kind", "commit", data=data)
    assert re.search(r"^ 1  commit [0-9a-f]{7} \(2020-01-02, Ada Lake\)  Paint the cranes$", shown.out, re.MULTILINE)
    assert "The rust showed through." in shown.out
    assert "    cranes/a.py, cranes/b.py, cranes/c.py, cranes/d.py and 2 more files" in shown.out
    assert "+2 -0" not in shown.out


def test_a_hunk_by_its_lines(data: Path) -> None:
    shown = run("search", "paint crane lift_b", "--kind", "hunk", "-k", "1", data=data)
    assert re.search(r"^ 1  cranes/b\.py:1-2 @[0-9a-f]{7}  lift_b  Paint the cranes$", shown.out, re.MULTILINE)


def test_fields_for_machines(data: Path) -> None:
    found = json.loads(run("search", "paint the cranes", "--kind", "commit", "--json", data=data).out)["hits"][0]
    assert found["kind"] == "commit"
    assert found["path"] == ""
    assert found["commit"] == found["revision"]
    assert re.fullmatch(r"[0-9a-f]{40}", found["commit"])


def test_an_empty_index_says_so(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    indexed = run("index", tmp_path / "bare", data=tmp_path / "data")
    assert "up to date" not in indexed.out + indexed.err
    assert "nothing in it could be indexed" in indexed.out + indexed.err
    assert "   empty" in run("status", data=tmp_path / "data").out
    asked = run("ask", "where is the crane?", data=tmp_path / "data")
    assert asked.code == 3
    assert "It is empty" in asked.out

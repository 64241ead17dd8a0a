"""whence why through the command: printed, as JSON, completed, opened, and refused in one sentence."""

import shutil
from pathlib import Path

import pytest
from tests.cli.command import commit, git, make_repository, run


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose second commit has a reason, with a remote on the web."""
    folder = make_repository(tmp_path_factory.mktemp("source") / "yard", {"src/crane.py": "LIMIT = 20\n"})
    git(folder, "remote", "add", "origin", "https://github.com/harbour/yard.git")
    (folder / "src/crane.py").write_text("LIMIT = 30\n")
    git(folder, "commit", "--quiet", "--all", "-m", "Raise the limit\n\nHeavier loads came, because of #12.")
    return folder


@pytest.fixture(scope="module")
def indexed_yard(tmp_path_factory: pytest.TempPathFactory, yard: Path) -> Path:
    data = tmp_path_factory.mktemp("data") / "whence"
    result = run("index", yard, "--until", "text", data=data)
    assert result.code == 0, result.err
    return data


@pytest.fixture
def data(tmp_path: Path, indexed_yard: Path) -> Path:
    return Path(shutil.copytree(indexed_yard, tmp_path / "whence"))


def test_a_line_is_printed_with_its_reason(data: Path, yard: Path) -> None:
    result = run("why", "crane.py:1", data=data)
    assert result.code == 0, result.err
    head = git(yard, "rev-parse", "HEAD")
    assert result.out.startswith(f'Line 1 of src/crane.py came with commit {head[:7]} "Raise the limit"')
    assert 'The message says: "Heavier loads came, because of #12."' in result.out
    assert f"[1] commit {head[:7]}  Raise the limit" in result.out
    assert "https://github.com/harbour/yard/issues/12" in result.out


def test_json_is_the_answer(data: Path, yard: Path) -> None:
    record = run("why", "src/crane.py:1", "--json", data=data).records[0]
    head = git(yard, "rev-parse", "HEAD")
    assert (record["kind"], record["abstained"], record["source"]["commit"]) == ("fact", False, head)
    pages = [citation["url"] for citation in record["citations"]]
    assert f"https://github.com/harbour/yard/commit/{head}" in pages
    assert [c["issue_id"] for c in record["citations"] if c["issue_id"]] == ["12"]


def test_open_shows_the_commit(data: Path) -> None:
    run("why", "src/crane.py:1", data=data)
    assert "+LIMIT = 30" in run("open", "1", data=data).out


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("crane.py:9", 3, "has 1 line at"),
        ("crame.py:1", 3, "did you mean src/crane.py?"),
        ("no_such_name", 3, "nor was there in any commit"),
        ("", 2, ""),
    ],
)
def test_what_is_not_there_is_one_sentence(data: Path, target: str, code: int, said: str) -> None:
    result = run("why", target, data=data)
    assert result.code == code
    assert said in result.out + result.err


def test_documents_have_no_history(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("# Notes\n\nThe crane lifts.\n")
    assert run("index", tmp_path / "notes", "--until", "text", data=tmp_path / "data").code == 0
    result = run("why", "a.md", data=tmp_path / "data")
    assert result.code == 2
    assert "needs a git repository" in result.err


def test_what_is_not_committed_does_not_count(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "yard", {"a.py": "A = 1\n"})
    (folder / "a.py").write_text("A = 1\nB = 2\n")
    data = tmp_path / "data"
    assert run("index", folder, "--until", "text", data=data).code == 0
    assert "a change that is not committed does not count" in run("why", "a.py:2", data=data).out


def test_an_earlier_state(data: Path, yard: Path) -> None:
    first = git(yard, "rev-parse", "HEAD^")
    result = run("why", "src/crane.py:1", "--as-of", first, data=data)
    assert result.code == 0, result.err
    assert "LIMIT = 20" in result.out
    assert "Raise the limit" not in result.out


def test_paths_complete(data: Path) -> None:
    import click

    from whence.cli.why_command import command, complete_target

    context = click.Context(command, info_name="why")
    context.params = {"data": str(data), "name": None}
    assert complete_target(context, command.params[0], "s") == ["src/"]
    assert complete_target(context, command.params[0], "src/") == ["src/crane.py"]
    context.params = {"data": str(data / "nothing"), "name": None}
    assert complete_target(context, command.params[0], "s") == []


def test_a_second_commit_is_seen_after_sync(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "yard", {"a.py": "A = 1\n"})
    data = tmp_path / "data"
    assert run("index", folder, "--until", "text", data=data).code == 0
    sha = commit(folder, {"a.py": "A = 2\n"})
    assert run("index", folder, "--until", "text", data=data).code == 0
    assert sha[:7] in run("why", "a.py:1", data=data).out

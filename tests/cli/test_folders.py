"""Which index is asked, and what changes of the source do to it."""

import shutil
from pathlib import Path

import pytest
from tests.cli.command import commit, make_repository, run


def test_inside_an_indexed_repository_that_one_is_asked(tmp_path: Path) -> None:
    ships = make_repository(tmp_path / "ships", {"docs/a.md": "# Ships\n\nShips carry the blue parcels over water.\n"})
    trains = make_repository(tmp_path / "trains", {"a.md": "# Trains\n\nTrains carry the blue parcels over land.\n"})
    data = tmp_path / "data"
    for place in (ships, trains):
        assert run("index", ".", "--until", "text", data=data, cwd=place).code == 0

    def asked(cwd: Path, *options: str) -> str:
        result = run("ask", "What carries the blue parcels?", "--json", *options, data=data, cwd=cwd)
        return str(result.records[0]["index"])

    assert asked(ships) == asked(ships / "docs") == "ships"
    assert asked(trains) == "trains"
    assert asked(ships, "--in", "trains") == "trains"
    outside = run("ask", "What carries the blue parcels?", data=data, cwd=tmp_path)
    assert (outside.code, outside.out) == (2, "")
    assert outside.err == "error: Which index? There are: ships, trains. Choose with --in NAME.\n"


def test_sync_follows_a_commit_and_status_says_when_it_is_due(tmp_path: Path) -> None:
    repository, data = make_repository(tmp_path / "ferry"), tmp_path / "data"
    assert run("index", repository, data=data).code == 0
    commit(repository, {"src/ferry/anchor.py": 'def drop_anchor() -> None:\n    """Drop the anchor in a storm."""\n'})
    revision = commit(repository, {"docs/storm.md": "# Storms\n\nIn a storm the anchor is dropped.\n"})
    (repository / "README.md").write_text("changed, not committed", encoding="utf-8")
    behind = run("status", data=data)
    assert "2 commits behind: whence sync ferry" in behind.out
    assert list(run("status", "--json", data=data).records[0]["indexes"][0]["behind"].values()) == [2]
    synced = run("sync", data=data)
    assert synced.code == 0
    assert f"ferry @{revision[:7]}" in synced.out
    assert "2 read" in synced.out
    assert "1 uncommitted change in the working tree" in synced.out
    assert "behind" not in run("status", data=data).out
    (found,) = run("search", "drop_anchor", "--json", "-k", 1, data=data).records
    assert found["hits"][0]["path"] == "src/ferry/anchor.py"
    assert found["hits"][0]["revision"] == revision
    again = run("sync", "ferry", data=data)
    assert "up to date" in again.out
    assert "text ready" not in again.err


def test_a_source_that_is_gone_keeps_its_index_and_the_others_follow(tmp_path: Path) -> None:
    data = tmp_path / "data"
    gone = make_repository(tmp_path / "a-gone", {"a.md": "# Gone\n\nThe lighthouse burns oil.\n"})
    stays = make_repository(tmp_path / "b-stays", {"a.md": "# Stays\n\nThe harbour has a wall.\n"})
    assert run("index", gone, stays, "--until", "text", data=data).code == 0
    shutil.rmtree(gone)
    revision = commit(stays, {"b.md": "# More\n\nThe wall is high.\n"})
    result = run("sync", data=data)
    assert result.code == 1
    assert "a-gone" in result.err
    assert f"b-stays @{revision[:7]}" in result.out
    assert run("search", "lighthouse", "--in", "a-gone", "--json", data=data).records[0]["hits"]
    assert "behind" not in run("status", data=data).out


def test_open_shows_what_the_last_answer_cites(indexed: Path) -> None:
    answer = run("ask", "How much may a parcel weigh at most?", "--json", data=indexed).records[0]
    cited = answer["citations"][0]
    opened = run("open", data=indexed)
    assert opened.code == 0
    assert opened.out.startswith(f"{cited['path']}:{cited['start_line']}")
    marked = [line for line in opened.out.splitlines() if line.startswith(">")]
    assert len(marked) == cited["end_line"] - cited["start_line"] + 1
    as_json = run("open", "[1]", "--json", data=indexed).records[0]
    assert as_json["text"][cited["start"] : cited["end"]] == cited["quote"]
    assert run("open", 99, data=indexed).code == 2
    assert "no known remote" in run("open", 1, "--web", data=indexed).err


@pytest.mark.parametrize(
    ("place", "first", "last"), [("harbours.toml", 1, 3), ("src/ferry/crane.py:3", 3, 3), ("README.md:3-5", 3, 5)]
)
def test_open_shows_lines_of_an_indexed_file(indexed: Path, place: str, first: int, last: int) -> None:
    result = run("open", place, data=indexed)
    assert result.code == 0
    marked = [int(line.split()[1]) for line in result.out.splitlines() if line.startswith(">")]
    assert marked == list(range(first, last + 1))


def test_open_says_what_there_is(indexed: Path) -> None:
    assert "has no file 'nothing.py'" in run("open", "nothing.py", data=indexed).err
    assert "has lines 1 to 3: 9 is not among them" in run("open", "harbours.toml:9", data=indexed).err
    assert "has lines 1 to 3: 2-9 is not among them" in run("open", "harbours.toml:2-9", data=indexed).err
    assert "end before they begin" in run("open", "harbours.toml:3-2", data=indexed).err
    (indexed / "last-answer.json").write_text('{"citations": [3]}', encoding="utf-8")
    assert "no last answer" in run("open", data=indexed).err

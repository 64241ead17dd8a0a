"""The tables hold what git says, however the loading went, and whatever was pushed."""

import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.history.loading import load, number, opened
from tests.history.repository import BOB, GRACE, Scripted, empty
from tests.killing import Kill

from whence.pipelines.progress import Progress
from whence.store.history import HistoryTables
from whence.store.history_tables import HISTORY_TABLES, commits


def told(tables: HistoryTables, revision: str) -> dict[str, Any]:
    """All that the tables say, in a form that does not depend on how they came to it."""
    history = number(tables, revision)
    return {
        "shas": tables.shas(history),
        "authors": tables.author_counts(history),
        "paths": tables.paths(history),
        "busiest": tables.busiest_paths(history, "", 100),
        "tags": tables.tags(history),
        "links": [tables.linked(history, "issue", target) for target in ("7", "8", "12", "99")],
        "state": tables.state("harbour", "git:harbour"),
    }


def clean(place: Path, repository: Scripted) -> dict[str, Any]:
    tables = opened(place)
    load(tables, repository.git_folder, repository.head)
    return told(tables, repository.head)


def test_tables_say_what_git_says(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    n = load(tables, harbour_once.git_folder, harbour_once.head)
    history = number(tables, harbour_once.head)
    assert n == int(harbour_once.lines("rev-list", "--count", "HEAD")[0])
    assert [sha for sha, _ in tables.shas(history)] == harbour_once.lines("rev-list", "HEAD")
    line = harbour_once.lines("rev-list", "--first-parent", "HEAD")
    assert {sha: place for sha, place in tables.shas(history) if place} == {
        sha: len(line) - n for n, sha in enumerate(line)
    }
    shortlog = [row.split("\t") for row in harbour_once.lines("shortlog", "-sn", "HEAD")]
    assert tables.author_counts(history) == sorted(((n, int(c)) for c, n in shortlog), key=lambda p: (-p[1], p[0]))
    touched = harbour_once.git("log", "-z", "--no-renames", "--name-only", "--format=", "HEAD").split(b"\0")
    assert tables.paths(history) == sorted({name.decode().lstrip("\n") for name in touched} - {""})
    assert tables.names_of(history, "BOB@old.example.org") == ["Bob Stone"]


def test_links_lead_to_commits(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    load(tables, harbour_once.git_folder, harbour_once.head)
    history = number(tables, harbour_once.head)
    assert tables.linked(history, "issue", "12") == harbour_once.lines("log", "--format=%H", "--grep=#12")
    assert tables.linked(history, "issue", "8") == harbour_once.lines("log", "--format=%H", "--grep=GH-8")
    assert tables.linked(history, "issue", "99") == []


def test_nothing_is_complete_before_it_is_loaded(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    assert tables.state("harbour", "git:harbour") is None
    assert tables.number("harbour", "git:harbour", harbour_once.head) is None
    load(tables, harbour_once.git_folder, f"{harbour_once.head}")
    assert tables.number("harbour", "git:harbour", harbour_once.lines("rev-parse", "HEAD^")[0]) is None
    assert tables.number("other", "git:harbour", harbour_once.head) is None


def test_loading_again_reads_nothing(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    assert load(tables, harbour_once.git_folder, harbour_once.head)
    assert load(tables, harbour_once.git_folder, harbour_once.head) == 0


def test_only_new_commits_are_read_and_the_state_is_that_of_a_clean_load(
    harbour_copy: Scripted, tmp_path: Path
) -> None:
    tables = opened(tmp_path / "grown")
    load(tables, harbour_copy.git_folder, harbour_copy.head)
    harbour_copy.write("new.txt", "new\n")
    harbour_copy.commit("One more (#99)", GRACE)
    harbour_copy.git("checkout", "--quiet", "-b", "late", "HEAD~3")
    harbour_copy.write("late.txt", "late\n")
    harbour_copy.commit("From long ago", BOB)
    harbour_copy.git("checkout", "--quiet", "main")
    harbour_copy.merge("late", message="Merge late")
    assert load(tables, harbour_copy.git_folder, harbour_copy.head) == 3
    assert told(tables, harbour_copy.head) == clean(tmp_path / "clean", harbour_copy)


def test_commits_that_a_force_push_left_behind_do_not_count(harbour_copy: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path / "pushed")
    harbour_copy.write("gone.txt", "gone\n")
    harbour_copy.commit("Never was (#99)", "Nobody Else <nobody@example.org>")
    left = harbour_copy.head
    load(tables, harbour_copy.git_folder, left)
    harbour_copy.git("reset", "--quiet", "--hard", "HEAD~2")
    harbour_copy.write("other.txt", "other\n")
    harbour_copy.commit("Instead", BOB)
    assert load(tables, harbour_copy.git_folder, harbour_copy.head) == 1
    assert tables.number("harbour", "git:harbour", left) is None
    assert told(tables, harbour_copy.head) == clean(tmp_path / "clean", harbour_copy)
    assert "Nobody Else" not in dict(tables.author_counts(number(tables, harbour_copy.head)))


def test_a_new_mailmap_renames_people_of_old_commits(harbour_copy: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    load(tables, harbour_copy.git_folder, harbour_copy.head)
    harbour_copy.write(
        ".mailmap", "Robert Stone <bob@example.org>\nRobert Stone <bob@example.org> <bob@old.example.org>\n"
    )
    harbour_copy.commit("Rename Bob")
    load(tables, harbour_copy.git_folder, harbour_copy.head)
    names = dict(tables.author_counts(number(tables, harbour_copy.head)))
    assert "Bob Stone" not in names
    assert names["Robert Stone"] == len(harbour_copy.lines("log", "--format=%H", "--author=^Robert Stone <"))


def test_a_tag_alone_is_noticed(harbour_copy: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    load(tables, harbour_copy.git_folder, harbour_copy.head)
    harbour_copy.git("tag", "v0.3")
    load(tables, harbour_copy.git_folder, harbour_copy.head)
    assert "v0.3" in {tag.name for tag in tables.tags(number(tables, harbour_copy.head))}


@pytest.mark.parametrize(
    ("method", "nth"), [("begin", 1), ("begin", 2), ("put", 1), ("put", 3), ("put", 6), ("finish", 1)]
)
def test_killed_anywhere_it_goes_on(harbour_once: Scripted, tmp_path: Path, kill: Kill, method: str, nth: int) -> None:
    data, repository = tmp_path / "data", tmp_path / "repository"
    harbour_once.git("clone", "--quiet", "--bare", str(harbour_once.path), str(repository))
    (repository / "revision").write_text(harbour_once.head)
    assert kill(data, repository, method, nth) == signal.SIGKILL
    tables = opened(data)
    assert tables.number("harbour", "git:harbour", harbour_once.head) is None
    n_left = load(tables, repository, harbour_once.head)
    n_all = int(harbour_once.lines("rev-list", "--count", "HEAD")[0])
    saved = {("put", 3): 6, ("put", 6): 15, ("finish", 1): n_all}.get((method, nth), 0)
    assert n_left == n_all - saved
    assert told(tables, harbour_once.head) == clean(tmp_path / "clean", harbour_once)


def test_progress_is_told(harbour_once: Scripted, tmp_path: Path) -> None:
    moments: list[Progress] = []
    n = load(opened(tmp_path), harbour_once.git_folder, harbour_once.head, listener=moments.append)
    assert {moment.stage for moment in moments} == {"history"}
    assert moments[-1].done == moments[-1].total == n


def test_texts_are_redacted_before_they_are_stored(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.commit("Use hunter2\n\nand hunter2 again\n\nToken: hunter2")
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head, redact=lambda text: text.replace("hunter2", "*******"))
    assert b"hunter2" not in (tmp_path / "data" / "whence.db").read_bytes()


def test_what_cannot_be_read_is_said_and_stops_nothing(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    assert load(tables, harbour_once.git_folder, "1" * 40) == 0
    state = tables.state("harbour", "git:harbour")
    assert state is not None
    assert "git fsck" in state.problem
    assert state.revision == ""


def test_a_repository_without_commits_has_no_history(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    tables = opened(tmp_path / "data")
    assert load(tables, made.git_folder, "") == 0
    assert tables.state("harbour", "git:harbour") is None


def test_a_shallow_history_says_that_it_is_cut(harbour_once: Scripted, tmp_path: Path) -> None:
    harbour_once.git("clone", "--quiet", "--bare", "--depth=3", f"file://{harbour_once.path}", str(tmp_path / "cut"))
    tables = opened(tmp_path / "data")
    assert load(tables, tmp_path / "cut", harbour_once.head) == 3
    state = tables.state("harbour", "git:harbour")
    assert state is not None
    assert state.is_cut


def test_forgetting_leaves_no_row(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    tables.forget("harbour")  # before anything was loaded
    load(tables, harbour_once.git_folder, harbour_once.head)
    tables.forget("other")
    assert tables.number("harbour", "git:harbour", harbour_once.head) is not None
    tables.forget("harbour")
    with tables._database.reading() as connection:
        assert all(
            connection.execute(select(func.count()).select_from(table)).scalar() == 0 for table in HISTORY_TABLES
        )


def test_two_indexes_of_one_source_stand_apart(harbour_once: Scripted, tmp_path: Path) -> None:
    from whence.pipelines.history_loading import load_history

    tables = opened(tmp_path)
    older = harbour_once.lines("rev-parse", "HEAD~4")[0]
    load(tables, harbour_once.git_folder, harbour_once.head)
    load_history(tables, "older", "git:harbour", harbour_once.git_folder, older)
    assert tables.number("harbour", "git:harbour", harbour_once.head) is not None
    ours = tables.number("older", "git:harbour", older)
    assert ours is not None
    assert [sha for sha, _ in tables.shas(ours)] == harbour_once.lines("rev-list", older)
    with tables._database.reading() as connection:
        assert (
            connection.execute(select(func.count()).select_from(commits).where(commits.c.place.is_(None))).scalar() == 0
        )

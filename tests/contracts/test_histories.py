"""What every history promises, over every member and an independent one that asks plain git for each answer."""

import subprocess
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import pytest
from tests.contracts.made_histories import MAKERS
from tests.history.loading import load, opened
from tests.history.repository import Scripted

from whence.answer.facts.python_code import definitions
from whence.errors import HistoryNotLoadedError
from whence.pipelines.history import StoredHistory
from whence.protocols import History
from whence.sources.history import is_shallow
from whence.sources.history_queries import HistoryQueries
from whence.types import CommitQuery

Place = tuple[Scripted, str, StoredHistory]


class Plain:
    """Plain git in a working repository; nothing of the product."""

    def __init__(self, made: Scripted, revision: str) -> None:
        self.made, self.revision = made, revision

    def lines(self, *arguments: str) -> list[str]:
        command = ["git", "-c", "core.quotePath=false", *arguments]
        done = subprocess.run(command, cwd=self.made.path, check=True, capture_output=True)
        return [line for line in done.stdout.decode("utf-8", "replace").split("\n") if line]

    def log(self, *arguments: str) -> list[str]:
        return self.lines("log", "--format=%H", *arguments)

    def names(self, *arguments: str) -> list[tuple[str, int]]:
        counts = Counter(self.lines("log", "--use-mailmap", "--format=%aN", *arguments))
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


@pytest.fixture(scope="module", params=[(maker, is_loaded) for maker in MAKERS for is_loaded in (True, False)], ids=str)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A generated repository and its history, the tables complete or not loaded at all."""
    maker, is_loaded = cast(tuple[str, bool], request.param)
    made = MAKERS[maker](tmp_path_factory.mktemp("made") / maker)
    revision = "" if maker == "without_commits" else made.head
    tables = opened(tmp_path_factory.mktemp("data"))
    if is_loaded and revision:
        load(tables, made.git_folder, revision)
    history = StoredHistory(
        tables=tables,
        index="harbour",
        source_id="git:harbour",
        name="harbour",
        git=HistoryQueries(made.git_folder, revision),
        define=definitions,
        is_cut=is_shallow(made.git_folder),
    )
    return made, "loaded" if is_loaded else "not loaded", history


@pytest.fixture
def plain(place: Place) -> Plain:
    made, _, history = place
    if not history.revision:
        pytest.skip("a repository without commits has a revision of no name, and nothing is asked of it")
    return Plain(made, history.revision)


def unless_loading(place: Place, ask: Callable[[], list[str]]) -> list[str]:
    """The answer of complete tables; without them the promise is the error, and nothing else is to be checked."""
    if place[1] == "loaded":
        return ask()
    with pytest.raises(HistoryNotLoadedError, match="not loaded"):
        ask()
    pytest.skip("the tables are not loaded, which is said")


def test_it_is_a_history(place: Place) -> None:
    history: History = place[2]
    assert (history.source_id, history.name) == ("git:harbour", "harbour")


def test_commits_and_counts(place: Place, plain: Plain) -> None:
    history = place[2]
    assert [commit.sha for commit in history.log(CommitQuery())] == plain.log(plain.revision)
    assert history.count(CommitQuery()) == len(plain.log(plain.revision))
    assert history.count(CommitQuery(merges=True)) == len(plain.log("--merges", plain.revision))
    ends = plain.log(plain.revision)
    assert [commit.sha for commit in history.ends(CommitQuery())] == list(dict.fromkeys([ends[0], ends[-1]]))
    for commit in history.log(CommitQuery()):
        assert history.commits(commit.sha[:12]) == [commit]
    assert history.commits("0" * 12) == []
    assert history.commits("no id") == []


def test_commits_of_paths_and_authors(place: Place, plain: Plain) -> None:
    history = place[2]
    for path in filter(_is_plain, history.files()):
        wanted = plain.log(plain.revision, "--", f":(literal){path}")
        assert [commit.sha for commit in history.log(CommitQuery(paths=(path,)))] == wanted, path
        assert history.count(CommitQuery(paths=(path,))) == len(wanted)
    assert history.authors(CommitQuery()) == plain.names(plain.revision)
    for name, n in plain.names(plain.revision):
        assert history.count(CommitQuery(author=name)) == n
    assert history.count(CommitQuery(author="Nobody At All")) == 0


def test_files_and_tags(place: Place, plain: Plain) -> None:
    history = place[2]
    rows = plain.made.git("ls-tree", "-r", "-z", "--name-only", plain.revision).decode("utf-8", "backslashreplace")
    assert list(history.files()) == [path for path in rows.split("\0") if path]
    merged = set(plain.lines("tag", "--merged", plain.revision))
    assert {tag.name for tag in history.tags()} == merged
    dates = [tag.tagged_at for tag in history.tags()]
    assert dates == sorted(dates)
    for commit in history.log(CommitQuery()):
        holding = plain.lines("tag", "--contains", commit.sha, "--sort=creatordate")
        first = history.first_tag(commit.sha)
        assert (first is not None) == bool(holding)
        assert first is None or first.name in holding


def test_changes_between_commits(place: Place, plain: Plain) -> None:
    history = place[2]
    for sha in plain.log("--no-merges", plain.revision):
        parents = plain.lines("rev-list", "-1", "--parents", sha)[0].split()[1:]
        told = {change.path for change in history.changes(parents[0] if parents else "", sha)}
        raw = plain.made.git("show", "-z", "-M50%", "--name-only", "--format=", sha).decode("utf-8", "backslashreplace")
        assert told == {path for path in raw.split("\0") if path}


def test_blame_is_that_of_git(place: Place, plain: Plain) -> None:
    history = place[2]
    for path in [path for path in history.files() if _is_plain(path)]:
        rows = plain.lines("blame", "--line-porcelain", plain.revision, "--", path)
        names = Counter(row[7:] for row in rows if row.startswith("author "))
        assert history.line_authors(path) == sorted(names.items(), key=lambda pair: (-pair[1], pair[0])), path
        if names:
            origin = history.blame(path, 1)
            assert origin is not None
            assert origin.commit.sha == rows[0].split()[0]
        for line in (0, -1, sum(names.values()) + 1, 10**9):
            assert history.blame(path, line) is None


def test_what_changes_together(place: Place, plain: Plain) -> None:
    history = place[2]
    for path in [path for path in history.files() if _is_plain(path)][:6]:
        counts: Counter[str] = Counter()
        for sha in plain.log("--no-merges", plain.revision, "--", path):
            raw = plain.made.git("show", "-z", "--no-renames", "--name-only", "--format=", sha)
            counts.update(part for part in raw.decode("utf-8", "backslashreplace").split("\0") if part)
        assert history.touched(CommitQuery(paths=(path,))) == sorted(
            counts.items(), key=lambda pair: (-pair[1], pair[0])
        )


def test_moments(place: Place, plain: Plain) -> None:
    history = place[2]
    wanted = [datetime.fromtimestamp(int(row), UTC) for row in plain.lines("log", "--format=%ct", plain.revision)]
    assert history.moments(CommitQuery()) == wanted


def test_the_merge_of_a_commit(place: Place, plain: Plain) -> None:
    history = place[2]
    line = plain.log("--first-parent", "--reverse", plain.revision)
    for sha in plain.log(plain.revision):
        holding = [merge for merge in line if sha in plain.log(merge)]
        found = history.merge_of(sha)
        assert (found.sha if found else None) == (None if sha in line else holding[0])


def test_trailers(place: Place, plain: Plain) -> None:
    history = place[2]
    for sha in plain.log(plain.revision):
        rows = plain.lines("log", "-1", "--format=%(trailers:only=true,unfold=true)", sha)
        assert [f"{key}: {value}" for key, value in history.trailers(sha)] == rows


def test_what_needs_the_tables(place: Place, plain: Plain) -> None:
    history = place[2]
    touched = unless_loading(place, lambda: list(history.former_files()))
    assert set(history.files()) - set(touched) <= _only_by_merges(plain, history)
    ages = history.ages("", last=False)
    for path, sha in (row for row in ages if _is_plain(row[0])):
        wanted = plain.log("--no-merges", "--full-history", "--reverse", plain.revision, "--", f":(literal){path}")
        assert sha == wanted[0], path
    for path, sha in (row for row in history.ages("", last=True) if _is_plain(row[0])):
        wanted = plain.log("--no-merges", "--full-history", plain.revision, "--", f":(literal){path}")
        assert sha == wanted[0], path
    busiest = history.busiest_files("", 3)
    assert [n for _, n in busiest] == sorted((n for _, n in busiest), reverse=True)
    assert all(isinstance(commit.subject, str) for commit in history.mentions(12))


def _is_plain(path: str) -> bool:
    """Whether the path can be handed to git as it is written: an escape stands for bytes that are not UTF-8."""
    return path.isprintable() and "\\" not in path


def _only_by_merges(plain: Plain, history: History) -> set[str]:
    """Files that no commit but a merge brought."""
    every = ("--no-merges", "--full-history", plain.revision)
    return {path for path in history.files() if not plain.log(*every, "--", f":(literal){path}")}


def test_definitions_and_uses(place: Place, plain: Plain) -> None:
    history = place[2]
    for path in [path for path in history.files() if path.endswith(".py")]:
        for item in history.outline(path):
            assert item.path == path
            assert item in history.definitions(item.symbol)
            assert 1 <= item.start_line <= item.end_line
    for use in history.uses("lift"):
        text = history.text(use.path) or ""
        assert "lift" in text.split("\n")[use.line - 1]
    assert history.definitions("never_there") == history.subclasses("never_there") == []
    assert history.uses("never_there") == []

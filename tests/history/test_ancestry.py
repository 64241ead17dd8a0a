"""What the tables say of ancestors, and of single files, is what git says; over a drawn history with many merges."""

import random

import pytest
from tests.history.loading import load, number, opened
from tests.history.test_growth import drawn

from whence.pipelines.ancestry import Ancestry
from whence.pipelines.path_logs import PathLogs
from whence.sources.git_process import run_git
from whence.sources.history_counts import HistoryCounts
from whence.sources.history_queries import HistoryQueries
from whence.types import CommitQuery


@pytest.fixture(scope="module", params=range(2))
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[HistoryQueries, Ancestry]:
    """A drawn repository, tags on some commits, other branches among them; asked before its newest commit."""
    mirror, line = drawn(tmp_path_factory.mktemp("drawn") / "made", request.param, n_commits=60, n_branches=4)
    chance = random.Random(request.param)
    every = run_git(mirror, "rev-list", "--all").text.split()
    for n, sha in enumerate(chance.sample(every, 12)):
        assert run_git(mirror, "update-ref", f"refs/tags/v{n}", sha).status == 0
    tables = opened(tmp_path_factory.mktemp("data"))
    load(tables, mirror, line[-2])
    git = HistoryQueries(mirror, line[-2])
    return git, Ancestry(tables, number(tables, line[-2]), git)


def test_what_a_commit_reaches(place: tuple[HistoryQueries, Ancestry]) -> None:
    git, told = place
    for sha in git.order()[::9]:
        assert told.authors(sha) == git.authors(CommitQuery(span=sha))
        reached = git.tagged(sha)
        assert told.tags_within(sha) == [tag for tag in git.tags() if tag.name in reached]
    for tag in git.tags():  # also of branches that were never merged
        reached = git.tagged(tag.sha)
        assert {each.name for each in told.tags_within(tag.sha)} == reached


def test_what_brought_a_commit(place: tuple[HistoryQueries, Ancestry]) -> None:
    git, told = place
    counts = HistoryCounts(git.mirror, git)
    n_brought = 0
    for sha in git.order()[::6]:
        assert told.merge_of(sha) == counts.merge_of(sha)
        n_brought += told.merge_of(sha) is not None
    assert n_brought


def test_commits_by_the_beginning_of_their_id(place: tuple[HistoryQueries, Ancestry]) -> None:
    git, told = place
    for sha in run_git(git.mirror, "rev-list", "--all").text.split()[::12]:
        for length in (4, 7, 40):
            assert told.commits(sha[:length]) == git.commits(sha[:length])
    assert told.commits("0" * 40) == []


def test_the_commits_of_a_file(place: tuple[HistoryQueries, Ancestry]) -> None:
    git, _ = place
    paths = PathLogs(git, git.files)
    for path in git.files():
        asked = CommitQuery(paths=(path,))
        assert paths.count(asked) is None  # git counts what was not read yet
        assert paths.ends(asked) == git.ends(asked)
        assert paths.authors(asked) == git.authors(asked)
        for merges in (None, True, False):
            counted = CommitQuery(paths=(path,), merges=merges)
            assert paths.count(counted) == git.count(counted)
        for status in "AD":
            made = CommitQuery(paths=(path,), statuses=status)
            assert paths.log(made) == git.log(made)
    assert paths.ends(CommitQuery(paths=("f1.txt",), n_max=1)) is None
    assert paths.ends(CommitQuery(paths=("f1.txt", "f2.txt"))) is None
    assert paths.authors(CommitQuery(paths=("gone.txt",))) is None
    assert paths.log(CommitQuery(paths=("f1.txt",))) is None

"""Counts within dates come from the tables only where git finds the very same commits."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.facts.test_answers import history
from tests.history.loading import load, opened
from tests.history.repository import BOB, GRACE, empty

from whence.pipelines.history import StoredHistory
from whence.sources.history_queries import HistoryQueries
from whence.types import CommitQuery

N_COMMITS = 24


@pytest.fixture(scope="module", params=["in order", "out of order"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[StoredHistory, HistoryQueries]:
    """A history from tables, and git alone; in one of them the clocks of some committers were wrong."""
    folder = tmp_path_factory.mktemp("dated")
    made = empty(folder / "quay")
    main = made.lines("symbolic-ref", "--short", "HEAD")[0]
    for n in range(N_COMMITS):
        if request.param == "out of order" and n % 7 == 3:
            made.day += 40
        made.write("plan.txt", f"{n}\n")
        made.commit(f"Plan {n}", (BOB, GRACE)[n % 2])
        if request.param == "out of order" and n % 7 == 3:
            made.day -= 40
        if n % 9 == 8:
            made.git("checkout", "-q", "-b", f"side{n}")
            made.write(f"side{n}.txt", "side\n")
            made.commit(f"Side {n}", GRACE)
            made.git("checkout", "-q", main)
            made.write(f"main{n}.txt", "main\n")
            made.commit(f"Main {n}", BOB)
            made.merge(f"side{n}", message=f"Merge {n}")
    tables = opened(folder / "data")
    load(tables, made.git_folder, made.head)
    return history(tables, made.git_folder, made.head), HistoryQueries(made.git_folder, made.head)


@settings(max_examples=25, deadline=None)
@given(
    since=st.integers(-2, 70),
    n_days=st.none() | st.integers(0, 40),
    who=st.sampled_from(["", "Grace Hill", "Bob Stone"]),
    merges=st.sampled_from([None, True, False]),
)
def test_as_git_counts(
    pair: tuple[StoredHistory, HistoryQueries], since: int, n_days: int | None, who: str, merges: bool | None
) -> None:
    told, git = pair
    start = datetime.fromtimestamp(datetime(2020, 1, 1, tzinfo=UTC).timestamp() + since * 86_400, UTC)
    end = None if n_days is None else datetime.fromtimestamp(start.timestamp() + n_days * 86_400, UTC)
    query = CommitQuery(since=start, until=end, author=who, merges=merges)
    assert told.count(query) == git.count(query)
    if not who and merges is None:
        assert told.authors(query) == git.authors(query)


def test_both_ways_are_taken(pair: tuple[StoredHistory, HistoryQueries]) -> None:
    told, _ = pair
    days = [datetime(2020, 1, day, tzinfo=UTC) for day in range(2, 25)]
    same = {told._is_dated(CommitQuery(since=day)) for day in days}
    assert True in same

"""Releases made from branches of their own, as many projects make them: compared with plain git."""

from pathlib import Path

import pytest
from tests.facts.test_answers import answered, history
from tests.history.loading import load, opened
from tests.history.repository import Scripted, empty

from whence.pipelines.history import StoredHistory


@pytest.fixture(scope="module", params=["tables", "git"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scripted, StoredHistory]:
    """v1.0 lies on the main line; v2.0 and v2.1 on a branch that began after it, v1.1 on another."""
    folder = tmp_path_factory.mktemp("tags")
    made = empty(folder / "quay")
    main = made.lines("symbolic-ref", "--short", "HEAD")[0]

    def change(name: str) -> None:
        made.write(f"{name}.txt", f"{name}\n")
        made.commit(f"Make {name}")

    change("one")
    made.git("tag", "v1.0")
    change("two")
    made.git("checkout", "-q", "-b", "old", "v1.0")
    change("mend")
    made.git("checkout", "-q", "-b", "stable", main)
    change("polish")
    made.git("tag", "v2.0")
    made.git("checkout", "-q", "old")
    made.git("tag", "v1.1", "old")
    made.git("checkout", "-q", "stable")
    change("paint")
    made.git("tag", "v2.1")
    made.git("checkout", "-q", main)
    change("three")
    change("four")
    tables = opened(folder / "data")
    if request.param == "tables":
        load(tables, made.git_folder, made.head)
    return made, history(tables, made.git_folder, made.head)


def n_commits(made: Scripted, span: str) -> str:
    n = int(made.lines("rev-list", "--count", span)[0])
    return f"{n} commit" if n == 1 else f"{n} commits"


@pytest.mark.parametrize(
    ("question", "span"),
    [
        ("what changed between v2.0 and v2.1?", "v2.0..v2.1"),
        ("what changed between v1.0 and v2.1?", "v1.0..v2.1"),
        ("how many commits between v1.1 and v2.0?", "v1.1..v2.0"),
        ("what changed since v2.1?", "v2.1..HEAD"),
        ("what's new in v2.1?", "v2.0..v2.1"),
        ("what is new in the latest release?", "v2.0..v2.1"),
        ("unreleased changes", "v2.1..HEAD"),
    ],
)
def test_what_lies_between(asked: tuple[Scripted, StoredHistory], question: str, span: str) -> None:
    made, past = asked
    answer = answered(question, past)
    assert not answer.abstained
    assert n_commits(made, span) in answer.answer


def test_which_tag_is_the_latest(asked: tuple[Scripted, StoredHistory]) -> None:
    made, past = asked
    answer = answered("latest release", past)
    assert answer.answer.startswith("The latest tag is v2.1, of ")
    assert "The latest that it contains is v1.0" in answer.answer
    assert answer.citations[0].commit == made.lines("rev-parse", "v2.1")[0]


def test_tags_that_are_not_contained_are_counted_beside(asked: tuple[Scripted, StoredHistory]) -> None:
    made, past = asked
    n = len(made.lines("tag", "--no-merged", "HEAD"))
    answer = answered("how many tags are there?", past)
    assert answer.answer.startswith("There is 1 tag ")
    assert f"{n} other tags are on branches that it does not contain" in answer.answer
    dated = answered("when was v2.0 released?", past)
    assert dated.citations[0].commit == made.lines("rev-parse", "v2.0")[0]
    assert "v2.0 is on a branch that" in dated.answer


def test_a_tag_that_is_nowhere(asked: tuple[Scripted, StoredHistory]) -> None:
    answer = answered("when was v2.9 released?", asked[1])
    assert answer.abstained
    assert "did you mean v2.1, v2.0" in answer.answer


def test_a_copy_that_knows_no_other_branch_says_nothing_of_any(tmp_path: Path) -> None:
    made = empty(tmp_path / "quay")
    made.write("one.txt", "one\n")
    made.commit("One")
    made.git("tag", "v1.0")
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    past = history(tables, made.git_folder, made.head)
    assert "branch" not in answered("latest release", past).answer
    assert "branch" not in answered("how many tags are there?", past).answer

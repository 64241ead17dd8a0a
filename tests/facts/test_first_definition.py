"""A name may be older than what bears it now: both are told; a plain word that is there says nothing of a thing."""

import pytest
from tests.as_of.facts_at import stored
from tests.history.loading import load, opened
from tests.history.repository import empty

from whence.answer.facts.answering import answer_fact
from whence.answer.facts.query import FactQuery
from whence.pipelines.history import StoredHistory


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> StoredHistory:
    folder = tmp_path_factory.mktemp("heads")
    made = empty(folder / "harbour")
    made.write("crane.py", "# One day a Generator will drive all of it, by rank.\n")
    made.commit("Dream of a generator")
    made.git("tag", "1.0")
    made.write("power.py", "class Generator:\n    rank = 1\n\n\ndef start_all():\n    return Generator()\n")
    made.commit("Build the generator")
    made.git("tag", "2.0")
    tables = opened(folder / "data")
    load(tables, made.git_folder, made.head)
    return stored(tables, made.git_folder, made.head)


def test_the_word_and_the_definition_are_told(history: StoredHistory) -> None:
    fact = answer_fact(FactQuery(kind="introduced", text="Generator"), history)
    assert fact is not None
    first, second = fact.text.split("`class Generator`")
    assert "`Generator` first appears in commit" in first
    assert "Dream of a generator" in first
    assert "Build the generator" in second
    assert len({citation.commit for citation in fact.citations[:3]}) == 2


def test_a_definition_that_came_with_its_name_is_told_once(history: StoredHistory) -> None:
    fact = answer_fact(FactQuery(kind="introduced", text="start_all"), history)
    assert fact is not None
    assert fact.text.count("first appears") == 1


def test_releases_of_both(history: StoredHistory) -> None:
    fact = answer_fact(FactQuery(kind="release_of", text="Generator"), history)
    assert fact is not None
    word, definition = fact.text.split("`class Generator`")
    assert "first contained in 1.0" in word
    assert "first contained in 2.0" in definition


@pytest.mark.parametrize(("name", "is_told"), [("rank", False), ("start_all", True), ("Generator", True)])
def test_what_is_there_was_not_removed_if_it_is_that(history: StoredHistory, name: str, is_told: bool) -> None:
    fact = answer_fact(FactQuery(kind="removed", text=name), history)
    assert (fact is not None) == is_told
    assert fact is None or f"`{name}` was not removed" in fact.text

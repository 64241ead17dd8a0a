"""A plain word that is there says nothing of whether a thing of that name went."""

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
    made.write("power.py", "class Generator:\n    rank = 1\n\n\ndef start_all():\n    return Generator()\n")
    made.commit("Build the generator")
    tables = opened(folder / "data")
    load(tables, made.git_folder, made.head)
    return stored(tables, made.git_folder, made.head)


@pytest.mark.parametrize(
    ("name", "is_told"), [("drive", False), ("rank", False), ("start_all", True), ("Generator", True)]
)
def test_what_is_there_was_not_removed_if_it_is_that(history: StoredHistory, name: str, is_told: bool) -> None:
    fact = answer_fact(FactQuery(kind="removed", text=name), history)
    assert (fact is not None) == is_told
    assert fact is None or f"`{name}` was not removed" in fact.text

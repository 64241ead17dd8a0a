"""What only documentation still names was removed: by the commit that took it out of the last other file."""

from pathlib import Path

import pytest
from tests.as_of.facts_at import stored
from tests.history.loading import load, opened
from tests.history.repository import Scripted, empty

from whence.answer.facts.answering import answer_fact
from whence.answer.facts.draft import one_of
from whence.answer.facts.names import is_prose
from whence.answer.facts.parse import parse
from whence.pipelines.facts import ask_facts
from whence.types import Answer


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scripted, dict[str, str]]:
    made = empty(tmp_path_factory.mktemp("removed") / "harbour")
    shas = {}
    made.write("crane.py", "def lift_load():\n    return old.winch\n")
    made.commit("Build the crane")
    made.write("CHANGES.md", "- lift_load lifts\n")
    made.commit("Begin the list of changes")
    made.write("crane.py", "def hoist():\n    return 1\n")
    shas["code"] = made.commit("Remove lift_load, because nobody lifts by hand")
    made.write("CHANGES.md", "- lift_load lifts\n- lift_load is gone\n")
    made.commit("Tell of it")
    return made, shas


def ask(made: Scripted, folder: Path, question: str) -> Answer:
    tables = opened(folder)
    load(tables, made.git_folder, made.head)
    query = parse(question)
    assert query is not None
    answer = ask_facts(
        question,
        query,
        [stored(tables, made.git_folder, made.head)],
        index="harbour",
        snapshot=1,
        as_of_date=None,
        fresh_at=None,
        indexed=1.0,
    )
    assert answer is not None
    return answer


@pytest.mark.parametrize("question", ["who removed `lift_load`?", "why was `lift_load` removed?"])
def test_removed_from_code(answers: tuple[Scripted, dict[str, str]], tmp_path: Path, question: str) -> None:
    made, shas = answers
    answer = ask(made, tmp_path, question)
    assert answer.citations[0].commit == shas["code"]
    assert answer.answer.startswith("`lift_load` was removed by Ada Lake")
    assert "is text: CHANGES.md" in answer.answer


def test_a_dotted_name_is_looked_for_as_a_whole(answers: tuple[Scripted, dict[str, str]], tmp_path: Path) -> None:
    made, shas = answers
    answer = ask(made, tmp_path, "who removed `old.winch`?")
    assert answer.citations[0].commit == shas["code"]


@pytest.mark.parametrize("path", ["CHANGES.rst", "docs/index.md", "HISTORY", "notes.txt"])
def test_prose(path: str) -> None:
    assert is_prose(path)
    assert not is_prose("src/changes.py")


def test_one_of() -> None:
    nouns = ("commits", "kinds of files", "classes", "entries", "branches", "files")
    assert [one_of(noun) for noun in nouns] == ["commit", "kind of files", "class", "entry", "branch", "file"]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("why was the ropelib import removed?", "ropelib"),
        ("why did they remove the winchlib dependency?", "winchlib"),
        ("when was Crane added?", "Crane"),
    ],
)
def test_what_looks_like_code_is_a_name(question: str, text: str) -> None:
    query = parse(question)
    assert query is not None
    assert query.text == text


@pytest.mark.parametrize("question", ["why was the unused import removed?", "when was Python created?"])
def test_what_does_not_is_none(question: str) -> None:
    assert parse(question) is None


def test_a_word_that_is_no_type_is_searched(answers: tuple[Scripted, dict[str, str]], tmp_path: Path) -> None:
    made, _ = answers
    tables = opened(tmp_path)
    load(tables, made.git_folder, made.head)
    query = parse("when was Kafka added?")
    assert query is not None
    assert answer_fact(query, stored(tables, made.git_folder, made.head)) is None

"""Who added a parameter: one commit, by every version of the file, or no fact at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.history.repository import BOB, GRACE, Scripted, empty

from whence import Whence
from whence.answer.facts.heads import Heads, heads
from whence.answer.facts.parameters import ReadVersions, added
from whence.answer.facts.parse import parse
from whence.answer.facts.python_code import definitions
from whence.pipelines.history import StoredHistory
from whence.pipelines.history_loading import load_history
from whence.pipelines.history_words import load_words
from whence.sources.blobs import read_texts
from whence.sources.history_queries import HistoryQueries
from whence.sources.options import SourceOptions
from whence.store.database import Database
from whence.store.folder import DataFolder
from whence.store.history import HistoryTables
from whence.store.ledger import Ledger

QUESTION = "who added the limit argument to Crane.lift, and when?"
WITHOUT = "class Crane:\n    def lift(self, load):\n        return load\n"
WITH = "class Crane:\n    def lift(self, load, limit=30):\n        return load\n"
BROKEN = "class Crane:\n    def lift(self, load, limit=(30):\n        return load\n"


@pytest.fixture
def made(tmp_path: Path) -> Scripted:
    """A crane that cannot be limited yet."""
    repository = empty(tmp_path / "made")
    repository.write("crane.py", WITHOUT)
    repository.commit("Build the crane")
    return repository


def step(made: Scripted, text: str, message: str = "Change", author: str = GRACE, path: str = "crane.py") -> str:
    made.write(path, text)
    return made.commit(message, author)


def asked(made: Scripted, database: Database) -> str | None:
    """The commit that is named, or None."""
    query = parse(QUESTION)
    assert query is not None
    fact = added(opened(made, database), query, reader(made))
    return fact.citations[0].commit if fact else None


def opened(made: Scripted, database: Database) -> StoredHistory:
    return StoredHistory(
        tables=HistoryTables(database),
        index="made",
        source_id="git:made",
        name="made",
        git=HistoryQueries(made.git_folder, made.head),
        define=definitions,
        is_cut=False,
    )


def reader(made: Scripted) -> ReadVersions:
    return lambda wanted: read_texts(made.git_folder, wanted, SourceOptions())


@pytest.fixture
def database(tmp_path: Path) -> Database:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return Ledger(folder).database


def test_the_commit_that_added_it(made: Scripted, database: Database) -> None:
    step(made, WITHOUT + "\nlimit = 3\nlift(limit)\n", "Speak of a limit elsewhere", BOB)
    sha = step(made, WITH, "Limit the load")
    step(made, WITH.replace("30", "40"), "Lift more", BOB)
    step(made, WITH.replace("load, limit=30", "\n        load,\n        limit: int = 40,\n    "), "Lay out", BOB)
    assert asked(made, database) == sha


def test_through_renames_and_the_print_statement(made: Scripted, database: Database) -> None:
    old = "\n    def say(self):\n        print 'up', `1`, 0777\n        raise ValueError, 'x'\n" * 4
    step(made, WITHOUT + old, "Say so", BOB)
    sha = step(made, WITH + old, "Limit the load")
    made.git("mv", "crane.py", "lift.py")
    made.commit("Rename", BOB)
    made.write("lift.py", WITH)
    made.commit("Say nothing", BOB)
    assert asked(made, database) == sha


def test_on_a_branch_that_was_merged(made: Scripted, database: Database) -> None:
    made.git("checkout", "--quiet", "-b", "topic")
    sha = step(made, WITH, "Limit the load")
    made.git("checkout", "--quiet", "main")
    step(made, "other\n", path="other.txt")
    made.merge("topic", message="Merge topic")
    assert asked(made, database) == sha


def test_through_a_broken_version(made: Scripted, database: Database) -> None:
    sha = step(made, WITH, "Limit the load")
    step(made, BROKEN, "Break it", BOB)
    step(made, WITH + "\n", "Mend it", BOB)
    assert asked(made, database) == sha


def test_not_where_it_came_with_a_broken_version(made: Scripted, database: Database) -> None:
    step(made, BROKEN, "Limit the load, and break it")
    step(made, WITH, "Mend it", BOB)
    assert asked(made, database) is None


def test_not_where_it_came_twice(made: Scripted, database: Database) -> None:
    for text in (WITH, WITHOUT, WITH):
        step(made, text)
    assert asked(made, database) is None


def told(made: Scripted, database: Database, question: str = QUESTION) -> str:
    load_history(HistoryTables(database), "made", "git:made", made.git_folder, made.head)
    load_words(HistoryTables(database), "made", "git:made", made.git_folder, made.head)
    query = parse(question)
    assert query is not None
    fact = added(opened(made, database), query, reader(made))
    return fact.text if fact else ""


def test_a_function_that_took_it_from_the_start(made: Scripted, database: Database) -> None:
    step(made, WITHOUT + WITH.replace("Crane", "Hoist"), "Build a hoist")
    step(made, WITHOUT + WITH.replace("Crane", "Hoist").replace("30", "40"), "Lift more", BOB)
    text = told(made, database, "who added the limit argument to Hoist.lift?")
    assert text.startswith("`limit` came with `Hoist.lift` itself, which was added by Grace Hill on ")
    text = told(made, database, "who added the load argument to Crane.lift?")
    assert text.startswith("`load` came with `Crane.lift` itself, which was added by Ada Lake on ")


def test_through_a_move_between_files(made: Scripted, database: Database) -> None:
    step(made, "x = 1\n" * 20, path="yard.py")
    sha = step(made, WITH, "Limit the load")
    made.write("crane.py", "")
    step(made, "x = 1\n" * 20 + WITH, "Move it", BOB, path="yard.py")
    text = told(made, database)
    assert text.startswith("`limit` was added to `Crane.lift` by Grace Hill on ")
    assert ", then in crane.py" in text
    assert sha[:7] in text


@pytest.mark.parametrize("kept", [WITH, WITH.replace("Crane", "Mast")])
def test_not_where_it_may_be_a_copy_or_was_called_otherwise(made: Scripted, database: Database, kept: str) -> None:
    """The class had another name before, or the function is in a second file that is removed later."""
    step(made, kept)
    if kept == WITH:
        step(made, WITH, path="yard.py")
        (made.path / "crane.py").unlink()
        made.commit("Remove the first")
        assert told(made, database) == ""
    else:
        step(made, WITH)
        assert told(made, database) == ""


@pytest.mark.parametrize("question", ["limit", "load", "self"])
def test_words_change_no_answer(made: Scripted, database: Database, question: str) -> None:
    for n, text in enumerate([WITHOUT, WITH, WITH + "\n", BROKEN, WITH.replace("30", "3"), "\n" + WITH]):
        step(made, text, f"Step {n}")
        step(made, f"lift = {n}\n", path="other.py")
    asking = f"who added the {question} argument to Crane.lift?"
    query = parse(asking)
    assert query is not None
    plain = added(opened(made, database), query, reader(made))
    assert told(made, database, asking) == (plain.text if plain else "")


def test_not_where_it_was_there_from_the_start(made: Scripted, database: Database) -> None:
    step(made, "", "Scrap it")
    step(made, WITH, "Build it anew")
    assert asked(made, database) is None


def test_not_where_the_function_came_from_another_file(made: Scripted, database: Database) -> None:
    step(made, WITH, path="yard.py")
    (made.path / "crane.py").unlink()
    made.commit("Move it")
    assert asked(made, database) is None


def test_not_where_it_is_gone_or_defined_twice(made: Scripted, database: Database) -> None:
    step(made, WITH)
    step(made, WITH, path="second.py")
    assert asked(made, database) is None
    (made.path / "second.py").unlink()
    step(made, WITHOUT)
    assert asked(made, database) is None


def on_two_branches(made: Scripted, ours: str, theirs: str) -> str:
    """Adds it on both and merges; returns the commit of the branch."""
    made.git("checkout", "--quiet", "-b", "topic")
    sha = step(made, theirs, "Limit the load")
    made.git("checkout", "--quiet", "main")
    step(made, ours, "Limit the load, too", BOB)
    made.git("merge", "--quiet", "-X", "theirs", "-m", "Merge", "topic")
    return sha


def test_not_where_two_branches_added_it(made: Scripted, database: Database) -> None:
    on_two_branches(made, '"""Ours."""\n' + WITH, WITH + "\nTHEIRS = 1\n")
    assert asked(made, database) is None


def test_the_branch_whose_change_survived(made: Scripted, database: Database) -> None:
    assert asked(made, database) is None
    sha = on_two_branches(made, WITH, WITH + "\nTHEIRS = 1\n")
    assert asked(made, database) == sha


def test_asked_of_the_product(made: Scripted, tmp_path: Path) -> None:
    sha = step(made, WITH, "Limit the load")
    with Whence(tmp_path / "data") as whence:
        whence.index(made.path, until="text")
        answer = whence.ask(QUESTION)
        assert answer.answer.startswith("`limit` was added to `Crane.lift` by Grace Hill on ")
        assert (answer.kind, answer.citations[0].commit) == ("fact", sha)
        assert whence.ask("who added the load argument to Crane.lift?").answer.startswith("`load` came with ")


names = st.sampled_from(["a", "b", "c", "d"])


@given(st.lists(names, unique=True), st.booleans(), st.sampled_from(["", "async "]))
def test_heads_agree_with_the_parser(parameters: list[str], in_class: bool, form: str) -> None:
    text = f"{form}def f({', '.join(parameters)}):\n    def inner(x):\n        pass\n\n\nclass Other:\n    pass\n"
    if in_class:
        text = "class C:\n" + "".join(f"    {line}\n" for line in text.splitlines())
    symbol = "C.f" if in_class else "f"
    (found,) = [item for item in definitions("m.py", text, symbol) if item.symbol == symbol]
    assert dict(heads(text))[symbol] == {name for name, _ in found.parameters}
    assert Heads(symbol, "a").state(text) == ("takes" if "a" in parameters else "lacks")


@pytest.mark.parametrize(
    "text", ["def f(a", "def f((a, b)): pass\n", "  def f(a):\n pass\n", 'x = """\ndef f(a): pass\n']
)
def test_what_does_not_read_as_python_is_unclear(text: str) -> None:
    assert Heads("f", "a").state(text) == "unclear"


@pytest.mark.parametrize("text", [None, "", "def g(a): pass\n", '"""\ndef f(a): pass\n"""\n'])
def test_a_function_that_is_not_there(text: str | None) -> None:
    assert Heads("f", "a").state(text) == "absent"


@given(st.lists(names, max_size=3, unique=True), st.lists(names, max_size=3, unique=True), st.booleans())
def test_versions_of_one_layout_say_the_same(first: list[str], second: list[str], is_split: bool) -> None:
    """Whatever stands in the bodies; a head that goes over several lines is part of the layout."""
    between = ",\n        " if is_split else ", "

    def version(parameters: list[str], body: str) -> str:
        head = between.join(["self", *(f"{name}=')'" for name in parameters)])
        return f"class Crane:\n    def lift({head}):\n        {body}\n    def other(self): pass\n"

    looking = Heads("Crane.lift", "a")
    one, other = version(first, "return a"), version(second, "if a:\n            b = '(' # def")
    if looking.layout(one) == looking.layout(other):
        assert looking.state(one) == looking.state(other)
    assert (looking.layout(one) == looking.layout(other)) == (first == second)

"""Questions made from repositories: facts with plain git as reference, and a project's own questions."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.fakes import answer, question

from whence.errors import UsageError
from whence.evaluating.places import Places
from whence.evaluating.run import Request, inputs_of
from whence.evaluation.fact_questions import fact_questions
from whence.evaluation.own_questions import absent_names, from_text, hidden_text
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import IndexCorpus
from whence.evaluation.shingles import shingles, without_near_duplicates
from whence.evaluation.suites import facts, history
from whence.interface import Whence
from whence.types import Document

CODE = '''"""A crane."""


def lift_load(weight):
    """Raise the hook until the load hangs free. Then wait."""
    hook = weight + 1
    return hook


def lower_load(weight):
    """Lower load."""
    hook = weight - 1
    return hook
'''
GUIDE = """# Crane guide

Hello.

## Oil for the winch

Use thin oil.
Twice a year.

## Safety of the staff

Wear it.
Always.
"""


def git(folder: Path, *arguments: str, day: int = 1) -> None:
    when = f"2024-03-{day:02d}T12:00:00+00:00"
    own = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": os.devnull}
    who = ("-c", "user.name=Grace Hill", "-c", "user.email=grace@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, env={**os.environ, **own})


@pytest.fixture(scope="module")
def crane(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repositories") / "crane"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "crane.py").write_text(CODE)
    (folder / "guide.md").write_text(GUIDE)
    (folder / "old.txt").write_text("gone soon\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Begin")
    git(folder, "tag", "v1.0")
    for day, subject in enumerate(["Keep the hook from swinging in wind (#12)", "Say how often to oil"], start=2):
        path = folder / ("crane.py" if day == 2 else "guide.md")
        path.write_text(path.read_text() + f"\n# change {day}\n")
        git(folder, "commit", "-qam", subject, day=day)
    git(folder, "rm", "-q", "old.txt", day=9)
    git(folder, "commit", "-qm", "Remove what nobody reads any more", day=9)
    return folder


def test_facts_are_what_git_says(crane: Path) -> None:
    asked = {one.question: one for one in fact_questions(crane, 1)}
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=crane, check=True, capture_output=True, text=True).stdout
    assert asked["who made the last commit?"].commit == head.strip()
    assert asked["how many commits are there?"].says == ("4",)
    assert asked["how many authors are there?"].says == ("1",)
    assert [one.says for one in asked.values() if one.kind == "mentions"] == [("one commit",)]
    assert [one.commit for one in asked.values() if one.kind == "removal of a file"] == [head.strip()]
    assert fact_questions(crane, 1) == list(fact_questions(crane, 1))
    assert [one.unknown for one in asked.values() if one.kind == "not there"] == [True] * 5


def test_the_suite_of_facts_is_asked_of_the_repositories_given(crane: Path) -> None:
    given_ = Inputs(repositories={"own/crane": crane})
    asked = facts.SUITE.questions(given_, 0, 0)
    assert {one.corpus for one in asked} == {corpus.name for corpus in facts.SUITE.corpora(given_)} == {"own/crane"}
    empty = crane.parent / "empty"
    empty.mkdir(exist_ok=True)
    git(empty, "init", "-q")
    assert "lacks the commit" in facts.SUITE.missing(Inputs(repositories={"x": empty}))
    with pytest.raises(UsageError, match="lacks the commit"):
        facts.SUITE.questions(Inputs(repositories={"x": empty}), 0, 0)


def test_a_fact_must_say_all_that_git_counts() -> None:
    asked = question("a")
    assert not facts.states_fact(asked, answer("at quay a", path="a.txt"))  # not from the history


def test_own_questions_lead_back_to_where_they_came_from(crane: Path, tmp_path: Path) -> None:
    with Whence(tmp_path / "data") as whence:
        whence.index(crane, name="crane", until="text")
        given_ = Inputs(index="crane", histories=whence.histories, documents=whence.documents)
        asked = {one.question: one for one in history.SUITE.questions(given_, 0, 0)}
        commit = asked["Keep the hook from swinging in wind"]
        assert [gold.path for gold in commit.golds] == ["crane.py"]
        before = subprocess.run(["git", "rev-parse", "HEAD~3"], cwd=crane, check=True, capture_output=True, text=True)
        assert commit.as_of == before.stdout.strip()
        assert "Begin" not in asked
        assert sum(not one.is_answerable for one in asked.values()) > 20
        corpora = history.SUITE.corpora(given_)
        assert [type(one) for one in corpora][:1] == [IndexCorpus]
        assert {one.corpus for one in asked.values()} <= {one.name for one in corpora}


def test_facts_are_among_the_own_questions_and_judged_by_git(crane: Path, tmp_path: Path) -> None:
    with Whence(tmp_path / "data") as whence:
        whence.index(crane, name="crane", until="text")
        given_ = inputs_of(whence, Request(suites=(), out=tmp_path, index="crane"))
        asked = [one for one in history.SUITE.questions(given_, 0, 0) if one.slices["category"] == history.FACT]
        places = Places(history.SUITE, given_, whence, whence)
        places.prepared("crane")
        measures = {one.name: one for one in history.SUITE.measures(given_)}
        assert len(asked) > 10
        for one in asked:
            reply = places.reply(one, 10, wants_answer=True)
            assert measures["right"].of(one, reply) == 1, one.question
            assert measures["hit@5"].of(one, reply) is None


def test_housekeeping_is_no_question_and_tests_describe_nothing() -> None:
    made = from_text([document("tests/test_crane.py", CODE, "python"), document("crane/conftest.py", CODE, "python")])
    assert made == []
    marked = CODE.replace("Raise the hook", "Raise the :class:`~crane.Hook` and ``rope``")
    (one,) = from_text([document("crane.py", marked, "python")])
    assert one.question == "Which function does this: raise the crane.Hook and rope until the load hangs free?"


def document(path: str, text: str, language: str) -> Document:
    return Document(
        id=path, source_id="s", revision="r", kind="code", path=path, text=text, digest="d", language=language
    )


def test_docstrings_and_headings_become_questions_and_are_hidden() -> None:
    made = from_text([document("crane.py", CODE, "python"), document("guide.md", GUIDE, "markdown")])
    assert [(one.question, one.start_line, one.end_line) for one in made] == [
        ("Which function does this: raise the hook until the load hangs free?", 4, 7),
        ("Oil for the winch", 6, 9),
        ("Safety of the staff", 11, 13),
    ]
    shown = hidden_text(CODE, [(first, last) for _, first, last in made[0].hidden])
    assert "Raise the hook" not in shown
    assert shown.split("\n")[5:] == CODE.split("\n")[5:]
    compile(shown, "crane.py", "exec")
    assert "Oil for the winch" not in hidden_text(GUIDE, [(first, last) for _, first, last in made[1].hidden])


def test_underlined_headings_are_found() -> None:
    text = "Head\n====\n\nText.\n\nHow to oil winches\n------------------\n\nThinly.\nTwice.\n"
    (made,) = from_text([document("guide.rst", text, "rst")])
    assert (made.question, made.start_line, made.end_line) == ("How to oil winches", 8, 10)
    assert made.hidden == (("guide.rst", 6, 7),)


def test_absent_names_are_nowhere() -> None:
    text = "lift_load lower_hook turn_crane oil_winch"
    names = absent_names([document("a.py", text, "python")], 10)
    assert names
    assert not any(name in text for name in names)


def test_near_duplicates_go_and_others_stay() -> None:
    texts = [
        "fix the broken hook of the crane",
        "Fix the broken hook of the crane again",
        "oil the winch",
        "oil",
        "oil",
    ]
    assert list(without_near_duplicates((text, text) for text in texts)) == [texts[0], "oil the winch", "oil"]


@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=8).map(" ".join), max_size=12))
def test_what_is_kept_is_what_comparing_all_with_all_keeps(texts: list[str]) -> None:
    kept: list[str] = []
    for text in texts:
        own = shingles(text)
        if all(len(own & shingles(other)) / len(own | shingles(other)) <= 0.6 for other in kept):
            kept.append(text)
    assert list(without_near_duplicates((text, text) for text in texts)) == kept


def test_a_list_of_changes_is_no_evidence(crane: Path, tmp_path: Path) -> None:
    with Whence(tmp_path / "data") as whence:
        (crane / "CHANGES.md").write_text("Begin\n")
        git(crane, "add", ".")
        git(crane, "commit", "-qm", "Begin a list", day=10)
        (crane / "CHANGES.md").write_text("Keep the load from turning in the wind\n")
        git(crane, "commit", "-qam", "Keep the load from turning in the wind", day=11)
        whence.index(crane, name="crane", until="text")
        given_ = Inputs(index="crane", histories=whence.histories, documents=whence.documents)
        asked = [one.question for one in history.SUITE.questions(given_, 0, 0)]
        assert "Keep the load from turning in the wind" not in asked
        assert "Say how often to oil" in asked

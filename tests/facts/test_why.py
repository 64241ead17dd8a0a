"""Reasons found in a scripted repository: every quotation is a true one, and where there is none it is said."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.history.loading import load, opened
from tests.history.repository import BOB, GRACE, Scripted, empty

from whence.answer.facts.python_code import definitions
from whence.answer.facts.query import FactQuery
from whence.pipelines.facts import ask_facts, fact_query
from whence.pipelines.history import StoredHistory
from whence.sources.history import is_shallow
from whence.sources.history_queries import HistoryQueries
from whence.types import Answer

Why = Callable[[str], Answer]

CRANE = '''"""The crane."""

import os
import sys


def lift(load, limit=30):
    """Lift a load."""
    # The hook is checked first, because a loose hook would drop the load on the deck.
    check_the_hook(load)
    return min(load, limit)


def lower(load):
    return -load
'''
LAID_OUT = CRANE.replace("def lift(load, limit=30):", "def lift(\n    load,\n    limit=30,\n):").replace(
    "import os\nimport sys\n", "import sys\nimport os\n"
)
CHANGES = """# Changes

## 1.1

- Loads are limited. Heavier ones bent the crane's arm in
  two harbours. (#7)
- Lamps are gone. (#99)
"""


def harbour(folder: Path) -> Scripted:
    """Reasons in messages, in a merge, beside a commit, in a list of changes, and nowhere; moves and new layouts."""
    made = empty(folder)
    made.write("crane.py", CRANE.replace(", limit=30", "").replace("min(load, limit)", "load"))
    made.write("winch.py", "def wind(rope):\n    return rope * 2\n")
    made.commit("First stone")
    made.write("crane.py", CRANE)
    made.commit("Limit the load (#7)\n\nCo-authored-by: Grace Hill <grace@example.org>", BOB)
    made.git("checkout", "--quiet", "-b", "fix-12")
    made.write("winch.py", "def wind(rope):\n    return rope * 3\n")
    made.commit("Wind faster", GRACE)
    made.write("rope.py", "ROPE = 'hemp'\n")
    made.commit("Name the rope\n\nThe old name was wrong, because hemp is not steel.\nSecond line.", GRACE)
    made.git("checkout", "--quiet", "main")
    made.write("README.md", "# Harbour\n")
    made.commit("Add a readme\n\n- [x] tests\n- [ ] docs\n\n<!-- Thank you because of this. -->")
    made.merge("fix-12", message="Merge pull request #13 from grace/fix-12\n\nThe winch was too slow for the tide")
    made.write("src/crane.py", CRANE)
    (made.path / "crane.py").unlink()
    made.commit("Move to src")
    made.write("src/crane.py", LAID_OUT)
    made.commit("Reformat", BOB)
    made.write("lamp.py", "LAMP = 1\n")
    made.commit("Add a lamp")
    (made.path / "lamp.py").unlink()
    made.commit("Drop the lamp\n\nNobody can see it, so it only costs oil.\n\nFixes: #99", BOB)
    made.write("src/crane.py", LAID_OUT.replace("return -load", "return -load  # down"))
    made.commit("Say which way")
    sha = made.head
    made.git("revert", "--no-edit", sha)
    made.write("CHANGES.md", CHANGES)
    made.write("picture.bin", "\0\1\2")
    made.commit("Tell what changed")
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    return harbour(tmp_path_factory.mktemp("why") / "harbour")


def history(data: Path, made: Scripted, revision: str) -> StoredHistory:
    tables = opened(data)
    load(tables, made.git_folder, revision)
    return StoredHistory(
        tables=tables,
        index="harbour",
        source_id="git:harbour",
        name="harbour",
        git=HistoryQueries(made.git_folder, revision),
        define=definitions,
        is_cut=is_shallow(made.git_folder),
    )


def answered(query: FactQuery, asked: StoredHistory) -> Answer | None:
    return ask_facts(
        query.text, query, [asked], index="harbour", snapshot=1, as_of_date=None, fresh_at=None, indexed=1.0
    )


@pytest.fixture(scope="module")
def asked(made: Scripted, tmp_path_factory: pytest.TempPathFactory) -> StoredHistory:
    return history(tmp_path_factory.mktemp("data"), made, made.head)


@pytest.fixture(scope="module")
def why(made: Scripted, asked: StoredHistory) -> Why:
    def ask(target: str) -> Answer:
        answer = answered(FactQuery(kind="why", text=target), asked)
        assert answer is not None
        check_quotes(answer, made)
        return answer

    return ask


def check_quotes(answer: Answer, made: Scripted) -> None:
    """Citations are spans of what they cite, claims are spans of the answer, and what stands in quotes is cited."""
    covered = 0
    for claim in answer.claims:
        assert covered <= claim.start < claim.end <= len(answer.answer)
        assert not answer.answer[covered : claim.start].strip()
        assert claim.citations
        covered = claim.end
        cited = [answer.citations[number - 1] for number in claim.citations]
        known = " ".join(" ".join(re.sub(r"[ \t]*#[ ]?", "", item.quote).split()) for item in cited)
        for quote in re.findall(r'says: "(.+?)"(?: \[|$)', answer.answer[claim.start : claim.end]):
            assert quote.removesuffix(" …") in known, quote
    assert covered == len(answer.answer)
    for citation in answer.citations:
        if ":commit/" in citation.document_id:
            said = made.git("log", "-1", "--format=%B", citation.revision).decode().strip("\n")
            assert said[citation.start : citation.end] == citation.quote
        elif citation.path:
            text = made.git("show", f"{citation.revision}:{citation.path}").decode()
            assert text[citation.start : citation.end] == citation.quote
        else:
            assert citation.quote.startswith("git ")


def subject(made: Scripted, answer: Answer) -> str:
    return made.lines("log", "-1", "--format=%s", answer.citations[0].commit or "")[0]


def test_a_line_is_followed_through_a_move_and_a_new_layout(made: Scripted, why: Why) -> None:
    line = LAID_OUT.split("\n").index("    limit=30,") + 1
    answer = why(f"src/crane.py:{line}")
    assert subject(made, answer) == "Limit the load (#7)"
    assert "There it stood in crane.py" in answer.answer
    assert "Looked through" in answer.answer
    assert '"Reformat"' in answer.answer
    assert 'CHANGES.md:5-6 has: "Loads are limited. Heavier ones bent the crane\'s arm in two harbours. (#7)"' in (
        answer.answer
    )
    assert "Grace Hill" not in answer.answer
    assert [c.issue_id for c in answer.citations if c.issue_id] == ["7"]


def test_the_order_of_imports_is_layout(made: Scripted, why: Why) -> None:
    assert subject(made, why("src/crane.py:3")) == "First stone"


def test_the_message_comes_first(why: Why) -> None:
    answer = why("rope.py:1")
    assert 'The message says: "The old name was wrong, because hemp is not steel."' in answer.answer
    assert "Merge" not in answer.answer


def test_the_merge_tells_what_the_commit_does_not(why: Why) -> None:
    answer = why("winch.py:2")
    assert "merge" in answer.answer
    assert 'which says: "The winch was too slow for the tide"' in answer.answer
    assert "See #13 and #12" in answer.answer


def test_a_commit_beside_it_is_asked_where_the_merge_says_nothing(tmp_path: Path) -> None:
    made = empty(tmp_path / "harbour")
    made.write("a.py", "A = 1\n")
    made.commit("First stone")
    made.git("checkout", "--quiet", "-b", "topic")
    made.write("a.py", "A = 2\n")
    made.commit("Change A")
    made.write("b.py", "B = 2\n")
    made.commit("Change B\n\nOtherwise the tide would sink the boat.")
    made.git("checkout", "--quiet", "main")
    made.merge("topic", message="Merge pull request #3 from grace/topic")
    told = history(tmp_path / "data", made, made.head)
    of_merge = answered(FactQuery(kind="why_commit", sha=made.head), told)
    assert of_merge is not None
    check_quotes(of_merge, made)
    assert 'which it brought, says: "Otherwise the tide would sink the boat."' in of_merge.answer
    answer = answered(FactQuery(kind="why", text="a.py:1"), told)
    assert answer is not None
    check_quotes(answer, made)
    assert 'of the same merge, says: "Otherwise the tide would sink the boat."' in answer.answer


def test_nothing_is_invented(why: Why) -> None:
    answer = why("README.md")
    assert "The history does not say why" in answer.answer
    assert "because" not in answer.answer
    assert "tests" not in answer.answer


def test_comments_at_the_lines(why: Why) -> None:
    line = LAID_OUT.split("\n").index("    check_the_hook(load)") + 1
    answer = why(f"src/crane.py:{line}")
    assert f"A comment there, src/crane.py:{line - 1}, says: " in answer.answer
    assert "because a loose hook would drop the load on the deck" in answer.answer


def test_a_range_counts_the_lines_of_each_commit(made: Scripted, why: Why) -> None:
    answer = why("src/crane.py:7-14")
    rows = [line for line in answer.answer.split("\n") if re.match(r"  [0-9a-f]{7} ", line)]
    assert len(rows) == 2
    assert sum(int(number) for number in re.findall(r"(\d+) lines?\b", " ".join(rows))) == 8
    assert "Limit the load" in rows[0]
    assert "First stone" in rows[1]
    assert "no reason given" in answer.answer


def test_a_name_and_a_name_in_a_file(made: Scripted, why: Why) -> None:
    for target in ("lift", "lift()", "src/crane.py::lift", "crane.py::lift"):
        answer = why(target)
        assert answer.answer.startswith("`lift`, src/crane.py:7-14, comes from 2 commits"), target
        assert "`def lift` first appears in commit" in answer.answer


def test_a_file_and_how_it_grew(made: Scripted, why: Why) -> None:
    answer = why("winch.py")
    assert subject(made, answer) == "First stone"
    assert "1 later commit changed it" in answer.answer
    assert "Wind faster" in answer.answer


def test_a_commit_by_its_id(made: Scripted, why: Why) -> None:
    drop = made.lines("log", "--format=%H", "--grep=Drop the lamp")[0]
    for target in (drop, drop[:7], drop[:9].upper()):
        answer = why(target)
        assert 'The message says: "Nobody can see it, so it only costs oil."' in answer.answer
        assert "CHANGES.md" not in answer.answer
        assert "See #99" in answer.answer


def test_what_was_taken_back(made: Scripted, why: Why) -> None:
    way = made.lines("log", "--format=%H", "--grep=^Say which way")[0]
    assert "It was taken back by commit" in why(way).answer
    revert = made.lines("log", "--format=%H", "--grep=^Revert")[0]
    assert f'It takes back commit {way[:7]} "Say which way"' in why(revert).answer


def test_a_number(why: Why) -> None:
    for target in ("#99", "gh-99"):
        answer = why(target)
        assert answer.answer.startswith("#99 is named by one commit")
        assert "Nobody can see it" in answer.answer
    assert "No commit message mentions #4" in why("#4").answer


def test_a_removed_name_is_found_in_the_past(why: Why) -> None:
    answer = why("LAMP")
    assert "`LAMP` was removed by Bob Stone" in answer.answer
    assert "Nobody can see it" in answer.answer


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("src/crame.py:3", "did you mean src/crane.py"),
        ("src/crane.py:300", "has 18 lines at"),
        ("src/crane.py:0", "line 0 is not among them"),
        ("src/crane.py::lower_it", "did you mean lower?"),
        ("picture.bin:1", "holds no text"),
        ("lamp.py:1", "is not there at"),
        ("ffffffffff0", "No commit whose id begins with"),
        ("nobody_called_it_so", "nor was there in any commit"),
        ("crane.lift_all", "Nothing called `crane.lift_all`"),
        ("no such thing", "There is no file no such thing"),
        ("CHANGES.md:2-1000", "lines 2-1000 is not among them"),
    ],
)
def test_what_is_not_there_is_said(why: Why, target: str, said: str) -> None:
    answer = why(target)
    assert answer.abstained
    assert said in answer.answer


def test_a_misspelt_member_is_not_looked_for_as_a_text(tmp_path: Path) -> None:
    made = empty(tmp_path / "harbour")
    made.write("crane.py", "class Crane:\n    def hoist(self): ...  # hoyst\n    def hoists(self): ...\n")
    made.commit("First stone")
    made.write("crane.py", "class Crane:\n    def hoist(self): ...\n")
    removal = made.commit("Remove a typo and a method")
    asked = history(tmp_path / "data", made, made.head)
    answer = answered(FactQuery(kind="why", text="Crane.hoyst"), asked)
    assert answer is not None
    assert answer.abstained
    assert "did you mean Crane.hoist?" in answer.answer
    gone = answered(FactQuery(kind="why", text="Crane.hoists"), asked)
    assert gone is not None
    assert gone.citations[0].commit == removal


def test_an_ambiguous_name_is_listed(tmp_path: Path) -> None:
    made = empty(tmp_path / "harbour")
    made.write("a.py", "def load():\n    pass\n")
    made.write("b.py", "def load():\n    pass\n")
    made.write("tests/test_a.py", "def load():\n    pass\n")
    made.commit("First stone")
    asked = history(tmp_path / "data", made, made.head)
    answer = answered(FactQuery(kind="why", text="load"), asked)
    assert answer is not None
    assert answer.abstained
    assert "a.py:1" in answer.answer
    assert "b.py:1" in answer.answer
    assert "tests" not in answer.answer
    chosen = answered(FactQuery(kind="why", text="b.py::load"), asked)
    assert chosen is not None
    assert not chosen.abstained


def test_commits_that_the_project_ignores_are_looked_through(tmp_path: Path) -> None:
    made = empty(tmp_path / "harbour")
    made.write("a.py", "VALUE = compute(1)\n")
    made.commit("First stone")
    made.write("a.py", "VALUE = compute(one)\n")
    sha = made.commit("Spell numbers")
    made.write(".git-blame-ignore-revs", f"# spelling\n{sha}\n{'0' * 40}\n")
    made.commit("Ignore spelling")
    answer = answered(FactQuery(kind="why", text="a.py:1"), history(tmp_path / "data", made, made.head))
    assert answer is not None
    assert answer.answer.startswith("Line 1 of a.py came with commit")
    assert "First stone" in answer.answer
    assert f'Looked through: {sha[:7]} "Spell numbers"' in answer.answer


def test_a_cut_history_is_said(made: Scripted, tmp_path: Path) -> None:
    made.git("clone", "--quiet", "--depth", "1", f"file://{made.path}", str(tmp_path / "shallow"))
    shallow = Scripted(tmp_path / "shallow")
    answer = answered(FactQuery(kind="why", text="winch.py:1"), history(tmp_path / "data", shallow, shallow.head))
    assert answer is not None
    assert "The history here is cut" in answer.answer


def test_an_empty_history(tmp_path: Path) -> None:
    made = empty(tmp_path / "harbour")
    answer = answered(FactQuery(kind="why", text="a.py:1"), history_without_commits(tmp_path / "data", made))
    assert answer is not None
    assert answer.abstained
    assert "has no commits yet" in answer.answer


def history_without_commits(data: Path, made: Scripted) -> StoredHistory:
    return StoredHistory(
        tables=opened(data),
        index="harbour",
        source_id="git:harbour",
        name="harbour",
        git=HistoryQueries(made.git_folder, ""),
        define=definitions,
        is_cut=False,
    )


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("why was lamp.py removed?", "Nobody can see it"),
        ("why was `LAMP` removed?", "Nobody can see it"),
        ("why was rope.py added?", "because hemp is not steel"),
        ("why was `ROPE` introduced?", "because hemp is not steel"),
        ("why is line 2 of winch.py there?", "too slow for the tide"),
        ("why was `lift` changed?", "comes from 2 commits"),
        ("why does winch.py exist?", "First stone"),
    ],
)
def test_questions(made: Scripted, asked: StoredHistory, question: str, says: str) -> None:
    query = fact_query(question)
    assert query is not None
    answer = answered(query, asked)
    assert answer is not None
    check_quotes(answer, made)
    assert says in answer.answer


@pytest.mark.parametrize("question", ["why was `Nothing` changed?", "why was src/ renamed?"])
def test_what_the_history_cannot_say_is_searched(asked: StoredHistory, question: str) -> None:
    query = fact_query(question)
    assert query is None or answered(query, asked) is None


def test_what_is_still_there_is_said_first(asked: StoredHistory) -> None:
    query = fact_query("why was `lift` removed?")
    assert query is not None
    answer = answered(query, asked)
    assert answer is not None
    assert answer.answer.startswith("`lift` was not removed: at ")
    assert "The last commit that changed how often it occurs is commit " in answer.answer

"""Answers about a scripted repository, each compared with what plain git says."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.history.loading import load, opened
from tests.history.repository import Scripted, empty, harbour

from whence.answer.facts.draft import MAX_ROWS
from whence.answer.facts.python_code import definitions
from whence.pipelines.facts import ask_facts, fact_query
from whence.pipelines.history import StoredHistory
from whence.sources.history import is_shallow
from whence.sources.history_queries import HistoryQueries
from whence.store.history import HistoryTables
from whence.types import Answer, CommitQuery

Ask = Callable[[str], Answer]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    return harbour(tmp_path_factory.mktemp("facts") / "harbour")


@pytest.fixture(scope="module")
def tables(made: Scripted, tmp_path_factory: pytest.TempPathFactory) -> HistoryTables:
    tables = opened(tmp_path_factory.mktemp("data"))
    load(tables, made.git_folder, made.head)
    return tables


def history(tables: HistoryTables, repository: Path, revision: str) -> StoredHistory:
    return StoredHistory(
        tables=tables,
        index="harbour",
        source_id="git:harbour",
        name="harbour",
        git=HistoryQueries(repository, revision),
        define=definitions,
        is_cut=is_shallow(repository),
    )


def loaded(made: Scripted, place: Path) -> StoredHistory:
    tables = opened(place)
    load(tables, made.git_folder, made.head)
    return history(tables, made.git_folder, made.head)


def answered(question: str, *histories: StoredHistory) -> Answer:
    query = fact_query(question)
    assert query is not None, question
    answer = ask_facts(
        question, query, histories, index="harbour", snapshot=1, as_of_date=None, fresh_at=None, indexed=1.0
    )
    assert answer is not None
    return answer


@pytest.fixture(scope="module")
def ask(made: Scripted, tables: HistoryTables) -> Ask:
    def asked(question: str) -> Answer:
        answer = answered(question, history(tables, made.git_folder, made.head))
        check_form(answer, made)
        return answer

    return asked


def check_form(answer: Answer, made: Scripted) -> None:
    """What holds of every fact: kind, confidence, claims that are spans with citations, quotes that are true."""
    assert answer.kind == "fact"
    assert answer.confidence == 1.0
    assert answer.citations
    covered = 0
    for claim in answer.claims:
        assert 0 <= covered <= claim.start < claim.end <= len(answer.answer)
        assert not answer.answer[covered : claim.start].strip()
        assert claim.citations
        assert all(1 <= number <= len(answer.citations) for number in claim.citations)
        covered = claim.end
    assert covered == len(answer.answer)
    for number, citation in enumerate(answer.citations, start=1):
        assert f"[{number}]" in answer.answer or any(number in claim.citations for claim in answer.claims)
        assert citation.commit
        if "commit/" in citation.document_id:
            assert citation.quote == made.lines("log", "-1", "--format=%s", citation.commit)[0]
        elif citation.path:
            text = made.git("show", f"{citation.revision}:{citation.path}").decode()
            assert text[citation.start : citation.end] == citation.quote
        else:
            assert citation.quote.removeprefix("TZ=UTC ").startswith("git ")


def first(answer: Answer) -> str:
    return answer.citations[0].commit or ""


def numbers(answer: Answer) -> list[int]:
    return [int(found.replace(",", "")) for found in re.findall(r"(?<![\w.-])\d[\d,]*(?![\w.-])", answer.answer)]


@pytest.mark.parametrize("path", ["README.md", "src/lift.py", "src/lamp.py", "docs/left.md", "src"])
def test_last_change(ask: Ask, made: Scripted, path: str) -> None:
    answer = ask(f"who last changed `{path}{'/' if path == 'src' else ''}`?")
    sha = made.lines("log", "-1", "--format=%H", "HEAD", "--", path)[0]
    assert first(answer) == sha
    assert made.lines("log", "-1", "--use-mailmap", "--format=%aN on %as", sha)[0] in answer.answer


def test_first_change(ask: Ask, made: Scripted) -> None:
    answer = ask("who created src/lift.py?")
    assert first(answer) == made.lines("log", "--follow", "--diff-filter=A", "--format=%H", "--", "src/lift.py")[-1]
    assert "as src/crane.py" in answer.answer
    assert answer.citations[1].commit == made.lines("log", "--format=%H", "--", "src/lift.py")[-1]


def test_a_file_that_was_added_twice(ask: Ask, made: Scripted) -> None:
    answer = ask("when was src/lamp.py added?")
    added = made.lines("log", "--diff-filter=A", "--format=%H", "--", "src/lamp.py")
    assert [citation.commit for citation in answer.citations] == [added[-1], added[0]]
    assert "added 2 times" in answer.answer


def test_authors_of_a_file(ask: Ask, made: Scripted) -> None:
    answer = ask("who wrote README.md?")
    counts = [row.split("\t") for row in made.lines("shortlog", "-sn", "HEAD", "--", "README.md")]
    assert f"{len(counts)} authors" in answer.answer
    for count, name in counts:
        assert re.search(rf"{name}\s+{count.strip()} commit", answer.answer)


def test_removal(ask: Ask, made: Scripted) -> None:
    answer = ask("when was src/crane.py removed?")
    assert (
        first(answer)
        == made.lines("log", "-1", "--diff-filter=D", "--no-renames", "--format=%H", "--", "src/crane.py")[0]
    )
    assert "renamed to src/lift.py" in answer.answer
    answer = ask("when was src/lamp.py removed?")
    assert "was not removed" in answer.answer
    assert made.lines("log", "--format=%h", "--grep=Remove the lamp")[0][:7] in answer.answer


def test_renames(ask: Ask, made: Scripted) -> None:
    answer = ask("what was src/lift.py called before?")
    assert "src/crane.py" in answer.answer
    assert first(answer) == made.lines("log", "--format=%H", "--grep=Call it by")[0]
    assert "No rename of README.md" in ask("when was README.md renamed?").answer
    assert "renamed to src/lift.py" in ask("when was src/crane.py renamed?").answer


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("which commit introduced `LAMP`?", "LAMP"),
        ("who added the function lift?", "lift"),
        ("when was the class `Lamp` added?", "Lamp"),
        ("who wrote the line `return min(load, limit)`?", "return min(load, limit)"),
        ("when was `crane.limit` added?", "limit"),
    ],
)
def test_introduction(ask: Ask, made: Scripted, question: str, text: str) -> None:
    oldest = made.lines("log", f"-S{text}", "--reverse", "--format=%H")[0]
    assert first(ask(question)) == oldest


def test_a_name_appears_where_it_stands_by_itself(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.write("crane.py", "def find_in_batches():\n    return in_batch\n")
    made.commit("Find in batches")
    made.write("crane.py", "def in_batches():\n    return in_batch\n")
    made.commit("Rename, so that the letters occur as often as before")
    asked = loaded(made, tmp_path / "data")
    shas = made.lines("log", "--format=%H", "--reverse")
    answer = answered("which commit introduced in_batches?", asked)
    assert first(answer) == shas[1]
    assert "by itself" in answer.answer
    only_within = answered("which commit introduced `n_batche`?", asked)
    assert first(only_within) == shas[0]
    assert "by itself" not in only_within.answer


def test_removal_is_that_from_code_where_a_text_still_wrote_of_it(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.write("crane.py", "def observe_field():\n    pass\n")
    made.write("CHANGELOG", "observe_field is new\n")
    made.commit("Add it")
    made.write("crane.py", "def other():\n    pass\n")
    made.commit("Take it out")
    made.write("CHANGELOG", "See the releases\n")
    made.commit("Empty the change log")
    answer = answered("when was observe_field removed?", loaded(made, tmp_path / "data"))
    shas = made.lines("log", "--format=%H", "--reverse")
    assert first(answer) == shas[1]
    assert "The last text" in answer.answer
    assert shas[2] in {citation.commit for citation in answer.citations}


def test_a_copy_deleted_under_a_running_reader(tables: HistoryTables, made: Scripted, tmp_path: Path) -> None:
    copy = tmp_path / "copy.git"
    made.git("clone", "--quiet", "--bare", str(made.path), str(copy))
    questions = (
        "where is `lift` defined?",
        "what is the signature of `lift`?",
        "who wrote line 4 of src/lift.py?",
        "who last changed README.md?",
        "when was the class `Lamp` removed?",
        "why was the class `Lamp` removed?",
        "who wrote lines 2-4 of src/lift.py?",
    )
    opened_before = {question: history(tables, copy, made.head) for question in questions}
    assert first(answered("who added the function lift?", history(tables, copy, made.head)))
    shutil.rmtree(copy)
    for question, asked in opened_before.items():
        answer = answered(question, asked)
        assert answer.abstained, question
        assert "is gone: run `whence sync`" in answer.answer, question


def test_removal_of_a_name(ask: Ask, made: Scripted) -> None:
    answer = ask("when was the class `Lamp` removed?")
    assert "was not removed" not in answer.answer
    assert first(answer) == made.lines("log", "-1", "-Sclass Lamp", "--format=%H")[0]
    assert "was not removed" in ask("who removed `lift`?").answer


@pytest.mark.parametrize(("path", "line"), [("README.md", 1), ("README.md", 3), ("src/lift.py", 4), ("src/lift.py", 5)])
def test_line_author(ask: Ask, made: Scripted, path: str, line: int) -> None:
    answer = ask(f"who wrote line {line} of {path}?")
    blamed = made.lines("blame", "--porcelain", f"-L{line},{line}", "HEAD", "--", path)[0].split()[0]
    assert first(answer) == blamed
    assert answer.citations[1].quote == (made.path / path).read_text().split("\n")[line - 1]


def test_changes_of_a_commit(ask: Ask, made: Scripted) -> None:
    sha = made.lines("log", "--format=%H", "--grep=Limit the load")[0]
    answer = ask(f"what changed in commit {sha[:8]}?")
    added, removed, path = made.lines("show", "--numstat", "--format=", sha)[0].split("\t")
    assert f"+{added} -{removed}" in answer.answer
    assert path in answer.answer
    merge = made.lines("log", "--format=%H", "--grep=Merge pull request")[0]
    assert "a merge of 2 parents" in ask(f"what changed in {merge[:8]}?").answer


def test_changes_of_a_file(ask: Ask, made: Scripted) -> None:
    answer = ask("what changed in src/lift.py since v0.1?")
    shas = made.lines("log", "--format=%H", "v0.1..HEAD", "--", "src/lift.py")
    assert [citation.commit for citation in answer.citations[1:]] == shas
    answer = ask("what changed in README.md since 2020-01-05?")
    shas = made.lines("log", "--format=%H", "--since=2020-01-05T00:00:00Z", "--", "README.md")
    assert [citation.commit for citation in answer.citations[1:]] == shas


def test_changes_between_tags(ask: Ask, made: Scripted) -> None:
    expected = len(made.lines("rev-list", "v0.1..v0.2"))
    files = len(made.lines("diff", "--name-only", "-M50%", "v0.1", "v0.2"))
    for question in ("what changed between v0.1 and v0.2?", "what's new in 0.2?", "changes from v0.2 to v0.1"):
        answer = ask(question).answer
        assert f"From v0.1 to v0.2 there are {expected} commits" in answer
        assert f"{files} files differ" in answer
    since = len(made.lines("rev-list", "v0.2..HEAD"))
    assert f"there are {since} commits" in ask("what changed since v0.2?").answer


def test_first_and_last(ask: Ask, made: Scripted) -> None:
    everything = made.lines("log", "--format=%H")
    assert first(ask("what was the first commit?")) == everything[-1]
    assert first(ask("who made the last commit?")) == everything[0]
    his = made.lines("log", "--use-mailmap", "--author=^Bob Stone <", "--format=%H")
    assert first(ask("first commit by Bob Stone")) == his[-1]
    assert first(ask("when did bob stone make his last commit?")) == his[0]
    assert first(ask("what was the first commit by bob@old.example.org?")) == his[-1]


def test_counts(ask: Ask, made: Scripted) -> None:
    def count(*arguments: str) -> int:
        return int(made.lines("rev-list", "--count", *arguments)[0])

    assert numbers(ask("how many commits are there?"))[0] == count("HEAD")
    assert numbers(ask("how many merge commits are there?"))[0] == count("--merges", "HEAD")
    assert numbers(ask("how many commits touched README.md?"))[0] == count("HEAD", "--", "README.md")
    followed = len(made.lines("log", "--follow", "--format=%H", "--", "src/lift.py"))
    assert numbers(ask("how many times was src/lift.py changed?"))[0::2][:2] == [
        count("HEAD", "--", "src/lift.py"),
        followed,
    ]
    assert numbers(ask("how many commits are between v0.1 and v0.2?"))[0] == count("v0.1..v0.2")
    assert numbers(ask("how many commits since 2020-01-10"))[0] == count("--since=2020-01-10T00:00:00Z", "HEAD")
    his = made.lines("log", "--use-mailmap", "--author=^Bob Stone <", "--format=%H")
    assert numbers(ask("how many commits did Bob Stone make?"))[0] == len(his)
    names = set(made.lines("log", "--use-mailmap", "--format=%aN"))
    assert numbers(ask("how many authors are there?"))[0] == len(names)
    assert numbers(ask("how many files are there?"))[0] == len(made.git("ls-tree", "-r", "-z", "HEAD").split(b"\0")) - 1
    assert numbers(ask("how many files are in docs/?"))[0] == 3
    assert numbers(ask("how many tags are there?"))[0] == 2


def test_most(ask: Ask, made: Scripted) -> None:
    count, name = made.lines("shortlog", "-sn", "HEAD")[0].split("\t")
    answer = ask("who are the most active authors?").answer
    assert f"{name}, with {int(count)} commits" in answer
    changed = made.lines("log", "--no-merges", "-M50%", "--name-only", "--format=", "HEAD", "--", "src")
    answer = ask("which files change most often in src/?").answer
    top = max(set(changed) - {""}, key=lambda path: (changed.count(path), path))
    assert f"is {top}, in {changed.count(top)} commits" in answer


def test_mentions_and_releases(ask: Ask, made: Scripted) -> None:
    answer = ask("which commits mention #12?")
    assert {c.commit for c in answer.citations if "commit/" in c.document_id} == set(
        made.lines("log", "--format=%H", "--grep=#12")
    )
    assert "No commit message mentions #4321" in ask("which commits mention #4321?").answer
    answer = ask("in which release did #12 land?")
    assert "first contained in v0.2" in answer.answer
    sha = made.lines("log", "--format=%H", "--grep=Say who is who")[0]
    assert "in no tag yet" in ask(f"which release contains commit {sha[:9]}?").answer


def test_tags(ask: Ask, made: Scripted) -> None:
    assert "There are 2 tags" in ask("list all tags").answer
    assert "latest tag is v0.2" in ask("what is the latest release?").answer
    answer = ask("when was v0.2 released?")
    assert made.lines("for-each-ref", "--format=%(taggerdate:short)", "refs/tags/v0.2")[0] in answer.answer
    assert first(answer) == made.lines("rev-parse", "v0.2^{commit}")[0]


def test_definitions(ask: Ask) -> None:
    assert "src/lift.py:4" in ask("where is `lift` defined?").answer
    assert "(load, *, limit=30)" in ask("what is the signature of `lift`?").answer
    assert "is `30`" in ask("what is the default value of limit in `lift`?").answer
    assert "has no default" in ask("what is the default of load in `lift`?").answer
    answer = ask("what is the default of weight in `lift`?")
    assert answer.abstained
    assert "load, limit" in answer.answer


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("who last changed src/lfit.py?", "did you mean src/lift.py?"),
        ("who wrote nowhere/at/all.py?", "There is no file"),
        ("how many commits did Grace make?", "can be 2 people: Grace Hill"),
        ("how many commits did Bob Stoen make?", "did you mean Bob Stone?"),
        ("when was v0.3 released?", "did you mean v0.2"),
        ("what changed in commit 1234abcd?", "No commit whose id begins with 1234abcd"),
        ("who wrote line 4000 of README.md?", "has no line 4000; it has 3 lines"),
        ("who wrote line 0 of README.md?", "has no line 0"),
        ("when was `never_there_at_all` added?", "does not occur in any commit"),
        ("first commit by Zebedee", "No author Zebedee"),
    ],
)
def test_what_is_not_there_is_said(ask: Ask, question: str, said: str) -> None:
    answer = ask(question)
    assert answer.abstained
    assert said in answer.answer


def test_paths_may_be_cut_short_but_not_guessed(ask: Ask, made: Scripted) -> None:
    assert first(ask("who last changed lift.py?")) == made.lines("log", "-1", "--format=%H", "--", "src/lift.py")[0]
    assert first(ask("who last changed readme.md?")) == made.lines("log", "-1", "--format=%H", "--", "README.md")[0]


def test_long_tables_say_how_many_more(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    for n in range(MAX_ROWS + 3):
        made.write("a.txt", f"{n}\n")
        made.commit(f"Number {n}", f"Person {n:02} <{n}@example.org>")
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    asked = history(tables, made.git_folder, made.head)
    assert "and 3 more authors" in answered("who are the most active authors?", asked).answer
    assert "and 3 more commits" in answered("what changed in a.txt since 2019?", asked).answer


def test_an_empty_repository(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    answer = answered("how many commits are there?", history(opened(tmp_path / "data"), made.git_folder, ""))
    assert answer.abstained
    assert "no commits yet" in answer.answer


def test_a_cut_history_is_said_to_be_cut(made: Scripted, tmp_path: Path) -> None:
    made.git("clone", "--quiet", "--bare", "--depth=3", f"file://{made.path}", str(tmp_path / "cut"))
    tables = opened(tmp_path / "data")
    load(tables, tmp_path / "cut", made.head)
    cut = history(tables, tmp_path / "cut", made.head)
    for question in ("what was the first commit?", "who created README.md?", "how many commits are there?"):
        assert "is cut" in answered(question, cut).answer


def test_what_is_not_loaded_is_asked_of_git_or_said(made: Scripted, tmp_path: Path) -> None:
    unloaded = history(opened(tmp_path / "data"), made.git_folder, made.head)
    n = int(made.lines("rev-list", "--count", "HEAD")[0])
    assert numbers(answered("how many commits are there?", unloaded))[0] == n
    assert "author" in answered("who are the most active authors?", unloaded).answer
    answer = answered("which commits mention #12?", unloaded)
    assert answer.abstained
    assert "not loaded yet" in answer.answer
    assert answer.citations == ()


def test_an_interrupted_loading_says_how_far_it_is(made: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    with sqlite3.connect(tmp_path / "data" / "whence.db") as connection:
        connection.execute("update histories set revision = '', n_commits = 3, n_wanted = 17")
    answer = answered("which files change most often?", history(tables, made.git_folder, made.head))
    assert answer.abstained
    assert "3 of 17 commits" in answer.answer


def test_several_histories_are_quoted_by_name(made: Scripted, tables: HistoryTables, tmp_path: Path) -> None:
    other = empty(tmp_path / "other")
    other.write("only.txt", "here\n")
    other.commit("Alone")
    both = [
        history(tables, made.git_folder, made.head),
        history(opened(tmp_path / "data"), other.git_folder, other.head),
    ]
    both[1].name = "other"
    answer = answered("who last changed only.txt?", *both)
    assert answer.answer.startswith("only.txt was last changed")
    answer = answered("how many commits are there?", *both)
    assert "harbour: There are" in answer.answer
    assert "other: There is 1 commit" in answer.answer
    for claim in answer.claims:
        shown = [int(mark) for mark in re.findall(r"\[(\d+)\]", answer.answer[claim.start : claim.end])]
        assert shown == list(claim.citations)


def test_names_that_git_would_take_for_patterns(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.write("[a]*.txt", "one\n")
    made.commit("Odd", "J. R. [Bob] *Dobbs* <j@example.org>")
    made.write("a.txt", "one\n")
    made.commit("Plain", "JxRx B *Dobbs* <k@example.org>")
    asked = history(opened(tmp_path / "data"), made.git_folder, made.head)
    assert [commit.subject for commit in asked.log(CommitQuery(paths=("[a]*.txt",)))] == ["Odd"]
    assert [commit.subject for commit in asked.log(CommitQuery(author="J. R. [Bob] *Dobbs*"))] == ["Odd"]
    assert first(answered("who last changed a.txt?", asked)) == made.head


def test_a_path_that_is_gone_is_not_taken_for_one_like_it(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.write("LICENSE.rst", "old\n")
    made.write("docs/license.rst", "page\n")
    made.commit("Both")
    (made.path / "LICENSE.rst").unlink()
    made.commit("One")
    tables = opened(tmp_path / "data")
    for is_loaded in (False, True):
        if is_loaded:
            load(tables, made.git_folder, made.head)
        answer = answered("who deleted LICENSE.rst?", history(tables, made.git_folder, made.head))
        assert first(answer) == made.head
        assert answer.answer.startswith("LICENSE.rst was removed")

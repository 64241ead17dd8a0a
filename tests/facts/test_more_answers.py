"""Answers about code, people, sizes, ages and releases, each compared with plain git or written out by hand."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.facts.test_answers import answered, check_form, first, history
from tests.history.loading import load, opened
from tests.history.repository import BOB, GRACE, Scripted, empty, harbour

from whence.answer.facts.lookup import Unknown, find_tag
from whence.types import Answer

Ask = Callable[[str], Answer]

PORT = '''"""The port."""

from cranes import Crane


class Dock(Crane):
    """Takes ships."""

    depth: int = 3

    def moor(self, ship: str, *, fast: bool = False) -> str:
        return self.lift(ship)

    def lift(self, ship):
        return ship  # moor(ship)


class DryDock(Dock):
    def moor(self, ship):
        """Says moor()."""
        return super().moor(ship)


def open_port(dock: Dock) -> "list[str]":
    return [dock.moor("a"), Dock.moor(dock, "b"), other.moor("c")]
'''
STORM = "class StormError(RuntimeError):\n    pass\n\n\nclass Gale(StormError):\n    def ease(self): ...\n"
GO = "package port\n\ntype Dock struct{ depth int }\n\nfunc (d *Dock) Moor(ship string) error { return d.tie(ship) }\n"
HEADER = "int tie(int rope, int knots);\n"
C = '#include "tie.h"\n#define KNOTS 2\n\nint tie(int rope, int knots)\n{\n\treturn rope + KNOTS;\n}\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    made = harbour(tmp_path_factory.mktemp("facts") / "harbour")
    made.write("src/port.py", PORT)
    made.write(
        "tests/test_port.py", "from port import open_port\n\n\ndef test_it():\n    open_port(1)\n    open_port(2)\n"
    )
    made.commit("Open the port\n\nReviewed-by: Ada Lake\nCo-authored-by: Bob Stone <bob@example.org>", GRACE)
    made.write("port/dock.go", GO)
    made.write("port/tie.h", HEADER)
    made.write("port/tie.c", C)
    made.write("src/storm.py", STORM)
    made.write("tests/test_storm.py", "class Calm(Exception): ...\n\n\nclass Gale:\n    def blow(self): ...\n")
    made.commit("Tie ships", BOB)
    return made


@pytest.fixture(scope="module")
def ask(made: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    tables = opened(tmp_path_factory.mktemp("data"))
    load(tables, made.git_folder, made.head)
    asked_of = history(tables, made.git_folder, made.head)

    def asked(question: str) -> Answer:
        answer = answered(question, asked_of)
        check_form(answer, made)
        return answer

    return asked


def test_call_sites(ask: Ask) -> None:
    answer = ask("who calls `open_port`?")
    assert "called 2 times in 1 file, 2 of them in tests, by the name alone" in answer.answer
    assert "tests/test_port.py:5, 6  in test_it" in answer.answer
    answer = ask("where is `moor` called?")
    assert "called 4 times in 1 file, by the name" in answer.answer
    assert "in DryDock.moor, open_port" in answer.answer
    answer = ask("who calls `Dock.moor`?")
    assert "called 2 times in 1 file, counting calls on `Dock`, on a variable of that name" in answer.answer
    assert "Whether 2 other calls of `moor` on other things mean it, too, the text does not say" in answer.answer
    assert "No call of `DryDock`" in ask("who calls DryDock?").answer


def test_uses(ask: Ask) -> None:
    answer = ask("where is `Dock` used?")
    assert "used 4 times in 2 files (0 calls among them)" in answer.answer
    assert "KNOTS` is used once in 1 file" in ask("where is KNOTS used?").answer


def test_members_and_subclasses(ask: Ask) -> None:
    answer = ask("which methods does `src.port.Dock` define?")
    assert re.search(r"`Dock` \(src/port.py:6\) defines 2 methods itself; it also has those of `Crane`", answer.answer)
    assert "moor(self, ship: str, *, fast: bool=False) -> str" in answer.answer
    answer = ask("which methods does `Dock` define?")
    assert answer.abstained
    assert "`Dock` can be 2 types" in answer.answer
    assert "1 type directly extends or implements `Dock`" in ask("subclasses of `Dock`").answer
    assert "No class of the code names `DryDock`" in ask("which classes inherit from `DryDock`?").answer


def test_exceptions_are_found_through_one_another_and_not_in_tests(ask: Ask) -> None:
    answer = ask("list all exceptions")
    assert "defines 2 exceptions outside tests" in answer.answer
    assert re.search(r"StormError +extends RuntimeError +src/storm.py:1 \[2\]", answer.answer)
    assert re.search(r"Gale +extends StormError +src/storm.py:5 \[3\]", answer.answer)
    assert "Calm" not in answer.answer


def test_a_type_in_tests_is_not_meant_where_another_is(ask: Ask) -> None:
    assert "`Gale` (src/storm.py:5) defines 1 method itself" in ask("which methods does `Gale` define?").answer


def test_definitions_of_a_file(ask: Ask) -> None:
    answer = ask("what does src/port.py define?")
    assert "src/port.py defines 3 names at its outermost level: 2 classes, 1 function" in answer.answer
    assert "port/tie.c defines 1 function or method" in ask("which functions are defined in port/tie.c?").answer


def test_other_languages(ask: Ask) -> None:
    assert "`Dock.Moor` is defined in port/dock.go:5, as a method" in ask("where is `Dock.Moor` defined?").answer
    answer = ask("where is `tie` defined?")
    assert "`tie` is defined in port/tie.c:4, as a function" in answer.answer
    assert "It is declared in port/tie.h:1. [2]" in answer.answer
    assert "`tie(int rope, int knots)`, giving `int` in port/tie.c:4" in ask("signature of `tie`").answer
    assert "`Dock.Moor` returns `error`" in ask("what is the return type of `Dock.Moor`?").answer
    assert "`KNOTS` is defined in port/tie.c:2, as a macro" in ask("where is KNOTS defined?").answer
    assert "is `False`" in ask("default value of `fast` in `Dock.moor`").answer


def test_who_knows_a_file(ask: Ask, made: Scripted) -> None:
    rows = made.lines("blame", "--line-porcelain", "HEAD", "--", "README.md")
    names = Counter(row[7:] for row in rows if row.startswith("author "))
    best, n = min(names.items(), key=lambda pair: (-pair[1], pair[0]))
    answer = ask("who knows README.md best?")
    assert f"{best} wrote the most lines of README.md as it is: {n} of {sum(names.values())} lines" in answer.answer
    assert "Most commits to src/" in ask("who knows `src/` best?").answer


def test_sizes(ask: Ask, made: Scripted) -> None:
    n = made.git("show", "HEAD:src/port.py").count(b"\n")
    assert f"src/port.py has {n} lines" in ask("how many lines does src/port.py have?").answer
    total = sum(made.git("show", f"HEAD:{path}").count(b"\n") for path in ("port/dock.go", "port/tie.h", "port/tie.c"))
    assert f"There are {total} lines in 3 text files below port/" in ask("how many lines are in port/?").answer


def test_what_changes_together(ask: Ask) -> None:
    answer = ask("which files change together with port/tie.c?")
    assert "port/dock.go changed most often together with port/tie.c, in 1 of the 1 commit" in answer.answer
    assert "No other file was changed" in ask("which files change together with docs/left.md?").answer


def test_what_someone_did(ask: Ask, made: Scripted) -> None:
    n = len(made.lines("log", "--author=^Grace Hill <", "--format=%H"))
    answer = ask("what did Grace Hill work on in 2020?")
    assert f"Grace Hill made {n} commits from 2020-01-01 to 2020-12-31" in answer.answer
    assert "made no commit" in ask("what did Grace Hill work on in 2019?").answer
    assert "did you mean Grace Hill" in ask("which files did Grace Hil change?").answer


def test_commits_by_month(ask: Ask, made: Scripted) -> None:
    counts = Counter(made.lines("log", "--date=format:%Y-%m", "--format=%cd"))
    answer = ask("commits per month")
    for month, n in counts.items():
        assert f"{month}  {n}" in answer.answer


def test_ages(ask: Ask, made: Scripted) -> None:
    answer = ask("what is the oldest file?")
    assert first(answer) == made.lines("log", "--reverse", "--format=%H")[0]
    assert "README.md" in answer.answer
    answer = ask("longest untouched files")
    assert first(answer) == made.lines("log", "-1", "--format=%H", "--", "README.md")[0]


def test_releases(ask: Ask, made: Scripted) -> None:
    n = len(made.lines("rev-list", "v0.2..HEAD"))
    assert f"There are {n} commits since the latest tag, v0.2" in ask("unreleased changes").answer
    assert "the latest tag was v0.1" in ask("which release was current on 2020-01-05?").answer
    assert "the latest tag was v0.2" in ask("which release was current in 2099?").answer
    assert "No release is as old as 2019-12-31" in ask("what was the latest version in 2019?").answer
    before = set(made.lines("log", "--use-mailmap", "--format=%aN", "v0.1"))
    fresh = set(made.lines("log", "--use-mailmap", "--format=%aN", "v0.1..v0.2")) - before
    assert f"{len(fresh)} authors are new between v0.1 and v0.2" in ask("who are the new contributors in v0.2?").answer


def test_reviews_and_merges(ask: Ask, made: Scripted) -> None:
    sha = made.lines("log", "--format=%H", "--grep=Open the port")[0]
    answer = ask(f"who reviewed commit {sha[:9]}?")
    assert "committed by Committer" in answer.answer
    assert "Reviewed-by: Ada Lake; Co-authored-by: Bob Stone" in answer.answer
    assert "No merge brought it" in answer.answer
    lamp = made.lines("log", "--format=%H", "--grep=Add a lamp")[0]
    merge = made.lines("log", "--format=%h", "--grep=Merge pull request #12")[0]
    assert merge[:7] in ask(f"who merged {lamp[:9]}?").answer
    assert "is itself a merge" in ask(f"who merged {merge}?").answer
    assert "named by the merge commit" in ask("who merged #12?").answer
    assert ask("who merged #4711?").abstained


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("who wrote line 0 of README.md?", "has no line 0"),
        ("who wrote line 9999999 of README.md?", "has no line 9999999"),
        ("who knows docs/gone.md best?", "There is no file docs/gone.md"),
        ("who knows READNE.md best?", "did you mean README.md"),
        ("which release was current on 1970-01-01?", "No release is as old"),
        ("who merged 01234567ab?", "No commit whose id begins with 01234567ab"),
        ("which commits mention #999999999?", "No commit message mentions #999999999"),
        ("what changed between v0.2 and v0.1?", "From v0.1 to v0.2"),
        ("what changed in the last release?", "From v0.1 to v0.2"),
        ("what changed between v0.1 and v0.9?", "No tag v0.9 leads to a commit of this history; did you mean"),
        ("how many commits since 2099-01-01?", "2099-01-01 lies in the future"),
        ("who last changed src/crane.py?", "which renamed it to src/lift.py"),
        ("what does README.md define?", ""),
        ("default value of `slow` in `Dock.moor`", "has no parameter `slow`; its parameters are"),
    ],
)
def test_what_cannot_be_is_said(made: Scripted, tmp_path: Path, question: str, said: str) -> None:
    from whence.answer.facts.answering import answer_fact
    from whence.answer.facts.parse import parse

    tables = opened(tmp_path)
    load(tables, made.git_folder, made.head)
    query = parse(question)
    assert query is not None, question
    fact = answer_fact(query, history(tables, made.git_folder, made.head))
    assert (fact is None) == (not said)
    assert fact is None or said in fact.text


def test_an_ambiguous_id_lists_its_commits(tmp_path: Path) -> None:
    made = empty(tmp_path / "many")
    who = "Ada Lake <ada@example.org>"
    stream = "".join(
        f"commit refs/heads/main\ncommitter {who} {1_577_880_000 + n} +0000\ndata 2\n{n % 10}\n" for n in range(1500)
    )
    made.git("fast-import", "--quiet", stdin=stream.encode())
    shas = made.lines("rev-list", "HEAD")
    counts = Counter(sha[:4] for sha in shas)
    twice = [start for start, n in counts.items() if n > 1 and re.search(r"\d", start) and re.search("[a-f]", start)]
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    answer = answered(f"who made commit {twice[0]}?", history(tables, made.git_folder, made.head))
    assert answer.abstained
    assert f"{twice[0]} begins the ids of {counts[twice[0]]} commits" in answer.answer


def test_a_mirror_that_is_gone_or_damaged_is_said(tmp_path: Path) -> None:
    made = harbour(tmp_path / "harbour")
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    of_gone = history(tables, made.git_folder, made.head)
    for path in sorted((made.git_folder / "objects").rglob("*"), reverse=True):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"")
    for question in (
        "who last changed README.md?",
        "who calls `lift`?",
        "who knows README.md best?",
    ):
        answer = answered(question, of_gone)
        assert answer.abstained
        assert "whence sync" in answer.answer or "fsck" in answer.answer
    assert not answered("commits per year", of_gone).abstained  # the tables know
    made.git_folder.rename(tmp_path / "elsewhere")
    assert answered("how many lines does README.md have?", of_gone).abstained


def test_a_partial_copy_says_what_it_lacks(tmp_path: Path) -> None:
    made = harbour(tmp_path / "harbour")
    made.git("config", "uploadpack.allowFilter", "true")
    made.git("clone", "--quiet", "--bare", "--filter=blob:none", f"file://{made.path}", str(tmp_path / "partial.git"))
    tables = opened(tmp_path / "data")
    load(tables, tmp_path / "partial.git", made.head)
    partial = history(tables, tmp_path / "partial.git", made.head)
    for question in ("who wrote line 1 of README.md?", "what are the oldest files?", "who last changed README.md?"):
        answer = answered(question, partial)
        assert answer.abstained
        assert "failed" in answer.answer or "could not be loaded" in answer.answer


def test_a_version_is_known_without_its_last_zero(tmp_path: Path) -> None:
    made = empty(tmp_path / "quay")
    for name in ("v1.0.0", "v1.1.0", "v2.0.0"):
        made.write("quay.md", name)
        made.commit(f"Make {name}")
        made.git("tag", name)
    asked = history(opened(tmp_path / "data"), made.git_folder, made.head)
    for said, meant in (("1.0", "v1.0.0"), ("v1.1", "v1.1.0"), ("2", "v2.0.0"), ("v2.0.0", "v2.0.0")):
        assert find_tag(asked, said).name == meant
    with pytest.raises(Unknown):
        find_tag(asked, "1.0.1")


CPP_HEADER = (
    "enum Mode { Fast, Slow };\nint load(int crate, Mode mode = Fast);\nstruct Dock { int moor(int n = 2); };\n"
)
CPP = """#include "dock.hpp"

int load(
    int crate,
    Mode mode)
{
    return crate;
}

int Dock::moor(int n)
{
    return load(n, Fast);
}
"""


def test_defaults_that_only_a_declaration_has(tmp_path: Path) -> None:
    made = empty(tmp_path / "quay")
    made.write("dock.hpp", CPP_HEADER)
    made.write("dock.cpp", CPP)
    made.commit("Dock")
    asked = history(opened(tmp_path / "data"), made.git_folder, made.head)
    told = answered("default value of mode in `load`", asked).answer
    assert told.startswith("The default of `mode` in `load` is `Fast` (dock.hpp:2)")
    assert "no default" not in told
    assert "is `2` (dock.hpp:3)" in answered("default value of n in Dock::moor", asked).answer
    assert "has no default" in answered("default value of crate in `load`", asked).answer
    signature = answered("signature of `load`", asked).answer
    assert signature.startswith("`load(int crate, Mode mode)`")
    assert "The declaration in dock.hpp:2 has `mode = Fast`" in signature
    assert "is called once" in answered("who calls `load`?", asked).answer


def test_who_wrote_lines(tmp_path: Path) -> None:
    made = empty(tmp_path / "quay")
    made.write("plan.txt", "".join(f"plan number {n} of the quay\n" for n in range(8)))
    first_sha = made.commit("Plan")
    text = "".join(f"plan number {n} of the {'dock' if n in (2, 3) else 'quay'}\n" for n in range(8))
    made.write("plan.txt", text)
    second_sha = made.commit("Say dock", GRACE)
    asked = history(opened(tmp_path / "data"), made.git_folder, made.head)
    answer = answered("who wrote lines 6-2 of plan.txt?", asked)
    assert answer.answer.startswith("Lines 2-6 of plan.txt were written by 2 authors in 2 commits")
    blamed = Counter(
        row.split()[0].lstrip("^")[:39] for row in made.lines("blame", "-s", "--abbrev=39", "-L2,6", "plan.txt")
    )
    told = [(citation.commit or "")[:39] for citation in answer.citations if citation.quote in {"Plan", "Say dock"}]
    assert told == [sha for sha, _ in blamed.most_common()] == [first_sha[:39], second_sha[:39]]
    assert answered("who wrote lines 6-9 of plan.txt?", asked).answer.startswith("plan.txt has no lines 6-9; it has 8")

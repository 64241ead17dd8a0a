"""What changed between two states of which each is a tag, a date or a commit, compared with plain git."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.as_of.facts_at import stored
from tests.history.loading import load, opened
from tests.history.repository import Scripted, empty, harbour

from whence.answer.facts.parse import parse
from whence.pipelines.facts import ask_facts
from whence.pipelines.history import StoredHistory
from whence.types import Answer

TODAY = datetime(2026, 8, 3, 15, 30, tzinfo=UTC)
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

RANGES = (
    "what changed since 2019-01-01?",
    "what changed since 1a2b3c4?",
    "what changed in setup.py since 1a2b3c4?",
    "what changed in setup.py between 2019-01-01 and v2.0?",
    "what has changed between v2.0 and 2019-01-01?",
    "what changed between v1.0 and 1a2b3c4?",
    "which commits were made between 1a2b3c4 and 5d6e7f8?",
    "list the changes from March 2018 to v2.1",
    "what changed in src/ from v1.0 until 2020-05?",
    "what changed last month?",
    "what changed in 2019?",
    "which files changed since yesterday?",
)
NO_RANGES = (
    "what changed between the two implementations?",
    "what changed in the API since 2019?",
    "how many commits between v1.0 and 2020?",
    "since 2019, what is the default?",
    "between 2018 and 2019",
    "what is 2019-01-01?",
    "what changed between 2018, 2019 and 2020?",
)


@pytest.mark.parametrize("question", RANGES)
def test_a_range_is_read(question: str) -> None:
    query = parse(question, TODAY)
    assert query is not None
    assert query.kind == "range_changes", query


@pytest.mark.parametrize("question", NO_RANGES)
def test_other_questions_are_no_ranges(question: str) -> None:
    query = parse(question, TODAY)
    assert query is None or query.kind != "range_changes"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    return harbour(tmp_path_factory.mktemp("ranges") / "harbour")


@pytest.fixture(scope="module")
def history(made: Scripted, tmp_path_factory: pytest.TempPathFactory) -> StoredHistory:
    tables = opened(tmp_path_factory.mktemp("data"))
    load(tables, made.git_folder, made.head)
    return stored(tables, made.git_folder, made.head)


def answered(question: str, history: StoredHistory) -> Answer:
    query = parse(question, TODAY)
    assert query is not None
    answer = ask_facts(
        question, query, [history], index="harbour", snapshot=1, as_of_date=None, fresh_at=None, indexed=1.0
    )
    assert answer is not None
    return answer


def at(made: Scripted, moment: str) -> str:
    return made.git("rev-list", "-1", "--first-parent", f"--until={moment}", "HEAD").decode().strip()


def counted(answer: Answer) -> int:
    match = re.search(r"(\d+) commits?\b", answer.answer)
    assert match, answer.answer
    return int(match[1])


def test_counts_are_those_of_git(made: Scripted, history: StoredHistory) -> None:
    middle = made.lines("rev-list", "--first-parent", "HEAD")[5]
    before = at(made, "2020-01-04T23:59:59Z")
    until = at(made, "2020-01-12T23:59:59Z")
    for question, span in {
        "what changed between 2020-01-05 and v0.2?": f"{before}..v0.2",
        "what changed from v0.1 to 2020-01-12?": f"v0.1..{until}",
        "what changed between 2020-01-05 and 2020-01-12?": f"{before}..{until}",
        f"what changed since {middle[:10]}?": f"{middle}..HEAD",
        f"what changed between v0.1 and {middle[:10]}?": f"v0.1..{middle}",
        "what changed since 2020-01-05?": f"{before}..HEAD",
        "what changed in 2020?": "HEAD",
    }.items():
        answer = answered(question, history)
        assert counted(answer) == int(made.git("rev-list", "--count", span)), question
        assert not answer.abstained


def test_a_range_backwards_is_turned_and_said(made: Scripted, history: StoredHistory) -> None:
    forward = answered("what changed between 2020-01-05 and v0.2?", history)
    backward = answered("what changed between v0.2 and 2020-01-05?", history)
    assert "in order of time" in backward.answer
    assert backward.answer.replace(", in order of time,", "") == forward.answer


def test_of_a_file(made: Scripted, history: StoredHistory) -> None:
    before = at(made, "2020-01-02T23:59:59Z")
    answer = answered("what changed in README.md between 2020-01-03 and v0.2?", history)
    shas = made.lines("log", "--format=%H", f"{before}..v0.2", "--", "README.md")
    assert [citation.commit for citation in answer.citations if citation.title != "git command"] == shas
    nothing = answered("what changed in README.md between v0.2 and 2020-01-31?", history)
    assert "No commit changed README.md" in nothing.answer


def test_before_everything_and_unknown_ends(made: Scripted, history: StoredHistory, tmp_path: Path) -> None:
    assert "From the first commit to v0.1" in answered("what changed between 2011 and v0.1?", history).answer
    assert answered("what changed between 2020-01-05 and v7.0?", history).abstained
    assert answered("what changed since deadbeef1?", history).abstained
    ahead = answered("what changed since 2131-01-01?", history)  # git reads this date as one of this century
    assert ahead.abstained
    assert ahead.answer.startswith("2131-01-01 lies in the future: the newest commit here is of 2020-01-18")


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scripted, StoredHistory]:
    """A file that is renamed and changed, one that is there later only, a binary one, and nothing in the last."""
    made = empty(tmp_path_factory.mktemp("moved") / "dock")
    made.write("dock/crane.py", "".join(f"line {n}\n" for n in range(20)))
    made.write("notes.md", "one\n")
    made.commit("First")
    made.git("tag", "v1.0")
    made.write("dock/crane.py", "".join(f"line {n}\n" for n in range(3, 20)) + "more\n")
    made.write("ship.bin", "\0\1\2")
    made.commit("Change the crane")
    made.git("tag", "v1.1")
    (made.path / "src").mkdir()
    made.git("mv", "dock", "src/dock")
    made.write("src/dock/hook.py", "hook = 1\n")
    made.commit("Move to src")
    made.git("tag", "v1.2")
    made.write("last.md", "last\n")
    made.commit("Say more")
    tables = opened(tmp_path_factory.mktemp("moved_data"))
    load(tables, made.git_folder, made.head)
    return made, stored(tables, made.git_folder, made.head)


def numbers(made: Scripted, *arguments: str) -> tuple[int, int, int]:
    """Files, lines added and removed, as git's own summary counts them."""
    found = made.lines("diff", "-M50%", "--shortstat", *arguments)
    text = found[0] if found else ""
    parts = (re.search(rf"(\d+) {word}", text) for word in ("file", "insertion", "deletion"))
    first, second, third = (int(part[1]) if part else 0 for part in parts)
    return first, second, third


def test_the_size_of_a_difference_is_that_of_git(moved: tuple[Scripted, StoredHistory]) -> None:
    made, history = moved
    for question, arguments in {
        "how big is the diff between v1.0 and v1.1?": ("v1.0", "v1.1"),
        "how many lines changed between v1.0 and v1.2?": ("v1.0", "v1.2"),
        "diff stat v1.0..HEAD": ("v1.0", "HEAD"),
        "how many files differ between v1.1 and v1.2?": ("v1.1", "v1.2"),
        "how many lines were added to src/ since v1.0?": ("v1.0", "HEAD", "--", "src", "dock"),
        "how much did src/dock/crane.py change from v1.0 to v1.2?": (
            "v1.0",
            "v1.2",
            "--",
            "dock/crane.py",
            "src/dock/crane.py",
        ),
        "how much did crane.py change between 1.0 and 1.1?": ("v1.0", "v1.1", "--", "dock/crane.py"),
        "how many lines changed in src/dock/hook.py since v1.0?": ("v1.0", "HEAD", "--", "src/dock/hook.py"),
        "how many lines changed since 2011?": (EMPTY_TREE, "HEAD"),
    }.items():
        answer = answered(question, history)
        n_files, n_added, n_removed = numbers(made, *arguments)
        assert not answer.abstained
        assert n_files == 1 or f"{n_files} files differ" in answer.answer, answer.answer
        assert re.search(rf"\b{n_added} lines? ?", answer.answer), (question, answer.answer)
        assert not n_removed or f"{n_removed} removed" in answer.answer
        command = (
            answer.citations[0]
            .quote.replace("git diff", "diff")
            .replace("$(git hash-object -t tree /dev/null)", EMPTY_TREE)
        )
        assert made.lines(*shlex.split(command))[-1] == made.lines("diff", "-M50%", "--stat", *arguments)[-1], command


def test_the_size_of_no_difference_is_said(moved: tuple[Scripted, StoredHistory]) -> None:
    _, history = moved
    assert "no file differs" in answered("how big is the diff between v1.2 and v1.2?", history).answer
    assert (
        "is the same at v1.0 and v1.1"
        in answered("how many lines of notes.md changed from v1.0 to v1.1?", history).answer
    )
    neither = answered("how many lines changed in last.md between v1.0 and v1.1?", history)
    assert neither.abstained
    assert "last.md is neither at v1.0 nor at v1.1" in neither.answer


def test_the_size_of_a_difference_backwards(moved: tuple[Scripted, StoredHistory]) -> None:
    _, history = moved
    forward = answered("how big is the diff between v1.0 and v1.2?", history)
    backward = answered("how big is the diff between v1.2 and v1.0?", history)
    assert backward.answer.replace(", in order of time,", "") == forward.answer

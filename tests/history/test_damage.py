"""A copy that lacks the contents of a few files is loaded; what does not need them is told as of a whole one."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.facts.test_answers import answered, history
from tests.history.loading import load, number, opened
from tests.history.repository import Scripted, empty

from whence.errors import UnreadableError
from whence.pipelines.history_words import load_words
from whence.sources.damage import MOST_UNREADABLE, problem_of, readable, unreadable_commits
from whence.sources.history import read_commits, write_commit_graph
from whence.sources.patches import read_patches


@pytest.fixture
def made(tmp_path: Path) -> tuple[Scripted, list[str]]:
    """A repository, and its commits from the oldest, of which the second added and the fourth removed a lost file."""
    made = empty(tmp_path / "quay")
    made.write("crane.py", "def hoist():\n    return 1\n")
    shas = [made.commit("Add the crane")]
    made.write("plan.txt", "".join(f"plan {n}\n" for n in range(50)))
    shas.append(made.commit("Add the plan"))
    made.write("rope.py", "def tie():\n    return 2\n")
    shas.append(made.commit("Add the rope (#12)"))
    made.git("rm", "-q", "plan.txt")
    shas.append(made.commit("Drop the plan"))
    made.write("crane.py", "def hoist():\n    return tie()\n")
    shas.append(made.commit("Tie before hoisting"))
    write_commit_graph(made.git_folder)
    blob = made.lines("rev-parse", f"{shas[1]}:plan.txt")[0]
    lost = made.git_folder / "objects" / blob[:2] / blob[2:]
    lost.chmod(0o644)
    lost.unlink()
    return made, shas


def test_only_the_commits_of_a_lost_file_lack_their_lines(made: tuple[Scripted, list[str]]) -> None:
    repository, shas = made
    told: list[str] = []
    found = list(read_commits(repository.git_folder, shas[::-1], shas[-1], on_unreadable=told.append))
    assert [commit.sha for commit in found] == shas[::-1]
    assert told == [shas[3], shas[1]]
    by_sha = {commit.sha: commit.changes for commit in found}
    assert [(c.path, c.status, c.added) for c in by_sha[shas[1]]] == [("plan.txt", "A", None)]
    assert [(c.path, c.status, c.added) for c in by_sha[shas[2]]] == [("rope.py", "A", 2)]
    patches = {patch.sha: patch for patch in read_patches(repository.git_folder, shas, shas[-1])}
    assert list(patches) == shas
    assert [patches[sha].is_cut for sha in shas] == [False, True, False, True, False]
    assert patches[shas[4]].files[0].hunks[0].lines[-1] == "+    return tie()"


def test_facts_of_a_damaged_copy(made: tuple[Scripted, list[str]], tmp_path: Path) -> None:
    repository, shas = made
    tables = opened(tmp_path / "data")
    assert load(tables, repository.git_folder, shas[-1]) == 5
    load_words(tables, "harbour", "git:harbour", repository.git_folder, shas[-1])
    state = tables.state("harbour", "git:harbour")
    assert state is not None
    assert state.revision == shas[-1]
    assert set(unreadable_commits(state.problem)) == {shas[1][:12], shas[3][:12]}
    asked = history(tables, repository.git_folder, shas[-1])
    assert "There are 5 commits" in answered("how many commits are there?", asked).answer
    assert answered("who last changed plan.txt?", asked).citations[0].commit == shas[3]
    assert answered("which commits mention #12?", asked).citations[0].commit == shas[2]
    assert answered("when was `sway` added?", asked).answer.startswith("`sway` does not occur in any commit")
    came = answered("which commit introduced `tie`?", asked)
    assert came.citations[0].commit == shas[2]
    assert "Files of 2 commits cannot be read here" in came.answer

    repository.write("rope.py", "def tie():\n    return 3\n")
    shas.append(repository.commit("Tie better"))
    assert load(tables, repository.git_folder, shas[-1]) == 1
    grown = tables.state("harbour", "git:harbour")
    assert grown is not None
    assert grown.problem == state.problem  # what was said stays said
    assert tables.count(number(tables, shas[-1])) == 6


def test_a_lost_commit_is_an_error(made: tuple[Scripted, list[str]]) -> None:
    repository, shas = made
    with pytest.raises(UnreadableError, match="git fsck"):
        list(read_commits(repository.git_folder, [shas[0], "1" * 40], shas[-1]))
    assert subprocess.run(["git", "cat-file", "-e", shas[1]], cwd=repository.git_folder, check=False).returncode == 0


@given(st.lists(st.sampled_from("gggb"), max_size=12), st.integers(0, 2))
def test_every_commit_is_told_once_in_order(kinds: list[str], n_early: int) -> None:
    shas = [f"{kind}{n}" for n, kind in enumerate(kinds)]

    def read(wanted: object) -> object:
        assert isinstance(wanted, list)
        for n, sha in enumerate(wanted):
            if sha[0] == "b" and n_early == 0:
                raise UnreadableError("before")  # nothing of it was told
            if sha[0] == "b":
                yield f"half of {sha}"
                raise UnreadableError("within")
            del n
            yield f"whole {sha}"

    told = list(readable(read, shas, lambda sha: f"without {sha}"))  # type: ignore[arg-type]
    assert told == [f"{'without' if sha[0] == 'b' else 'whole'} {sha}" for sha in shas]


@given(st.lists(st.sampled_from("ggbm"), max_size=12))
def test_commits_that_are_left_out_do_not_count(kinds: list[str]) -> None:
    shas = [f"{kind}{n}" for n, kind in enumerate(kinds)]

    def read(wanted: object) -> object:
        assert isinstance(wanted, list)
        for sha in wanted:
            if sha[0] == "b":
                yield sha
                raise UnreadableError("within")
            if sha[0] != "m":
                yield sha

    told = list(readable(read, shas, str.upper, str))  # type: ignore[arg-type]
    assert told == [sha.upper() if sha[0] == "b" else sha for sha in shas if sha[0] != "m"]


def test_too_much_damage_is_an_error() -> None:
    def read(wanted: object) -> object:
        raise UnreadableError(str(wanted))
        yield

    with pytest.raises(UnreadableError):
        list(readable(read, [str(n) for n in range(MOST_UNREADABLE + 1)], str))  # type: ignore[arg-type]


def test_what_is_said_of_damage_names_the_commits() -> None:
    shas = ["a" * 40, "b" * 40, "a" * 40]
    assert unreadable_commits(problem_of(shas)) == ["a" * 12, "b" * 12]
    assert unreadable_commits("The history of x cannot be read (aaaaaaaaaaaa)") == []


def test_a_copy_with_a_broken_object_is_made_anew_at_the_next_update(tmp_path: Path) -> None:
    made = empty(tmp_path / "quay")
    made.write("crane.py", "def hoist():\n    return 1\n")
    sha = made.commit("Add the crane")
    asked = history(opened(tmp_path / "data"), made.git_folder, sha)
    broken = made.git_folder / "objects" / sha[:2] / sha[2:]
    broken.chmod(0o644)
    broken.write_bytes(broken.read_bytes()[:20])
    answer = answered("who last changed crane.py?", asked)
    assert answer.abstained
    assert "run `whence sync`" in answer.answer
    assert (made.git_folder / "whence-damaged").is_file()

"""Files are followed through renames as ``git log --follow`` follows them."""

import random
from pathlib import Path

from tests.history.loading import load, number, opened
from tests.history.repository import empty

from whence.pipelines.followed import FollowedFiles
from whence.sources.history_queries import HistoryQueries
from whence.types import CommitQuery

PATHS = ("crane.py", "lamp.py", "deep/lamp.py", "dock.py")


def test_random_histories_with_renames_copies_and_merges(tmp_path: Path) -> None:
    n_told = n_renames = 0
    for seed in range(3):
        chance = random.Random(seed)
        made = empty(tmp_path / f"made{seed}")
        made.write("README", "harbour\n")
        made.commit("Root")
        for step in range(40):
            here = [path for path in PATHS if (made.path / path).exists()]
            action = chance.choice(("write", "move", "move", "remove", "copy", "merge"))
            if action == "move" and here:
                target = chance.choice(PATHS)
                (made.path / target).parent.mkdir(exist_ok=True)
                source = chance.choice(here)
                if source != target:
                    made.git("mv", "-f", source, target)
            elif action == "remove" and len(here) > 1:
                made.git("rm", "-qf", chance.choice(here))
            elif action == "copy" and here:
                made.write(chance.choice(PATHS), (made.path / chance.choice(here)).read_text())
            elif action == "merge":
                made.git("checkout", "-q", "-b", f"side{step}", "HEAD~1" if step else "HEAD")
                made.write(f"side{step}", str(step))
                made.commit("Side")
                made.git("checkout", "-q", "main")
                made.git("merge", "-q", "--no-ff", "-m", "Merge", f"side{step}")
            path = chance.choice(PATHS)
            if action in {"move", "copy"}:
                made.commit(f"Step {step}")
                continue
            made.write(path, "".join(f"line {chance.randrange(4)} {n} of {path[:3]}\n" for n in range(9)))
            made.commit(f"Step {step}")
        tables = opened(tmp_path / f"data{seed}")
        load(tables, made.git_folder, made.head)
        git = HistoryQueries(made.git_folder, made.head)
        followed = FollowedFiles(tables, number(tables, made.head), git)
        for path in git.files():
            every = CommitQuery(paths=(path,), follow=True)
            if followed.count(every) is None:
                continue
            n_told += 1
            assert followed.count(every) == git.count(every), path
            assert followed.authors(every) == git.authors(every), path
            moved = CommitQuery(paths=(path,), follow=True, statuses="AR")
            assert followed.log(moved) == git.log(moved), path
            n_renames += sum(change.status == "R" for commit in git.log(moved) for change in commit.changes)
    assert n_told > 20
    assert n_renames > 3


def test_other_queries_are_left_to_git(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.write("crane.py", "lift = 1\n")
    made.commit("Crane")
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    followed = FollowedFiles(tables, number(tables, made.head), HistoryQueries(made.git_folder, made.head))
    assert followed.count(CommitQuery(paths=("crane.py",), follow=True)) == 1
    assert followed.count(CommitQuery(paths=("crane.py",), follow=True, merges=False)) is None
    assert followed.authors(CommitQuery(paths=("crane.py",), follow=True, statuses="A")) is None

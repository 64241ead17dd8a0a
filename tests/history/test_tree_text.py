"""Files in memory are looked through as ``git grep`` looks through them."""

import random
from pathlib import Path

from tests.history.repository import empty

from whence.sources.history_counts import HistoryCounts
from whence.sources.history_queries import HistoryQueries
from whence.sources.tree_text import read_tree

PIECES = ("lift", "lifted", "_", "é", " ", "(", "\n", "\r\n", "lift.load", "x", "\0", "lift lift")
ASKED = ("lift", "lifted", "load", "x", "lift.load", "nowhere", "_", "lift lift")


def test_lines_are_those_of_git_grep(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    chance = random.Random(7)
    for n in range(60):
        pieces = PIECES if n % 10 == 0 else [piece for piece in PIECES if piece != "\0"]
        text = "".join(chance.choice(pieces) for _ in range(chance.randrange(60)))
        path = made.path / chance.choice(["", "deep/", "ö/"]) / f"file{n}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    (made.path / "linked.py").symlink_to("file1.py")
    made.commit("Files")
    git = HistoryQueries(made.git_folder, made.head)
    n_found = 0
    for word in ASKED:
        counts = HistoryCounts(made.git_folder, git)
        by_git, kept = counts.lines_with(word), counts.lines_with(word)
        assert kept == by_git, word
        n_found += len(kept)
    assert n_found > 50


def test_what_is_too_large_is_left_to_git(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.write("crane.py", "lift = 1\n")
    made.commit("Crane")
    git = HistoryQueries(made.git_folder, made.head)
    assert read_tree(git, 8) is None
    assert read_tree(git, 9) is not None

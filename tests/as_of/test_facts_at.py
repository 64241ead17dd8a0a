"""Every fact as of a commit is that of a clone that ends there."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.as_of.facts_at import Pair
from tests.facts.wordings import WORDINGS
from tests.facts.wordings_second import SECOND
from tests.facts.wordings_why import WORDINGS_WHY
from tests.history.repository import BOB, BOBBY, GRACE, Scripted, empty, harbour

ASKED = (*WORDINGS.values(), *(wordings[1:] for wordings in (SECOND | WORDINGS_WHY).values()))
QUESTIONS = [wording for wordings in ASKED for wording in wordings[:2]]
OFTEN = [
    "how many commits are there?",
    "who are the top contributors?",
    "which files change most often?",
    "which commits mention #7?",
    "what was a.py called before?",
    "who wrote a.py?",
    "when was b.py removed?",
    "list all tags",
    "latest release",
    "who last changed c.py?",
    "which commit introduced `token_3`?",
    "how many commits did bob@old.example.org make?",
    "which files were not changed for the longest time?",
    "in which release did #7 land?",
    "how many files are there?",
]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("as-of")
    return Pair(harbour(folder / "harbour"), folder)


def test_every_kind_of_fact_at_every_commit(pair: Pair) -> None:
    commits = pair.commits()
    assert len(commits) > 12
    differing = [
        difference
        for n, commit in enumerate(commits[1:])
        for difference in pair.differences(commit, QUESTIONS[n % 5 :: 5])
    ]
    assert not differing, "\n".join(differing[:5])


def written(folder: Path, steps: list[tuple[int, int]]) -> Scripted:
    """A history of edits, renames, removals, merges, tags and a mailmap, chosen by numbers."""
    made = empty(folder)
    made.write("a.py", "start = 0\n")
    made.commit("Begin")
    files, authors = ["a.py", "b.py", "c.py"], [BOB, BOBBY, GRACE, "Ada Lake <ada@example.org>"]
    for n, (what, which) in enumerate(steps):
        path, author = files[which % 3], authors[which % 4]
        if what == 0:
            made.git("checkout", "--quiet", "-b", f"side-{n}", f"HEAD~{min(which, n, 2)}" if n > 3 else "HEAD")
            made.write(f"side_{n}.py", f"side_{n} = {which}\n")
            made.commit(f"Work beside, see #{which}", author)
            made.git("checkout", "--quiet", "main")
            made.write(path, f"main_{n} = 1\n")
            made.commit(f"Work on main #{n}", author)
            made.merge("-s", "ours" if which == 5 else "ort", f"side-{n}", message=f"Merge side {n} (#{which})")
        elif what == 1 and (made.path / path).exists() and not (made.path / f"moved_{n}.py").exists():
            made.git("mv", path, f"moved_{n}.py")
            made.commit(f"Move {path}", author)
        elif what == 2 and (made.path / path).exists():
            (made.path / path).unlink()
            made.commit(f"Remove {path}", author)
        elif what == 3:
            made.git("tag", *(["-a", "-m", "tag"] if which % 2 else []), f"v0.{n}")
        elif what == 4:
            made.write(".mailmap", f"Robert {which} <bob@example.org> <bob@old.example.org>\n")
            made.commit("Say who is who", author)
        else:
            made.write(path, f"token_{which} = {n}\n" * (which + 1))
            made.commit(f"Edit {path} for #7" if which == 3 else f"Edit {path}", author)
    return made


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    steps=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5)), min_size=4, max_size=12),
    seed=st.randoms(use_true_random=False),
)
def test_facts_of_random_histories(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]], seed: Random
) -> None:
    folder = tmp_path_factory.mktemp("random")
    pair = Pair(written(folder / "made", steps), folder)
    commits = pair.commits()[1:]
    for commit in seed.sample(commits, min(3, len(commits))):
        differing = pair.differences(commit, OFTEN)
        assert not differing, "\n".join(differing[:3])

"""A history that grows commit by commit has the order, the landings and the people of one that is loaded whole."""

import random
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.history.loading import load, number, opened
from tests.history.repository import BOB, Scripted, empty

from whence.pipelines import history_growth
from whence.pipelines import history_loading as loading
from whence.pipelines.history_growth import Growth, growth
from whence.pipelines.history_order import Order
from whence.sources.history import walk
from whence.store.history import HistoryTables
from whence.store.history_tables import commits

START_S = 1_600_000_000


def drawn(folder: Path, seed: int, n_commits: int, n_branches: int) -> tuple[Path, list[str]]:
    """A bare repository with branches that merge into each other, dates that repeat or run backwards, several people.

    Returns the ids of the main line, oldest first.
    """
    chance = random.Random(seed)
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    tips: list[int] = [1]
    rows, now = [], START_S
    line = [1]
    for mark in range(1, n_commits + 1):
        now += chance.choice([0, 0, 1, 60, 60, -90 if chance.random() < 0.2 else 60])
        branch = 0 if chance.random() < 0.5 else chance.randrange(n_branches)
        parents: list[int] = []
        if mark > 1:
            parents = [tips[branch] if branch < len(tips) else chance.choice(line)]
            if chance.random() < 0.4:
                parents += [tip for tip in tips if tip not in parents and chance.random() < 0.3]
        who = chance.choice(["Ada <ada@example.org>", "Bob <bob@example.org>", f"New{mark} <new@example.org>"])
        rows.append(_row(mark, parents, who, now))
        if branch < len(tips):
            tips[branch] = mark
        else:
            tips.append(mark)
        if branch == 0 and mark > 1:
            line.append(mark)
    marks = folder / "marks"
    script = "".join(rows) + f"reset refs/heads/main\nfrom :{line[-1]}\n\ndone\n"
    command = ["git", "fast-import", "--quiet", "--done", f"--export-marks={marks}"]
    subprocess.run(command, cwd=folder, input=script.encode(), check=True)
    names = dict(entry.split() for entry in marks.read_text().splitlines())
    return folder, [names[f":{mark}"] for mark in line]


def _row(mark: int, parents: list[int], who: str, when_s: int) -> str:
    names = "".join(f"{'merge' if n else 'from'} :{parent}\n" for n, parent in enumerate(parents))
    body = f"commit {mark}"
    told = f"author {who} {when_s} +0000\ncommitter {who} {when_s} +0000\n"
    file = f"M 100644 inline f{mark % 7}.txt\ndata {len(body)}\n{body}\n"
    return f"commit refs/heads/b{mark}\nmark :{mark}\n{told}data {len(body)}\n{body}\n{names}{file}\n"


def held(tables: HistoryTables, history: int) -> set[tuple[str, int, int | None, int | None]]:
    columns = (commits.c.sha, commits.c.place, commits.c.first_parent, commits.c.landed)
    with tables.database.reading() as connection:
        rows = connection.execute(select(*columns).where(commits.c.place.is_not(None), commits.c.history_id == history))
        return {(row.sha, row.place, row.first_parent, row.landed) for row in rows}


@pytest.mark.parametrize("seed", range(4))
def test_a_grown_order_is_that_of_a_whole_walk(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_growth, "_PAGE", 2)
    mirror, line = drawn(tmp_path / "drawn", seed, n_commits=70, n_branches=5)
    tables = opened(tmp_path / "data")
    grown: list[Growth | None] = []
    original = growth

    def noted(*arguments: object) -> Growth | None:
        grown.append(original(*arguments))  # type: ignore[arg-type]
        return grown[-1]

    monkeypatch.setattr(loading, "growth", noted)
    chance = random.Random(seed)
    steps = sorted(chance.sample(range(1, len(line)), 4))
    for revision in [*(line[step] for step in steps), line[-1]]:
        load(tables, mirror, revision)
        order = Order(walk(mirror, revision))
        history = number(tables, revision)
        assert held(tables, history) == set(order.placed())
        names = {(name, email) for name, email, _, _ in order.people}
        assert {name for name, _ in tables.author_counts(history)} <= {name for name, _ in names}
        state = tables.state("harbour", "git:harbour")
        assert state is not None
        assert (state.n_commits, state.n_wanted) == (len(order), len(order))
    assert any(found is not None for found in grown)


def walked(tables: HistoryTables, made: Scripted, before: str) -> bool:
    """Whether all has to be walked again for the present head."""
    return growth(tables, number(tables, before), made.git_folder, before, made.head) is None


def test_what_is_no_growth_is_walked(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    first = made.commit("First")
    made.commit("Second", BOB)
    before = made.head
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, before)
    made.commit("Third")
    assert not walked(tables, made, before)
    made.git("reset", "--quiet", "--hard", first)
    made.commit("Instead of the second")
    assert walked(tables, made, before)
    made.merge(before, message="The old line comes in from the side")
    assert walked(tables, made, before)
    made.git("reset", "--quiet", "--hard", before)
    made.write(".mailmap", "Robert Stone <bob@example.org>\n")
    made.commit("Call Bob by his whole name")
    assert walked(tables, made, before)

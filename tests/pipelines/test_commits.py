"""Commits and hunks become searchable; however a state was reached, the index is that of a clean one."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.history.repository import Scripted, empty

from whence import Whence
from whence.pipelines import commits as loading
from whence.settings import load_settings
from whence.store import history_writing
from whence.store.arrow import STORED_COLUMNS
from whence.store.scope import Filters

LAMP = "class Lamp:\n    def lift(self, height):\n        return height\n\n    def drop(self):\n        return 0\n"
State = tuple[list[tuple[Any, ...]], list[list[tuple[str, float]]]]
COLUMNS = [name for name in STORED_COLUMNS if name != "generation"]


def made_harbour(place: Path) -> Scripted:
    """A history with a merge of three branches, a rename, a removal with its reason."""
    made = empty(place)
    made.write("src/lamp.py", LAMP)
    made.write("docs/guide.md", "# Guide\n\nThe lamp is lifted by hand.\n")
    made.commit("Add the lamp (#7)")
    for branch in ("one", "two"):
        made.git("checkout", "--quiet", "-b", branch, "main")
        made.write(f"src/{branch}.py", f"def {branch}():\n    return '{branch}'\n")
        made.commit(f"Add {branch}")
    made.git("checkout", "--quiet", "main")
    lifted = LAMP.replace("return height", "return max(height, 1)")
    made.write("src/lamp.py", lifted)
    made.commit("Limit the height\n\nA lamp on the ground set the dock on fire.")
    made.merge("one", "two", message="Merge both branches")
    made.git("mv", "docs/guide.md", "docs/manual.md")
    made.commit("Rename the guide")
    made.write("src/lamp.py", lifted.split("    def drop", maxsplit=1)[0])
    made.commit("Remove Lamp.drop\n\nNobody called it, and falling glass hurt a porpoise.")
    return made


@pytest.fixture(scope="module")
def harbour_once(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    """The repository; not to be changed."""
    return made_harbour(tmp_path_factory.mktemp("made") / "harbour")


@pytest.fixture
def harbour(harbour_once: Scripted, tmp_path: Path) -> Scripted:
    """A repository of the test's own."""
    shutil.copytree(harbour_once.path, tmp_path / "harbour")
    return Scripted(tmp_path / "harbour", harbour_once.day)


@pytest.fixture(scope="module")
def indexed(harbour_once: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the index of the repository; to be copied or only asked."""
    data = tmp_path_factory.mktemp("indexed") / "data"
    with opened(data) as whence:
        [report] = whence.index(harbour_once.path, until="text")
        assert (report.n_commits, report.n_hunks) == (7, 6)
    return data


def opened(data: Path) -> Whence:
    return Whence(settings=load_settings(data))


def rows(whence: Whence, name: str = "harbour") -> list[tuple[Any, ...]]:
    """Every row of the history table that readers see, in order."""
    snapshot = whence.ledger.snapshot(name)
    assert snapshot is not None
    if not snapshot.history_table:
        return []
    table = whence._parts.tables.open(snapshot.history_table, snapshot.tables[snapshot.history_table])
    found = table.read(lambda query: query.select(COLUMNS)).to_pylist()
    return sorted(tuple(row[name] for name in COLUMNS) for row in found)


def ranking(whence: Whence, question: str, *kinds: str) -> list[tuple[str, float]]:
    hits = whence.search(question, 20, name="harbour", filters=Filters(kinds=kinds)).hits
    return [(hit.chunk.id, round(hit.score, 9)) for hit in hits]


def state(whence: Whence) -> State:
    """Rows, rankings and scores."""
    asked = (("why was the lamp removed", ()), ("fire on the dock", ("commit", "hunk")))
    return rows(whence), [ranking(whence, question, *kinds) for question, kinds in asked]


def clean_state(repository: Path, data: Path) -> State:
    """That of an index that is made of the repository at once."""
    with opened(data) as clean:
        clean.index(repository, name="harbour", until="text")
        return state(clean)


def test_commits_and_hunks_are_found_cited_and_resolved(harbour_once: Scripted, indexed: Path) -> None:
    head = harbour_once.head
    with opened(indexed) as whence:
        hits = whence.search("why was Lamp.drop removed?", 5, name="harbour").hits
        assert {hit.chunk.kind for hit in hits[:2]} == {"commit", "hunk"}
        assert hits[0].chunk.revision == head
        [hunk] = [hit.chunk for hit in hits if hit.chunk.kind == "hunk" and hit.chunk.revision == head]
        assert (hunk.path, hunk.symbol) == ("src/lamp.py", "Lamp.drop")
        only = Filters(kinds=("commit", "hunk"))  # facts are not asked where a filter narrows
        answer = whence.ask("why was the method Lamp.drop removed?", name="harbour", filters=only)
        cited = [citation for citation in answer.citations if citation.commit == head]
        assert any("porpoise" in citation.quote for citation in cited)
        for citation in cited:
            text = whence.read(citation) if citation.path else None
            assert text is None or text[citation.start : citation.end] == citation.quote


def test_a_question_about_the_present_does_not_ask_the_history(indexed: Path) -> None:
    with opened(indexed) as whence:
        hits = whence.search("how does the lamp work?", 10, name="harbour").hits
        assert {hit.chunk.kind for hit in hits} <= {"code", "doc", "data"}
        only = whence.search("lamp", 10, name="harbour", filters=Filters(kinds=("commit",))).hits
        assert {hit.chunk.kind for hit in only} == {"commit"}


def test_a_commit_is_found_by_its_id_and_by_its_issue(harbour_once: Scripted, indexed: Path) -> None:
    head = harbour_once.head
    with opened(indexed) as whence:
        for name in (head[:9], head):
            assert whence.search(f"reason for {name}", 3, name="harbour").hits[0].chunk.revision == head
        [first] = [hit for hit in whence.search("what about #7", 3, name="harbour").hits if "#7" in hit.chunk.text][:1]
        assert first.chunk.kind == "commit"
        assert not [hit for hit in whence.search("#77", 3, name="harbour").hits if hit.chunk.kind == "commit"]


def test_earlier_positions_do_not_see_what_landed_later(indexed: Path) -> None:
    with opened(indexed) as whence:
        landed = {
            hit.chunk.title.split(" ", 2)[2]: hit.chunk.valid_from
            for hit in whence.search(
                "lamp height one two guide merge", 50, name="harbour", filters=Filters(kinds=("commit",))
            ).hits
        }
        assert landed["Add the lamp (#7)"] == 1
        assert landed["Limit the height"] == 2
        assert landed["Add one"] == landed["Add two"] == landed["Merge both branches"] == 3


def more(made: Scripted, generator: random.Random) -> None:
    """Changes a repository somehow: commits, merges, an octopus, renames, another branch, a force push."""
    n = generator.randrange(10_000)
    step = generator.choice(
        ["edit", "edit", "add", "rename", "merge", "octopus", "amend", "reset", "switch", "foxtrot"]
    )
    if step == "edit":
        made.write("src/lamp.py", LAMP.replace("return 0", f"return {n}"))
        made.commit(f"Drop to {n}\n\nThe walrus asked for {n}.")
    elif step == "add":
        made.write(f"src/f{n}.py", f"def f{n}():\n    return {n}\n")
        made.commit(f"Add f{n}")
    elif step == "rename":
        path = made.lines("ls-files")[0]
        made.git("mv", path, f"moved{n}.txt")
        made.commit(f"Rename {path}")
    elif step in ("merge", "octopus", "foxtrot"):
        names = [f"side{n}x{at}" for at in range(1 if step != "octopus" else 2)]
        tip = made.head
        for name in names:
            made.git("checkout", "--quiet", "--detach", tip)
            made.git("checkout", "--quiet", "-b", name)
            made.write(f"src/{name}.py", f"{name} = {n}\n")
            made.commit(f"Add {name}")
        made.git("checkout", "--quiet", "main")
        if step == "foxtrot":  # the old line becomes the second parent: everything landed elsewhere now
            made.write(f"src/main{n}.py", f"x = {n}\n")
            made.commit(f"Go on with {n}")
            made.git("checkout", "--quiet", names[0])
            made.merge("main", message=f"Merge main into {names[0]}")
            made.git("branch", "--force", "main", "HEAD")
            made.git("checkout", "--quiet", "main")
        else:
            made.merge(*names, message=f"Merge {' '.join(names)}")
    elif step == "amend":
        made.day += 1
        made.git("commit", "--quiet", "--amend", "--allow-empty", "-m", f"Say it better, {n}")
    elif step == "reset":
        made.git("reset", "--quiet", "--hard", "HEAD~1")
    else:
        made.git("checkout", "--quiet", "-B", "main", generator.choice(["one", "two", "main"]))


@pytest.mark.parametrize("seed", range(2))
def test_however_a_state_is_reached_it_is_that_of_a_clean_index(harbour: Scripted, tmp_path: Path, seed: int) -> None:
    generator = random.Random(seed)
    with opened(tmp_path / "data") as whence:
        whence.index(harbour.path, until="text")
        for _ in range(5):
            for _ in range(generator.randint(1, 3)):
                more(harbour, generator)
            whence.sync(until="text")
        assert state(whence) == clean_state(harbour.path, tmp_path / "clean")


class _Stopped(BaseException):
    """What stands for the end of the process: nothing catches it."""


PLACES = [
    ("whence.store.ledger.Ledger.put_documents", "after", 3),
    ("whence.store.history_writing.HistoryWriter.put", "after", 1),
    ("whence.store.history_writing.HistoryWriter.make_searchable", "after", 1),
    ("whence.store.history_writing.HistoryWriter.tidy", "after", 1),
    ("whence.pipelines.history_words.WordIndexer.take", "before", 1),
]
"""Those where a process that is killed ends are in ``crash_commits.py``."""


@pytest.fixture(scope="module")
def small_batches() -> Iterator[None]:
    """Commits are stored by twos, and published at once."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loading, "BATCH_COMMITS", 2)
        patched.setattr(loading, "PUBLISH_EVERY_S", 0.0)
        yield


@pytest.fixture(scope="module")
def behind(small_batches: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, State]:
    """A data folder that is behind its repository by a force push and some commits; what it should come to hold."""
    place = tmp_path_factory.mktemp("behind")
    made = made_harbour(place / "harbour")
    with opened(place / "data") as whence:
        whence.index(made.path, until="text")
    made.git("reset", "--quiet", "--hard", "HEAD~2")
    for n in range(5):
        made.write("src/lamp.py", LAMP.replace("return 0", f"return {n}"))
        made.commit(f"Drop to {n}")
    return place / "data", clean_state(made.path, place / "clean")


@pytest.mark.parametrize(("place", "when", "nth"), PLACES)
def test_stopped_anywhere_the_next_run_ends_in_the_same_state(
    behind: tuple[Path, State], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, when: str, nth: int
) -> None:
    before, clean = behind
    shutil.copytree(before, tmp_path / "data")
    with opened(tmp_path / "data") as whence:
        with monkeypatch.context() as patched:
            calls = stop_at(patched, place, when, nth)
            with pytest.raises(_Stopped):
                whence.sync(until="text")
        assert len(calls) == nth
        assert rows(whence)
    with opened(tmp_path / "data") as whence:
        whence.sync(until="text")
        assert state(whence) == clean


def stop_at(patched: pytest.MonkeyPatch, place: str, when: str, nth: int) -> list[int]:
    """Makes a function end the run at its nth call; what is returned grows by one with every call."""
    import importlib

    parts = place.split(".")
    at = next(at for at in range(len(parts) - 1, 0, -1) if not parts[at - 1][0].isupper())
    owner: Any = importlib.import_module(".".join(parts[:at]))
    for part in parts[at:-1]:
        owner = getattr(owner, part)
    original: Callable[..., Any] = getattr(owner, parts[-1])
    calls: list[int] = []

    def fatal(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == nth and when == "before":
            raise _Stopped
        result = original(*arguments, **named)
        if len(calls) == nth:
            raise _Stopped
        return result

    patched.setattr(owner, parts[-1], fatal)
    return calls


def test_rows_that_come_after_the_first_batch_are_looked_up_by_index(
    harbour: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH_COMMITS", 1)
    monkeypatch.setattr(loading, "PUBLISH_EVERY_S", 0.0)
    monkeypatch.setattr(history_writing, "LOOKED_THROUGH", 3)
    monkeypatch.setattr(history_writing, "_FIRST_ROWS", 0)
    with opened(tmp_path / "data") as whence:
        whence.index(harbour.path, until="text")
        snapshot = whence.ledger.snapshot("harbour")
        assert snapshot is not None
        table = whence._parts.tables.database.open_table(snapshot.history_table)
        for column in ("id", "document_id"):
            assert table.index_stats(f"{column}_idx").num_unindexed_rows <= 3


def test_nothing_of_it_stays_where_it_is_switched_off(harbour: Scripted, tmp_path: Path) -> None:
    config = tmp_path / "whence.toml"
    config.write_text("[history]\ncommits = false\n")
    with Whence(settings=load_settings(tmp_path / "data", config)) as whence:
        [report] = whence.index(harbour.path, until="text")
        assert report.n_commits == 0
        assert rows(whence) == []
        assert whence.search("why was Lamp.drop removed?", 5, name="harbour").hits


def test_a_rebuild_makes_the_same_from_the_ledger_alone(indexed: Path, tmp_path: Path) -> None:
    shutil.copytree(indexed, tmp_path / "data")
    with opened(tmp_path / "data") as whence:
        before, found = rows(whence), ranking(whence, "why was the lamp removed", "commit", "hunk")
        whence._parts.indexer("harbour").rebuild()
        assert rows(whence) == before
        assert ranking(whence, "why was the lamp removed", "commit", "hunk") == found


def test_other_settings_read_again_what_they_concern(harbour: Scripted, tmp_path: Path) -> None:
    def synced(settings: str) -> list[tuple[Any, ...]]:
        config = tmp_path / "whence.toml"
        config.write_text(f"[history]\n{settings}\n")
        with Whence(settings=load_settings(tmp_path / "data", config)) as whence:
            whence.index(harbour.path, until="text")
            return rows(whence)

    whole = synced("")
    kinds = COLUMNS.index("kind")
    assert {row[kinds] for row in synced("hunks = false")} == {"commit"}
    assert synced("") == whole
    assert len(synced("max_patch_lines = 1")) < len(whole)
    assert not synced("commits = false")
    harbour.write("src/lamp.py", LAMP)
    harbour.commit("Bring Lamp.drop back")
    assert len(synced("")) == len(whole) + 2

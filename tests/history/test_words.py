"""The words of patches lead to the very commits that ``git log -S`` shows, however they were loaded."""

import random
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from tests.conftest import SqlUrl
from tests.history.loading import load, number, opened
from tests.history.repository import Scripted, empty
from tests.killing import Kill

from whence.errors import HistoryNotLoadedError
from whence.pipelines import history_words
from whence.pipelines.history_texts import ChangedTexts
from whence.pipelines.history_words import WordIndexer, load_words
from whence.sources.history_queries import HistoryQueries
from whence.sources.patch_secrets import masked_patch
from whence.sources.patch_words import is_one_word, is_told, text_parts
from whence.sources.patches import read_patches
from whence.store.folder import DataFolder
from whence.store.history import HistoryTables
from whence.store.history_tables import HISTORY_TABLES, commits, words
from whence.store.history_words import HistoryWords, forget_merges
from whence.store.ledger import Ledger
from whence.store.word_segments import CommitWords, OpenSegment, Segment, TextPart, merged, segment

WORDS = ["lift", "lift_load", "load", "a", "limit", "x1", "Lift", "loads"]


def told(tables: HistoryTables, repository: Scripted) -> ChangedTexts:
    queries = HistoryQueries(repository.git_folder, repository.head)
    return ChangedTexts(tables, number(tables, repository.head), queries)


def names(tables: HistoryTables, repository: Scripted) -> int:
    return load_words(tables, "harbour", "git:harbour", repository.git_folder, repository.head)


def same_as_git(tables: HistoryTables, repository: Scripted, texts: list[str]) -> None:
    changed = told(tables, repository)
    for wanted in texts:
        shown = repository.lines("log", "--format=%H", "--no-renames", "--diff-merges=off", f"-S{wanted}", "HEAD")
        for oldest in (True, False):
            found = changed.find(wanted, oldest=oldest)
            assert (found.sha if found else None) == (shown[-oldest] if shown else None), wanted
        for n_max in (2, 5):
            assert [commit.sha for commit in changed.several(wanted, n_max)] == shown[:n_max], wanted
        if is_told(wanted):
            plain = ("log", "--format=%H", "--no-renames", "--diff-merges=off", "--pickaxe-regex")
            by_itself = repository.lines(*plain, rf"-S\b{wanted}\b", "HEAD")
            told_so = [commit.sha for commit in changed.several(wanted, len(shown) + 1, is_word=True)]
            beside_letters = set(by_itself) - set(told_so)  # git takes letters beyond ASCII for no letters
            assert told_so == [sha for sha in by_itself if sha not in beside_letters], wanted
            for sha in beside_letters:
                assert re.search(
                    rf"{wanted}[^\x00-\x7f]|[^\x00-\x7f]{wanted}",
                    "\n".join(repository.lines("show", "--no-renames", "-m", sha)),
                )
        of_merges = repository.lines("log", "--format=%H", "--no-renames", "-m", f"-S{wanted}", "HEAD")
        assert changed.never_occurs(wanted) == (not of_merges), wanted


def test_texts_of_a_repository(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    load(tables, harbour_once.git_folder, harbour_once.head)
    assert names(tables, harbour_once) == int(harbour_once.lines("rev-list", "--count", "HEAD")[0])
    assert names(tables, harbour_once) == 0
    texts = [
        "lift",
        "lif",
        "Lamp",
        "LAMP",
        "LAMP = 'red'",
        "return min(load, limit)",
        "return",
        "crane and a",
        "nowhere",
    ]
    same_as_git(tables, harbour_once, [*texts, "load):", "ft(lo", "Stone <bob", "limit=30"])


def test_only_the_commits_given_are_asked_about(harbour_once: Scripted) -> None:
    """Git must not walk on to those before them: that took minutes where many had to be asked about."""
    queries = HistoryQueries(harbour_once.git_folder, harbour_once.head)
    all_shas = harbour_once.lines("log", "--format=%H", "--no-merges", "HEAD")
    shown = set(harbour_once.lines("log", "--format=%H", "--no-renames", "--diff-merges=off", "-Slift", "HEAD"))
    assert shown
    for sha in all_shas:
        assert [commit.sha for commit in queries.changing("lift", [sha])] == ([sha] if sha in shown else [])
    in_order = [sha for sha in all_shas if sha in shown]
    for n_max in (1, 2, len(all_shas)):
        assert [commit.sha for commit in queries.changing("lift", all_shas, n_max)] == in_order[:n_max]


def test_what_only_a_merge_brought(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.write("crane.py", "lift = 1\n")
    made.write("lamp.bin", "\0 bulb")
    made.commit("Root")
    made.git("checkout", "--quiet", "-b", "side")
    made.write("crane.py", "lift = 2\n")
    made.commit("Side")
    made.git("checkout", "--quiet", "main")
    made.write("crane.py", "lift = 3\n")
    made.commit("Main")
    made.git("merge", "--quiet", "--no-ff", "--no-commit", "-s", "ours", "side")
    made.write("crane.py", "lift = smuggled + 3\n")
    made.write("new/file.py", "\tstowaway = 'two words'")
    made.write("lamp.bin", "\0 filament")
    made.commit("Merge side")
    made.commit("After it")
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    names(tables, made)
    changed = told(tables, made)
    for wanted in ("smuggled", "muggl", "stowaway", "two words", "filament", "lift", "bulb", "lift = 2"):
        assert not changed.never_occurs(wanted), wanted
    for wanted in ("smuggle_", "words two", "lift = 4", "nowhere"):
        assert changed.never_occurs(wanted), wanted
    same_as_git(tables, made, ["smuggled", "stowaway", "two words", "filament", "lift", "bulb"])
    n_before = len(told(tables, made)._words._opened(number(tables, made.head)))
    assert names(tables, made) == 0
    assert len(told(tables, made)._words._opened(number(tables, made.head))) == n_before


def test_merges_of_a_folder_from_before_are_read_once(harbour_copy: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    load(tables, harbour_copy.git_folder, harbour_copy.head)
    names(tables, harbour_copy)
    history = number(tables, harbour_copy.head)
    with tables.database.writing() as connection:
        forget_merges(connection, history)
    assert not HistoryWords(tables.database).has_merges(history)
    assert not told(tables, harbour_copy).never_occurs("nowhere")
    names(tables, harbour_copy)
    assert told(tables, harbour_copy).never_occurs("nowhere")
    tables.empty(history)
    assert HistoryWords(tables.database).waiting_merges(history) == ({}, 0)


@pytest.mark.parametrize("wanted", ["Größe", "->", "a", "=", "x" * 60, "two\nlines"])
def test_what_words_cannot_tell_is_left_to_git(harbour_once: Scripted, tmp_path: Path, wanted: str) -> None:
    tables = opened(tmp_path)
    load(tables, harbour_once.git_folder, harbour_once.head)
    names(tables, harbour_once)
    with pytest.raises(HistoryNotLoadedError):
        told(tables, harbour_once).find(wanted, oldest=True)


def test_nothing_is_told_before_all_words_are_there(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    assert names(tables, harbour_once) == 0
    load(tables, harbour_once.git_folder, harbour_once.head)
    with pytest.raises(HistoryNotLoadedError):
        told(tables, harbour_once).find("lift", oldest=True)


def test_renamed_binary_cut_and_redacted_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not in the lines of a patch is found all the same."""
    made = empty(tmp_path / "made")
    (made.path / "raw").write_bytes(b"\0\1hidden_word\0ab\0")
    made.write("wide.txt", "w" * 130 + "_tail_of_it\n")
    made.commit("Raw")
    made.write("moved.txt", "one_name\nother_name\n")
    made.write("long.txt", "\n".join(f"row_{n}" for n in range(40)))
    made.commit("Text")
    made.git("mv", "moved.txt", "there.txt")
    made.commit("Move")
    (made.path / "raw").write_bytes(b"\0\1other\0")
    made.write("secret.txt", "key = 'AKIA" + "Z7Q3M5W2K9X4B6T1"[:16] + "'\n")
    made.commit("More")
    monkeypatch.setattr("whence.sources.patches.MAX_LINE_BYTES", 60)
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    names(tables, made)
    texts = [
        "hidden_word",
        "ab",
        "one_name",
        "other_name",
        "row_7",
        "tail_of",
        "w" * 40,
        "Z7Q3M5",
        "AKIAZ7Q3M5W2K9X4B6T1",
    ]
    same_as_git(tables, made, [*texts, "other"])
    with tables.database.reading() as connection:
        assert all(b"Z7Q3M5" not in row for row in connection.execute(select(words.c.words)).scalars())


line = st.lists(st.sampled_from([*WORDS, "(", ", ", " = ", "é"]), max_size=5).map("".join)
step = st.tuples(
    st.sampled_from(["commit", "commit", "commit", "branch", "merge", "move", "reset"]),
    st.integers(0, 2),
    st.lists(line, max_size=4),
)


def carried_out(made: Scripted, steps: list[tuple[str, int, list[str]]]) -> Iterator[None]:
    """Writes the history that the steps say; stops after each."""
    made.commit("Root")
    for action, n, lines in steps:
        if action == "branch":
            made.git(
                "checkout",
                "--quiet",
                "-B",
                f"side{n}",
                f"HEAD~{min(n, len(made.lines('rev-list', '--first-parent', 'HEAD')) - 1)}",
            )
        elif action == "merge":
            sides = made.lines("for-each-ref", "--format=%(refname:short)", "refs/heads")[: n + 1]
            made.day += 1
            made.git("merge", "--quiet", "--no-ff", "-s", "ours", "-m", "Merge", *sides)
        elif action == "move" and (made.path / f"file{n}").exists():
            made.git("mv", "-f", f"file{n}", f"file{(n + 1) % 3}")
            made.commit("Move")
        elif action == "reset" and len(made.lines("rev-list", "--first-parent", "HEAD")) > 1:
            made.git("reset", "--quiet", "--hard", "HEAD~1")
        else:
            made.write(f"file{n}", "\n".join(lines))
            made.commit("Write")
        yield


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(step, min_size=3, max_size=9), synced=st.integers(1, 4))
def test_grown_tables_say_what_fresh_ones_do(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, list[str]]], synced: int
) -> None:
    place = tmp_path_factory.mktemp("grown")
    made = empty(place / "made")
    grown = opened(place / "grown")
    for n, _ in enumerate(carried_out(made, steps)):
        if n % synced == 0:
            load(grown, made.git_folder, made.head)
            names(grown, made)
    load(grown, made.git_folder, made.head)
    names(grown, made)
    fresh = opened(place / "fresh")
    load(fresh, made.git_folder, made.head)
    names(fresh, made)
    same_as_git(grown, made, [*(word for word in WORDS if len(word) > 1), "lift(load", "limit = load"])
    every = made.lines("rev-list", "HEAD")
    ours, theirs = number(grown, made.head), number(fresh, made.head)
    landings = {sha: grown.landed(ours, sha) for sha in every}
    assert landings == {sha: fresh.landed(theirs, sha) for sha in every}
    for position in range(1, len(made.lines("rev-list", "--first-parent", "HEAD")) + 1):
        tip = grown.at_position(ours, position)
        assert tip is not None
        reached = set(made.lines("rev-list", tip))
        assert {sha for sha, at in landings.items() if at and at <= position} == reached
        assert {sha for sha, _ in grown.shas(ours, at=position)} == reached
    assert grown.at_position(ours, len(every) + 1) is None


def test_a_deepened_copy_is_read_anew(harbour_once: Scripted, tmp_path: Path) -> None:
    source = f"file://{harbour_once.path}"
    harbour_once.git("clone", "--quiet", "--bare", "--depth=2", source, str(tmp_path / "cut"))
    tables = opened(tmp_path / "data")
    load(tables, tmp_path / "cut", harbour_once.head)
    load_words(tables, "harbour", "git:harbour", tmp_path / "cut", harbour_once.head)
    subprocess.run(["git", "fetch", "--quiet", "--unshallow"], cwd=tmp_path / "cut", check=True, capture_output=True)
    load(tables, tmp_path / "cut", harbour_once.head)
    load_words(tables, "harbour", "git:harbour", tmp_path / "cut", harbour_once.head)
    same_as_git(tables, harbour_once, ["lift", "Lamp", "odd"])


def test_killed_while_words_are_stored_it_goes_on(harbour_once: Scripted, tmp_path: Path, kill: Kill) -> None:
    data, repository = tmp_path / "data", tmp_path / "repository"
    harbour_once.git("clone", "--quiet", "--bare", str(harbour_once.path), str(repository))
    (repository / "revision").write_text(harbour_once.head)
    assert kill(data, repository, "put_words", 3) == signal.SIGKILL
    tables = opened(data)
    n_all = int(harbour_once.lines("rev-list", "--count", "HEAD")[0])
    assert load_words(tables, "harbour", "git:harbour", repository, harbour_once.head) == n_all - 6
    same_as_git(tables, harbour_once, ["lift", "Lamp", "crane", "odd"])


def test_patches_that_pass_by_need_not_be_read_again(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    load(tables, harbour_once.git_folder, harbour_once.head)
    shas = harbour_once.lines("rev-list", "HEAD")
    with WordIndexer(tables, number(tables, harbour_once.head), harbour_once.git_folder) as indexer:
        for _ in range(2):
            patches = read_patches(harbour_once.git_folder, shas[:5], shas[0])
            indexer.take(masked_patch(patch, indexer.read_blob) for patch in patches)
    assert names(tables, harbour_once) == len(shas) - 5
    same_as_git(tables, harbour_once, ["lift", "Lamp", "odd"])


def test_tables_of_an_older_form_are_loaded_again(harbour_once: Scripted, tmp_path: Path) -> None:
    tables = opened(tmp_path)
    with tables.database.writing() as connection:  # as an earlier version made it
        for table in HISTORY_TABLES:
            connection.execute(text(f"DROP TABLE {table.name}"))
        connection.execute(text("CREATE TABLE histories (id INTEGER PRIMARY KEY, index_name TEXT, revision TEXT)"))
        connection.execute(text("CREATE TABLE history_commits (id INTEGER PRIMARY KEY, history_id INTEGER, sha TEXT)"))
        connection.execute(text("CREATE TABLE history_tags (history_id INTEGER, name TEXT, sha TEXT)"))
        connection.execute(text(f"INSERT INTO histories VALUES (1, 'harbour', '{harbour_once.head}')"))
    assert tables.state("harbour", "git:harbour") is None
    assert tables.number("harbour", "git:harbour", harbour_once.head) is None
    assert load(tables, harbour_once.git_folder, harbour_once.head)
    names(tables, harbour_once)
    same_as_git(tables, harbour_once, ["lift", "Lamp"])
    with tables.database.writing() as connection:
        connection.execute(text("UPDATE properties SET value = '1' WHERE name = 'history_format'"))
    again = opened(tmp_path)
    assert again.state("harbour", "git:harbour") is None
    assert load(again, harbour_once.git_folder, harbour_once.head)


def test_segments_on_every_database(tmp_path: Path, sql_url: SqlUrl, harbour_once: Scripted) -> None:
    folder = DataFolder(tmp_path / "data", sql_url("data"))
    folder.create()
    ledger = Ledger(folder)
    tables = HistoryTables(ledger.database)
    load(tables, harbour_once.git_folder, harbour_once.head)
    names(tables, harbour_once)
    same_as_git(tables, harbour_once, ["lift", "ift", "Lamp", "return min(load, limit)", "nowhere"])
    ledger.close()


def test_many_segments_are_merged(harbour_once: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_words, "BATCH_COMMITS", 1)
    tables = opened(tmp_path)
    load(tables, harbour_once.git_folder, harbour_once.head)
    names(tables, harbour_once)
    history_words.tend_words(tables, number(tables, harbour_once.head))
    with tables.database.reading() as connection:
        sizes = list(connection.execute(select(words.c.n_commits)).scalars())
        n_all = len(connection.execute(select(commits.c.id)).all())
    assert len(sizes) < 8
    assert sum(sizes) == n_all
    same_as_git(tables, harbour_once, ["lift", "Lamp", "crane", "odd"])


told_words = st.dictionaries(st.sampled_from([*WORDS, "größe", "z" * 90]), st.booleans(), max_size=6)


@given(st.lists(st.tuples(told_words, st.booleans(), st.booleans()), max_size=9), st.integers(1, 4))
def test_merging_changes_nothing(made: list[tuple[dict[str, bool], bool, bool]], size: int) -> None:
    every = [CommitWords(n + 10, *row) for n, row in enumerate(made)]
    whole = segment(every)
    parts = [segment(every[start : start + size]) for start in range(0, len(every), size)]
    assert merged(parts) == whole
    assert whole.n_commits == len(every)
    for word in WORDS:
        clear = [commit for commit in every if not commit.is_doubtful]
        assert used(whole, word) == {(c.number, c.words[word]) for c in clear if word in c.words}


def used(stored: Segment, word: str) -> set[tuple[int, bool]]:
    opened, part = OpenSegment(stored), [TextPart(word)]
    doubtful = opened.commits([TextPart("nowhere")], changed=False)
    changed = opened.commits(part, changed=True) - doubtful
    return {(number, number in changed) for number in opened.commits(part, changed=False) - doubtful}


@given(
    st.sets(st.sampled_from([*WORDS, "lifting", "ab", "aab", "b", "größe"])),
    st.sampled_from(["lift", "load", "ab", "a", "Li", "z"]),
    st.booleans(),
    st.booleans(),
)
def test_parts_of_words_are_found(vocabulary: set[str], part: str, left: bool, right: bool) -> None:
    opened = OpenSegment(segment([CommitWords(n, {word: True}) for n, word in enumerate(sorted(vocabulary))]))
    found = opened.commits([TextPart(part, is_open_left=left, is_open_right=right)], changed=False)
    pattern = re.compile(("" if left else "^") + part + ("" if right else "$"))
    assert found == {n for n, word in enumerate(sorted(vocabulary)) if pattern.search(word)}


def test_words_are_found_beyond_the_first_block() -> None:
    every = [f"word_{n:05}" for n in range(3_000)]
    opened = OpenSegment(segment([CommitWords(n, {word: n % 2 == 0}) for n, word in enumerate(every)]))
    assert opened.commits([TextPart("word_02345")], changed=False) == {2345}
    assert opened.commits([TextPart("word_0234", is_open_right=True)], changed=True) == set(range(2340, 2350, 2))
    assert opened.commits([TextPart("2999", is_open_left=True)], changed=False) == {2999}


def test_parts_of_texts() -> None:
    assert is_one_word("lift_load")
    assert not is_one_word("lift load")
    assert text_parts("lift") == (TextPart("lift", is_open_left=True, is_open_right=True),)
    assert text_parts("a = lifted(by)") == (
        TextPart("lifted"),
        TextPart("by", is_short=True),
    )
    assert text_parts("big loads") == (
        TextPart("loads", is_open_right=True),
        TextPart("big", is_open_left=True, is_short=True),
    )


def test_candidates_hold_every_commit_that_git_shows(harbour_once: Scripted, tmp_path: Path) -> None:
    """Of parts of lines drawn at random."""
    tables = opened(tmp_path)
    load(tables, harbour_once.git_folder, harbour_once.head)
    names(tables, harbour_once)
    history = number(tables, harbour_once.head)
    rng = random.Random(7)
    lines = [row for row in harbour_once.lines("log", "-p", "--format=") if row[:1] in "+-" and len(row) > 6]
    for _ in range(30):
        row = rng.choice(lines)[1:]
        start = rng.randrange(len(row) - 4)
        wanted = row[start : start + rng.randrange(4, 20)]
        parts = text_parts(wanted)
        if parts:
            shown = harbour_once.lines("log", "--format=%H", "--no-renames", f"-S{wanted}", "HEAD")
            held = HistoryWords(tables.database).candidates(
                history, parts, changed=is_one_word(wanted), oldest_first=False
            )
            assert set(shown) <= set(held), wanted


def test_many_candidates_come_page_by_page(
    harbour_once: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whence.store.history_words._MANY", 0)
    monkeypatch.setattr("whence.store.history_words._PAGE", 2)
    tables = opened(tmp_path)
    load(tables, harbour_once.git_folder, harbour_once.head)
    names(tables, harbour_once)
    same_as_git(tables, harbour_once, ["lift", "Lamp", "crane", "odd", "nowhere", "return min(load, limit)"])


def test_files_whose_patch_is_cut_are_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = empty(tmp_path / "made")
    made.write("wide.txt", "first_name " + "x " * 40 + "last_name\n")
    made.commit("Wide")
    made.write("wide.txt", "first_name " + "x " * 40 + "other_name\n")
    made.commit("Other")
    monkeypatch.setattr("whence.sources.patches.MAX_LINE_BYTES", 30)
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    names(tables, made)
    same_as_git(tables, made, ["first_name", "last_name", "other_name", "x last_name"])
    with tables.database.reading() as connection:
        assert set(connection.execute(select(words.c.doubtful)).scalars()) == {b""}

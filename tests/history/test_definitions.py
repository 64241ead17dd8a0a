"""Stored definitions are what the parsers find, after every commit, and go when the history goes."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from tests.history.loading import load, number, opened
from tests.history.repository import Scripted, empty

from whence.answer.facts.python_code import definitions
from whence.pipelines import history_definitions
from whence.pipelines.code_facts import CodeFacts
from whence.pipelines.history import StoredHistory
from whence.pipelines.history_definitions import load_definitions
from whence.sources.history_queries import HistoryQueries
from whence.store.history import HistoryTables
from whence.store.history_definitions import HistoryDefinitions
from whence.store.history_tables import DEFINITION_TABLES, definition_files
from whence.store.history_tables import definitions as rows_of

NAMES = ("Crane", "lift", "Harbour.lift", "LIMIT", "Boat", "_new", "~Boat", "Serve", "pkg.Crane", "Gone", "é")
TEXTS = {
    "py": "import abc\n\n\nclass Crane(abc.ABC):\n    LIMIT = {n}\n\n    def lift(self, load, *, limit={n}) -> int:\n"
    "        return load\n\n\nclass Tower(Crane): ...\n\n\ndef _new(): ...\n\n\né = {n}\n",
    "broken.py": "class Crane:\n    def lift(self:\n# {n}\n",
    "go": "package harbour\n\n// {n}\ntype Boat struct {{\n\tCrane\n}}\n\n"
    "func (b *Boat) Serve(limit int) error {{\n}}\n",
    "cpp": "#define LIMIT {n}\nstruct Boat : public Crane {{\n  ~Boat();\n  int lift(int load);\n}};\n"
    "int Boat::lift(int load) {{ return load; }}\n",
    "rs": "pub trait Crane {{ fn lift(&self) -> u32; }}\nstruct Boat;\n"
    "impl Crane for Boat {{ fn lift(&self) -> u32 {{ {n} }} }}\n",
    "md": "# Crane {n}\n\nlift\n",
}


def stored(tables: HistoryTables, made: Scripted, **options: Any) -> int:
    load(tables, made.git_folder, made.head)
    place = (tables, "harbour", "git:harbour", made.git_folder, made.head)
    return load_definitions(*place, define=definitions, **options)


def history(tables: HistoryTables, made: Scripted, revision: str = "") -> StoredHistory:
    return StoredHistory(
        tables=tables,
        index="harbour",
        source_id="git:harbour",
        name="harbour",
        git=HistoryQueries(made.git_folder, revision or made.head),
        define=definitions,
        is_cut=False,
    )


def same_as_parsed(asked: StoredHistory, names: Sequence[str] = NAMES) -> None:
    parsed = CodeFacts(asked._counts, definitions)
    for name in names:
        assert asked.definitions(name) == parsed.definitions(name), name
        assert asked.subclasses(name) == parsed.subclasses(name), name
    for path in asked.files():
        assert asked.outline(path) == parsed.outline(path), path


def content(tables: HistoryTables, made: Scripted) -> list[tuple[Any, ...]]:
    """All rows but the numbers that files were given."""
    join = rows_of.join(definition_files, definition_files.c.id == rows_of.c.file_id)
    columns = (definition_files.c.path, definition_files.c.blob, rows_of.c.role, rows_of.c.name, rows_of.c.place)
    query = select(*columns, rows_of.c.told).select_from(join)
    files = select(definition_files.c.path, definition_files.c.blob, definition_files.c.is_parsed)
    with tables.database.reading() as connection:
        mine = rows_of.c.history_id == number(tables, made.head)
        return sorted(map(tuple, connection.execute(query.where(mine)))) + sorted(map(tuple, connection.execute(files)))


def quay(folder: Path) -> Scripted:
    made = empty(folder)
    for suffix, written in TEXTS.items():
        made.write(f"pkg/one.{suffix}", written.format(n=1))
    made.write("pkg/__init__.py", "from .one import Crane\n")
    made.commit("Build a quay")
    return made


def is_told(asked: StoredHistory) -> bool:
    told = asked._code._told
    return told is not None and told.defining("Crane") is not None


def test_the_tables_say_what_the_parsers_say(tmp_path: Path) -> None:
    made = quay(tmp_path / "quay")
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    before = history(tables, made)
    assert not is_told(before)
    wanted = {name: before.definitions(name) for name in NAMES}
    assert {name for name, found in wanted.items() if not found} == {"Harbour.lift", "Gone"}
    assert stored(tables, made) == len(TEXTS)  # prose is not parsed, the package is
    assert stored(tables, made) == 0
    asked = history(tables, made)
    assert is_told(asked)
    assert {name: asked.definitions(name) for name in NAMES} == wanted
    assert [item.symbol for item in asked.subclasses("Crane")] == ["Boat", "Boat", "Tower", "Boat"]
    same_as_parsed(asked)


@pytest.mark.parametrize("seed", range(3))
def test_grown_is_as_read_anew(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    made = quay(tmp_path / "quay")
    tables = opened(tmp_path / "data")
    stored(tables, made)
    for step in range(4):
        for _ in range(3):
            suffix = chance.choice(list(TEXTS))
            path = f"pkg/{chance.choice(['one', 'two', 'three'])}.{suffix}"
            if (made.path / path).exists() and chance.random() < 0.4:
                (made.path / path).unlink()
            else:
                made.write(path, TEXTS[suffix].format(n=chance.choice([1, step])))
        made.commit(f"Change {step}")
        stored(tables, made)
        same_as_parsed(history(tables, made))
    anew = opened(tmp_path / "anew")
    stored(anew, made)
    assert content(tables, made) == content(anew, made)


def test_another_state_is_parsed(tmp_path: Path) -> None:
    made = quay(tmp_path / "quay")
    first = made.head
    tables = opened(tmp_path / "data")
    made.write("pkg/one.py", "class Gone: ...\n")
    made.commit("Rebuild")
    stored(tables, made)
    assert is_told(history(tables, made))
    earlier = history(tables, made, first)
    assert not is_told(earlier)
    assert earlier.definitions("Gone") == []
    assert earlier.definitions("_new")
    made.git("checkout", "--quiet", first)
    load(tables, made.git_folder, first)
    assert not is_told(history(tables, made))  # the rows are those of the other commit
    assert stored(tables, made) == 1
    same_as_parsed(history(tables, made))


def test_an_interruption_is_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = quay(tmp_path / "quay")
    tables = opened(tmp_path / "data")
    monkeypatch.setattr(history_definitions, "BATCH_FILES", 2)

    def break_off(progress: Any) -> None:
        if progress.done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stored(tables, made, listener=break_off)
    assert not is_told(history(tables, made))
    same_as_parsed(history(tables, made))
    assert stored(tables, made) == len(TEXTS) - 4
    assert is_told(history(tables, made))
    same_as_parsed(history(tables, made))


def test_what_is_not_stored_is_parsed_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = quay(tmp_path / "quay")
    tables = opened(tmp_path / "data")
    monkeypatch.setattr(history_definitions, "MAX_BYTES", len(TEXTS["go"]))
    stored(tables, made)
    found = HistoryDefinitions(tables.database, history_definitions.MADE_BY)
    told = found.defining(number(tables, made.head), made.head, "Crane")
    assert told is not None
    assert "pkg/one.py" in told.unread
    same_as_parsed(history(tables, made))


def test_rows_of_other_parsers_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = quay(tmp_path / "quay")
    tables = opened(tmp_path / "data")
    stored(tables, made)
    monkeypatch.setattr(history_definitions, "MADE_BY", "a later one")
    assert not is_told(history(tables, made))
    assert stored(tables, made) == len(TEXTS)
    assert is_told(history(tables, made))
    same_as_parsed(history(tables, made))


def test_histories_from_before_have_no_tables(tmp_path: Path) -> None:
    made = quay(tmp_path / "quay")
    tables = opened(tmp_path / "data")
    load(tables, made.git_folder, made.head)
    with tables.database.writing() as connection:
        for table in DEFINITION_TABLES:
            connection.execute(text(f"DROP TABLE {table.name}"))
    same_as_parsed(history(tables, made))
    assert stored(tables, made)
    assert is_told(history(tables, made))
    with tables.database.writing() as connection:
        for table in DEFINITION_TABLES:
            connection.execute(text(f"DROP TABLE {table.name}"))
    tables.forget("harbour")


def test_nothing_is_left_and_no_credential_is_stored(tmp_path: Path) -> None:
    made = quay(tmp_path / "quay")
    secret = "ghp_" + "a1B2c3D4e5F6" * 3
    made.write("pkg/key.py", f"def moor(rope, token={secret!r}): ...\n")
    made.commit("Moor")
    tables = opened(tmp_path / "data")
    stored(tables, made)
    (found,) = history(tables, made).definitions("moor")
    assert "rope" in found.signature
    assert secret not in repr(content(tables, made))
    same_as_parsed(history(tables, made), ["moor"])
    tables.forget("harbour")
    with tables.database.reading() as connection:
        counts = [connection.execute(select(func.count()).select_from(table)).scalar() for table in DEFINITION_TABLES]
    assert counts == [0, 0, 0]

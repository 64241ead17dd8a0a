"""The example file of settings: read by the program itself, every entry one that exists and its present default."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from whence.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[1] / "whence.toml.example"
HINT = re.compile(r"# (\w+ = [^#\n]+)(#.*)?")


def entries() -> list[tuple[str, str, Any]]:
    tables = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    return [(table, name, value) for table, held in tables.items() for name, value in held.items()]


def test_the_example_says_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path, EXAMPLE) == Settings(data=tmp_path)


@pytest.mark.parametrize(("table", "name", "value"), entries())
def test_each_entry_is_an_option_with_its_default(table: str, name: str, value: Any, tmp_path: Path) -> None:
    default = getattr(getattr(Settings(data=tmp_path), table), name)
    assert value == (list(default) if isinstance(default, tuple) else default)


def test_the_example_has_every_table() -> None:
    assert {table for table, _, _ in entries()} == {item.name for item in fields(Settings)} - {"data"}


def test_entries_that_are_commented_out_can_be_used(tmp_path: Path) -> None:
    """They have no default that a file could hold, but must be taken once the mark before them is removed."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    hinted = [line for line in lines if HINT.fullmatch(line)]
    assert hinted
    file = tmp_path / "used.toml"
    file.write_text("\n".join(line.removeprefix("# ") if line in hinted else line for line in lines), encoding="utf-8")
    assert load_settings(tmp_path, file) != Settings(data=tmp_path)

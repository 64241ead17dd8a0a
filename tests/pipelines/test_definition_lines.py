"""Lines that define a name are never passed over."""

import pytest
from tests.chunking.test_definitions import SOURCES

from whence.chunking.definitions import outline
from whence.pipelines.definition_lines import may_define, may_extend


@pytest.mark.parametrize("language", SOURCES)
def test_every_definition_is_possible(language: str) -> None:
    path, text = SOURCES[language]
    lines = text.split("\n")
    for item in outline(path, text, language):
        name = item.symbol.rpartition(".")[2].lstrip("#~")
        assert may_define(language, name, [lines[item.start_line - 1]]), item


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("c", "\tlift(crane, 3);"),
        ("c", "\treturn lift(crane);"),
        ("c", "\tif (lift(crane) < 0)"),
        ("c", "\tcrane->lift = 3;"),
        ("cpp", "  auto x = lift(3);"),
        ("go", "\treturn c.lift(3)"),
        ("rust", "    self.lift(3);"),
        ("java", "    lift(3);"),
        ("javascript", "  await lift(3)"),
        ("python", "    return lift(3)"),
        ("python", "from cranes import lift"),
    ],
)
def test_calls_define_nothing(language: str, line: str) -> None:
    assert not may_define(language, "lift", [line])


def test_lines_that_name_a_base() -> None:
    assert may_extend("python", "Base", ["class Crane(Base):"])
    assert may_extend("python", "Base", ["    Base,"])
    assert not may_extend("python", "Base", ["from cranes import Base", "    return Base(1)"])

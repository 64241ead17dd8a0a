"""Lines that define a name are never passed over."""

import ast
import enum
import inspect
import types
import typing

import pytest
from tests.chunking.test_definitions import SOURCES

from whence.chunking.definitions import outline
from whence.pipelines.definition_lines import has_heir, may_define, may_extend


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


HEADS = """
class Plain(Base): pass
class Spread(
    Other,  # it's ) : odd
    module.Base,
    metaclass=make(x=":)", y={1: 2}),
):
    pass
class Wound\\
    (Base): pass
class Typed[T: Bound](Base[T], Generic): ...
if True: class_ = 1
class Quoted(make(''')
:'''), Base): pass
class Inner:
    class Deep(  Base ): x: Far = 1
"""


def heirs(text: str) -> dict[str, set[str]]:
    """Classes by the last names of what they extend."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(text)):
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            bare = base.value if isinstance(base, ast.Subscript) else base
            if isinstance(bare, ast.Name | ast.Attribute):
                name = bare.attr if isinstance(bare, ast.Attribute) else bare.id
                found.setdefault(name, set()).add(typing.cast(ast.ClassDef, node).name)
    return found


@pytest.mark.parametrize("module", [ast, enum, inspect, types, typing], ids=lambda module: module.__name__)
def test_no_heir_is_passed_over(module: types.ModuleType) -> None:
    text = inspect.getsource(module)
    assert all(has_heir(name, text) for name in heirs(text))


def test_heads_of_classes() -> None:
    for part in HEADS.split("\nclass ")[1:]:
        assert has_heir("Base", f"class {part}"), part
    assert not has_heir("Far", HEADS.split("class Inner")[1])
    assert not has_heir(
        "Base", "class Base:\n    def lift(self, other: Base): ...\nclass Crane(Other): base = Base()\n"
    )

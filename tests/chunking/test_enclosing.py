"""Which definition a line stands in, told by indentation."""

import pytest

from whence.chunking.enclosing import enclosing

PYTHON = '''import os

LIMIT = 3


@decorated
def lift(
    height,
):
    """Lifts."""
    if height:
        # a remark
        return LIMIT


class Lamp:
    colour = "red"

    async def drop(self):
        def inner():
            return 1

        return inner
# the end
other = lift(
    1
)
'''
C = """#include <x.h>

static int lift(int height,
                int weight)
{
	if (height)
		goto out;
out:
	return 0;
}

struct lamp {
	int colour;
};
"""
GO = "package x\n\nfunc (l *Lamp) Lift(h int) error {\n\tif h > 1 {\n\t\treturn nil\n\t}\n}\n"
JAVASCRIPT = """class Lamp {
  lift(height) {
    if (height) {
      go(1);
    }
  }
}
const drop = (a) => {
  a();
};
"""
RUST = "impl Lift for Lamp {\n    pub fn up(&self) -> u8 {\n        1\n    }\n}\n"


@pytest.mark.parametrize(
    ("text", "language", "line", "name"),
    [
        (PYTHON, "python", "LIMIT = 3", ""),
        (PYTHON, "python", "@decorated", "lift"),
        (PYTHON, "python", "    height,", "lift"),
        (PYTHON, "python", "        return LIMIT", "lift"),
        (PYTHON, "python", '    colour = "red"', "Lamp"),
        (PYTHON, "python", "            return 1", "Lamp.drop.inner"),
        (PYTHON, "python", "        return inner", "Lamp.drop"),
        (PYTHON, "python", "other = lift(", ""),
        (C, "c", "\t\tgoto out;", "lift"),
        (C, "c", "\treturn 0;", "lift"),
        (C, "c", "\tint colour;", "lamp"),
        (GO, "go", "\t\treturn nil", "Lamp.Lift"),
        (JAVASCRIPT, "javascript", "      go(1);", "Lamp.lift"),
        (JAVASCRIPT, "javascript", "  a();", "drop"),
        (RUST, "rust", "        1", "Lamp.up"),
    ],
)
def test_names(text: str, language: str, line: str, name: str) -> None:
    lines = text.split("\n")
    assert enclosing(lines, lines.index(line), language) == name


def test_nothing_is_found_where_there_is_nothing() -> None:
    assert enclosing([], 0, "python") == ""
    assert enclosing(["", "  ", "#"], 1, "python") == ""
    assert enclosing(["x"], 5, "python") == ""

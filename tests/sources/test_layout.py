"""What counts as a new layout, and which line a new one was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.sources.layout import Hunk, earlier_line, hunks_of, is_layout

PATCH = """\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -2 +2,3 @@ def f
-x = f(a, b)
+x = f(
+    a, b,
+)
@@ -9,0 +12 @@
+y = 1
diff --git a/gone.py b/gone.py
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-z = 1
diff --git a/b.py b/b.py
--- a/b.py
+++ b/b.py
@@ -1 +1 @@
--- a/fake.py
+++ b/fake.py
"""


def test_hunks_of_a_patch() -> None:
    found = dict(hunks_of(PATCH))
    assert list(found) == ["a.py", "b.py"]
    assert found["a.py"] == [
        Hunk(2, 2, ("x = f(a, b)",), ("x = f(", "    a, b,", ")")),
        Hunk(9, 12, (), ("y = 1",)),
    ]
    assert found["b.py"] == [Hunk(1, 1, ("-- a/fake.py",), ("++ b/fake.py",))]


def hunk(old: str, new: str) -> Hunk:
    return Hunk(1, 1, tuple(old.split("\n")), tuple(new.split("\n")))


@pytest.mark.parametrize(
    ("old", "new", "is_one"),
    [
        ("x = f(a, b)", "x = f(\n    a,\n    b,\n)", True),
        ("x = 'a'", 'x = "a"', True),
        ("if a and \\\n        b:", "if (\n    a\n    and b\n):", True),
        ("import b\nimport a", "import a\nimport b", True),
        ("from a import c, b", "from a import b\nfrom a import c", True),
        ("x = f(a, b)", "x = f(a, c)", False),
        ("x = a - b", "x = b - a", False),
        ("x = 1", "x = 1\ny = 2", False),
        ("import a", "import b", False),
        ("()", "[]", False),
        (",", ";", False),
    ],
)
def test_layout(old: str, new: str, is_one: bool) -> None:
    assert is_layout(hunk(old, new)) is is_one


def test_what_only_adds_or_removes_is_no_layout() -> None:
    assert not is_layout(Hunk(1, 1, (), ("x",)))
    assert not is_layout(Hunk(1, 1, ("x",), ()))


def test_the_line_that_a_line_was() -> None:
    found = hunk("one = f(1)\ntwo = g(\n    2, 3)", "one = f(1)\ntwo = g(2, 3)")
    assert earlier_line([found], 2, anywhere=False) in {2, 3}
    assert earlier_line([found], 1, anywhere=False) == 1
    assert earlier_line([found], 9, anywhere=False) is None


def test_a_moved_line_is_looked_for_elsewhere_only_if_it_says_enough() -> None:
    hunks = [Hunk(1, 1, ("import alphabet", "if x:"), ()), Hunk(9, 7, ("zzz",), ("import alphabet", "if"))]
    assert earlier_line(hunks, 7, anywhere=True) == 1
    assert earlier_line(hunks, 8, anywhere=True) is None
    assert earlier_line(hunks, 7, anywhere=False) is None or earlier_line(hunks, 7, anywhere=False) == 9


@given(st.text(alphabet="ab(), \n'\"=", max_size=60), st.integers(min_value=1, max_value=10))
def test_breaking_lines_is_always_layout(text: str, width: int) -> None:
    words = text.replace("\n", " ")
    broken = tuple(words[n : n + width] for n in range(0, len(words), width))
    bare = words.translate(str.maketrans("", "", "(), '\""))
    if bare and broken:
        assert is_layout(Hunk(1, 1, (words,), broken))

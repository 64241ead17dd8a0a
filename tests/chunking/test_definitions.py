"""Definitions and uses in every language: what is found, compared with what the sources were written to hold."""

import ast
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.chunking.definitions import outline
from whence.chunking.languages import rows
from whence.chunking.uses import uses

SOURCES: dict[str, tuple[str, str]] = {
    "go": (
        "a.go",
        "package p\n\ntype Crane struct { load int; *Base }\ntype Lifter interface { Lift(a int) error }\n"
        "const Limit = 3\nvar a, b = 1, 2\n"
        "func (c *Crane[T]) Lift(load int, more ...int) (int, error) { return c.lift(load), nil }\n"
        "func New() *Crane { return nil }\n// Lift is a comment\n",
    ),
    "rust": (
        "a.rs",
        "pub struct Crane<T> { load: T }\nenum Colour { Red, Green(i32) }\n"
        "trait Lifter: Base { fn lift(&self, a: i32) -> u8; }\n"
        "impl<T> Lifter for Crane<T> { fn lift(&self, a: i32) -> u8 { self.lift(1); lift::<u8>(2); a as u8 } }\n"
        "const LIMIT: u8 = 3;\nmacro_rules! heave { () => {} }\nmod dock { pub fn moor() {} }\n",
    ),
    "java": (
        "A.java",
        "class Crane extends Base<String> implements Lifter, Other {\n  static final int LIMIT = 3; int load;\n"
        "  Crane(int load) { this.load = load; }\n  int lift(int a) { return this.lift(a); }\n"
        "  int lift(int a, String... more) { return new Crane(1).lift(a); }\n"
        "  enum Colour { RED, GREEN }\n  interface Inner { void moor(int a); }\n}\n",
    ),
    "typescript": (
        "a.ts",
        "export interface Lifter extends Base { lift(a: number, b?: string): void; load: string }\n"
        "export class Crane<T> extends Base<T> implements Lifter {\n  load = '1';\n"
        "  constructor(limit = 4) { super(); }\n"
        "  lift(a: number = 1, ...more: any[]): void { this.lift(2); lift<number>(3); new Crane(); }\n}\n"
        "export const moor = (a: number): string => dock(a);\n"
        "type Load = number;\nenum Colour { Red, Green = 2 }\n",
    ),
    "javascript": (
        "a.js",
        "class Crane extends base.Crane { #load = 1; "
        "lift(a, b = 2, ...more) { this.lift?.(1); x.lift(); } static make() {} }\n"
        "const moor = function (a) {};\nexports.dock = (x) => moor(x);\nfunction* gen() {}\nconst LIMIT = 3;\n",
    ),
    "c": (
        "a.c",
        "#define LIMIT 3\n#define MAX(a, b) ((a) > (b) ? (a) : (b))\nstruct crane { int load; };\n"
        "typedef struct { int q; } dock_t;\nenum colour { RED, GREEN };\n"
        "static const char *lift(struct crane *c, int load);\n"
        "static const char *\nlift(struct crane *c, int load)\n{\n"
        "  /* lift(1) */ return c->fn(MAX(load, 1));\n}\n",
    ),
    "cpp": (
        "a.cpp",
        "namespace dock {\ntemplate <class T> class Crane : public Base<T>, private other::Thing {\n public:\n"
        "  Crane(int limit = 3);\n  int lift(int a, int b = 4) const;\n};\n"
        "template <class T> int Crane<T>::lift(int a, int b) const "
        "{ lift<int>(1); return this->lift(1, 2); }\n}\n",
    ),
}
WANTED: dict[str, set[tuple[str, str]]] = {
    "go": {
        *(("struct", "Crane"), ("interface", "Lifter"), ("method", "Lifter.Lift"), ("constant", "Limit")),
        *(("variable", "a"), ("variable", "b"), ("method", "Crane.Lift"), ("function", "New"), ("field", "Crane.load")),
    },
    "rust": {
        *(("struct", "Crane"), ("enum", "Colour"), ("member", "Colour.Green"), ("trait", "Lifter"), ("macro", "heave")),
        *(("method", "Lifter.lift"), ("method", "Crane.lift"), ("constant", "LIMIT"), ("function", "dock.moor")),
    },
    "java": {
        *(("class", "Crane"), ("constructor", "Crane.Crane"), ("method", "Crane.lift"), ("enum", "Crane.Colour")),
        *(("member", "Crane.Colour.RED"), ("interface", "Crane.Inner"), ("method", "Crane.Inner.moor")),
        *(("field", "Crane.load"), ("field", "Crane.LIMIT")),
    },
    "typescript": {
        *(("interface", "Lifter"), ("method", "Lifter.lift"), ("field", "Lifter.load"), ("class", "Crane")),
        *(("method", "Crane.constructor"), ("method", "Crane.lift"), ("function", "moor"), ("type", "Load")),
        *(("enum", "Colour"), ("member", "Colour.Red"), ("member", "Colour.Green")),
    },
    "javascript": {
        *(("class", "Crane"), ("field", "Crane.#load"), ("method", "Crane.lift"), ("method", "Crane.make")),
        *(("function", "moor"), ("function", "dock"), ("function", "gen"), ("constant", "LIMIT")),
    },
    "c": {
        *(("macro", "LIMIT"), ("macro", "MAX"), ("struct", "crane"), ("field", "crane.load"), ("type", "dock_t")),
        *(("enum", "colour"), ("member", "colour.RED"), ("declaration", "lift"), ("function", "lift")),
    },
    "cpp": {
        *(("namespace", "dock"), ("class", "dock.Crane"), ("declaration", "dock.Crane.Crane")),
        *(("declaration", "dock.Crane.lift"), ("method", "dock.Crane.lift")),
    },
}
CALLS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "go": ("lift", [("Crane.Lift", "c")]),
    "rust": ("lift", [("Crane.lift", "self"), ("Crane.lift", "")]),
    "java": ("lift", [("Crane.lift", "this"), ("Crane.lift", "newCrane(1)")]),
    "typescript": ("lift", [("Crane.lift", "this"), ("Crane.lift", "")]),
    "javascript": ("lift", [("Crane.lift", "this"), ("Crane.lift", "x")]),
    "c": ("MAX", [("lift", "")]),
    "cpp": ("lift", [("dock.Crane.lift", ""), ("dock.Crane.lift", "this")]),
}


@pytest.mark.parametrize("language", SOURCES)
def test_definitions_of_each_language(language: str) -> None:
    path, text = SOURCES[language]
    found = outline(path, text, language)
    assert {(item.what, item.symbol) for item in found} >= WANTED[language]
    lines = text.split("\n")
    for item in found:
        name = item.symbol.rpartition(".")[2]
        assert name in lines[item.start_line - 1], item
        assert item.start_line <= item.end_line <= len(lines)


@pytest.mark.parametrize("language", CALLS)
def test_calls_of_each_language(language: str) -> None:
    path, text = SOURCES[language]
    name, wanted = CALLS[language]
    assert [(use.within, use.receiver) for use in uses(path, text, language, name) if use.is_call] == wanted


def test_bases_parameters_and_results() -> None:
    found = {
        (language, item.symbol, item.what): item
        for language, (path, text) in SOURCES.items()
        for item in outline(path, text, language)
    }
    assert found["java", "Crane", "class"].bases == ("Base<String>", "Lifter", "Other")
    assert found["typescript", "Lifter", "interface"].bases == ("Base",)
    assert found["typescript", "Crane", "class"].bases == ("Base", "Lifter")
    assert found["cpp", "dock.Crane", "class"].bases == ("Base<T>", "other::Thing")
    assert found["go", "Crane", "struct"].bases == ("Base",)
    assert found["rust", "Crane", "implementation"].bases == ("Lifter",)
    assert found["typescript", "Crane.lift", "method"].parameters == (("a", "1"), ("...more", None))
    assert found["cpp", "dock.Crane.lift", "declaration"].parameters == (("a", None), ("b", "4"))
    assert found["go", "Crane.Lift", "method"].returns == "(int, error)"
    assert found["c", "lift", "function"].returns == "const char *"
    assert found["c", "lift", "function"].start_line == 8
    assert found["rust", "Crane.lift", "method"].signature == "(&self, a: i32) -> u8"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(rows())), st.text(alphabet="a(){}[];:=.,*<>&#\"' \nclassdefnr", max_size=60))
def test_any_text_has_an_outline(language: str, text: str) -> None:
    n_lines = text.count("\n") + 1
    assert all(1 <= one.start_line <= one.end_line <= n_lines for one in outline("a", text, language))
    assert all(1 <= one.line <= n_lines for one in uses("a", text, language, "a"))


def test_what_is_no_use_in_python() -> None:
    text = (
        "from docks import lift\nimport lift\n# lift()\nX = 'lift()'\n\n\ndef lift(load, lift=1):\n    '''lift()'''\n"
        "    return other(lift=2)\n\n\nclass Crane:\n    def heave(self):\n        return lift(self.lift)(lift)\n"
    )
    found = uses("a.py", text, "python", "lift")
    assert [(use.line, use.within, use.receiver, use.is_call) for use in found] == [
        (14, "Crane.heave", "", True),
        (14, "Crane.heave", "self", False),
        (14, "Crane.heave", "", False),
    ]


@pytest.mark.parametrize("path", sorted(Path(ast.__file__).parent.glob("[a-c]*.py")), ids=lambda path: path.name)
def test_calls_are_those_that_the_interpreters_parser_finds(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    counts: dict[str, list[int]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name):
                counts.setdefault(function.id, []).append(function.lineno)
            elif isinstance(function, ast.Attribute) and function.end_lineno is not None:
                counts.setdefault(function.attr, []).append(function.end_lineno)
    for name in sorted(counts, key=lambda name: (-len(counts[name]), name))[:5]:
        found = [use.line for use in uses(path.name, text, "python", name) if use.is_call]
        assert sorted(found) == sorted(counts[name]), name


@pytest.mark.skipif(shutil.which("ctags") is None, reason="universal-ctags is not installed")
@pytest.mark.parametrize("language", ["go", "rust", "java", "typescript", "c"])
def test_lines_are_those_that_ctags_names(language: str, tmp_path: Path) -> None:
    path, text = SOURCES[language]
    (tmp_path / path).write_text(text)
    command = ["ctags", "--output-format=json", "--fields=+n", "-f", "-", path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        pytest.skip("this ctags does not write JSON: it is not universal-ctags")
    ours = {(item.symbol.rpartition(".")[2], item.start_line) for item in outline(path, text, language)}
    for row in map(json.loads, done.stdout.splitlines()):
        if row.get("kind") in {
            "function",
            "method",
            "class",
            "struct",
            "enum",
            "interface",
            "func",
            "macro",
            "typedef",
        }:
            assert (row["name"], row["line"]) in ours or row["name"].startswith("__anon"), row

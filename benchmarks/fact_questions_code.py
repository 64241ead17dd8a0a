"""Fact questions about the code of a git repository's newest commit, answered by Python's own parser alone."""

import ast
import subprocess
import tarfile
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from benchmarks.fact_questions import Expected, Repository
from benchmarks.fact_wordings import worded

_OTHER = (".c", ".h", ".js", ".ts", ".go", ".rs", ".java", ".cpp", ".pyi", ".pyx", ".pyw")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Code:
    """What the parser finds in every Python file. ``broken`` are words of files that do not parse."""

    calls: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    classes: dict[str, list[tuple[str, ast.ClassDef]]] = field(default_factory=lambda: defaultdict(list))
    functions: dict[str, list[tuple[str, _Function]]] = field(default_factory=lambda: defaultdict(list))
    children: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    outer: dict[str, list[str]] = field(default_factory=dict)
    broken: str = ""
    other: str = ""


@cache
def read_code(folder: Path) -> Code:
    """Parses the whole tree of HEAD once."""
    code = Code()
    with tempfile.TemporaryDirectory() as place:
        archive = Path(place, "tree.tar")
        subprocess.run(["git", "archive", "-o", str(archive), "HEAD"], cwd=folder, check=True)
        with tarfile.open(archive) as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None:
                    continue
                text = content.read().decode("utf-8", "replace")
                if member.name.endswith(".py"):
                    _take(code, member.name, text)
                elif member.name.endswith(
                    (".c", ".h", ".js", ".ts", ".go", ".rs", ".java", ".cpp", ".pyi", ".pyx", ".pyw")
                ):
                    code.other += text
    return code


def _take(code: Code, path: str, text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        code.broken += text
        return
    code.outer[path] = list(dict.fromkeys(name for node in _outer(tree.body) for name in _bound(node)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = (
                called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
            )
            code.calls[name].append(path)
        elif isinstance(node, ast.ClassDef):
            code.classes[node.name].append((path, node))
            for base in {_last(base) for base in node.bases}:
                code.children[base].append(node.name)
        elif isinstance(node, _Function):
            code.functions[node.name].append((path, node))


def _outer(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run with the module, those under conditions and in handlers among them."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for part in ("body", "orelse", "finalbody"):
                yield from _outer(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _outer(handler.body)


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _last(base: ast.expr) -> str:
    if isinstance(base, ast.Subscript | ast.Call):
        return _last(base.value if isinstance(base, ast.Subscript) else base.func)
    return base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""


def code_facts(r: Repository) -> Iterator[Expected]:
    """Calls, members, subclasses, return types, signatures, defaults and definitions of Python."""
    code = read_code(r.folder)

    def plain(name: str) -> bool:
        is_long = len(name) > 5 and ("_" in name.strip("_") or name[:1].isupper()) and not name.startswith("__")
        return is_long and name not in code.broken and name not in code.other

    for name in r.draw([name for name in code.calls if plain(name)], 25):
        n, files = len(code.calls[name]), len(set(code.calls[name]))
        times = "once" if n == 1 else f"{n:,} times"
        says = (f"called {times} in {files:,} file",)
        asked = worded(r.random, "callers", [("name", name)])
        yield Expected(kind="call sites", question=asked, says=says)
    parents = [name for name, children in code.children.items() if plain(name)]
    for name in r.draw(parents, 15):
        n = len(code.children[name])
        asked = worded(r.random, "subclasses", [("name", name)])
        yield Expected(kind="subclasses", question=asked, says=(f"{n:,} type", *sorted(code.children[name])[:3]))
    single = [name for name, found in code.classes.items() if len(found) == 1 and plain(name) and _is_outer(code, name)]
    for name in r.draw(single, 15):
        methods = [node for node in code.classes[name][0][1].body if isinstance(node, _Function)]
        said = f"{len(methods):,} method" if methods else "defines no methods"
        yield Expected(kind="methods of a class", question=f"which methods does `{name}` define?", says=(said,))
    functions = [name for name, found in code.functions.items() if len(found) == 1 and plain(name)]
    for name in r.draw([name for name in functions if code.functions[name][0][1].returns], 10):
        returns = code.functions[name][0][1].returns
        assert returns is not None
        asked = worded(r.random, "return_type", [("name", name)])
        yield Expected(kind="return type", question=asked, says=(f"returns `{ast.unparse(returns)}`",))
    for name in r.draw(functions, 15):
        path, node = code.functions[name][0]
        asked = worded(r.random, "definition", [("name", name)])
        yield Expected(kind="definition", question=asked, says=(f"{path}:{node.lineno}",))
    for name in r.draw(functions, 12):
        node = code.functions[name][0][1]
        asked = r.ask(
            f"signature of `{name}`", f"what are the parameters of {name}?", f"what arguments does {name} accept?"
        )
        yield Expected(kind="signature", question=asked, says=(f"({ast.unparse(node.args)})",))
    defaults = [name for name in functions if code.functions[name][0][1].args.defaults]
    for name in r.draw(defaults, 12):
        arguments = code.functions[name][0][1].args
        last, value = [*arguments.posonlyargs, *arguments.args][-1].arg, ast.unparse(arguments.defaults[-1])
        asked = r.ask(f"default value of `{last}` in `{name}`", f"what does `{last}` default to in `{name}`?")
        yield Expected(kind="default value", question=asked, says=(f"is `{value}`",))
    outer = {path: names for path, names in code.outer.items() if names and path.count("/") < 6}
    for path in r.draw(list(outer), 12):
        n = len(outer[path])
        said = f"{n:,} name" + ("" if n == 1 else "s") + " at its outermost"
        asked = r.ask(f"what is defined in {path}?", f"what does {path} export?", f"what does `{path}` define?")
        yield Expected(kind="definitions of a file", question=asked, says=(said,))


def _is_outer(code: Code, name: str) -> bool:
    path = code.classes[name][0][0]
    return name in code.outer.get(path, ())

"""Definitions in Python source, by the interpreter's own parser: exact, or nothing where it cannot parse."""

import ast
import warnings
from collections.abc import Iterator

from whence.types import Definition

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def definitions(path: str, text: str, name: str) -> list[Definition]:
    """Functions, classes and names bound at module or class level whose qualified name is, or ends with, ``name``.

    Without a name: all of them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        _definition(path, symbol, node)
        for symbol, node in _walk(tree.body, "", in_function=False)
        if not name or is_meant(path, symbol, name)
    ]


def is_meant(path: str, symbol: str, name: str) -> bool:
    """Whether a name can mean this symbol: by its end, or through the packages that its module lies in."""
    if f".{symbol}".endswith(f".{name}"):
        return True
    packages, _, last = name.rpartition(".")
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if not packages:
        return False
    if f".{module}.{symbol}".endswith(f".{name}"):
        return True
    return symbol == last and f".{packages}." in f".{module}."


def _walk(body: list[ast.stmt], owner: str, *, in_function: bool) -> Iterator[tuple[str, ast.stmt]]:
    """(qualified name, node) of what a body binds, in order; the locals of functions are not definitions."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            symbol = f"{owner}.{node.name}" if owner else node.name
            yield symbol, node
            yield from _walk(node.body, symbol, in_function=not isinstance(node, ast.ClassDef))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in [] if in_function else targets:
                if isinstance(target, ast.Name):
                    yield f"{owner}.{target.id}" if owner else target.id, node
        else:
            for inner in ("body", "orelse", "finalbody"):
                yield from _walk(getattr(node, inner, []), owner, in_function=in_function)
            for handler in getattr(node, "handlers", []):
                yield from _walk(handler.body, owner, in_function=in_function)


def _definition(path: str, symbol: str, node: ast.stmt) -> Definition:
    end = node.end_lineno or node.lineno
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        what = "method" if "." in symbol else "function"
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return Definition(
            path=path,
            symbol=symbol,
            what=what,
            start_line=node.lineno,
            end_line=end,
            signature=f"({ast.unparse(node.args)}){returns}",
            parameters=tuple(_parameters(node)),
            returns=ast.unparse(node.returns) if node.returns else "",
        )
    what = "class" if isinstance(node, ast.ClassDef) else "variable"
    bases = tuple(ast.unparse(base) for base in node.bases) if isinstance(node, ast.ClassDef) else ()
    return Definition(path=path, symbol=symbol, what=what, start_line=node.lineno, end_line=end, bases=bases)


def _parameters(node: _Function) -> Iterator[tuple[str, str | None]]:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    n_bare = len(positional) - len(arguments.defaults)
    for place, argument in enumerate(positional):
        yield argument.arg, ast.unparse(arguments.defaults[place - n_bare]) if place >= n_bare else None
    if arguments.vararg:
        yield f"*{arguments.vararg.arg}", None
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield argument.arg, ast.unparse(default) if default else None
    if arguments.kwarg:
        yield f"**{arguments.kwarg.arg}", None

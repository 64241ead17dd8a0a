"""Questions about any Python code, made from its names and docstrings: for load, not for judging quality.

Each question has a place it was made from, so whether that is found again tells if a large index still works; but the
question repeats words of that place, which a person's question would not.
"""

import ast
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_BY_NAME = ("What does {name} do?", "Where is {name} defined?", "How is {name} used?")
_BY_PURPOSE = ("Which code does this: {purpose}?", "{purpose}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeQuestion:
    """A question and the file (relative, with "/") that it was made from; ``origin`` is "name" or "purpose"."""

    id: str
    question: str
    path: str
    origin: str


def make_questions(root: Path, n: int, seed: int = 0) -> list[MadeQuestion]:
    """At most ``n`` questions from Python files below ``root``, one a file; the same ``seed`` gives the same ones."""
    generator = random.Random(seed)
    paths = sorted(path for path in root.rglob("*.py") if path.is_file())
    generator.shuffle(paths)
    made: list[MadeQuestion] = []
    for path in paths:
        documented = list(_documented(path))
        if not documented:
            continue
        name, purpose = generator.choice(documented)
        origin = generator.choice(["name", "purpose"])
        pattern = generator.choice(_BY_NAME if origin == "name" else _BY_PURPOSE)
        made.append(
            MadeQuestion(
                id=f"q{len(made):05d}",
                question=pattern.format(name=name, purpose=purpose),
                path=path.relative_to(root).as_posix(),
                origin=origin,
            )
        )
        if len(made) == n:
            break
    return made


def _documented(path: Path) -> Iterator[tuple[str, str]]:
    """Qualified name and first docstring sentence of the public functions and classes that have a usable one."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    yield from _below(tree.body, "")


def _below(body: Iterable[ast.stmt], outer: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        name = f"{outer}{node.name}"
        sentence = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split()).split(". ")[0].rstrip(".")
        if 4 <= len(sentence.split()) <= 25 and "://" not in sentence:
            yield name, sentence[0].lower() + sentence[1:]
        if isinstance(node, ast.ClassDef):
            yield from _below(node.body, f"{name}.")

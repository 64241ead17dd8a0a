"""Every measure names the paper it comes from."""

import ast
import importlib.util
from pathlib import Path

import pytest


def measures() -> list[tuple[str, str]]:
    spec = importlib.util.find_spec("whence.metrics")
    assert spec is not None
    assert spec.submodule_search_locations
    found = []
    for path in sorted(Path(spec.submodule_search_locations[0]).glob("*.py")):
        if path.stem in {"__init__", "ranking"}:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if (
                isinstance(node, ast.FunctionDef)
                and not node.name.startswith("_")
                and node.name not in {"n_lines", "check_outcomes"}
            ):
                found.append((f"{path.stem}.{node.name}", ast.get_docstring(node) or ""))
    return found


def test_there_are_measures() -> None:
    assert len(measures()) >= 15


@pytest.mark.parametrize(("name", "docstring"), measures())
def test_a_measure_names_its_source(name: str, docstring: str) -> None:
    source = docstring.partition("Source: ")[2]
    assert any(word.strip(".;,)").isdigit() and len(word.strip(".;,)")) == 4 for word in source.split()), name

"""Finds the suites: every module of ``suites/`` that has a ``SUITE``."""

import importlib
import pkgutil
from difflib import get_close_matches

from whence.errors import UsageError
from whence.evaluation import suites as package
from whence.evaluation.protocols import Suite


def suites() -> dict[str, Suite]:
    """All suites by name, in order of name."""
    found: dict[str, Suite] = {}
    for module in pkgutil.iter_modules(package.__path__):
        suite: Suite | None = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "SUITE", None)
        if suite is not None:
            found[suite.name] = suite
    return dict(sorted(found.items()))


def suite_named(name: str) -> Suite:
    """The suite that the user means. Raises ``UsageError`` with the ones there are."""
    known = suites()
    if name in known:
        return known[name]
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}, or name a .csv or .jsonl file."
    raise UsageError(f"There is no suite {name!r}: {meant}")

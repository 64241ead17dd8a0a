"""Floors to compare with, one file each: search as people have it without whence, over the very same material.

A module here with a function ``build(material)`` is found by its name, "-" for "_". Floors run with their usual
settings, tuned against nobody, and answer with one sentence of their best passage, so that answers have a floor, too.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from whence.errors import UsageError
from whence.evaluation.protocols import System
from whence.types import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a floor searches. ``chunks`` gives those of a corpus in a fixed order, as whence itself searches them;
    ``files`` its documents as (path, text). ``scratch`` is an empty folder that goes when the run ends."""

    chunks: Callable[[str], Sequence[Chunk]]
    files: Callable[[str], Sequence[tuple[str, str]]]
    scratch: Path


def baselines() -> list[str]:
    """The names there are."""
    return [module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__) if module.name != "passages"]


def baseline_named(name: str, material: Material) -> System:
    """The floor that the user means. Raises ``UsageError`` with the ones there are, ``MissingExtraError``."""
    if name not in baselines():
        raise UsageError(f"There is no baseline {name!r}: choose from {', '.join(baselines())}.")
    system: System = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").build(material)
    return system

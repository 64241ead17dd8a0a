"""The fitted numbers the reader uses, read from the JSON files beside this module."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from whence.answer.features import FEATURES
from whence.errors import ModelError


@dataclass(frozen=True, slots=True, eq=False)
class ReadingWeights:
    """Linear weights over ``FEATURES``, shape (len(FEATURES),); ``lexical`` is for candidates without a vector.

    ``marked`` are those of what a model read, for "prose" and "code".
    ``rarity`` is the inverse document frequency of common English stems, ``rarest`` that of any other.
    """

    lexical: NDArray[np.float32]
    embedded: NDArray[np.float32]
    rarity: Mapping[str, float]
    rarest: float
    marked: Mapping[str, "MarkingWeights"]


@dataclass(frozen=True, slots=True)
class MarkingWeights:
    """What a unit of margin and of relevance, as a model reads them, adds to the score of a span."""

    margin: float = 0.0
    relevance: float = 0.0

    @property
    def reads(self) -> bool:
        """Whether reading changes anything."""
        return bool(self.margin or self.relevance)


def load_json(name: str) -> dict[str, object]:
    """A fitted file of this package. Raises ``ModelError`` where it is missing or damaged."""
    try:
        loaded = json.loads(resources.files("whence.answer").joinpath(name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The file {name} of whence.answer cannot be read ({error}); install whence again.") from error
    if not isinstance(loaded, dict):
        raise ModelError(f"The file {name} of whence.answer holds no JSON object; install whence again.")
    return loaded


def _vector(weights: object) -> NDArray[np.float32]:
    if not isinstance(weights, dict):
        raise ModelError("The file reading.json of whence.answer names no weights; install whence again.")
    return np.array([float(weights.get(name, 0.0)) for name in FEATURES], np.float32)


def _marking(weights: object) -> dict[str, MarkingWeights]:
    found = weights if isinstance(weights, dict) else {}
    try:
        return {kind: MarkingWeights(**found.get(kind, {})) for kind in ("prose", "code")}
    except TypeError as error:
        raise ModelError("The file reading.json of whence.answer is damaged; install whence again.") from error


def load_weights() -> ReadingWeights:
    """The weights that ship with whence. Raises ``ModelError``."""
    reading, background = load_json("reading.json"), load_json("rarity.json")
    rarity = background.get("rarity")
    if not isinstance(rarity, dict) or not rarity:
        raise ModelError("The file rarity.json of whence.answer names no words; install whence again.")
    return ReadingWeights(
        lexical=_vector(reading.get("lexical")),
        embedded=_vector(reading.get("embedded")),
        rarity={str(term): float(value) for term, value in rarity.items()},
        rarest=float(str(background.get("rarest"))),
        marked=_marking(reading.get("marked")),
    )

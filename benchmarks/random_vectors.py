"""Indexes like ``whence index``, but with random unit vectors: for the size of an index, not its worth.

    python -m benchmarks.random_vectors PATH --name N --data DIR

Search then goes the whole way, with the model's vector of the question and an approximate index over as many vectors;
but random vectors have no neighbourhoods, so graph search is harder on them than on real ones, and what the dense leg
finds means nothing.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from whence.interface import Whence
from whence.protocols import Embedder, Vectors
from whence.types import Role
from whence.wire import to_json


class RandomEmbedder:
    """Stands in for ``model``: same digest and size, random rows. The same order of calls gives the same vectors."""

    def __init__(self, model: Embedder, seed: int = 0) -> None:
        self.digest = model.digest
        self.dim = model.dim
        self._generator = np.random.default_rng(seed)

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:  # noqa: ARG002 - the seam has the role
        """One random unit row per text."""
        rows = self._generator.standard_normal((len(texts), self.dim), dtype=np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path")
    parser.add_argument("--name", required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    with Whence(options.data) as whence:
        # A cached property: what stands there first is what indexing uses.
        parts = whence._parts
        parts.__dict__["embedder"] = RandomEmbedder(parts.embedder)
        reports = whence.index(options.path, name=options.name, until="vectors")
    print(json.dumps([to_json(report) for report in reports]))


if __name__ == "__main__":
    main()

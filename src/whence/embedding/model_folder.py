"""Reads a model folder: manifest, checked files, and weights of a smaller range for processors that need them."""

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whence.errors import ModelError
from whence.model_files import read_file, read_manifest, reduced_weights


@dataclass(frozen=True)
class ModelFolder:
    """A folder made by ``tools/make_embedder.py``. Nothing is read before it is asked for."""

    path: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the folder says of itself. Raises ``ModelError`` when there is none or it lacks a needed entry."""
        needed = ("name", "dim", "max_tokens", "max_positions", "files", "reference_texts", "quantized")
        return read_manifest(self.path, needed, "embedding model")

    def read(self, name: str) -> bytes:
        """The bytes of one file, compared with the size and SHA-256 in the manifest. Raises ``ModelError``."""
        return read_file(self.path, self.manifest, name)

    def reference(self) -> NDArray[np.float32]:
        """Vectors of the reference texts by the unquantized model, (texts, dim) float32, unit rows."""
        try:
            rows = np.load(BytesIO(self.read("reference.npy")), allow_pickle=False).astype(np.float32)
        except ValueError as error:
            raise ModelError(f"{self.path / 'reference.npy'} is not an array; install the model again.") from error
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def reduced(self, model: bytes) -> dict[str, NDArray[Any]]:
        """See ``model_files.reduced_weights``."""
        return reduced_weights(self.manifest, model)

"""Reads a model folder: manifest, checked files, and weights of a smaller range for processors that need them."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whence.errors import ModelError


@dataclass(frozen=True)
class ModelFolder:
    """A folder made by ``tools/make_embedder.py``. Nothing is read before it is asked for."""

    path: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the folder says of itself. Raises ``ModelError`` when there is none or it lacks a needed entry."""
        try:
            manifest = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
            for key in ("name", "dim", "max_tokens", "max_positions", "files", "reference_texts", "quantized"):
                manifest[key]
        except OSError as error:
            raise ModelError(f"There is no embedding model in {self.path}: {error.strerror or error}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{self.path / 'manifest.json'} is damaged; install whence or the model again.") from error
        return dict(manifest)

    def read(self, name: str) -> bytes:
        """The bytes of one file, compared with the size and SHA-256 in the manifest. Raises ``ModelError``."""
        try:
            expected = self.manifest["files"][name]
            data = (self.path / name).read_bytes()
        except KeyError as error:
            raise ModelError(f"{self.path / 'manifest.json'} does not list {name}; install the model again.") from error
        except OSError as error:
            raise ModelError(f"Cannot read {self.path / name}: {error.strerror or error}.") from error
        if len(data) != expected["bytes"] or hashlib.sha256(data).hexdigest() != expected["sha256"]:
            raise ModelError(f"{self.path / name} is damaged (its digest differs); install whence or the model again.")
        return data

    def reference(self) -> NDArray[np.float32]:
        """Vectors of the reference texts by the unquantized model, (texts, dim) float32, unit rows."""
        try:
            rows = np.load(BytesIO(self.read("reference.npy")), allow_pickle=False).astype(np.float32)
        except ValueError as error:
            raise ModelError(f"{self.path / 'reference.npy'} is not an array; install the model again.") from error
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def reduced(self, model: bytes) -> dict[str, NDArray[Any]]:
        """The quantized matrices with 7 instead of 8 bits and their doubled scales, by constant name.

        Products of unsigned 8-bit and signed 7-bit numbers, added in pairs, fit the signed 16 bits that processors
        without VNNI add them in; with 8 bits they saturate there. Empty for a model that is not quantized.
        """
        constants: dict[str, NDArray[Any]] = {}
        for row in self.manifest["quantized"]:
            n_inputs, n_outputs = row["shape"]
            values = np.frombuffer(model, np.int8, n_inputs * n_outputs, row["int8_offset"])
            scale = np.frombuffer(model, "<f4", n_outputs, row["scale_offset"])
            halved = np.rint(values.astype(np.float32) / 2).astype(np.int8)
            constants[f"{row['name']}.int8"] = halved.reshape(n_inputs, n_outputs)
            constants[f"{row['name']}.scale"] = (scale * 2).astype(np.float32)
        return constants

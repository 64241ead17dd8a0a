"""Reads the files of a model folder and compares them with what its manifest says of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_manifest(folder: Path, needed: Sequence[str], what: str) -> dict[str, Any]:
    """What the folder says of itself. Raises ``ModelError`` when there is no manifest or it lacks a needed entry.

    ``what`` names the kind of model in the sentence of the error ("embedding model").
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for key in needed:
            manifest[key]
    except OSError as error:
        raise ModelError(f"There is no {what} in {folder}: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'manifest.json'} is damaged; install whence or the model again.") from error
    return dict(manifest)


def read_file(folder: Path, manifest: dict[str, Any], name: str) -> bytes:
    """The bytes of one file, compared with the size and SHA-256 in the manifest. Raises ``ModelError``."""
    try:
        expected = manifest["files"][name]
        data = (folder / name).read_bytes()
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'manifest.json'} does not list {name}; install the model again.") from error
    except OSError as error:
        raise ModelError(f"Cannot read {folder / name}: {error.strerror or error}.") from error
    if len(data) != expected["bytes"] or hashlib.sha256(data).hexdigest() != expected["sha256"]:
        raise ModelError(f"{folder / name} is damaged (its digest differs); install whence or the model again.")
    return data


def identifying_files(manifest: dict[str, Any]) -> list[str]:
    """The files whose content says which model it is, in a fixed order. Raises ``KeyError``, ``TypeError``."""
    if "runtime" not in manifest:
        return ["model.onnx", "tokenizer.json"]
    return sorted(name for name in manifest["files"] if name != "reference.npy")


def reduced_weights(manifest: dict[str, Any], model: bytes) -> dict[str, NDArray[Any]]:
    """The quantized matrices with 7 instead of 8 bits and their doubled scales, by constant name.

    Products of unsigned 8-bit and signed 7-bit numbers, added in pairs, fit the signed 16 bits that processors without
    VNNI add them in; with 8 bits they saturate there. Empty for a model that is not quantized.
    """
    import numpy as np

    constants: dict[str, NDArray[Any]] = {}
    for row in manifest.get("quantized", ()):
        n_inputs, n_outputs = row["shape"]
        values = np.frombuffer(model, np.int8, n_inputs * n_outputs, row["int8_offset"])
        scale = np.frombuffer(model, "<f4", n_outputs, row["scale_offset"])
        halved = np.rint(values.astype(np.float32) / 2).astype(np.int8)
        constants[f"{row['name']}.int8"] = halved.reshape(n_inputs, n_outputs)
        constants[f"{row['name']}.scale"] = (scale * 2).astype(np.float32)
    return constants

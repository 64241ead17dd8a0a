"""Reads the files of a model folder and compares them with what its manifest says of them."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whence.errors import ModelError


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

"""Finds published models on this machine: a folder, or a name in the cache that Hugging Face's tools share.

Nothing is fetched.
"""

import hashlib
import re
from pathlib import Path

from whence.errors import ModelError

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")


def find_model(wanted: str) -> Path:
    """The folder of a published model. Raises ``ModelError`` with what to do where it is not on this machine."""
    folder = Path(wanted).expanduser()
    if folder.is_dir():
        return folder.absolute()
    if folder.is_absolute() or wanted.startswith((".", "~")) or not _NAME.fullmatch(wanted):
        raise ModelError(f"There is no model folder {wanted}: name a folder, or a published model such as ORG/NAME.")
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(wanted, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise ModelError(
            f"The model {wanted} is neither a folder nor in the local cache ({constants.HF_HUB_CACHE}): "
            f"run `hf download {wanted}` on a machine with network, or name its folder."
        ) from error


def short_name(wanted: str) -> str:
    """What a model is called in digests and folder names: the last part of its name or path, plain letters only."""
    last = [part for part in re.split(r"[/\\]", wanted) if part]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", last[-1] if last else "model").strip("-") or "model"


def public_name(wanted: str) -> str:
    """How a made model calls the published one: as it was asked for, but of a local path the last part alone."""
    place = Path(wanted).expanduser()
    is_path = place.is_absolute() or wanted.startswith((".", "~")) or place.exists()
    return short_name(wanted) if is_path else wanted


def digest_of_name(wanted: str) -> str:
    """By this a made model is known again without telling the path that it was asked for by."""
    return hashlib.sha256(wanted.encode()).hexdigest()[:16]

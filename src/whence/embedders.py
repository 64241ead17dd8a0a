"""The embedding models that a data folder can use: the one that whence carries, and those made of published ones.

Each is run as the record of ``whence optimize`` says, where there is one for this machine.
"""

from __future__ import annotations

import json
import logging
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence.embedding.choice import Choice, Chosen, available_cores, read_record
from whence.embedding.onnx import MAX_THREADS, MINILM, OnnxEmbedder
from whence.embedding.options import EmbeddingOptions
from whence.errors import DiskFullError, MissingExtraError, ModelError, WhenceError
from whence.model_files import read_manifest
from whence.pipelines.progress import Listener, Progress, silent

if TYPE_CHECKING:
    from whence.backends.transformers_export import Wishes
    from whence.embedding.choice import Run

logger = logging.getLogger(__name__)


class Embedders:
    """Thread-safe. ``folder`` holds what is made here, unless the options name another: model folders, and records
    below ``optimized``. The listener hears of a model that is being made."""

    def __init__(self, folder: Path, options: EmbeddingOptions, listener: Listener = silent) -> None:
        self._listener = listener
        self._folder = Path(options.folder).expanduser() if options.folder else folder
        self._options = options
        self._lock = threading.RLock()
        self._held: dict[str, OnnxEmbedder] = {}

    @property
    def folder(self) -> Path:
        """Where what is made here lies."""
        return self._folder

    def wanted(self) -> OnnxEmbedder:
        """The model that the settings name, made of the published one at first use. Raises ``ModelError``."""
        with self._lock:
            return self.at(self.folder_of(self._options.model))

    def of_digest(self, digest: str) -> OnnxEmbedder | None:
        """The model that made vectors of this digest, None where it is not here."""
        wanted = self.wanted()
        if wanted.digest == digest:
            return wanted
        places = [MINILM]
        if self._folder.is_dir():
            places += [path.parent for path in sorted(self._folder.glob("*/manifest.json"))]
        for place in places:
            try:
                embedder = self.at(place)
                if embedder.digest == digest:
                    return embedder
            except WhenceError as error:
                logger.info("%s is passed over: %s", place, error)
        return None

    def at(self, place: Path) -> OnnxEmbedder:
        """The model in a folder, run as its record says."""
        with self._lock:
            if str(place) not in self._held:
                plain = OnnxEmbedder(place, self._options)
                chosen = _with_transformers(place, self._options)
                if chosen is not None:
                    open_place = partial(_open_with_transformers, place)
                    plain = OnnxEmbedder(place, self._options, chosen=chosen, open_other=open_place)
                    chosen = None
                elif self._options.optimized:
                    digest = plain.digest
                    chosen = read_record(self.record_folder(digest), digest)
                    if chosen is None and place != MINILM:
                        chosen = read_record(place, digest)
                held = OnnxEmbedder(place, self._options, chosen=chosen, open_other=open_other)
                self._held[str(place)] = held if chosen else plain
            return self._held[str(place)]

    def record_folder(self, digest: str) -> Path:
        """Where records of models lie whose own folders are not written to."""
        return self._folder / "optimized" / digest

    def record(self, embedder: OnnxEmbedder) -> Path:
        """Where the record of a model goes: beside models made here, else into the data folder."""
        own = embedder.folder.parent == self._folder
        return embedder.folder if own else self.record_folder(embedder.digest)

    def folder_of(self, wanted: str) -> Path:
        """The model folder of a name or path, "" for the model that whence carries.

        A published model is written as one at first use. Raises ``ModelError``, ``MissingExtraError``,
        ``DiskFullError``.
        """
        if wanted in ("", MINILM.name):
            return MINILM
        if (own := own_folder(wanted)) is not None:
            return own
        try:
            from whence.backends.model_cache import find_model, short_name
            from whence.backends.published_encoder import is_foreign
            from whence.backends.transformers_export import Wishes, export_encoder, fingerprint
        except ImportError as error:
            raise lacks_models(wanted, error) from error
        wishes = Wishes(
            pooling=self._options.pooling,
            question_prefix=self._options.question_prefix,
            passage_prefix=self._options.passage_prefix,
        )
        name = short_name(wanted)
        try:
            source = find_model(wanted)
        except ModelError:
            if (made := self._made_of(wanted, wishes)) is not None:
                return made
            raise
        place = self._folder / f"{name}-{fingerprint(source, wishes)}"
        if is_to_be_made(place, name, source, self._listener):
            keep = transformers_of(wanted).keep_encoder if is_foreign(source) else export_encoder
            keep(source, place, name=name, wishes=wishes, asked=wanted)
        return place

    def _made_of(self, wanted: str, wishes: Wishes) -> Path | None:
        """What was made of a published model that is no longer here itself; the newest, if it fits the wishes."""
        from whence.backends.model_cache import digest_of_name

        digest = digest_of_name(wanted)
        paths = sorted(self._folder.glob("*/manifest.json"), key=lambda path: -path.stat().st_mtime)
        for path in paths:
            try:
                said = json.loads(path.read_text(encoding="utf-8"))
                held = [said.get(key) for key in ("pooling", "question_prefix", "passage_prefix")]
                if said["source"]["asked"] != digest:
                    continue
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue
            wished = (wishes.pooling, wishes.question_prefix, wishes.passage_prefix)
            if all(wish in (None, value) for wish, value in zip(wished, held, strict=True)):
                return path.parent
        return None


def own_folder(wanted: str) -> Path | None:
    """The model folder that a setting names by its path; None where it names a published model."""
    path = Path(wanted).expanduser()
    return path.absolute() if (path / "manifest.json").is_file() else None


def lacks_models(wanted: str, error: ImportError) -> MissingExtraError:
    """What is said where a published model cannot be read for want of a package."""
    return MissingExtraError(f"To run the model {wanted}, {error.name} is needed: run `pip install 'whence[models]'`.")


def is_to_be_made(place: Path, name: str, source: Path, listener: Listener) -> bool:
    """Whether the folder of a published model is not there yet; then what is above it is made, and the listener told.

    Raises ``DiskFullError``.
    """
    if (place / "manifest.json").is_file():
        return False
    logger.info("Making %s of %s", place, source)
    listener(Progress(stage=f"making {name}"))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskFullError(f"The folder {place.parent} cannot be made: {error.strerror or error}.") from error
    return True


def openvino_backend() -> Any:
    """The module that runs graphs on OpenVINO. Raises ``MissingExtraError``."""
    try:
        from whence.backends import openvino
    except ImportError as error:
        raise MissingExtraError(
            "This model was optimized for OpenVINO, which is not installed: run `pip install 'whence[openvino]'`."
        ) from error
    return openvino


def _with_transformers(place: Path, options: EmbeddingOptions) -> Chosen | None:
    """How a model of the architecture of which whence writes no graph is run; None for all others."""
    if read_manifest(place, (), "embedding model").get("runtime") != "transformers":
        return None
    threads = options.threads or min(available_cores(), MAX_THREADS)  # one run has all of them
    return Chosen(choice=Choice(file="", runtime="transformers", provider="CPU", threads=threads, batch=8), graph=b"")


def _open_with_transformers(place: Path, graph: bytes, choice: Choice, at_once: int) -> Run:  # noqa: ARG001
    made: Run = transformers_of(place.name).open_encoder(place, choice)
    return made


def transformers_of(wanted: str) -> Any:
    """The module that runs models of any architecture. Raises ``MissingExtraError`` that names the model."""
    try:
        from whence.backends import transformers_models
    except ImportError as error:
        raise MissingExtraError(
            f"The model {wanted} is of an architecture that runs with transformers alone, and {error.name} is not "
            "installed: run `pip install 'whence[transformers]'`."
        ) from error
    return transformers_models


def open_other(graph: bytes, choice: Choice, at_once: int) -> Run:
    """Opens a graph with a runtime that is an extra. Raises ``ModelError``, ``MissingExtraError``."""
    if choice.runtime == "openvino":
        opened: Run = openvino_backend().open_graph(graph, choice, at_once)
        return opened
    raise ModelError(f"There is no runtime {choice.runtime!r}.")

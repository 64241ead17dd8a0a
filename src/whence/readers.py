"""The reading models that a data folder can use: the one that whence carries, and those made of published ones."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence.embedders import is_to_be_made, lacks_models, openvino_backend, own_folder, transformers_of
from whence.embedding.choice import Chosen, read_record
from whence.errors import ModelError
from whence.model_files import read_file, read_manifest
from whence.pipelines.progress import Listener, silent
from whence.reading.onnx import SHIPPED, OnnxPassageReader, open_session

if TYPE_CHECKING:
    from whence.reading.options import PassageReadingOptions


def open_reader(options: PassageReadingOptions, models: Path, listener: Listener = silent) -> OnnxPassageReader | None:
    """The reader that the settings name, None where they name none; its weights are loaded at first use.

    ``models`` is where readers are made of published models. Raises ``ModelError``, ``MissingExtraError``,
    ``DiskFullError``.
    """
    if options.model == "none" or (options.model == "shipped" and not SHIPPED.is_dir()):
        return None
    folder = SHIPPED if options.model == "shipped" else reader_folder(options.model, models, listener)
    if read_manifest(folder, (), "reading model").get("runtime") == "transformers":
        return OnnxPassageReader(folder, options, open_other=_open_with_transformers)
    plain = OnnxPassageReader(folder, options)
    chosen = None
    if options.optimized:
        digest = plain.digest
        chosen = read_record(reader_record(folder, plain, models), digest)
    return as_chosen(folder, options, chosen) if chosen else plain


def reader_record(folder: Path, reader: OnnxPassageReader, models: Path) -> Path:
    """Where the record of how a reader is run lies: beside readers made here, else in the data folder."""
    return folder if folder.parent == models else models / "optimized" / reader.digest


def as_chosen(folder: Path, options: PassageReadingOptions, chosen: Chosen) -> OnnxPassageReader:
    """The reader in a folder, run as was chosen for this machine."""
    at_once = max(1, OnnxPassageReader(folder, options).threads // chosen.choice.threads)
    if chosen.choice.is_plain:
        return OnnxPassageReader(folder, options)
    return OnnxPassageReader(
        folder, replace(options, threads=at_once), open_other=partial(_open_chosen, chosen=chosen, at_once=at_once)
    )


def _open_chosen(folder: Path, chosen: Chosen, at_once: int) -> Any:
    """Opens a graph as a choice says. Raises ``ModelError``, ``MissingExtraError``."""
    choice = chosen.choice
    graph = chosen.graph or read_file(folder, read_manifest(folder, (), "reading model"), "model.onnx")
    if choice.runtime == "openvino":
        return openvino_backend().ReadingSession(graph, choice, at_once)
    return open_session(graph, n_threads=choice.threads)


def reader_folder(wanted: str, models: Path, listener: Listener = silent) -> Path:
    """The model folder of a path or name; one is made of a published model that answers questions by spans.

    Raises ``ModelError`` where it answers none, ``MissingExtraError``, ``DiskFullError``.
    """
    made = made_reader(wanted, models, listener)
    if made is None:
        raise ModelError(f"The model {wanted} has no head for spans: it does not answer questions.")
    return made


def made_reader(wanted: str, models: Path, listener: Listener = silent) -> Path | None:
    """Like ``reader_folder``; None for a published model that does not answer questions by spans."""
    if (own := own_folder(wanted)) is not None:
        return own
    try:
        from whence.backends.model_cache import find_model, short_name
        from whence.backends.published_encoder import architecture_of, is_foreign
        from whence.backends.transformers_export import Wishes, answers_questions, export_answerer, fingerprint
    except ImportError as error:
        raise lacks_models(wanted, error) from error
    source = find_model(wanted)
    if not answers_questions(source):
        return None
    name = short_name(wanted)
    place = models / f"{name}-reader-{fingerprint(source, Wishes())}"
    if is_to_be_made(place, name, source, listener):
        is_graph = architecture_of(source) == "bert" and not is_foreign(source)  # readers encode pairs as BERT does
        keep = export_answerer if is_graph else transformers_of(wanted).keep_answerer
        keep(source, place, name=name, asked=wanted)
    return place


def _open_with_transformers(folder: Path) -> Any:
    """Raises ``ModelError``, ``MissingExtraError``."""
    return transformers_of(folder.name).open_answerer(folder)

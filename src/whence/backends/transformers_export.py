"""Makes model folders of published models: an encoder for vectors, or an extractive question-answering model.

The folder has the form of the models that whence carries. Each is written beside its place and moved there whole.
Extra ``models``.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from safetensors.numpy import save
from tokenizers import Tokenizer

from whence.backends.bert_graph import Array, EncoderShape, locate
from whence.backends.encoder_graph import build
from whence.backends.model_cache import digest_of_name, public_name
from whence.backends.published_encoder import (
    POOLINGS,
    read_encoder,
    read_weights,
    weight_files,
)
from whence.backends.reader_export import export_reader, slim_tokenizer
from whence.errors import DiskFullError, ModelError
from whence.training.options import ReaderTraining

FAITHFUL = 0.98
"""Least cosine to the float32 model at which a published model is kept with 8-bit weights."""
LARGEST_BYTES = 1_900_000_000
"""A graph file cannot hold more than 2 GB; float32 models above this are written with 8-bit weights only."""

REFERENCE_TEXTS = (
    "Where is the configuration file read, and which entries may be left out?",
    "def merged(first, second):\n    return {**first, **second}",
    "A kingfisher sat by the weir.",
    "Release 3.1 (2021-02-03): drops the old cache, see docs/cache.md, lines 12-40.",
    "Größe, naïveté, 東京, Москва 🙂.",
    "heat transfer in a rotating cylinder at low pressure",
    "for (int i = 0; i < n; i++) sum += weights[i] * inputs[i];",
    "CacheFolder.evict_oldest",
    "Who reviewed the change?",
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller sets in place of what a model says of itself; None leaves it as it is."""

    pooling: str | None = None
    question_prefix: str | None = None
    passage_prefix: str | None = None


def fingerprint(folder: Path, wishes: Wishes) -> str:
    """Ten hexadecimal digits that change with the published files and with the wishes.

    Weights count by size and time of change: reading them takes too long to be done at each start.
    """
    parts: list[object] = [wishes.pooling, wishes.question_prefix, wishes.passage_prefix]
    for path in weight_files(folder):
        try:
            facts = path.stat()
        except OSError as error:
            raise ModelError(f"The weights {path} cannot be read: {error.strerror or error}.") from error
        parts += [path.name, facts.st_size, facts.st_mtime_ns]
    for name in ("config.json", "tokenizer.json"):
        place = folder / name
        parts.append(hashlib.sha256(place.read_bytes()).hexdigest() if place.is_file() else "")
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:10]


def export_encoder(folder: Path, out: Path, *, name: str, wishes: Wishes, asked: str = "") -> None:
    """Writes the model folder ``out`` for the published encoder in ``folder``.

    8-bit weights where their vectors stay near those of float32, else float32. ``asked`` is how the user calls it.
    Raises ``ModelError``, ``MissingExtraError``, ``DiskFullError``.
    """
    if wishes.pooling not in (None, *POOLINGS):
        raise ModelError(f"There is no pooling {wishes.pooling!r}: choose from {', '.join(POOLINGS)}.")
    encoder = read_encoder(folder, wishes.pooling)
    pooling = encoder.pooling
    tokenizer_file = slim_tokenizer(_tokenizer(folder))
    weights = read_weights(encoder)
    logger.info("Writing %s with 8-bit weights", name)
    model, quantized = build(encoder, weights, int8=True, pooling=pooling)
    rows, precision = _rows(model, tokenizer_file, encoder.max_tokens), "int8"
    if sum(value.nbytes for value in weights.values()) <= LARGEST_BYTES:
        exact, _ = build(encoder, weights, int8=False, pooling=pooling)
        reference = _rows(exact, tokenizer_file, encoder.max_tokens)
        agreement = float((rows * reference).sum(axis=1).min())
        if agreement < FAITHFUL:
            logger.info("8-bit weights of %s reach cosine %.3f: it is kept in float32", name, agreement)
            model, quantized, precision = exact, [], "fp32"
        rows = reference
    prefixes = {
        "question_prefix": _first(wishes.question_prefix, encoder.question_prefix),
        "passage_prefix": _first(wishes.passage_prefix, encoder.passage_prefix),
    }
    manifest = {
        "name": f"{name}-{precision}",
        "task": "embedder",
        "dim": encoder.shape.dim,
        "max_tokens": encoder.max_tokens,
        "max_positions": encoder.shape.max_positions,
        "pooling": pooling,
        **prefixes,
        "unit_length": True,
        "precision": precision,
        "source": source_of(asked or name, encoder.architecture),
        "reference_texts": REFERENCE_TEXTS,
        "quantized": locate(model, quantized),
    }
    array = BytesIO()
    np.save(array, rows.astype(np.float16))
    write_folder(
        out, {"model.onnx": model, "tokenizer.json": tokenizer_file, "reference.npy": array.getvalue()}, manifest
    )


def source_of(asked: str, architecture: str) -> dict[str, str]:
    """What a manifest says of the published model; nothing of where it lay on this machine."""
    return {"model": public_name(asked), "asked": digest_of_name(asked), "architecture": architecture}


def answers_questions(folder: Path) -> bool:
    """Whether a published model says of itself that it answers questions by spans."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return any(str(name).endswith("ForQuestionAnswering") for name in config.get("architectures") or ())
    except (OSError, ValueError, AttributeError, TypeError):
        return False


def export_answerer(folder: Path, out: Path, *, name: str, asked: str = "") -> None:
    """Writes the model folder ``out``, a reader, for a published extractive question-answering model.

    Its span head becomes the reader's; relevance is what it says against "no answer". BERT only. Raises
    ``ModelError``, ``MissingExtraError``, ``DiskFullError``.
    """
    encoder = read_encoder(folder, "cls")
    EncoderShape.read(folder / "config.json")  # Readers encode pairs as BERT does.
    weights = read_weights(encoder)
    span, offset = weights.get("qa_outputs.weight"), weights.get("qa_outputs.bias")
    if span is None or offset is None or span.shape != (2, encoder.shape.dim):
        raise ModelError(f"The model in {folder} has no head for spans (qa_outputs): it does not answer questions.")
    held = {key: value for key, value in weights.items() if key.startswith(("embeddings.", "encoder."))}
    held |= {"span.weight": span, "span.bias": offset}
    held |= {"relevance.weight": -span.sum(axis=0, keepdims=True), "relevance.bias": -offset.sum(keepdims=True)}
    options = ReaderTraining(max_tokens=min(encoder.max_tokens, ReaderTraining().max_tokens))
    with tempfile.TemporaryDirectory(prefix="whence-reader-") as scratch:
        file = Path(scratch) / "weights.safetensors"
        try:
            file.write_bytes(save({key: np.ascontiguousarray(value) for key, value in held.items()}))
        except OSError as error:
            raise DiskFullError(f"The weights cannot be written to {scratch}: {error.strerror or error}.") from error
        beside = _beside(out)
        try:
            said = {"source": source_of(asked or name, encoder.architecture)}
            export_reader(file, folder, beside, options, name=name, said=said)
            _settle(beside, out)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def write_folder(
    out: Path,
    files: Mapping[str, bytes],
    manifest: Mapping[str, Any],
    bring: Callable[[Path], Mapping[str, Any]] = lambda _: {},
) -> None:
    """Writes a model folder whole or not at all; one that is there already stays. Raises ``DiskFullError``.

    ``bring`` puts further files into the folder it is given and says, by name, what the manifest says of each.
    """
    listed = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
    beside = _beside(out)
    try:
        beside.mkdir(parents=True)
        listed |= bring(beside)
        text = json.dumps({**manifest, "files": listed}, ensure_ascii=False, indent=1) + "\n"
        for name, data in {**files, "manifest.json": text.encode()}.items():
            with (beside / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        _settle(beside, out)
    except OSError as error:
        raise DiskFullError(f"The model cannot be written to {out}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _beside(out: Path) -> Path:
    return out.with_name(f"{out.name}.{os.getpid()}.part")


def _settle(beside: Path, out: Path) -> None:
    """Moves a finished folder to its place, unless another process was first."""
    try:
        beside.rename(out)
    except OSError:
        if not (out / "manifest.json").is_file():
            raise


def _rows(model: bytes, tokenizer_file: bytes, max_tokens: int) -> Array:
    """Vectors of the reference texts, (texts, dim) float32. Raises ``ModelError``."""
    tokenizer = Tokenizer.from_str(tokenizer_file.decode())
    tokenizer.enable_truncation(max_tokens)
    try:
        session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
        names = [one.name for one in session.get_inputs()]
        rows = []
        for text in REFERENCE_TEXTS:
            ids = np.array([tokenizer.encode(text).ids], np.int64)
            fed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            rows.append(session.run(None, {key: fed[key] for key in names})[0])
    except Exception as error:  # The library raises bare exception types.
        raise ModelError(
            f"The model cannot be run ({error}): its tokenizer may name more words than its table has."
        ) from error
    made = np.concatenate(rows)
    if not np.isfinite(made).all():
        raise ModelError("The model computes vectors that are no numbers: its weights are damaged.")
    return made


def _tokenizer(folder: Path) -> Path:
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ModelError(f"{folder} has no tokenizer.json: save its fast tokenizer there with save_pretrained.")
    return path


def _first(wanted: str | None, said: str) -> str:
    return said if wanted is None else wanted

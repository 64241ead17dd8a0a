"""Runs published models of architectures that whence writes no graph for, with transformers and torch.

The folder that is made of one holds the published files themselves, with a manifest whose ``runtime`` is
"transformers": digests, limits, and what the model says of the reference texts. Code that comes with weights is never
run, nor are decoders. Extra ``transformers``.
"""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoModelForQuestionAnswering
from transformers.utils import logging as quieten

from whence.backends.model_cache import digest_of_name, public_name
from whence.backends.published_encoder import LONGEST_TOKENS, foreign_encoder, weight_files
from whence.backends.reader_export import OUT_OF_REACH, REFERENCE_PAIRS, slim_tokenizer
from whence.backends.transformers_export import REFERENCE_TEXTS, Wishes, write_folder
from whence.embedding.choice import Choice, Run
from whence.errors import ModelError
from whence.reading.marks import Marks, marks_of
from whence.training.options import ReaderTraining

RUNTIME = "transformers"
READER_TOKENS = ReaderTraining().max_tokens


def keep_encoder(folder: Path, out: Path, *, name: str, wishes: Wishes, asked: str = "") -> None:
    """Makes the model folder ``out`` of the published encoder in ``folder``.

    Raises ``ModelError`` for what cannot be run as it is meant, ``DiskFullError``.
    """
    said = foreign_encoder(folder, wishes.pooling)
    tokenizer_file = _tokenizer_file(folder)
    run = _encoder(folder, said.pooling, threads=0)
    tokenizer = _opened(tokenizer_file)
    tokenizer.enable_truncation(said.max_tokens)
    rows = []
    for text in REFERENCE_TEXTS:
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        rows.append(run(ids, np.ones_like(ids))[0])
    if not np.isfinite(rows).all():
        raise ModelError(f"The model in {folder} computes vectors that are no numbers: its weights are damaged.")
    prefixes = {"question_prefix": said.question_prefix, "passage_prefix": said.passage_prefix}
    wished = {"question_prefix": wishes.question_prefix, "passage_prefix": wishes.passage_prefix}
    manifest = {
        "name": f"{name}-fp32",
        "task": "embedder",
        "dim": len(rows[0]),
        "pooling": said.pooling,
        **prefixes,
        **{key: value for key, value in wished.items() if value is not None},
        "unit_length": True,
        "reference_texts": REFERENCE_TEXTS,
        **_told(said.architecture, said.max_tokens, said.max_positions, asked or name),
    }
    _write(folder, out, tokenizer_file, np.array(rows, np.float32), manifest)


def keep_answerer(folder: Path, out: Path, *, name: str, asked: str = "") -> None:
    """Makes the model folder ``out``, a reader, of the published question-answering model in ``folder``.

    Raises ``ModelError``, ``DiskFullError``.
    """
    said = foreign_encoder(folder, "cls")
    max_tokens = min(said.max_positions, LONGEST_TOKENS, READER_TOKENS)
    tokenizer_file = _tokenizer_file(folder)
    session, tokenizer = _Answerer(folder), _opened(tokenizer_file)
    marks = marks_of(tokenizer)
    if marks is None:
        raise ModelError(f"The tokenizer of {folder} does not say how it joins a question and a passage.")
    limits = ReaderTraining(max_tokens=max_tokens)
    rows = [_reference(session, tokenizer, marks, question, passage, limits) for question, passage in REFERENCE_PAIRS]
    if not np.isfinite(rows).all():
        raise ModelError(f"The model in {folder} computes logits that are no numbers: its weights are damaged.")
    manifest = {
        "name": f"{name}-fp32",
        "task": "reader",
        "max_question_tokens": limits.max_question_tokens,
        "reference_texts": REFERENCE_PAIRS,
        **_told(said.architecture, max_tokens, said.max_positions, asked or name),
    }
    _write(folder, out, tokenizer_file, np.array(rows, np.float32), manifest)


def open_encoder(folder: Path, choice: Choice) -> Run:
    """What runs an encoder of a folder that ``keep_encoder`` made. Raises ``ModelError``."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return _encoder(folder, str(manifest["pooling"]), threads=choice.threads)


def open_answerer(folder: Path) -> Any:
    """What reads with a folder that ``keep_answerer`` made; it is called as a session of ONNX Runtime is.

    Raises ``ModelError``.
    """
    return _Answerer(folder)


def best_device() -> str:
    """ "cuda" where there is one, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def _encoder(folder: Path, pooling: str, threads: int) -> Run:
    device = best_device()
    model = _loaded(AutoModel, folder).to(device)
    if threads:
        torch.set_num_threads(threads)

    def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        with torch.inference_mode():
            given = {"input_ids": torch.from_numpy(ids).to(device), "attention_mask": torch.from_numpy(mask).to(device)}
            states = model(**given).last_hidden_state.float()
            if pooling == "cls":
                pooled = states[:, 0]
            else:
                counted = given["attention_mask"][..., None].float()
                pooled = (states * counted).sum(dim=1) / counted.sum(dim=1)
            return np.asarray(torch.nn.functional.normalize(pooled, dim=-1).cpu().numpy(), np.float32)

    return run


class _Answerer:
    """Start and end logits of a question-answering model, and how far it prefers any of them to "no answer"."""

    def __init__(self, folder: Path) -> None:
        self._device = best_device()
        self._model = _loaded(AutoModelForQuestionAnswering, folder).to(self._device)
        self._has_types = int(getattr(self._model.config, "type_vocab_size", 0) or 0) > 1
        self._lock = threading.Lock()

    def run(self, outputs: Any, feed: Mapping[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]:  # noqa: ARG002
        """``start`` and ``end`` (n, tokens), ``relevance`` (n,): all three, in this order."""
        given = {name: torch.from_numpy(value).to(self._device) for name, value in feed.items()}
        allowed = given["token_type_ids"].bool()
        allowed[:, 0] = True
        if not self._has_types:
            del given["token_type_ids"]
        with self._lock, torch.inference_mode():  # one run has all cores
            said = self._model(**given)
        start, end = (side.float().masked_fill(~allowed, OUT_OF_REACH) for side in (said.start_logits, said.end_logits))
        relevance = -(start[:, 0] + end[:, 0])
        return [np.asarray(one.cpu().numpy(), np.float32) for one in (start, end, relevance)]


def _loaded(kind: Any, folder: Path) -> Any:
    """A model of the library's, float32, ready to run. Raises ``ModelError``."""
    quieten.set_verbosity_error()
    quieten.disable_progress_bar()
    try:
        made, told = kind.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:  # The library raises what its own libraries raise.
        reason = next(iter(str(error).strip().splitlines()), repr(error))
        raise ModelError(f"The model in {folder} cannot be run with transformers: {reason}") from error
    missing = sorted(name for name in told["missing_keys"] if not name.startswith("pooler"))
    if missing:
        raise ModelError(f"The weights in {folder} have no {missing[0]}: they are not of this kind of model.")
    return made.eval()


def _reference(
    session: _Answerer, tokenizer: Any, marks: Marks, question: str, passage: str, options: ReaderTraining
) -> list[float]:
    """Relevance, the sum of the logits of "no answer", and of the best start and the best end in the passage."""
    asked = tokenizer.encode(question, add_special_tokens=False).ids[: options.max_question_tokens]
    room = options.max_tokens - len(asked) - marks.n
    feed = marks.feed(asked, tokenizer.encode(passage, add_special_tokens=False).ids[:room])
    start, end, relevance = session.run(None, feed)
    return [
        float(relevance[0]),
        float(start[0, 0] + end[0, 0]),
        float(start[0, 1:].max() + end[0, 1:].max()),
    ]


def _told(architecture: str, max_tokens: int, max_positions: int, asked: str) -> dict[str, Any]:
    return {
        "runtime": RUNTIME,
        "precision": "fp32",
        "max_tokens": max_tokens,
        "max_positions": max_positions,
        "source": {"model": public_name(asked), "asked": digest_of_name(asked), "architecture": architecture},
        "quantized": [],
    }


def _tokenizer_file(folder: Path) -> bytes:
    """The fast tokenizer, made of the slow one where only that was published. Raises ``ModelError``."""
    if (folder / "tokenizer.json").is_file():
        return slim_tokenizer(folder / "tokenizer.json")
    from transformers import AutoTokenizer

    try:
        made = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        tree = json.loads(made.backend_tokenizer.to_str())
    except Exception as error:  # The library raises what its own libraries raise.
        raise ModelError(
            f"{folder} has no tokenizer.json, and none can be made of what is there: save its fast tokenizer there "
            "with save_pretrained."
        ) from error
    tree["truncation"] = tree["padding"] = None
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def _opened(tokenizer_file: bytes) -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_str(tokenizer_file.decode())


def _write(
    folder: Path, out: Path, tokenizer_file: bytes, reference: NDArray[np.float32], manifest: Mapping[str, Any]
) -> None:
    """Writes the folder with the published weights in it, linked where the disk allows it, else copied."""
    array = BytesIO()
    np.save(array, reference)
    config = (folder / "config.json").read_bytes()
    own = {"tokenizer.json": tokenizer_file, "reference.npy": array.getvalue(), "config.json": config}
    published = {path.name: path.resolve() for path in weight_files(folder)}
    if (index := folder / "model.safetensors.index.json").is_file():
        published[index.name] = index.resolve()

    def bring(place: Path) -> dict[str, dict[str, Any]]:
        listed = {}
        for name, path in published.items():
            try:
                os.link(path, place / name)
            except OSError:
                shutil.copyfile(path, place / name)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            listed[name] = {"bytes": path.stat().st_size, "sha256": digest}
        return listed

    write_folder(out, own, manifest, bring)

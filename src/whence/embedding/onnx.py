"""Sentence embeddings on ONNX Runtime: one text a run, several runs at once.

Texts are never padded or run together. A dynamically quantized model takes the range of its activations from the
whole input, so a batch would change each text's vector with its neighbours; alone, a text has one vector whatever it
is embedded with, and no time goes into padding.
"""

import hashlib
import logging
import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from whence.embedding.model_folder import ModelFolder
from whence.embedding.options import EmbeddingOptions as EmbeddingOptions  # noqa: PLC0414
from whence.embedding.passage import PASSAGE_FORMAT
from whence.errors import ModelError
from whence.protocols import Vectors
from whence.types import Role

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MINILM = Path(__file__).resolve().parents[1] / "models" / "minilm-l6"
"""The model that whence carries."""

MAX_THREADS = 8
FAITHFUL = 0.98
"""Least cosine to the unquantized model at which the 8-bit weights are kept."""
USABLE = 0.9
"""Least cosine below which the model is not what its card says."""
CHARS_PER_TOKEN = 64
"""More than any 256 tokens of real text have on average; what lies beyond is cut before it is tokenized."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Engine:
    """A tokenizer and a session that are ready; both may be used by several threads at once."""

    tokenizer: "Tokenizer"
    session: Any
    constants: tuple[Any, ...]
    max_chars: int
    reduced: bool

    def row(self, text: str) -> Vectors:
        """One unit row, shape (dim,). Raises ``ModelError``."""
        if len(text) > self.max_chars:
            text = " ".join(text.split())[: self.max_chars]
        try:
            ids = np.array([self.tokenizer.encode(text).ids], dtype=np.int64)
            vector: Vectors = self.session.run(None, {"input_ids": ids})[0][0]
        except Exception as error:  # Both libraries raise bare exception types.
            raise ModelError(f"The embedding model failed on a text of {len(text)} characters: {error}.") from error
        return vector


class OnnxEmbedder:
    """An ``Embedder`` over a model folder. Safe to share between threads; the model is loaded at first use."""

    def __init__(self, folder: Path | None = None, options: EmbeddingOptions | None = None) -> None:
        self._folder = ModelFolder(folder or MINILM)
        self._options = options or EmbeddingOptions()
        self._lock = Lock()
        self._loaded: _Engine | None = None

    @property
    def digest(self) -> str:
        """Name and 12 hexadecimal digits over weights, tokenizer, token limit and passage format.

        7-bit weights do not count: their vectors are compared with those of 8 bits, and stay comparable.
        """
        manifest = self._folder.manifest
        parts = [manifest["files"][name]["sha256"] for name in ("model.onnx", "tokenizer.json")]
        parts += [str(self._max_tokens()), str(PASSAGE_FORMAT)]
        return f"{manifest['name']}-{hashlib.sha256(':'.join(parts).encode()).hexdigest()[:12]}"

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._folder.manifest["dim"])

    @property
    def threads(self) -> int:
        """How many texts are embedded at once."""
        return self._options.threads or min(_available_cores(), MAX_THREADS)

    @property
    def reduced_range(self) -> bool:
        """Whether 7-bit weights are in use. Loads the model. Raises ``ModelError``."""
        return self._engine().reduced

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:  # noqa: ARG002 - this model has one role
        """One unit row per text, in the order given; float32 (n, dim). Raises ``ModelError``.

        Holds, besides the result, one text's activations a thread.
        """
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        if not texts:
            return rows
        engine = self._engine()
        # Longest first, so that no thread is left alone with a long text at the end.
        pending = deque(sorted(range(len(texts)), key=lambda i: -len(texts[i])))

        def work() -> None:
            while True:
                try:
                    i = pending.popleft()
                except IndexError:
                    return
                rows[i] = engine.row(texts[i])

        n_workers = min(self.threads, len(texts))
        if n_workers == 1:
            work()
            return rows
        with ThreadPoolExecutor(n_workers, thread_name_prefix="embed") as pool:
            try:
                for done in [pool.submit(work) for _ in range(n_workers)]:
                    done.result()
            finally:
                pending.clear()  # An error or Ctrl-C ends the other threads after the text they are at.
        return rows

    def check(self) -> float:
        """Least cosine between the stored vectors of the unquantized model and those made here. Loads the model."""
        return self._agreement(self._engine())

    def _max_tokens(self) -> int:
        """The token limit, [CLS] and [SEP] included. Raises ``ModelError`` beyond what the model has positions for."""
        manifest = self._folder.manifest
        limit = self._options.max_tokens or int(manifest["max_tokens"])
        if not 3 <= limit <= int(manifest["max_positions"]):
            most = manifest["max_positions"]
            raise ModelError(f"max_tokens is {limit}, but {manifest['name']} reads 3 to {most}; change the setting.")
        return limit

    def _engine(self) -> _Engine:
        """The loaded model; the first caller loads it and the others wait."""
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = self._load()
        return self._loaded

    def _load(self) -> _Engine:
        """Opens the model, tests it against its reference, and takes 7-bit weights where 8 bits come out wrong."""
        wanted = self._options.reduce_range
        engine = self._open(reduce=bool(wanted))
        agreement = self._agreement(engine)
        if wanted is None and agreement < FAITHFUL and self._folder.manifest["quantized"]:
            reduced = self._open(reduce=True)
            reached = self._agreement(reduced)
            logger.warning("8-bit weights reach cosine %.3f on this processor, 7-bit weights %.3f", agreement, reached)
            if reached > agreement:
                engine, agreement = reduced, reached
        if agreement < USABLE:
            name = self._folder.manifest["name"]
            raise ModelError(
                f"{name} computes wrong vectors on this machine (cosine {agreement:.3f} to its reference)."
            )
        return engine

    def _open(self, *, reduce: bool) -> _Engine:
        """A tokenizer and a session on checked files. Raises ``ModelError``."""
        import onnxruntime as ort
        from tokenizers import Tokenizer

        max_tokens = self._max_tokens()
        model = self._folder.read("model.onnx")
        vocabulary = self._folder.read("tokenizer.json")
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The graph is fused where it is made; the extended level could bring slower nodes back.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        constants = self._folder.reduced(model) if reduce else {}
        held = tuple(ort.OrtValue.ortvalue_from_numpy(values) for values in constants.values())
        try:
            for name, value in zip(constants, held, strict=True):
                options.add_initializer(name, value)
            session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            tokenizer = Tokenizer.from_str(vocabulary.decode())
            tokenizer.no_padding()
            tokenizer.enable_truncation(max_tokens)
        except Exception as error:  # Both libraries raise bare exception types.
            raise ModelError(f"The embedding model in {self._folder.path} cannot be opened: {error}.") from error
        return _Engine(tokenizer, session, held, max_tokens * CHARS_PER_TOKEN, reduce)

    def _agreement(self, engine: _Engine) -> float:
        """Least cosine between stored and computed vectors of the reference texts."""
        texts = self._folder.manifest["reference_texts"]
        rows = np.stack([engine.row(text) for text in texts])
        return float((rows * self._folder.reference()).sum(axis=1).min())


def _available_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

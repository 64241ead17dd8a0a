"""Sentence embeddings on ONNX Runtime: one text a run, several runs at once, unless a record says better.

Texts are not padded or run together as long as weights have 8 bits. A dynamically quantized model takes the range of
its activations from the whole input, so a batch would change each text's vector with its neighbours; alone, a text has
one vector whatever it is embedded with, and no time goes into padding. Graphs of floats may run in batches.
"""

import hashlib
import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from whence.embedding.choice import Choice, Chosen, Open, Run, available_cores
from whence.embedding.model_folder import ModelFolder
from whence.embedding.options import EmbeddingOptions as EmbeddingOptions  # noqa: PLC0414
from whence.embedding.passage import PASSAGE_FORMAT
from whence.errors import ModelError
from whence.model_files import identifying_files
from whence.protocols import Vectors
from whence.thread_shares import ThreadShares
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
    """A tokenizer and what runs the model, both ready; both may be used by several threads at once."""

    tokenizer: "Tokenizer"
    run: Run
    max_chars: int
    reduced: bool = False
    batch: int = 1
    rounds: bool = False  # whether half precision may leave a length that is not quite 1

    def rows(self, texts: Sequence[str]) -> Vectors:
        """One unit row a text, shape (n, dim); all of them in one run. Raises ``ModelError``."""
        texts = [" ".join(text.split())[: self.max_chars] if len(text) > self.max_chars else text for text in texts]
        try:
            encoded = [self.tokenizer.encode(text).ids for text in texts]
            ids = np.zeros((len(texts), max(map(len, encoded))), np.int64)
            mask = np.zeros_like(ids)
            for n, row in enumerate(encoded):
                ids[n, : len(row)] = row
                mask[n, : len(row)] = 1
            rows = self.run(ids, mask)
        except Exception as error:  # The libraries raise bare exception types.
            longest = max(map(len, texts))
            raise ModelError(f"The embedding model failed on a text of {longest} characters: {error}.") from error
        if self.rounds:
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


class OnnxEmbedder:
    """An ``Embedder`` over a model folder. Safe to share between threads; the model is loaded at first use.

    ``chosen`` says how it is run here; ``open_other`` opens graphs for runtimes other than ONNX Runtime.
    """

    def __init__(
        self,
        folder: Path | None = None,
        options: EmbeddingOptions | None = None,
        *,
        chosen: Chosen | None = None,
        open_other: Open | None = None,
    ) -> None:
        self._folder = ModelFolder(folder or MINILM)
        self._options = options or EmbeddingOptions()
        self._chosen = chosen or Chosen(choice=Choice(), graph=b"")
        self._open_other = open_other
        self._lock = Lock()
        self._shares = ThreadShares()
        self._loaded: _Engine | None = None

    @property
    def digest(self) -> str:
        """Name and 12 hexadecimal digits over weights, tokenizer, token limit, prefixes and passage format.

        How the model is run does not count, nor do 7-bit weights: their vectors were compared, and stay comparable.
        """
        manifest = self._folder.manifest
        parts = [manifest["files"][name]["sha256"] for name in identifying_files(manifest)]
        parts += [str(self._max_tokens()), str(PASSAGE_FORMAT)]
        if any(self._prefixes().values()):
            parts += [f"{role}={prefix}" for role, prefix in self._prefixes().items()]
        return f"{manifest['name']}-{hashlib.sha256(':'.join(parts).encode()).hexdigest()[:12]}"

    @property
    def folder(self) -> Path:
        """Where the model lies."""
        return self._folder.path

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._folder.manifest["dim"])

    @property
    def choice(self) -> Choice:
        """How the model is run."""
        return self._chosen.choice

    @property
    def threads(self) -> int:
        """How many threads compute in all."""
        return self._options.threads or min(available_cores(), MAX_THREADS)

    @property
    def reduced_range(self) -> bool:
        """Whether 7-bit weights are in use. Loads the model. Raises ``ModelError``."""
        return self._engine().reduced

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """One unit row per text, in the order given; float32 (n, dim). Raises ``ModelError``.

        Holds, besides the result, one run's activations a thread.
        """
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        if not texts:
            return rows
        engine, prefix = self._engine(), self._prefixes()[role]
        # Longest first, so that no thread is left alone with a long text at the end.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        pending = deque(order[start : start + engine.batch] for start in range(0, len(order), engine.batch))

        def work() -> None:
            while True:
                try:
                    group = pending.popleft()
                except IndexError:
                    return
                rows[group] = engine.rows([prefix + texts[i] for i in group])

        with self._shares.share(self._at_once()) as n_threads:
            n_workers = min(n_threads, len(pending))
            if n_workers == 1:
                work()
                return rows
            with ThreadPoolExecutor(n_workers - 1, thread_name_prefix="embed") as pool:
                try:
                    others = [pool.submit(work) for _ in range(n_workers - 1)]
                    work()
                    for done in others:
                        done.result()
                finally:
                    pending.clear()  # An error or Ctrl-C ends the other threads after the run they are at.
        return rows

    def check(self) -> float:
        """Least cosine between the stored vectors of the unquantized model and those made here. Loads the model."""
        return self._agreement(self._engine())

    def _prefixes(self) -> dict[Role, str]:
        """What stands before a text of each role."""
        manifest = self._folder.manifest
        return {
            "question": str(manifest.get("question_prefix", "")),
            "passage": str(manifest.get("passage_prefix", "")),
        }

    def _at_once(self) -> int:
        """How many runs go on at once; another device takes one after the other."""
        return max(1, self.threads // self.choice.threads) if self.choice.on_processor else 1

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
        if wanted is None and agreement < FAITHFUL and self._folder.manifest["quantized"] and self.choice.is_plain:
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
        from tokenizers import Tokenizer

        max_tokens, choice = self._max_tokens(), self.choice
        model = self._chosen.graph or (self._folder.read(choice.file) if choice.file else b"")
        vocabulary = self._folder.read("tokenizer.json")
        constants = self._folder.reduced(model) if reduce else {}
        try:
            if choice.runtime == "onnxruntime":
                run = open_graph(model, choice, constants)
            elif self._open_other is not None:
                run = self._open_other(model, choice, self._at_once())
            else:
                raise ModelError(f"there is nothing to run it with {choice.runtime}")
            tokenizer = Tokenizer.from_str(vocabulary.decode())
            tokenizer.no_padding()
            tokenizer.enable_truncation(max_tokens)
        except Exception as error:  # The libraries raise bare exception types.
            raise ModelError(f"The embedding model in {self._folder.path} cannot be opened: {error}.") from error
        return _Engine(tokenizer, run, max_tokens * CHARS_PER_TOKEN, reduce, choice.batch, not choice.is_plain)

    def _agreement(self, engine: _Engine) -> float:
        """Least cosine between stored and computed vectors of the reference texts."""
        texts = self._folder.manifest["reference_texts"]
        rows = np.concatenate([engine.rows([text]) for text in texts])
        cosine = float((rows * self._folder.reference()).sum(axis=1).min())
        return cosine if cosine == cosine else -1.0  # noqa: PLR0124 - vectors that are no numbers agree with nothing


def open_graph(model: bytes, choice: Choice, constants: dict[str, NDArray[Any]] | None = None) -> Run:
    """What runs a graph on ONNX Runtime; ``constants`` take the place of those of the same name.

    Raises what the library raises, and ``ModelError`` where the provider is not there or hands nodes back.
    """
    import onnxruntime as ort

    if choice.provider not in ort.get_available_providers():
        raise ModelError(f"this ONNX Runtime has no {choice.provider}")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = choice.threads, 1
    options.log_severity_level = 3
    # The graph is fused where it is made; the extended level could bring slower nodes back.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    held = tuple(ort.OrtValue.ortvalue_from_numpy(values) for values in (constants or {}).values())
    for name, value in zip(constants or {}, held, strict=True):
        options.add_initializer(name, value)
    session = ort.InferenceSession(model, options, providers=[choice.provider])
    if session.get_providers()[0] != choice.provider:
        raise ModelError(f"{choice.provider} does not start on this machine")
    takes_mask = any(one.name == "attention_mask" for one in session.get_inputs())

    def run(ids: NDArray[np.int64], mask: NDArray[np.int64], _held: Any = held) -> Vectors:
        fed = {"input_ids": ids, "attention_mask": mask} if takes_mask else {"input_ids": ids}
        rows: Vectors = session.run(None, fed)[0]
        return rows.astype(np.float32, copy=False)

    return run

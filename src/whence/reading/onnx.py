"""Reads question and passage together on ONNX Runtime: one window a run, several runs at once.

A model folder may name another runtime: then the caller hands in what opens it.

Windows are never padded or run together. A dynamically quantized model takes the range of its activations from the
whole input, so a batch would change what is read with its neighbours; alone, a passage is read the same way whatever
it is read with, and no time goes into padding.
"""

import hashlib
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from whence.errors import ModelError
from whence.model_files import identifying_files, read_file, read_manifest, reduced_weights
from whence.reading.marks import Marks, marks_of
from whence.reading.options import PassageReadingOptions as PassageReadingOptions  # noqa: PLC0414
from whence.reading.spans import Logits, best_spans, in_characters, joined
from whence.thread_shares import ThreadShares
from whence.types import AnswerSpan, PassageReading

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

SHIPPED = Path(__file__).resolve().parents[1] / "models" / "reader"
"""Where the reader that whence carries lies, if it carries one."""

MAX_THREADS = 4
MAX_CHARS = 20_000
"""What lies beyond is not read: about 5,000 tokens."""

BLANK_RELEVANCE = -20.0
"""The logit of a passage without a single token."""

FAITHFUL = 1.0
"""Mean distance (in logits) from the unquantized model up to which the 8-bit weights are kept."""
USABLE = 3.0
"""The same beyond which the model is not what its card says."""

logger = logging.getLogger(__name__)

_OUTPUTS = ["start", "end", "relevance"]

OpenOther = Callable[[Path], Any]
"""Opens a model folder for another runtime: what has a ``run`` like a session of ONNX Runtime. Raises ``ModelError``,
``MissingExtraError``."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of one passage as the model gets it; tokens of the passage from ``first`` on."""

    passage: int
    encoding: "Encoding"
    asked: Sequence[int]
    first: int
    end: int

    @property
    def n_tokens(self) -> int:
        """Of question and passage."""
        return len(self.asked) + self.end - self.first


@dataclass(frozen=True, slots=True)
class _Engine:
    """A tokenizer and a session that are ready; both may be used by several threads at once."""

    tokenizer: "Tokenizer"
    session: Any
    constants: tuple[Any, ...]
    marks: Marks
    max_answer_tokens: int
    n_spans: int

    def read(self, window: _Window) -> tuple[list[AnswerSpan], float]:
        """Spans in characters of the whole passage, and the logit of relevance. Raises ``ModelError``."""
        start, end, relevance = self._logits(window)
        none = float(start[0] + end[0])
        n_head = self.marks.n_head(window.asked)
        inside = slice(n_head, n_head + window.end - window.first)
        found = best_spans(start[inside], end[inside], none, self.max_answer_tokens, self.n_spans)
        part = slice(window.first, window.end)
        spans = in_characters(found, window.encoding.offsets[part], window.encoding.word_ids[part])
        return spans, relevance

    def raw(self, window: _Window) -> list[float]:
        """Relevance, the sum of the logits of "no answer", and of the best start and the best end after it."""
        start, end, relevance = self._logits(window)
        return [relevance, float(start[0] + end[0]), float(start[1:].max() + end[1:].max())]

    def _logits(self, window: _Window) -> tuple[Logits, Logits, float]:
        """Of start and end, (tokens,) each, and of relevance."""
        own = window.encoding.ids[window.first : window.end]
        feed = self.marks.feed(window.asked, own)
        try:
            start, end, relevance = self.session.run(_OUTPUTS, feed)
        except Exception as error:  # The library raises bare exception types.
            raise ModelError(f"The reading model failed on a passage of {len(own)} tokens: {error}.") from error
        return start[0], end[0], float(relevance[0])


class OnnxPassageReader:
    """A ``PassageReader`` over a model folder. Safe to share between threads; the model is loaded at first use.

    The folder holds ``manifest.json`` (name, max_tokens, max_question_tokens, and bytes and SHA-256 of the files),
    ``model.onnx`` (int64 inputs input_ids, token_type_ids, attention_mask; outputs start and end (n, tokens) and
    relevance (n,)) and ``tokenizer.json``.
    """

    def __init__(
        self,
        folder: Path | None = None,
        options: PassageReadingOptions | None = None,
        *,
        open_other: OpenOther | None = None,
    ) -> None:
        self._folder = folder or SHIPPED
        self._options = options or PassageReadingOptions()
        self._open_other = open_other
        self._lock = Lock()
        self._shares = ThreadShares()
        self._loaded: _Engine | None = None

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        manifest = read_manifest(self._folder, ("name", "max_tokens", "files"), "reading model")
        limit = manifest["max_tokens"]
        if not isinstance(limit, int) or not 16 <= limit <= 8192:
            raise ModelError(
                f"{self._folder / 'manifest.json'} gives {limit!r} as max_tokens; install the model again."
            )
        return manifest

    @property
    def digest(self) -> str:
        """Name and 12 hexadecimal digits over weights, tokenizer and the options that shape a reading."""
        manifest, options = self._manifest, self._options
        try:
            parts = [str(manifest["files"][name]["sha256"]) for name in identifying_files(manifest)]
        except (KeyError, TypeError) as error:
            raise ModelError(f"{self._folder / 'manifest.json'} is damaged; install the model again.") from error
        parts += [str(n) for n in (options.window_overlap_tokens, options.max_answer_tokens, options.n_spans)]
        return f"{manifest['name']}-{hashlib.sha256(':'.join(parts).encode()).hexdigest()[:12]}"

    @property
    def threads(self) -> int:
        """How many windows are read at once."""
        return self._options.threads or min(_available_cores(), MAX_THREADS)

    def read(self, question: str, passages: Sequence[str]) -> list[PassageReading]:
        """See ``protocols.PassageReader``; a blank passage has no spans and no relevance. Raises ``ModelError``."""
        if not passages:
            return []
        engine = self._engine()
        windows = list(self._windows(engine, question, passages))
        results = self._run(engine, windows)
        spans: list[list[AnswerSpan]] = [[] for _ in passages]
        relevance = [-np.inf] * len(passages)
        for window, (found, relevant) in zip(windows, results, strict=True):
            spans[window.passage] += found
            relevance[window.passage] = max(relevance[window.passage], relevant)
        return [
            PassageReading(
                spans=joined(found, self._options.n_spans), relevance=float(relevant) if found else BLANK_RELEVANCE
            )
            for found, relevant in zip(spans, relevance, strict=True)
        ]

    def check(self) -> float:
        """How far, on average, logits are from those of the unquantized model. Loads the model."""
        return self._error(self._engine())

    def _windows(self, engine: _Engine, question: str, passages: Sequence[str]) -> Iterator[_Window]:
        """Each passage whole where it fits, else in windows that overlap."""
        tokenizer = engine.tokenizer
        most = int(self._manifest.get("max_question_tokens", 48))
        try:
            asked = tokenizer.encode(question[:MAX_CHARS], add_special_tokens=False).ids[:most]
            encoded = tokenizer.encode_batch([one[:MAX_CHARS] for one in passages], add_special_tokens=False)
        except Exception as error:  # The library raises bare exception types.
            raise ModelError(f"The reading model's tokenizer failed: {error}.") from error
        room = int(self._manifest["max_tokens"]) - len(asked) - engine.marks.n
        step = max(room - self._options.window_overlap_tokens, room // 2, 1)
        for number, encoding in enumerate(encoded):
            n_tokens, first = len(encoding.ids), 0
            while first < n_tokens:
                end = min(first + room, n_tokens)
                yield _Window(passage=number, encoding=encoding, asked=asked, first=first, end=end)
                first = first + step if end < n_tokens else n_tokens

    def _run(self, engine: _Engine, windows: Sequence[_Window]) -> list[tuple[list[AnswerSpan], float]]:
        """What each window says, in their order."""
        results: list[tuple[list[AnswerSpan], float]] = [([], 0.0)] * len(windows)
        # Longest first, so that no thread is left alone with a long one at the end.
        pending = deque(sorted(range(len(windows)), key=lambda i: -windows[i].n_tokens))

        def work() -> None:
            while True:
                try:
                    i = pending.popleft()
                except IndexError:
                    return
                results[i] = engine.read(windows[i])

        with self._shares.share(self.threads) as n_threads:
            n_workers = min(n_threads, len(windows))
            if n_workers <= 1:
                work()
                return results
            with ThreadPoolExecutor(n_workers - 1, thread_name_prefix="read") as pool:
                try:
                    others = [pool.submit(work) for _ in range(n_workers - 1)]
                    work()
                    for done in others:
                        done.result()
                finally:
                    pending.clear()  # An error or Ctrl-C ends the other threads after the window they are at.
        return results

    def _engine(self) -> _Engine:
        """The loaded model; the first caller loads it and the others wait."""
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = self._load()
        return self._loaded

    def _load(self) -> _Engine:
        """Opens the model, tests it against its reference, and takes 7-bit weights where 8 bits come out wrong."""
        engine = self._open(reduce=False)
        if "reference_texts" not in self._manifest:
            return engine
        error = self._error(engine)
        if error > FAITHFUL and self._manifest.get("quantized"):
            reduced = self._open(reduce=True)
            reached = self._error(reduced)
            logger.warning("8-bit weights are %.1f off on this processor, 7-bit weights %.1f", error, reached)
            if reached < error:
                engine, error = reduced, reached
        if not error <= USABLE:
            name = self._manifest["name"]
            raise ModelError(f"{name} reads wrongly on this machine (its logits are {error:.1f} off its reference).")
        return engine

    def _open(self, *, reduce: bool) -> _Engine:
        """A tokenizer and a session on checked files. Raises ``ModelError``."""
        from tokenizers import Tokenizer

        vocabulary = read_file(self._folder, self._manifest, "tokenizer.json")
        try:
            tokenizer = Tokenizer.from_str(vocabulary.decode())
            tokenizer.no_padding()
            tokenizer.no_truncation()
        except Exception as error:  # The library raises bare exception types.
            raise ModelError(f"The reading model in {self._folder} cannot be opened: {error}.") from error
        marks = marks_of(tokenizer)
        held: tuple[Any, ...] = ()
        if self._open_other is not None and not reduce:
            session = self._open_other(self._folder)
        elif "runtime" in self._manifest:
            wanted = self._manifest["runtime"]
            raise ModelError(f"The reading model in {self._folder} wants {wanted}, which nothing here opens.")
        else:
            session, held = self._session(reduce=reduce)
        if marks is None:
            raise ModelError(f"The model in {self._folder} is no reading model: it lacks outputs or marks.")
        most, n_spans = self._options.max_answer_tokens, self._options.n_spans
        return _Engine(tokenizer, session, held, marks, most, n_spans)

    def _session(self, *, reduce: bool) -> tuple[Any, tuple[Any, ...]]:
        """What runs the graph on ONNX Runtime, and the constants it holds. Raises ``ModelError``."""
        import onnxruntime as ort

        model = read_file(self._folder, self._manifest, "model.onnx")
        constants = reduced_weights(self._manifest, model) if reduce else {}
        held = tuple(ort.OrtValue.ortvalue_from_numpy(values) for values in constants.values())
        try:
            session = open_session(model, dict(zip(constants, held, strict=True)))
        except Exception as error:  # The library raises bare exception types.
            raise ModelError(f"The reading model in {self._folder} cannot be opened: {error}.") from error
        if not {one.name for one in session.get_outputs()}.issuperset(_OUTPUTS):
            raise ModelError(f"The model in {self._folder} is no reading model: it lacks outputs or marks.")
        return session, held

    def _error(self, engine: _Engine) -> float:
        """How far, on average, the logits of the reference pairs are from those of the unquantized model."""
        try:
            wanted = np.load(BytesIO(read_file(self._folder, self._manifest, "reference.npy")), allow_pickle=False)
            pairs = [(str(question), str(passage)) for question, passage in self._manifest["reference_texts"]]
            found = [engine.raw(next(self._windows(engine, question, [passage]))) for question, passage in pairs]
            return float(np.abs(np.array(found, np.float32) - wanted).mean())
        except (ValueError, TypeError, StopIteration) as error:
            raise ModelError(f"The reference of {self._folder} is damaged; install the model again.") from error


def open_session(model: bytes, constants: Mapping[str, Any] | None = None, *, n_threads: int = 1) -> Any:
    """What runs a graph on ONNX Runtime; ``constants`` take the place of those of the same name.

    Raises what the library raises.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    options.log_severity_level = 3
    # The graph is fused where it is made; the extended level could bring slower nodes back.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    for name, value in (constants or {}).items():
        options.add_initializer(name, value)
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _available_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""Training a reader from start to end: data, run, model folder, scores, card. Needs the extra ``train``."""

import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence.errors import MissingExtraError, ModelError, UsageError
from whence.pipelines.progress import Listener, Progress, silent
from whence.training.data_use import may_be_passed_on
from whence.training.options import ReaderTraining
from whence.training.reading_data import ReadingData, load
from whence.training.reading_scores import ReadingScores

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from whence.backends.torch_reader import ReaderTrainer, TrainingProgress
    from whence.training.reading_examples import Encoded, ReadingExample

MANIFEST, CARD, RECORD, WEIGHTS = "manifest.json", "card.md", "training.json", "weights.safetensors"
MOST_SCORED = 400
LEAST_TO_COMPILE = 1_000_000
"""Tokens; compiling the network takes longer than it saves in a shorter run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRequest:
    """What is to be trained, where it goes, and what it begins from.

    ``base`` is a published encoder's folder, None the encoder that whence carries; ``weights`` those of an earlier
    reader on it. ``epochs`` over the data take the place of ``options.n_tokens`` where they are not 0. ``judged`` are
    files of questions: what is like them is not trained on, and the outcome is scored on them. ``licence`` is that of
    the data that whence does not know. ``is_resumed`` goes on from a checkpoint where there is one.
    """

    data: tuple[Path, ...]
    out: Path
    options: ReaderTraining
    base: Path | None = None
    weights: Path | None = None
    epochs: float = 0.0
    judged: tuple[Path, ...] = ()
    licence: str = ""
    is_resumed: bool = False
    n_threads: int = 2

    @property
    def work(self) -> Path:
        """What is needed while the run lasts."""
        return self.out / "training"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderOutcome:
    """What came out. ``scores`` by what was read; ``n_steps`` and ``n_tokens`` of the whole run, resumed or not.

    ``has_stopped`` says that the held-out part was read no better, so that the budget was not used up.
    """

    out: Path
    name: str
    n_examples: int
    n_left_out: int
    n_steps: int
    n_tokens: int
    has_stopped: bool
    terms: str
    scores: dict[str, ReadingScores]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run whose data is read and checked: ``digest`` changes with data and settings."""

    request: ReaderRequest
    data: ReadingData
    base: Path
    tokenizer: "Tokenizer"
    training: "list[Encoded]"
    held_out: "list[Encoded]"


OnTrained = Callable[["TrainingProgress"], None]


def require_extra() -> None:
    """Raises ``MissingExtraError`` where what training needs is not installed."""
    try:
        import onnx  # noqa: F401
        import safetensors  # noqa: F401

        import whence.backends.torch_reader  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"Training needs {error.name or 'a library'}, which is not installed: pip install 'whence[train]'."
        ) from error


def prepare(request: ReaderRequest, listener: Listener = silent) -> Prepared:
    """Reads and checks everything before anything is trained. Raises ``UsageError``, ``ModelError``."""
    from tokenizers import Tokenizer

    _check_place(request)
    listener(Progress(stage="reading data"))
    data = load(request.data, request.judged, request.options)
    base = request.base or request.work / "base"
    if request.base is None and not (base / "config.json").is_file():
        from whence.backends.shipped_encoder import write_shipped_encoder
        from whence.embedding.onnx import MINILM

        write_shipped_encoder(MINILM, base)
    try:
        tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    except Exception as error:  # The library raises a bare exception type.
        raise ModelError(f"There is no tokenizer.json in {base}: {error}.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    chance = random.Random(request.options.seed)
    total = len(data.training) + len(data.held_out)
    encoded: list[list[Encoded]] = []
    for rows in (data.training, data.held_out):
        done = sum(map(len, encoded))
        told = partial(_tell, listener, "encoding", total, done)
        encoded.append(_encoded(rows, tokenizer, request.options, chance, told))
    options = request.options
    n_tokens = int(request.epochs * sum(len(row.ids) for row in encoded[0])) or options.n_tokens
    is_compiled = options.compile and n_tokens >= LEAST_TO_COMPILE
    request = replace(request, options=replace(options, n_tokens=n_tokens, compile=is_compiled))
    return Prepared(
        request=request, data=data, base=base, tokenizer=tokenizer, training=encoded[0], held_out=encoded[1]
    )


def _tell(listener: Listener, stage: str, total: int, before: int, n: int) -> None:
    listener(Progress(stage=stage, done=before + n, total=total))


def _check_place(request: ReaderRequest) -> None:
    """Raises ``UsageError`` where something is there that would be lost."""
    if (request.out / MANIFEST).exists() and not (request.work / "checkpoint.pt").exists():
        raise UsageError(f"There is a model in {request.out} already: name another folder for --out.")
    if (request.work / "checkpoint.pt").exists() and not request.is_resumed:
        raise UsageError(f"A run was begun in {request.out}: --resume goes on with it; or name another --out.")
    if request.out.exists() and not request.out.is_dir():
        raise UsageError(f"{request.out} is no folder: name another --out.")


def _encoded(
    rows: "Sequence[ReadingExample]",
    tokenizer: "Tokenizer",
    options: ReaderTraining,
    chance: random.Random,
    told: Callable[[int], None],
) -> "list[Encoded]":
    from whence.training.reading_examples import encode

    made = []
    for n, row in enumerate(rows):
        made.append(encode(row, tokenizer, options, chance))
        if n % 1000 == 999:
            told(n + 1)
    return made


def train(prepared: Prepared, listener: Listener = silent, on_trained: OnTrained = lambda _: None) -> "ReaderTrainer":
    """The run itself. Raises ``UsageError``, ``ModelError``, ``DiskFullError``; the last checkpoint is then kept."""
    from whence.backends.torch_reader import ReaderTrainer

    request = prepared.request
    trainer = ReaderTrainer(
        prepared.base,
        request.work,
        request.options,
        data_digest=prepared.data.digest,
        weights=request.weights,
        n_threads=request.n_threads,
    )
    trainer.resume()

    def told(now: "TrainingProgress") -> None:
        on_trained(now)
        held = "" if now.held_out_loss is None else f", held out {now.held_out_loss:.3f}"
        note = f"loss {now.span_loss:.3f} + {now.relevance_loss:.3f}{held}"
        done = min(now.n_tokens, now.wanted_tokens)
        listener(Progress(stage="training", done=done, total=now.wanted_tokens, rate=now.rate, note=note))

    listener(Progress(stage="training", done=trainer.n_tokens, total=request.options.n_tokens))
    trainer.run(prepared.training, told, held_out=prepared.held_out)
    return trainer


def finish(prepared: Prepared, trainer: "ReaderTrainer", listener: Listener = silent) -> ReaderOutcome:
    """Makes the model folder of what was trained, scores it, writes its card, removes the checkpoint."""
    from whence.backends.reader_export import export_reader

    request, data = prepared.request, prepared.data
    listener(Progress(stage="exporting"))
    weights = request.out / WEIGHTS
    if trainer.best.is_file():
        trainer.best.replace(weights)
    elif not weights.is_file():
        trainer.export(weights)
    weights.chmod(0o644)  # the library lets nobody else read it
    may, terms = may_be_passed_on([file.path for file in data.files], request.licence)
    name = request.out.absolute().name
    said = {"licence": terms, "may_be_passed_on": may}
    export_reader(weights, prepared.base, request.out, request.options, name=f"{name}-int8", said=said)
    outcome = ReaderOutcome(
        out=request.out,
        name=name,
        n_examples=len(data.training),
        n_left_out=data.n_left_out,
        n_steps=trainer.step,
        n_tokens=trainer.n_tokens,
        has_stopped=trainer.n_tokens < request.options.n_tokens,
        terms=terms,
        scores=_scores(request, data, listener),
    )
    _write_card(prepared, outcome)
    trainer.checkpoint.unlink(missing_ok=True)
    if request.base is None:
        shutil.rmtree(prepared.base, ignore_errors=True)  # it can be made again
    return outcome


def _scores(request: ReaderRequest, data: ReadingData, listener: Listener) -> dict[str, ReadingScores]:
    from whence.backends.reader_scoring import ReaderFolder, asked, read_asked

    sets = {"held out": [asked(row) for row in data.held_out if not row.is_whole]}
    for path in request.judged:
        rows = list(read_asked(path))
        sets[path.name] = random.Random(request.options.seed).sample(rows, min(MOST_SCORED, len(rows)))
    reader = ReaderFolder(request.out, n_threads=request.n_threads)
    made = {}
    for label, rows in sets.items():
        if rows:
            made[label] = reader.score(rows, partial(_tell, listener, "scoring", len(rows), 0))
    return made


def _write_card(prepared: Prepared, outcome: ReaderOutcome) -> None:
    from whence.training.card import reader_card

    request, data = prepared.request, prepared.data
    stopped = ", ended early: the held-out part was read no better" if outcome.has_stopped else ""
    facts = {
        "trained on": f"{outcome.n_examples:,} examples, {outcome.n_left_out:,} left out as like what judges",
        "steps": f"{outcome.n_steps:,} with {outcome.n_tokens:,} tokens{stopped}",
        "data digest": data.digest,
        "made by": f"whence {_version()}, commit {own_commit() or 'unknown'}",
    }
    base = str(request.base) if request.base else "all-MiniLM-L6-v2 as whence carries it (Apache-2.0)"
    card = reader_card(
        name=outcome.name,
        base=Path(base).name if request.base else base,
        files=data.files,
        licence=request.licence,
        terms=outcome.terms,
        options=request.options,
        facts=facts,
        scores=outcome.scores,
    )
    record: dict[str, Any] = {
        "name": outcome.name,
        "data": {file.path.name: file.digest for file in data.files},
        "data_digest": data.digest,
        "options": asdict(request.options),
        "n_steps": outcome.n_steps,
        "n_tokens": outcome.n_tokens,
        "scores": {label: asdict(row) for label, row in outcome.scores.items()},
        "commit": own_commit(),
    }
    (request.out / CARD).write_text(card, encoding="utf-8")
    (request.out / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def own_commit() -> str:
    """The commit of this program where it runs from its repository, else ""."""
    from whence.sources.git_process import run_git

    told = run_git(Path(__file__).parent, "rev-parse", "HEAD")
    return told.text.strip() if told.status == 0 else ""


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("whence")
    except PackageNotFoundError:  # run from its sources, not installed
        return "of an unknown version"

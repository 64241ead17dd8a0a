"""Training a model from start to end, whatever it is: data, run, model folder, scores, card. Needs the extra ``train``.

What is particular to one kind of model is its ``Recipe``. All that a run needs lies beside the folder that it makes,
which appears when all is done.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from whence.errors import DiskFullError, MissingExtraError, ModelError, UsageError
from whence.pipelines.progress import Listener, Progress, silent
from whence.training.data_use import may_be_passed_on
from whence.training.options import TrainingOptions

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from whence.backends.accelerate_devices import Devices
    from whence.backends.training_loop import Task, Trainer, TrainingProgress

CARD, RECORD, WEIGHTS = "card.md", "training.json", "weights.safetensors"
LEAST_TO_COMPILE = 1_000_000
"""Tokens; compiling the network takes longer than it saves in a shorter run."""

Options = TypeVar("Options", bound=TrainingOptions)
Taught = TypeVar("Taught", bound="Lesson")
OnTrained = Callable[["TrainingProgress"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest(Generic[Options]):
    """What is to be trained, where it goes, and what it begins from.

    ``base`` is a published BERT encoder's folder, None the encoder that whence carries; ``weights`` are those of an
    earlier model on it, where its kind goes on from them. ``epochs`` over the data take the place of
    ``options.n_tokens`` where they are not 0. What is like the ``judged`` files is not trained on, and the outcome is
    scored on them. ``licence`` is that of the data that whence does not know. ``is_resumed`` goes on from a checkpoint
    where there is one.
    """

    data: tuple[Path, ...]
    out: Path
    options: Options
    base: Path | None = None
    weights: Path | None = None
    epochs: float = 0.0
    judged: tuple[Path, ...] = ()
    licence: str = ""
    is_resumed: bool = False
    n_threads: int = 2

    @property
    def work(self) -> Path:
        """What is needed while the run lasts, beside ``out``, which appears when all is done."""
        return self.out.with_name(f"{self.out.name}.training")


class Lesson(Protocol):
    """What a run trains on and is judged by, read and checked."""

    @property
    def digest(self) -> str:
        """Changes with every example and with their order."""

    @property
    def n_examples(self) -> int:
        """How many are trained on."""

    @property
    def n_left_out(self) -> int:
        """How many were like something that judges."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Examples by file or source."""

    @property
    def files(self) -> Mapping[str, str]:
        """SHA-256 of each file, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(Generic[Options, Taught]):
    """A run whose data is read, checked and encoded; ``request`` has the budget that its epochs come to."""

    request: TrainingRequest[Options]
    base: Path
    tokenizer: "Tokenizer"
    lesson: Taught
    devices: "Devices"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOutcome:
    """What came out. ``scores`` by what was asked; ``n_steps`` and ``n_tokens`` of the whole run, resumed or not.

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
    scores: Mapping[str, Any]


class Recipe(Protocol[Options, Taught]):
    """What is particular to one kind of model. Members: ``reader_training``, ``embedder_training``."""

    @property
    def kind(self) -> str:
        """ "reader", "embedder"."""

    def read(self, request: TrainingRequest[Options]) -> Taught:
        """The examples of all files, checked. Raises ``UsageError``."""

    def encode(
        self, lesson: Taught, tokenizer: "Tokenizer", options: Options, listener: Listener
    ) -> tuple[Taught, int]:
        """The same as tokens, and how many one epoch has."""

    def task(self, prepared: Prepared[Options, Taught], device: Any) -> "Task":
        """What the network is taught. Raises ``ModelError``, ``UsageError``."""

    def note(self, losses: Mapping[str, float]) -> str:
        """The losses of a moment for the line of progress."""

    def make(self, prepared: Prepared[Options, Taught], trainer: "Trainer", folder: Path, name: str) -> None:
        """Leaves model and ``weights.safetensors`` in ``folder``, which is not there yet."""

    def scores(
        self, prepared: Prepared[Options, Taught], trainer: "Trainer", folder: Path, listener: Listener
    ) -> dict[str, Any]:
        """A record of numbers for each set that judges."""

    def card(self, prepared: Prepared[Options, Taught], outcome: TrainingOutcome, facts: Mapping[str, object]) -> str:
        """Markdown; ``facts`` are rows of its first table."""


def require_extra() -> None:
    """Raises ``MissingExtraError`` where what training needs is not installed."""
    try:
        import bm25s  # noqa: F401
        import onnx  # noqa: F401

        import whence.backends.training_loop  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"Training needs {error.name or 'a library'}, which is not installed: pip install 'whence[train]'."
        ) from error


def prepare(
    recipe: Recipe[Options, Taught],
    request: TrainingRequest[Options],
    listener: Listener = silent,
    devices: "Devices | None" = None,
) -> Prepared[Options, Taught]:
    """Reads and checks everything before anything is trained. Raises ``UsageError``, ``ModelError``."""
    from whence.backends.accelerate_devices import Devices

    _check_place(request)
    listener(Progress(stage="reading data"))
    lesson = recipe.read(request)
    devices = devices or Devices()
    base, tokenizer = _base(request, devices)
    options = request.options
    lesson, n_epoch = recipe.encode(lesson, tokenizer, options, listener)
    n_tokens = int(request.epochs * n_epoch) or options.n_tokens
    options = replace(options, n_tokens=n_tokens, compile=options.compile and n_tokens >= LEAST_TO_COMPILE)
    request = replace(request, options=options)
    return Prepared(request=request, base=base, tokenizer=tokenizer, lesson=lesson, devices=devices)


def _check_place(request: TrainingRequest[Options]) -> None:
    """Raises ``UsageError`` where something is there that would be lost."""
    if request.out.exists():
        raise UsageError(f"There is something in {request.out} already: name another folder for --out.")
    if (request.work / "checkpoint.pt").exists() and not request.is_resumed:
        raise UsageError(f"A run was begun in {request.work}: --resume goes on with it; or name another --out.")


def _base(request: TrainingRequest[Options], devices: "Devices") -> "tuple[Path, Tokenizer]":
    """The encoder to begin from and its tokenizer. Raises ``ModelError`` where it is not one that can be trained."""
    from tokenizers import Tokenizer

    from whence.backends.published_encoder import read_encoder

    base = request.base or request.work / "base"
    if request.base is None and devices.is_first and not (base / "config.json").is_file():
        from whence.backends.shipped_encoder import write_shipped_encoder
        from whence.embedding.onnx import MINILM

        write_shipped_encoder(MINILM, base)
    devices.wait()
    architecture = read_encoder(base, "mean").architecture
    if architecture != "bert":
        raise ModelError(f"The model in {base} is {architecture}: only BERT encoders can be trained.")
    try:
        tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    except Exception as error:  # The library raises a bare exception type.
        raise ModelError(f"There is no tokenizer.json in {base}: {error}.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return base, tokenizer


def train(
    recipe: Recipe[Options, Taught],
    prepared: Prepared[Options, Taught],
    listener: Listener = silent,
    on_trained: OnTrained = lambda _: None,
) -> "Trainer":
    """The run itself. Raises ``UsageError``, ``ModelError``, ``DiskFullError``; the last checkpoint is then kept."""
    from whence.backends.training_loop import Trainer

    request = prepared.request
    trainer = Trainer(
        lambda device: recipe.task(prepared, device),
        request.work,
        request.options,
        data_digest=prepared.lesson.digest,
        n_threads=request.n_threads,
        devices=prepared.devices,
    )
    trainer.resume()

    def told(now: "TrainingProgress") -> None:
        on_trained(now)
        held = "" if now.held_out_loss is None else f", held out {now.held_out_loss:.3f}"
        done = min(now.n_tokens, now.wanted_tokens)
        note = f"{recipe.note(now.losses)}{held}"
        listener(Progress(stage="training", done=done, total=now.wanted_tokens, rate=now.rate, note=note))

    listener(Progress(stage="training", done=trainer.n_tokens, total=request.options.n_tokens))
    trainer.run(told)
    return trainer


def finish(
    recipe: Recipe[Options, Taught],
    prepared: Prepared[Options, Taught],
    trainer: "Trainer",
    listener: Listener = silent,
) -> TrainingOutcome:
    """Makes the model folder of what was trained best, scores it, writes its card, and clears up; one process alone.

    Raises ``ModelError``, ``DiskFullError``: what was trained is kept then.
    """
    request = prepared.request
    name = request.out.absolute().name
    made = request.work / name
    listener(Progress(stage="exporting"))
    shutil.rmtree(made, ignore_errors=True)
    trainer.take_best()
    try:
        recipe.make(prepared, trainer, made, name)
        (made / WEIGHTS).chmod(0o644)  # the library lets nobody else read it
        outcome = TrainingOutcome(
            out=request.out,
            name=name,
            n_examples=prepared.lesson.n_examples,
            n_left_out=prepared.lesson.n_left_out,
            n_steps=trainer.step,
            n_tokens=trainer.n_tokens,
            has_stopped=trainer.n_tokens < request.options.n_tokens,
            terms=may_be_passed_on(list(request.data), request.licence)[1],
            scores=recipe.scores(prepared, trainer, made, listener),
        )
        _describe(recipe, prepared, outcome, made)
        made.rename(request.out)
    except OSError as error:
        raise DiskFullError(
            f"The model cannot be written to {request.out}: {error.strerror or error}. What was trained is kept; the "
            "same command with --resume goes on."
        ) from error
    shutil.rmtree(request.work, ignore_errors=True)
    return outcome


def _describe(
    recipe: Recipe[Options, Taught], prepared: Prepared[Options, Taught], outcome: TrainingOutcome, folder: Path
) -> None:
    request, lesson = prepared.request, prepared.lesson
    stopped = ", ended early: the held-out part was read no better" if outcome.has_stopped else ""
    begun = request.base.name if request.base else "all-MiniLM-L6-v2 as whence carries it (Apache-2.0)"
    facts = {
        "begun from": begun,
        "licence of the weights": outcome.terms,
        "trained on": f"{outcome.n_examples:,} examples, {outcome.n_left_out:,} left out as like what judges",
        "steps": f"{outcome.n_steps:,} with {outcome.n_tokens:,} tokens{stopped}",
        "data digest": lesson.digest,
        "made by": f"whence {_version()}, commit {own_commit() or 'unknown'}",
    }
    record: dict[str, Any] = {
        "name": outcome.name,
        "kind": recipe.kind,
        "data": dict(lesson.files),
        "data_digest": lesson.digest,
        "examples": dict(lesson.counts),
        "options": asdict(request.options),
        "n_steps": outcome.n_steps,
        "n_tokens": outcome.n_tokens,
        "licence": outcome.terms,
        "scores": {label: asdict(row) for label, row in outcome.scores.items()},
        "commit": own_commit(),
    }
    (folder / CARD).write_text(recipe.card(prepared, outcome, facts), encoding="utf-8")
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


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

"""What the commands of ``whence train`` share: options, processes, the run itself, and its tracking."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from whence.backends.mlflow_tracking import MlflowRun
    from whence.backends.training_loop import TrainingProgress
    from whence.pipelines.training_run import Prepared, Recipe, TrainingOutcome
    from whence.training.options import TrainingOptions

Command = TypeVar("Command", bound=Callable[..., Any])
RESUMED = "with --resume it goes on from the last checkpoint"


def training_options(*, data: str, learning_rate: float, epochs: str) -> Callable[[Command], Command]:
    """The argument and the options that every kind of model is trained with; ``epochs`` in words, where none is set."""
    folder, file = click.Path(path_type=Path), click.Path(path_type=Path)
    positive = click.FloatRange(0, min_open=True)
    options = [
        click.argument("data", nargs=-1, required=True, metavar=data, type=file),
        click.option("--out", metavar="FOLDER", type=folder, required=True, help="Where the model goes."),
        click.option(
            "--base",
            metavar="FOLDER",
            type=folder,
            help="BERT encoder to begin from: config.json, model.safetensors, tokenizer.json [default: whence's own].",
        ),
        click.option(
            "--tokens", metavar="N", type=click.FloatRange(1), help=f"Budget of the run [default: {epochs} epochs]."
        ),
        click.option("--epochs", metavar="N", type=positive, help="Budget as passes over the data."),
        click.option("--resume", is_flag=True, help="Go on from the last checkpoint, if there is one."),
        click.option(
            "--judge",
            "judged",
            metavar="FILE",
            multiple=True,
            type=file,
            help="What the model is scored on; examples like it are not trained on. Repeatable.",
        ),
        click.option("--licence", metavar="NAME", default="", help="Licence of your data, for the card."),
        _shown("--seed", "N", click.IntRange(0), 7, "Order, cuts, heads."),
        _shown("--accumulate", "N", click.IntRange(1), 1, "Batches a step."),
        _shown("--learning-rate", "X", positive, learning_rate, "The highest of the run."),
        _shown(
            "--patience", "N", click.IntRange(0), 3, "End after so many measurements of the held-out part without gain."
        ),
        _shown("--save-every", "S", click.FloatRange(0), 240.0, "Seconds."),
        click.option(
            "--precision",
            type=click.Choice(["auto", "bf16", "float32"]),
            default="auto",
            show_default=True,
            help="auto: bf16 where the machine is fast at it.",
        ),
        _shown("--devices", "N", click.IntRange(1), 1, "Processes."),
        click.option("--threads", metavar="N", type=click.IntRange(1), help="Threads a process [default: all cores]."),
        click.option(
            "--track", metavar="URI", default="", help="MLflow store [default: training/mlflow.db in --data]."
        ),
        click.option("--no-tracking", is_flag=True, help="Do not track the run."),
        click.option("--data", "data_dir", metavar="DIR", type=click.Path(), help="Data folder, for the MLflow store."),
        click.option(
            "--config", metavar="FILE", type=click.Path(), help="Settings file (default: whence.toml, if there is one)."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON for machines."),
    ]

    def with_options(function: Command) -> Command:
        for option in reversed(options):
            function = option(function)
        return function

    return with_options


def _shown(name: str, metavar: str, kind: "click.ParamType[Any]", default: float, help_: str) -> Any:
    return click.option(name, metavar=metavar, type=kind, default=default, show_default=True, help=help_)


def train_model(
    ctx: click.Context,
    given: dict[str, Any],
    recipe: "Recipe[Any, Any]",
    options: "TrainingOptions",
    *,
    n_epochs: float,
    lines: "Callable[[TrainingOutcome], list[str]]",
) -> None:
    """Trains as the options say and prints what came out, the scores as ``lines`` words them.

    ``options`` have what is particular to the kind of model, ``n_epochs`` is its budget where none is set.
    """
    from whence.cli.options import print_json
    from whence.cli.progress import ProgressDisplay
    from whence.errors import UsageError
    from whence.pipelines.training_run import CARD, RECORD, finish, prepare, require_extra, train

    if given["tokens"] and given["epochs"]:
        raise UsageError("Set the budget with --tokens or with --epochs, not both.")
    require_extra()
    n_processes, is_first = devices_of(given["devices"])
    if n_processes < given["devices"]:
        from whence.backends.accelerate_devices import launch

        own = sys.argv[sys.argv.index(recipe.kind) + 1 :]
        ctx.exit(launch(given["devices"], ["train", recipe.kind, *own]))
    display = ProgressDisplay(quiet=given["as_json"] or not is_first, interrupted=RESUMED)
    with display:
        prepared = prepare(recipe, _request(given, options, n_epochs), display)
        with tracked(_tracked(recipe.kind, prepared), given, is_first=is_first, note=_note) as recorder:
            trainer = train(recipe, prepared, display, recorder.moment)
            if not is_first:
                return
            outcome = finish(recipe, prepared, trainer, display)
            files = [outcome.out / name for name in (CARD, RECORD, "manifest.json")]
            recorder.outcome(outcome.n_steps, _flat(outcome), files)
    if given["as_json"]:
        from whence.wire import to_json

        print_json(to_json(outcome))
    else:
        _print(outcome, lines(outcome))


def _request(given: dict[str, Any], options: "TrainingOptions", n_epochs: float) -> Any:
    from whence.backends.accelerate_devices import can_compile, has_fast_bf16
    from whence.pipelines.training_run import TrainingRequest

    return TrainingRequest(
        data=given["data"],
        out=given["out"],
        options=replace(
            options,
            seed=given["seed"],
            n_tokens=int(given["tokens"] or options.n_tokens),
            accumulate=given["accumulate"],
            learning_rate=given["learning_rate"],
            patience=given["patience"],
            checkpoint_every_s=given["save_every"],
            bf16=has_fast_bf16() if given["precision"] == "auto" else given["precision"] == "bf16",
            compile=can_compile(),
        ),
        base=given["base"],
        weights=Path(given["weights"]) if given.get("weights") else None,
        epochs=given["epochs"] or (0.0 if given["tokens"] else n_epochs),
        judged=given["judged"],
        licence=given["licence"],
        is_resumed=given["resume"],
        n_threads=given["threads"] or max(n_cores() // given["devices"], 1),
    )


def _tracked(kind: str, prepared: "Prepared[Any, Any]") -> "Tracked":
    request, lesson = prepared.request, prepared.lesson
    base = request.base.name if request.base else "carried"
    return Tracked(
        experiment=kind,
        out=request.out,
        work=request.work,
        parameters=asdict(request.options) | {"base": base, "n_examples": lesson.n_examples},
        data=lesson.files,
        data_digest=lesson.digest,
    )


def _flat(outcome: "TrainingOutcome") -> dict[str, float]:
    return {f"{label}.{name}": value for label, row in outcome.scores.items() for name, value in asdict(row).items()}


def _note(sentence: str) -> None:
    from whence.cli.screen import console

    console(stderr=True).print(sentence, style="dim")


def _print(outcome: "TrainingOutcome", lines: Sequence[str]) -> None:
    from whence.cli.screen import console

    screen = console()
    left_out = f", {outcome.n_left_out:,} left out as like what judges" if outcome.n_left_out else ""
    early = ", ended early: the held-out part was read no better" if outcome.has_stopped else ""
    screen.print(f"{outcome.out}   {outcome.n_examples:,} examples{left_out} · {outcome.n_steps:,} steps{early}")
    for line in lines:
        screen.print(f"  {line}")
    screen.print(outcome.terms, style="dim")


def n_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def devices_of(wanted: int) -> tuple[int, bool]:
    """How many processes this run has already, and whether this one reports. Raises ``MissingExtraError``."""
    from whence.backends.accelerate_devices import Devices

    if wanted == 1 and "WORLD_SIZE" not in os.environ:
        return 1, True
    n = int(os.environ.get("WORLD_SIZE", "1"))
    return n, n == 1 or Devices().is_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """What a run is made of, for the store. ``work`` remembers the run's number, ``data`` maps files to digests."""

    experiment: str
    out: Path
    work: Path
    parameters: Mapping[str, object]
    data: Mapping[str, str]
    data_digest: str


class Recorder:
    """Hears of a run's moments and of its outcome; without a store it keeps nothing."""

    def __init__(self, run: "MlflowRun | None") -> None:
        self._run = run

    def moment(self, now: "TrainingProgress") -> None:
        """All numbers of a moment, each loss under its own name."""
        if self._run is not None:
            values = asdict(now)
            numbers = {**values.pop("losses"), **values}
            step = int(numbers.pop("step"))
            self._run.metrics(step, {name: float(value) for name, value in numbers.items() if value is not None})

    def outcome(self, step: int, scores: Mapping[str, float], files: Sequence[Path]) -> None:
        """The last scores, and the files worth keeping."""
        if self._run is not None:
            self._run.metrics(step, {_plain(name): value for name, value in scores.items() if not isnan(value)})
            for path in files:
                self._run.keep(path)

    def end(self, status: str) -> None:
        """Tells the store how it ended."""
        if self._run is not None:
            self._run.end(status)


@contextmanager
def tracked(what: Tracked, given: dict[str, Any], *, is_first: bool, note: Callable[[str], None]) -> Iterator[Recorder]:
    """Tells the store how the run ended, whatever happens."""
    recorder = Recorder(_run(what, given, note) if is_first and not given["no_tracking"] else None)
    try:
        yield recorder
    except BaseException as error:
        recorder.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    recorder.end("FINISHED")


def _run(what: Tracked, given: dict[str, Any], note: Callable[[str], None]) -> "MlflowRun | None":
    from whence.backends.mlflow_tracking import MlflowRun
    from whence.errors import MissingExtraError
    from whence.pipelines.training_run import own_commit
    from whence.settings import load_settings

    store = load_settings(given["data_dir"], given["config"]).data / "training"
    if not given["track"]:
        store.mkdir(parents=True, exist_ok=True)
    tags = {
        "mlflow.runName": what.out.absolute().name,
        "mlflow.source.git.commit": own_commit(),
        "data_digest": what.data_digest,
    }
    try:
        return MlflowRun(
            given["track"] or f"sqlite:///{store / 'mlflow.db'}",
            store / "artifacts",
            what.work / "mlflow_run",
            experiment=what.experiment,
            parameters=what.parameters,
            tags=tags,
            data=what.data,
        )
    except MissingExtraError as error:
        note(f"The run is not tracked. {error}")
        return None


def _plain(label: str) -> str:
    """A name that MLflow takes."""
    return "".join(char if char.isalnum() or char in "_-." else "_" for char in label)

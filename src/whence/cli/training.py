"""What the commands of ``whence train`` share: cores, processes, and the tracking of a run from start to end."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whence.backends.mlflow_tracking import MlflowRun
    from whence.pipelines.reader_training import OnTrained, Prepared, ReaderOutcome


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


@contextmanager
def tracked(
    prepared: "Prepared", given: dict[str, Any], *, is_first: bool, note: Callable[[str], None]
) -> "Iterator[tuple[OnTrained, Callable[[ReaderOutcome], None]]]":
    """Yields what is to hear of each moment and of the outcome; tells the store how the run ended, whatever happens."""
    run = _run(prepared, given, note) if is_first and not given["no_tracking"] else None
    if run is None:
        yield (lambda _: None), (lambda _: None)
        return
    kept: MlflowRun = run

    def on_trained(now: Any) -> None:
        values = {
            "span_loss": now.span_loss,
            "relevance_loss": now.relevance_loss,
            "learning_rate": now.learning_rate,
            "tokens_per_s": now.rate,
            "tokens": float(now.n_tokens),
        }
        if now.held_out_loss is not None:
            values["held_out_loss"] = now.held_out_loss
        kept.metrics(now.step, values)

    def ended(outcome: "ReaderOutcome") -> None:
        for label, row in outcome.scores.items():
            scored = {name: value for name, value in asdict(row).items() if value == value}  # noqa: PLR0124 - not nan
            kept.metrics(outcome.n_steps, {f"{_plain(label)}.{name}": value for name, value in scored.items()})
        for name in ("card.md", "training.json", "manifest.json"):
            kept.keep(outcome.out / name)

    try:
        yield on_trained, ended
    except KeyboardInterrupt:
        kept.end("KILLED")
        raise
    except BaseException:
        kept.end("FAILED")
        raise
    kept.end("FINISHED")


def _run(prepared: "Prepared", given: dict[str, Any], note: Callable[[str], None]) -> "MlflowRun | None":
    from whence.backends.mlflow_tracking import MlflowRun
    from whence.errors import MissingExtraError
    from whence.pipelines.reader_training import own_commit
    from whence.settings import data_folder

    request, data = prepared.request, prepared.data
    store = data_folder(given["data_dir"]) / "training"
    if not given["track"]:
        store.mkdir(parents=True, exist_ok=True)
    parameters = asdict(request.options) | {"base": request.base or "carried", "n_examples": len(data.training)}
    try:
        return MlflowRun(
            given["track"] or f"sqlite:///{store / 'mlflow.db'}",
            store / "artifacts",
            request.work / "mlflow_run",
            experiment="reader",
            parameters=parameters,
            tags={
                "mlflow.runName": request.out.absolute().name,
                "mlflow.source.git.commit": own_commit(),
                "data_digest": data.digest,
            },
            data={file.path.name: file.digest for file in data.files},
        )
    except MissingExtraError as error:
        note(f"The run is not tracked. {error}")
        return None


def _plain(label: str) -> str:
    """A name that MLflow takes."""
    return "".join(char if char.isalnum() or char in "_-." else "_" for char in Path(label).name)

"""What the commands of ``whence train`` share: cores, processes, and the tracking of a run from start to end."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from whence.backends.mlflow_tracking import MlflowRun


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

    def moment(self, now: "DataclassInstance") -> None:
        """All numbers of a record of progress, which has a ``step``."""
        if self._run is not None:
            values = {name: float(value) for name, value in asdict(now).items() if value is not None}
            self._run.metrics(int(values.pop("step")), values)

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
    from whence.pipelines.reader_training import own_commit
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

"""Keeps what a training run was made of and how it went, in MLflow: by default a SQLite file on this machine.

Parameters, metrics by step, digests of the data, the commit of this program, and the files that came out. A run that
is resumed goes on under its own number. Extra ``train``.
"""

import logging
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from whence.errors import MissingExtraError, StoreError

_LONGEST_VALUE = 500


class MlflowRun:
    """One run in the store at ``uri``; ``number_file`` remembers which, for a later resume."""

    def __init__(
        self,
        uri: str,
        artifacts: Path,
        number_file: Path,
        *,
        experiment: str,
        parameters: Mapping[str, object],
        tags: Mapping[str, str],
        data: Mapping[str, str],
    ) -> None:
        """``data`` maps names of files to their digests. Raises ``MissingExtraError``, ``StoreError``."""
        try:
            from mlflow.entities import Dataset, DatasetInput, InputTag, Param
            from mlflow.store.db import utils  # noqa: F401 - sets its level when it is imported
            from mlflow.tracking import MlflowClient

            for name in ("mlflow", "mlflow.store.db.utils", "alembic"):
                logging.getLogger(name).setLevel(logging.WARNING)
        except ImportError as error:
            raise MissingExtraError("Tracking needs MLflow: pip install 'whence[train]'.") from error
        with _quiet(), _told(uri):
            self._client = MlflowClient(tracking_uri=uri)
            self.id = self._earlier(number_file)
            if self.id:
                self._client.update_run(self.id, status="RUNNING")
                return
            found = self._client.get_experiment_by_name(experiment)
            artifacts.mkdir(parents=True, exist_ok=True)
            own = found.experiment_id if found else self._client.create_experiment(experiment, artifacts.as_uri())
            self.id = self._client.create_run(own, tags=dict(tags)).info.run_id
            number_file.parent.mkdir(parents=True, exist_ok=True)
            number_file.write_text(self.id, encoding="utf-8")
            given = [Param(name, str(value)[:_LONGEST_VALUE]) for name, value in parameters.items()]
            self._client.log_batch(self.id, params=given)
            tag = [InputTag("mlflow.data.context", "training")]
            rows = [
                Dataset(name=name, digest=digest[:36], source_type="local", source=name)
                for name, digest in data.items()
            ]
            self._client.log_inputs(self.id, [DatasetInput(row, tag) for row in rows])

    def _earlier(self, number_file: Path) -> str:
        """The number of the run that is resumed, or ""; a store that no longer has it begins a new one."""
        if not number_file.is_file():
            return ""
        number = number_file.read_text(encoding="utf-8").strip()
        try:
            self._client.get_run(number)
        except Exception:  # noqa: BLE001 - the library's own, and those of the store below it
            return ""
        return number

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Values of one moment."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        given = [Metric(name, value, now, step) for name, value in values.items()]
        with _quiet():
            self._client.log_batch(self.id, metrics=given)

    def keep(self, path: Path) -> None:
        """Copies a file to the run's artefacts."""
        with _quiet():
            self._client.log_artifact(self.id, str(path))

    def end(self, status: str) -> None:
        """ "FINISHED", "FAILED" or "KILLED"."""
        with _quiet():
            self._client.set_terminated(self.id, status=status)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that the library's own use of others brings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """What goes wrong in the store as an error of ours; the library lets those of its own libraries through."""
    try:
        yield
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else repr(error)
        raise StoreError(f"The run cannot be tracked in {uri}: {reason}") from error

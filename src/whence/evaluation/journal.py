"""The results of a run as they come, one JSON line each, so that a run that was ended goes on where it was."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from whence.errors import StoreError
from whence.evaluation.records import QuestionResult
from whence.wire import from_json, to_json


class Journal:
    """Results in a file, by question id. Use as a context manager.

    The first line holds ``identity``, which says what run the results belong to: a file of another identity is begun
    anew. A last line that a kill has cut is dropped. One process at a time; each line is on its way to the disk when
    ``add`` returns.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self._path, self._identity = path, identity
        self.held: dict[str, QuestionResult] = {}
        """What earlier runs left, and what this one added."""
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Raises ``StoreError`` where the file cannot be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            kept = self._read()
            os.ftruncate(self._descriptor, kept)
            os.lseek(self._descriptor, kept, os.SEEK_SET)
            if not kept:
                self._write({"run": self._identity})
        except OSError as error:
            self.__exit__(None, None, None)
            raise self._refused(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def add(self, result: QuestionResult) -> None:
        """Keeps one result. Raises ``StoreError``."""
        try:
            self._write(to_json(result))
        except OSError as error:
            raise self._refused(error) from error
        self.held[result.outcome.id] = result

    def remove(self) -> None:
        """Takes the file away, once all is in a report."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> int:
        """Loads what belongs to this run; returns how many bytes of the file are whole lines of it."""
        from pydantic import ValidationError

        kept = 0
        for number, line in enumerate(self._path.read_bytes().splitlines(keepends=True)):
            if not line.endswith(b"\n"):
                break
            try:
                record = json.loads(line)
                if number == 0:
                    if not isinstance(record, dict) or record.get("run") != self._identity:
                        return 0
                else:
                    result = from_json(QuestionResult, record)
                    self.held[result.outcome.id] = result
            except (ValueError, ValidationError):
                break
            kept += len(line)
        return kept

    def _write(self, record: Any) -> None:
        line = (json.dumps(record, allow_nan=False) + "\n").encode()
        while line:
            line = line[os.write(self._descriptor, line) :]

    def _refused(self, error: OSError) -> StoreError:
        return StoreError(f"Cannot write {self._path}: {error.strerror}. Choose another folder with --out.")

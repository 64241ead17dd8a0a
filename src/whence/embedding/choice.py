"""How a model is run on one machine, and the record of it that ``whence optimize`` leaves."""

import hashlib
import json
import logging
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whence.errors import ModelError
from whence.model_files import read_file
from whence.protocols import Vectors

RECORD = "optimized.json"
FORM = 1
PLAIN = "model.onnx"

Run = Callable[[NDArray[np.int64], NDArray[np.int64]], Vectors]
"""(token ids, mask), both (n, tokens) with padding at the right, to vectors (n, dim). May be called by several threads
at once."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """``file`` is a graph in the folder of the model or of the record.

    ``runtime`` is "onnxruntime", with its ``provider``, or "openvino", where ``provider`` is the device; ``precision``
    is what it is told to compute in, "" for that of the graph. ``batch`` texts are one run, which has ``threads``.
    """

    file: str = PLAIN
    runtime: str = "onnxruntime"
    provider: str = "CPUExecutionProvider"
    precision: str = ""
    threads: int = 1
    batch: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether this is how a model runs that nobody has optimized."""
        return self == Choice()

    @property
    def on_processor(self) -> bool:
        """Whether the machine's own processor computes."""
        return self.provider in ("CPUExecutionProvider", "CPU")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a record says: the choice, and the bytes of the graph that it names."""

    choice: Choice
    graph: bytes


Open = Callable[[bytes, Choice, int], Run]
"""(graph, choice, runs at once) to what runs it. Raises ``ModelError``, ``MissingExtraError``."""


def machine() -> dict[str, object]:
    """What a record is true for: the processor, the cores this process may use, and the system."""
    return {"processor": _processor(), "cores": available_cores(), "system": platform.system().lower()}


def available_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def write_record(folder: Path, digest: str, choice: Choice, graphs: dict[str, bytes], told: dict[str, Any]) -> Path:
    """Leaves a record and the one graph it needs in ``folder``; earlier graphs there go. Returns the record's path.

    The record is replaced last, in one step: a reader finds the old choice or the new one. Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, data in graphs.items():
        put_file(folder / name, data)
        files[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    record = {"form": FORM, "model": digest, "machine": machine(), "choice": asdict(choice), "files": files, **told}
    put_file(folder / RECORD, (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode())
    for path in folder.glob("optimized-*.onnx"):
        if path.name not in files:
            path.unlink(missing_ok=True)
    return folder / RECORD


def read_record(folder: Path, digest: str) -> Chosen | None:
    """What was chosen for this model on this machine; None where there is no record, or it is of something else.

    A damaged record or graph is named in the log and left out: the model runs as it came.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if (record["form"], record["model"], record["machine"]) != (FORM, digest, machine()):
            logger.info("%s is of another model or machine: whence optimize makes a new one", path)
            return None
        choice = replace(Choice(), **record["choice"])
        graph = b"" if choice.file == PLAIN else read_file(folder, record, choice.file)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ModelError) as error:
        logger.warning("%s is left out (%s): whence optimize makes a new one", path, error)
        return None
    return Chosen(choice=choice, graph=graph)


def put_file(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _processor() -> str:
    """The processor's name as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()

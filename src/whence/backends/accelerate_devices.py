"""Several devices as one, through Accelerate: each process takes its own batches, their gradients are averaged.

Started by ``torchrun`` or ``accelerate launch``, which put each process's number into the environment; alone, nothing
of this is imported. A step of W processes is the step of one process that accumulates W times as many batches.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from whence.errors import MissingExtraError, UsageError

Item = TypeVar("Item")


class Devices:
    """The processes of this run: ``rank`` is this one's number out of ``n``."""

    def __init__(self) -> None:
        self.n = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0")) if self.n > 1 else 0
        self._accelerator: Any = None
        if self.n > 1:
            try:
                import torch
                from accelerate import Accelerator
                from accelerate.utils import DistributedDataParallelKwargs
            except ImportError as error:
                raise MissingExtraError(
                    "Training on several devices needs Accelerate: pip install 'whence[train]'."
                ) from error
            # The trainer chooses the precision itself. Buffers never change, and one that is written anew between two
            # runs of the network could not be gone back through.
            as_they_are = DistributedDataParallelKwargs(broadcast_buffers=False)
            self._accelerator = Accelerator(
                mixed_precision="no", cpu=not torch.cuda.is_available(), kwargs_handlers=[as_they_are]
            )
            if self._accelerator.num_processes != self.n or str(self._accelerator.distributed_type).endswith(".NO"):
                raise UsageError("The processes of this run do not find each other: start them with torchrun.")

    @property
    def is_first(self) -> bool:
        """Whether this process writes and reports."""
        return self.rank == 0

    def spread(self, network: Any) -> Any:
        """The network as it is trained: with gradients averaged over all processes, where there are several."""
        return network if self._accelerator is None else self._accelerator.prepare_model(network)

    def without_averaging(self, network: Any) -> Any:
        """A context in which gradients stay this process's own: all batches of a step but the last."""
        return nullcontext() if self._accelerator is None else self._accelerator.no_sync(network)

    def rounds(self, items: Iterator[Item]) -> Iterator[tuple[Item, ...]]:
        """Groups of one item for each process, the same in every process; what does not fill a group is left."""
        while len(group := tuple(islice(items, self.n))) == self.n:
            yield group

    def agreed(self, value: float) -> float:
        """The first process's value, in all of them."""
        if self._accelerator is None:
            return value
        import torch
        from accelerate.utils import broadcast

        given = torch.tensor([value], dtype=torch.float64, device=self._accelerator.device)
        return float(broadcast(given, from_process=0)[0])

    def wait(self) -> None:
        """Until all processes are here."""
        if self._accelerator is not None:
            self._accelerator.wait_for_everyone()


def has_fast_bf16() -> bool:
    """Whether bfloat16 is faster here than float32: on most accelerators, and on processors with their own units."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def can_compile() -> bool:
    """Whether the network can be compiled here: on a CPU that needs a C++ compiler."""
    import torch

    return torch.cuda.is_available() or any(map(shutil.which, ("g++", "clang++")))


def launch(n: int, arguments: Sequence[str]) -> int:
    """Runs ``whence`` with these arguments in ``n`` processes of this machine; returns their exit code."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={n}"]
    return subprocess.run([*command, "-m", "whence", *arguments], check=False).returncode

"""What an answer costs beside time: processor seconds and memory of this process, and questions per second.

The one measure that asks the system: a meter is started, work is done, and the meter is read.
"""

import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What was spent between start and reading. ``peak_rss_mib`` is the peak of the process since it began."""

    elapsed_s: float
    cpu_s: float
    peak_rss_mib: float

    def per_second(self, n: int) -> float:
        """Questions per second when ``n`` were answered; 0 if no time passed."""
        return n / self.elapsed_s if self.elapsed_s > 0 else 0.0


class Meter:
    """Counts from its making. Processor seconds are those of all threads of this process, children left out."""

    def __init__(self) -> None:
        self._elapsed = time.perf_counter()
        self._cpu = time.process_time()

    def read(self) -> Cost:
        """What was spent so far; may be read again."""
        return Cost(
            elapsed_s=time.perf_counter() - self._elapsed,
            cpu_s=time.process_time() - self._cpu,
            peak_rss_mib=peak_rss_mib(),
        )


def peak_rss_mib() -> float:
    """Largest resident memory of this process so far, in MiB; 0.0 where the system does not tell.

    Source: IEEE and The Open Group, POSIX.1, 2017, getrusage; ru_maxrss is in KiB on Linux, in bytes on macOS.
    """
    try:
        import resource
    except ImportError:  # Windows has no such call
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (2**20 if sys.platform == "darwin" else 2**10))

"""What the service counts and measures, in the form that Prometheus reads.

With several worker processes the numbers are kept in files of a folder that all share (PROMETHEUS_MULTIPROC_DIR), and
any worker tells the sum. Labels are fixed words and names of indexes, never anything that a request brought.
"""

import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SHARES = tuple(n / 20 for n in range(1, 21))
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Meters:
    """Every meter of one process. Thread-safe."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "whence_requests", "Requests by route and status.", ("method", "route", "status"), registry=registry
        )
        self.request_s = Histogram(
            "whence_request_seconds",
            "From the first byte of a request to the last of its reply.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.stage_s = Histogram(
            "whence_stage_seconds", "Time in each stage of a question.", ("stage",), buckets=_SECONDS, registry=registry
        )
        self.first_event_s = Histogram(
            "whence_first_event_seconds", "Until the first event of a stream.", buckets=_SECONDS, registry=registry
        )
        self.problems = Counter("whence_problems", "Replies that report a problem.", ("problem",), registry=registry)
        self.refused = Counter("whence_refused", "Requests refused unanswered.", ("reason",), registry=registry)
        self.running = Gauge(
            "whence_running", "Requests being worked on.", multiprocess_mode="livesum", registry=registry
        )
        self.waiting = Gauge("whence_queue_length", "Requests waiting.", multiprocess_mode="livesum", registry=registry)
        self.waited_s = Histogram(
            "whence_queue_seconds", "Time that requests waited.", buckets=_SECONDS, registry=registry
        )
        self.batches = Histogram(
            "whence_batch_size", "Things that were written together.", ("of",), buckets=_SIZES, registry=registry
        )
        self.answers = Counter("whence_answers", "Answers by kind; none: abstained.", ("kind",), registry=registry)
        self.confidence = Histogram(
            "whence_confidence", "Confidence of answers that no fact gave.", buckets=_SHARES, registry=registry
        )
        self.similarity = Histogram(
            "whence_similarity", "Cosine of the nearest passage.", buckets=_SHARES, registry=registry
        )
        self.feedback = Counter("whence_feedback", "Feedback on answers.", ("thumb",), registry=registry)
        self.age_s = Gauge(
            "whence_index_age_seconds",
            "Since the sources of an index were last read.",
            ("index",),
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self.snapshot = Gauge(
            "whence_index_snapshot",
            "Number of the state that is served.",
            ("index",),
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self.cpu_s = Gauge(
            "whence_process_cpu_seconds", "Processor time used.", multiprocess_mode="livesum", registry=registry
        )
        self.resident_bytes = Gauge(
            "whence_process_resident_bytes", "Memory held.", multiprocess_mode="livesum", registry=registry
        )

    def observe_process(self) -> None:
        """Takes processor time and memory of this process."""
        self.cpu_s.set(time.process_time())
        self.resident_bytes.set(resident_bytes())

    def observe_freshness(self, read_at: Mapping[str, datetime | None]) -> None:
        """Takes when the sources of each index were last read."""
        now = datetime.now(UTC)
        for index, moment in read_at.items():
            if moment is not None:
                self.age_s.labels(index).set(max(0.0, (now - moment).total_seconds()))

    def exposition(self) -> bytes:
        """All of it as text, summed over the workers where there are several."""
        registry = self.registry
        if os.environ.get(SHARED_FOLDER):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def resident_bytes() -> int:
    """Memory that this process holds now; where the system does not say, the most it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024

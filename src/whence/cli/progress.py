"""Shows the progress of long work on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from whence.pipelines.progress import Progress

_LINE_EVERY_S = 10.0


class ProgressDisplay:
    """A listener that draws. Use as a context manager; call it with each ``Progress``."""

    def __init__(self, *, quiet: bool = False) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._quiet = quiet
        self._bar: Any = None
        self._task: Any = None
        self._stage = ""
        self._printed_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def __call__(self, progress: Progress) -> None:
        """Draws one moment."""
        if self._quiet:
            return
        if progress.stage == "ready":
            self._stop()
            self._stage = ""
            self._console.print(progress.note, highlight=False)
            return
        if sys.stderr.isatty():
            self._draw(progress)
        else:
            self._print(progress)

    def _draw(self, progress: Progress) -> None:
        if self._bar is None:
            self._bar = _bar(self._console)
            self._bar.start()
        if progress.stage != self._stage:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(progress.stage, total=progress.total or None, rate="", left="")
            self._stage = progress.stage
        self._bar.update(
            self._task,
            completed=progress.done,
            total=progress.total or None,
            rate=f"{progress.rate:,.0f}/s" if progress.rate and progress.done else progress.note,
            left=_left(progress),
        )

    def _print(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stage == self._stage and now - self._printed_s < _LINE_EVERY_S:
            return
        if progress.stage == self._stage or progress.stage in ("waiting",):
            words = [progress.stage, f"{progress.done:,}/{progress.total:,}" if progress.total else "", progress.note]
            self._console.print(
                " ".join([*(word for word in words if word), _left(progress)]).rstrip(), highlight=False
            )
            self._printed_s = now
        elif progress.stage != self._stage:
            self._printed_s = now
        self._stage = progress.stage

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None


def _bar(console: Any) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
        console=console,
        transient=True,
    )


def _left(progress: Progress) -> str:
    left_s = progress.left_s
    if left_s is None or progress.done == 0:
        return ""
    minutes, seconds = divmod(round(left_s), 60)
    return f"{minutes} min {seconds:02d} s left" if minutes else f"{seconds} s left"

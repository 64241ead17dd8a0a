"""Shows the progress of long work on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from whence.cli.screen import console, duration
from whence.pipelines.progress import Progress

if TYPE_CHECKING:
    from rich.text import Text

    from whence.cli.bar import Bar

LINE_EVERY_S = 10.0
NOTED = ("training",)
"""Stages whose note is shown beside how far they are."""
LABELS = {"fetching": "reading", "ready": "", "waiting": "waiting"}
"""What a stage is called on the screen where its own name would not tell a person enough."""


class ProgressDisplay:
    """A listener that draws. Use as a context manager; call it with each ``Progress``."""

    def __init__(self, *, quiet: bool = False, interrupted: str = "the same command goes on from there") -> None:
        self._quiet = quiet
        self._interrupted = interrupted
        self._bar: Bar | None = None
        self._stage = ""
        self._wrote_text = False
        self._printed_s = 0.0
        self.told_ready = False
        """Whether a person has just read on this screen what is searchable."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            sys.stderr.write(f"\nInterrupted: what was done is kept; {self._interrupted}.\n")

    def __call__(self, progress: Progress) -> None:
        """Draws one moment."""
        if self._quiet:
            return
        self._wrote_text |= progress.stage == "text"
        if progress.stage == "ready":
            self._ready(progress.note)
        elif sys.stderr.isatty():
            if self._bar is None:
                from whence.cli.bar import Bar

                self._bar = Bar()
            self._bar.show(progress, LABELS.get(progress.stage, progress.stage))
        else:
            self._print_line(progress)

    def stop(self) -> None:
        """Takes the bar away, so that others can print; a later call brings it back."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def begin(self) -> None:
        """Forgets what was told of an earlier index."""
        self.told_ready = self._wrote_text = False

    def _ready(self, note: str) -> None:
        """A line that stays: what can be asked from now on. Not where nothing has changed."""
        self.stop()
        self._stage = ""
        if self._wrote_text:
            screen = console(stderr=True)
            screen.print(_lasting(note, screen.width if screen.is_terminal else 0))
            self.told_ready = screen.is_terminal and sys.stdout.isatty()

    def _print_line(self, progress: Progress) -> None:
        """At the start of a wait, and every ten seconds of a stage that lasts that long."""
        now = time.monotonic()
        fresh = progress.stage != self._stage
        due = progress.stage == "waiting" if fresh else now - self._printed_s >= LINE_EVERY_S
        if due:
            amount = f" {progress.done:,}/{progress.total:,}" if progress.total else ""
            told = [pace(progress), remaining(progress)] if progress.total else []
            details = f" ({', '.join(part for part in told if part)})" if any(told) else ""
            note = f" for {progress.note}" if progress.stage == "waiting" else ""
            if progress.stage in NOTED and progress.note:
                note = f": {progress.note}"
            console(stderr=True).print(f"{LABELS.get(progress.stage, progress.stage)}{amount}{details}{note}")
        if due or fresh:
            self._printed_s = now
        self._stage = progress.stage


def pace(progress: Progress) -> str:
    """ "96/s", or "" before anything is done."""
    if not progress.done or not progress.rate:
        return ""
    return f"{progress.rate:,.0f}/s" if progress.rate >= 10 else f"{progress.rate:.1f}/s"


def remaining(progress: Progress) -> str:
    """ "12 s left", or "" while that cannot be said, and when nothing is left."""
    left_s = progress.left_s
    if not left_s or not progress.done:
        return ""
    return f"{duration(max(left_s, 1))} left".replace(".0 s", " s")


def _lasting(note: str, width: int) -> "Text":
    """Index, amounts and the news, in one line with the news at its end, or in two lines on a narrow screen."""
    from rich.text import Text

    first, _, news = note.rpartition("   ")
    name, _, amounts = first.partition("   ")
    index, at, revision = name.partition(" @")
    line = Text.assemble((index, "bold"), (f"{at}{revision}", "cyan"), "   ", amounts)
    gap = width - line.cell_len - len(news)
    line.append(" " * gap if gap >= 3 else "   " if not width else "\n  ")
    return line.append(news, style="green")

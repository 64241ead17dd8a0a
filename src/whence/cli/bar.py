"""The bar of long work: stage, share, amount, pace and time left, on one line that goes when the stage does."""

from typing import Any

from rich.progress import BarColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from whence.cli.progress import NOTED, pace, remaining
from whence.cli.screen import console, duration
from whence.pipelines.progress import Progress


class Bar:
    """Draws one stage at a time on standard error, until it is closed."""

    def __init__(self) -> None:
        bar = BarColumn(28, style="bright_black", complete_style="cyan", finished_style="green", pulse_style="cyan")
        columns = (TextColumn("{task.description:<9}"), bar, _Told())
        self._screen = RichProgress(*columns, console=console(stderr=True), transient=True)
        self._screen.start()
        self._task: Any = None
        self._label = ""

    def show(self, progress: Progress, label: str) -> None:
        """Draws this moment; a new label begins a new bar."""
        if label != self._label or self._task is None:
            if self._task is not None:
                self._screen.remove_task(self._task)
            self._task = self._screen.add_task(label, total=None, progress=progress)
            self._label = label
        total = progress.total or None
        self._screen.update(self._task, completed=progress.done, total=total, progress=progress)

    def close(self) -> None:
        """Takes the bar off the screen."""
        self._screen.stop()


class _Told(ProgressColumn):
    """What stands right of the bar: "2,310/3,480  96/s  12 s left", or for how long already."""

    def render(self, task: Task) -> Text:
        """The text at this moment."""
        progress: Progress = task.fields["progress"]
        if progress.total:
            amount = f"{progress.done:,}/{progress.total:,}"
            note = progress.note if progress.stage in NOTED else ""
            return Text("  ".join(part for part in (amount, pace(progress), remaining(progress), note) if part), end="")
        done = f"{progress.done:,}  " if progress.done else ""
        since = duration(task.elapsed) if task.elapsed and task.elapsed >= 2 else ""
        note = f"for {progress.note}  " if progress.note else ""
        return Text(f"{note}{done}{since}", style="dim", end="")

"""Several locations or indexes in one command: each is reported by itself, and one failure does not stop the others."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from whence.cli.options import print_json

if TYPE_CHECKING:
    from whence.cli.progress import ProgressDisplay
    from whence.pipelines.indexing import IndexReport


def report_each(
    kind: str,
    things: Iterable[str],
    run: Callable[[str], "Iterable[IndexReport]"],
    display: "ProgressDisplay",
    *,
    as_json: bool,
) -> tuple[int, int]:
    """Runs and reports each thing once; returns how many failed, of how many. The error of an only one is raised.

    ``kind`` names the thing in JSON: "location" or "index".
    """
    from whence.cli.failures import print_error
    from whence.cli.reports import print_report
    from whence.errors import WhenceError
    from whence.wire import to_json

    wanted = list(dict.fromkeys(things))
    failed = 0
    for thing in wanted:
        display.begin()
        try:
            reports = run(thing)
        except WhenceError as error:
            if len(wanted) == 1:
                raise
            failed += 1
            display.stop()
            print_error(str(error) if thing in str(error) else f"{thing}: {error}")
            if as_json:
                print_json({kind: thing, "error": str(error)})
            continue
        display.stop()
        for report in reports:
            if as_json:
                print_json(to_json(report))
            else:
                print_report(report, told_ready=display.told_ready)
    return failed, len(wanted)

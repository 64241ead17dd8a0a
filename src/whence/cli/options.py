"""Options that several commands share, and what is made of them."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from whence.errors import UnknownIndexError
from whence.types import KINDS

if TYPE_CHECKING:
    from whence.cli.progress import ProgressDisplay
    from whence.interface import Whence
    from whence.pipelines.progress import Listener, Progress
    from whence.store.scope import Filters

# Line ends to some readers, commands to some terminals, and halves of characters that cannot be encoded.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingOptions:
    """What ``asking_options`` gives a command: the index or None, hits, a file of questions or None, the filters."""

    name: str | None
    k: int
    questions: str | None
    filters: "Filters"


def data_options(command: Command) -> Command:
    """--data, --config and --json."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(command)
    return folder_options(command)


def folder_options(command: Command) -> Command:
    """--data and --config."""
    command = click.option(
        "--config", metavar="FILE", type=click.Path(), help="Settings file (default: whence.toml, if there is one)."
    )(command)
    return click.option(
        "--data",
        metavar="DIR",
        type=click.Path(),
        help="Data folder (default: $WHENCE_DATA, else the user's own data folder).",
    )(command)


def as_of_option(command: Command) -> Command:
    """--as-of."""
    return click.option(
        "--as-of",
        "as_of",
        metavar="STATE",
        default="",
        help="As it stood then: a tag, a date (2020-01-31, 2020, '3 months ago') or a commit.",
    )(command)


def asking_options(asking: Callable[..., None]) -> Callable[..., None]:
    """--in, -k, --as-of, --questions and the filters, which the command takes as one ``AskingOptions``."""

    @wraps(asking)
    def command(
        *arguments: Any,
        name: str | None,
        k: int,
        questions: str | None,
        kinds: tuple[str, ...],
        paths: tuple[str, ...],
        languages: tuple[str, ...],
        as_of: str,
        **others: Any,
    ) -> None:
        from whence.store.scope import Filters

        filters = Filters(kinds=kinds, paths=paths, languages=languages, as_of=as_of)
        asking(*arguments, asked=AskingOptions(name=name, k=k, questions=questions, filters=filters), **others)

    command = click.option(
        "--language", "languages", metavar="NAME", multiple=True, help="Only this language, e.g. python. Repeatable."
    )(command)
    command = click.option(
        "--path", "paths", metavar="GLOB", multiple=True, help="Only paths that match, e.g. 'src/*'. Repeatable."
    )(command)
    command = click.option(
        "--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="Only this kind. Repeatable."
    )(command)
    command = as_of_option(command)
    command = click.option(
        "--questions",
        metavar="FILE",
        type=click.Path(),
        help="Ask every question of a JSON Lines file, and print one JSON object a line; '-' reads standard input.",
    )(command)
    command = click.option(
        "-k", "k", metavar="N", type=click.IntRange(1, 1000), default=10, show_default=True, help="Hits to return."
    )(command)
    return index_option("Which index to ask (default: that of the folder you are in, else the only one).")(command)


def index_option(text: str) -> Callable[[Command], Command]:
    """--in, with the names of the indexes as completions."""
    return click.option("--in", "name", metavar="NAME", shell_complete=complete_index, help=text)


def complete_index(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Names of indexes for the shell; none where the data folder cannot be read."""
    from whence.errors import WhenceError

    try:
        with opened(ctx.params.get("data"), None, reads=True) as whence:
            return [name for name in whence.ledger.index_names() if name.startswith(incomplete)]
    except WhenceError:
        return []


def opened(
    data: str | None, config: str | None, listener: "Listener | None" = None, *, reads: bool = False
) -> "Whence":
    """The data folder, opened. A command that only ``reads`` never makes one: it raises ``UnknownIndexError``."""
    from whence.interface import Whence
    from whence.pipelines.progress import silent

    whence = Whence(data, config=config, listener=listener or silent)
    if reads and not whence.folder.exists():
        raise UnknownIndexError(f"Nothing is indexed in {whence.folder.root}: run `whence index PATH` first.")
    return whence


@contextmanager
def drawn_when_needed(*, quiet: bool) -> "Iterator[Listener]":
    """A listener that shows progress on standard error once there is any, which asking seldom has."""
    display: ProgressDisplay | None = None

    def listener(progress: "Progress") -> None:
        nonlocal display
        if display is None:
            from whence.cli.progress import ProgressDisplay

            display = ProgressDisplay(quiet=quiet)
        display(progress)

    try:
        yield listener
    finally:
        if display is not None:
            display.stop()


def print_json(record: Any) -> None:
    """One JSON value on one line, whatever its reader takes for the end of a line."""
    written = json.dumps(record, ensure_ascii=False)
    click.echo(_UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", written))

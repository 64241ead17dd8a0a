"""Options that several commands share, and what is made of them."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from whence.errors import UsageError

if TYPE_CHECKING:
    from whence.build import Whence
    from whence.pipelines.progress import Listener
    from whence.store.scope import Filters

Command = TypeVar("Command", bound=Callable[..., Any])


def data_options(command: Command) -> Command:
    """--data, --config and --json."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(command)
    command = click.option(
        "--config", type=click.Path(), help="Settings file (default: whence.toml, if there is one)."
    )(command)
    return click.option("--data", type=click.Path(), help="Data folder (default: $WHENCE_DATA, else the user's own).")(
        command
    )


def asking_options(command: Command) -> Command:
    """--in, -k, --questions and the filters."""
    command = click.option("--language", "languages", multiple=True, help="Only this language, e.g. python.")(command)
    command = click.option("--path", "paths", multiple=True, help="Only paths that match this glob, e.g. 'src/*'.")(
        command
    )
    command = click.option("--kind", "kinds", multiple=True, help="Only this kind: code, doc or data.")(command)
    command = click.option(
        "--questions", type=click.Path(), help="JSON Lines file of questions; '-' for standard input."
    )(command)
    command = click.option(
        "-k", "k", type=click.IntRange(1, 1000), default=10, show_default=True, help="Hits to return."
    )(command)
    return click.option("--in", "name", help="Which index to ask.")(command)


def opened(data: str | None, config: str | None, listener: "Listener | None" = None) -> "Whence":
    """The data folder, opened."""
    from whence.build import Whence
    from whence.pipelines.progress import silent

    return Whence(data, config=config, listener=listener or silent)


def filters(kinds: tuple[str, ...], paths: tuple[str, ...], languages: tuple[str, ...]) -> "Filters":
    """The filters that the options ask for."""
    from whence.store.scope import Filters

    return Filters(kinds=kinds, paths=paths, languages=languages)


def questions_in(path: str) -> Iterator[dict[str, Any]]:
    """The questions of a JSON Lines file, each an object with "question". Raises ``UsageError`` with the line."""
    try:
        lines = (sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read the questions in {path}: {error}.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise UsageError(f"{path}, line {number}: not a JSON object: {error.msg}.") from error
        if not isinstance(entry, dict) or not isinstance(entry.get("question"), str):
            raise UsageError(f'{path}, line {number}: needs an object with a text "question".')
        yield entry


def print_json(record: Any) -> None:
    """One JSON value on one line."""
    click.echo(json.dumps(record, ensure_ascii=False))

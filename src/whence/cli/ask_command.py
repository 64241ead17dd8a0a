"""whence ask: an answer with citations, or a prompt."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whence.cli.answers import print_answer
from whence.cli.options import asking_options, data_options, filters, opened, print_json, questions_in

if TYPE_CHECKING:
    from whence.build import Whence
    from whence.store.scope import Filters
    from whence.types import Answer

ABSTAINED = 3
_PROMPT_HELP = "Ask a question; :open N shows a citation in full, :in NAME asks another index, :quit ends."


@click.command("ask")
@click.argument("question", required=False)
@asking_options
@data_options
@click.pass_context
def command(
    ctx: click.Context,
    question: str | None,
    name: str | None,
    k: int,
    questions: str | None,
    kinds: tuple[str, ...],
    paths: tuple[str, ...],
    languages: tuple[str, ...],
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Answer a question, every claim with its citation; exit code 3 when the index does not hold the answer.

    Without a question, prompt for them one after the other. '-' reads one question from standard input.
    """
    wanted = filters(kinds, paths, languages)
    with opened(data, config) as whence:
        if questions is not None:
            _batch(whence, questions, k, name, wanted)
            return
        if question is None and sys.stdin.isatty():
            _prompt(whence, k, name, wanted)
            return
        asked = sys.stdin.read() if question in (None, "-") else question
        answer = whence.ask(asked or "", name=name, filters=wanted, k=k)
        remember(whence.folder.root, answer)
        if as_json:
            print_json(answer_json(answer))
        else:
            print_answer(answer)
        if answer.abstained:
            ctx.exit(ABSTAINED)


def answer_json(answer: "Answer") -> dict[str, Any]:
    """An answer in the form that outside programs rely on: the record, and the source of its first citation."""
    from whence.wire import to_json

    first = answer.citations[0] if answer.citations else None
    source = {"commit": first.commit if first else None, "issue_id": first.issue_id if first else None}
    return {**to_json(answer), "source": source}


def remember(folder: Path, answer: "Answer") -> None:
    """Keeps the last answer's citations, so that ``whence open N`` knows them."""
    from whence.wire import to_json

    record = {"index": answer.index, "citations": [to_json(citation) for citation in answer.citations]}
    kept = folder / "last-answer.json"
    try:
        kept.write_text(json.dumps(record), encoding="utf-8")
    except OSError as error:
        click.echo(f"(whence open will not know this answer: {error.strerror})", err=True)


def _batch(whence: "Whence", path: str, k: int, name: str | None, wanted: "Filters") -> None:
    from whence.store.scope import parse_filters

    for entry in questions_in(path):
        narrowed = parse_filters(entry["filters"]) if entry.get("filters") else wanted
        answer = whence.ask(entry["question"], name=name, filters=narrowed, k=k)
        print_json({**answer_json(answer), "id": entry.get("id", answer.id)})


def _prompt(whence: "Whence", k: int, name: str | None, wanted: "Filters") -> None:
    """Questions from the terminal until the end of input; an error ends the question, not the prompt."""
    import readline  # noqa: F401 - gives input() line editing and history

    from whence.cli.open_command import show_citation
    from whence.errors import WhenceError

    name = whence.choose(name)
    click.echo(click.style(_PROMPT_HELP, dim=True))
    while True:
        try:
            line = input(f"{name}> ").strip()
        except EOFError:
            click.echo()
            return
        word, _, rest = line.partition(" ")
        try:
            if not line:
                continue
            if word in (":quit", ":q", "quit", "exit"):
                return
            if word == ":in":
                name = whence.choose(rest.strip())
            elif word == ":open":
                show_citation(whence, rest.strip() or "1", web=False)
            elif word.startswith(":"):
                click.echo(_PROMPT_HELP)
            else:
                answer = whence.ask(line, name=name, filters=wanted, k=k)
                remember(whence.folder.root, answer)
                print_answer(answer)
        except WhenceError as error:
            click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)

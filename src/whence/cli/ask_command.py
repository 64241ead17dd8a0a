"""whence ask: an answer with citations, or a prompt."""

import sys
from typing import TYPE_CHECKING, Any

import click

from whence.cli.options import asking_options, data_options, drawn_when_needed, filters, opened, print_json

if TYPE_CHECKING:
    from whence.types import Answer

ABSTAINED = 3


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
    as_of: str,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Answer a question, every claim with its citation.

    Without a question, prompt for them one after the other; '-' reads one from standard input. `whence open 1` shows
    what [1] cites. Exit code 3 when the index does not hold the answer.

    \b
    whence ask "where is the timeout set?"
    whence ask "how are redirects followed?" --kind code --path 'src/*'
    whence ask "where is the timeout set?" --as-of v2.0
    whence ask --questions questions.jsonl > answers.jsonl
    """
    from whence.cli.answers import print_answer
    from whence.cli.last_answer import remember
    from whence.cli.prompt import prompt
    from whence.cli.questions import Entry, answer_all, from_stdin
    from whence.cli.screen import link_maker
    from whence.errors import UsageError

    if question is not None and questions is not None:
        raise UsageError("Ask one question or a file of --questions, not both.")
    wanted = filters(kinds, paths, languages, as_of)
    with drawn_when_needed(quiet=as_json) as listener, opened(data, config, listener, reads=True) as whence:
        if questions is not None:

            def answered(entry: Entry) -> dict[str, Any]:
                return answer_json(whence.ask(entry.question, name=name, filters=entry.filters, k=k))

            ctx.exit(1 if answer_all(questions, wanted, answered) else 0)
        if question is None and sys.stdin.isatty():
            if as_json or not sys.stdout.isatty():
                raise UsageError('Nothing is asked: whence ask "question", or --questions FILE.')
            prompt(whence, k, name, wanted)
            return
        asked = from_stdin() if question in (None, "-") else question
        answer = whence.ask(asked or "", name=name, filters=wanted, k=k)
        remember(whence.folder.last_answer, answer)
        if as_json:
            print_json(answer_json(answer))
        else:
            print_answer(answer, link_maker(whence, answer.index))
        if answer.abstained:
            ctx.exit(ABSTAINED)


def answer_json(answer: "Answer") -> dict[str, Any]:
    """An answer in the form that outside programs rely on: the record, and the source of its first citation."""
    from whence.wire import to_json

    first = answer.citations[0] if answer.citations else None
    source = {"commit": first.commit if first else None, "issue_id": first.issue_id if first else None}
    return {**to_json(answer), "source": source}

"""whence ask: an answer with citations, or a prompt."""

import sys
from typing import Any

import click

from whence.cli.options import AskingOptions, asking_options, data_options, drawn_when_needed, opened


@click.command("ask")
@click.argument("question", required=False)
@asking_options
@data_options
@click.pass_context
def command(
    ctx: click.Context, question: str | None, asked: AskingOptions, data: str | None, config: str | None, as_json: bool
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
    from whence.cli.answers import answer_json, give_answer
    from whence.cli.prompt import prompt
    from whence.cli.questions import Entry, answer_all, from_stdin
    from whence.errors import UsageError

    if question is not None and asked.questions is not None:
        raise UsageError("Ask one question or a file of --questions, not both.")
    with drawn_when_needed(quiet=as_json) as listener, opened(data, config, listener, reads=True) as whence:
        if asked.questions is not None:

            def answered(entry: Entry) -> dict[str, Any]:
                return answer_json(whence.ask(entry.question, name=asked.name, filters=entry.filters, k=asked.k))

            ctx.exit(1 if answer_all(asked.questions, asked.filters, answered) else 0)
        if question is None and sys.stdin.isatty():
            if as_json or not sys.stdout.isatty():
                raise UsageError('Nothing is asked: whence ask "question", or --questions FILE.')
            prompt(whence, asked.k, asked.name, asked.filters)
            return
        words = from_stdin() if question in (None, "-") else question
        answer = whence.ask(words or "", name=asked.name, filters=asked.filters, k=asked.k)
        ctx.exit(give_answer(whence, answer, as_json=as_json))

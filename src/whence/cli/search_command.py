"""whence search: the passages themselves."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from whence.cli.options import AskingOptions, asking_options, data_options, drawn_when_needed, opened, print_json

if TYPE_CHECKING:
    from whence.interface import Whence
    from whence.types import Hit


@click.command("search")
@click.argument("question", required=False)
@click.option("--trace", is_flag=True, help="Show each leg's rank and score, and the time of each stage.")
@asking_options
@data_options
@click.pass_context
def command(
    ctx: click.Context,
    question: str | None,
    trace: bool,
    asked: AskingOptions,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """List the passages that fit a question best: by words, by meaning, and by the names it mentions.

    '-' reads the question from standard input.

    \b
    whence search "strip auth on redirect"
    whence search "timeout" -k 3 --kind doc --json
    """
    from whence.cli.hits import print_hits
    from whence.cli.questions import Entry, answer_all, from_stdin
    from whence.errors import UsageError

    if (question is None) == (asked.questions is None):
        raise UsageError('Search for one question, whence search "words", or for a file of --questions.')
    with drawn_when_needed(quiet=as_json) as listener, opened(data, config, listener, reads=True) as whence:
        if asked.questions is not None:

            def found(entry: Entry) -> dict[str, Any]:
                return found_json(whence, entry.question, replace(asked, filters=entry.filters), trace=trace)

            ctx.exit(1 if answer_all(asked.questions, asked.filters, found) else 0)
        words = from_stdin() if question == "-" else str(question)
        if as_json:
            print_json(found_json(whence, words, asked, trace=trace))
        else:
            index = whence.choose(asked.name)
            found_here = whence.search(words, asked.k, name=index, filters=asked.filters)
            print_hits(whence, index, words, found_here, trace=trace)


def found_json(whence: "Whence", question: str, asked: AskingOptions, *, trace: bool) -> dict[str, Any]:
    """What a search found, in the form that outside programs rely on; ``trace`` adds legs and times."""
    began = time.perf_counter()
    index = whence.choose(asked.name)
    result = whence.search(question, asked.k, name=index, filters=asked.filters)
    elapsed_ms = (time.perf_counter() - began) * 1000
    urls = whence.urls([hit.chunk for hit in result.hits], index)
    hits = [hit_json(hit, url) for hit, url in zip(result.hits, urls, strict=True)]
    record: dict[str, Any] = {"question": question, "hits": hits, "elapsed_ms": round(elapsed_ms, 2)}
    if trace:
        for listed, hit in zip(hits, result.hits, strict=True):
            listed["legs"] = {leg: {"rank": found.rank, "score": found.score} for leg, found in hit.legs.items()}
        record |= {"timings_ms": dict(result.timings_ms), "skipped": list(result.skipped)}
    return record


def hit_json(hit: "Hit", url: str) -> dict[str, Any]:
    """A hit in the form that outside programs rely on."""
    from whence.types import HISTORY_KINDS

    chunk = hit.chunk
    return {
        "rank": hit.rank,
        "score": hit.score,
        "kind": chunk.kind,
        "path": chunk.path,
        "symbol": chunk.symbol,
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
        "revision": chunk.revision,
        "commit": chunk.revision if chunk.kind in HISTORY_KINDS else None,
        "issue_id": None,
        "url": url,
        "title": chunk.title,
        "text": chunk.text,
    }

"""whence search: the passages themselves."""

import time
from typing import TYPE_CHECKING, Any

import click

from whence.cli.options import asking_options, data_options, filters, opened, print_json, questions_in
from whence.cli.reports import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.build import Whence
    from whence.store.scope import Filters
    from whence.types import Hit

_PREVIEW_LINES = 4


@click.command("search")
@click.argument("question", required=False)
@click.option("--trace", is_flag=True, help="Show each leg's rank and score, and the time of each stage.")
@asking_options
@data_options
def command(
    question: str | None,
    trace: bool,
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
    """List the passages that fit a question best: by words, by meaning, and by the names it mentions."""
    from whence.errors import UsageError

    wanted = filters(kinds, paths, languages)
    with opened(data, config) as whence:
        if questions is not None:
            for entry in questions_in(questions):
                print_json(
                    {"id": entry.get("id")} | _found(whence, entry["question"], k, name, _narrowed(wanted, entry))
                )
            return
        if question is None:
            raise UsageError('Nothing to search for: whence search "words", or --questions FILE.')
        if as_json:
            print_json(_found(whence, question, k, name, wanted))
            return
        result = whence.search(question, k, name=name, filters=wanted)
        _show(question, result.hits, trace=trace)
        if trace:
            timings = " · ".join(f"{stage} {ms:.1f} ms" for stage, ms in result.timings_ms.items())
            console().print(f"[dim]{timings}{''.join(' · ' + stage for stage in result.skipped)}[/]")


def _narrowed(wanted: "Filters", entry: dict[str, Any]) -> "Filters":
    from whence.store.scope import parse_filters

    return parse_filters(entry["filters"]) if entry.get("filters") else wanted


def _found(whence: "Whence", question: str, k: int, name: str | None, wanted: "Filters") -> dict[str, Any]:
    began = time.perf_counter()
    index = whence.choose(name)
    hits = whence.search(question, k, name=index, filters=wanted).hits
    elapsed_ms = (time.perf_counter() - began) * 1000
    listed = [hit_json(hit, whence.url(hit.chunk, index)) for hit in hits]
    return {"question": question, "hits": listed, "elapsed_ms": round(elapsed_ms, 2)}


def hit_json(hit: "Hit", url: str) -> dict[str, Any]:
    """A hit in the form that outside programs rely on."""
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
        "commit": None,
        "issue_id": None,
        "url": url,
        "title": chunk.title,
        "text": chunk.text,
        "legs": {leg: {"rank": found.rank, "score": found.score} for leg, found in hit.legs.items()},
    }


def _show(question: str, hits: "Sequence[Hit]", *, trace: bool) -> None:
    from rich.text import Text

    screen = console()
    words = {word.lower() for word in question.replace("`", " ").split() if len(word) > 3}
    for hit in hits:
        chunk = hit.chunk
        title = chunk.symbol or (chunk.title if chunk.title != chunk.path else "")
        place = Text(f"{hit.rank:>2}  ", style="dim")
        place.append(f"{chunk.path}:{chunk.start_line}-{chunk.end_line}", style="bold cyan")
        place.append(f"  {title}")
        screen.print(place)
        if trace:
            legs = "  ".join(f"{leg} #{found.rank} {found.score:.3f}" for leg, found in hit.legs.items())
            screen.print(Text(f"    {hit.score:.4f}  {legs}", style="dim"))
        for line in _preview(chunk.text, words):
            text = Text(f"    {line}", overflow="ellipsis", no_wrap=True)
            text.highlight_words(sorted(words), style="bold yellow", case_sensitive=False)
            screen.print(text)
    if not hits:
        screen.print("Nothing found.")


def _preview(text: str, words: set[str]) -> list[str]:
    """The lines that hold most of the words, in their order; the first lines where none does."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    scored = sorted(range(len(lines)), key=lambda n: (-sum(word in lines[n].lower() for word in words), n))
    return [lines[n] for n in sorted(scored[:_PREVIEW_LINES])]

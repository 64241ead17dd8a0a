"""whence optimize: the fastest way to run an embedding or a reading model here that loses nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from whence.cli.options import data_options, index_option, opened, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from whence.embedding.optimize import Measured
    from whence.evaluating.optimize import Loss, Optimized

_VARIANTS = {"": "as it came", "fp32": "float32", "fp16": "float16"}
_RUNTIMES = {
    "CPUExecutionProvider": "ONNX Runtime CPU",
    "CUDAExecutionProvider": "ONNX Runtime CUDA",
    "TensorrtExecutionProvider": "ONNX Runtime TensorRT",
}
_DEFAULT_N = 100


@click.command("optimize")
@click.argument("model", required=False, default="")
@click.option("--suite", "suites", metavar="NAME|FILE", multiple=True, help="A suite that may lose 0.01. Repeatable.")
@click.option(
    "-n", "n", metavar="N", type=click.IntRange(1), default=_DEFAULT_N, show_default=True, help="Its questions."
)
@click.option("--suite-data", metavar="DIR", type=click.Path(), help="Folder of the data sets [$WHENCE_TEST_DATA].")
@index_option("The index that your own questions are asked of.")
@click.option(
    "--seconds", metavar="S", type=click.FloatRange(0.1, 600), default=3.0, show_default=True, help="For each way."
)
@click.option("--dry-run", is_flag=True, help="Measure, and leave everything as it is.")
@data_options
def command(
    model: str,
    suites: tuple[str, ...],
    n: int,
    suite_data: str | None,
    name: str | None,
    seconds: float,
    dry_run: bool,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Measure the ways to run a model on this machine, and take the fastest that loses nothing.

    MODEL is a folder, or a published model in the local cache such as ORG/NAME; by default that of the settings.
    Graphs of floats, of half precision and of 8-bit weights are run by what is installed: ONNX Runtime, OpenVINO, and
    CUDA or TensorRT where ONNX Runtime has them. Vectors must agree with the unquantized model's; with --suite, no
    measure of the suite may fall by more than 0.01 either. The choice is recorded and used from then on.

    A MODEL that answers questions by spans is a reader ("reader" is the one that whence carries); it is judged by
    --suite squad, or a file of that form (question, context, answers), by the F1 of the words that it reads.

    \b
    whence optimize
    whence optimize BAAI/bge-small-en-v1.5 --suite cranfield --suite-data DATA
    whence optimize ./my-model --suite questions.csv --in handbook
    whence optimize reader --suite squad --suite-data DATA
    """
    from whence.cli.progress import ProgressDisplay
    from whence.evaluating.optimize import optimize, reader_of
    from whence.evaluating.optimize_reader import optimize_reader, reading_questions
    from whence.evaluating.run import Request
    from whence.reading.onnx import SHIPPED

    place = Path(suite_data).expanduser() if suite_data else None
    display = ProgressDisplay(quiet=as_json)
    with opened(data, config, display) as whence, display:
        if (reader := SHIPPED if model == "reader" else reader_of(whence, model)) is not None:
            asked = [one for suite in suites for one in reading_questions(suite, place, n)]
            found = optimize_reader(whence, reader, asked, display, seconds=seconds, records=not dry_run)
            model, in_settings = str(reader), whence.settings.reader.model in (model, str(reader), _setting(model))
        else:
            request = Request(suites=suites, out=Path(), n=n, data=place, index=name) if suites else None
            found = optimize(whence, model, request, display, seconds=seconds, records=not dry_run)
            in_settings = model in ("", whence.settings.embedding.model)
        display.stop()
    if as_json:
        print_json(_record(found))
    else:
        _print(found, model, in_settings=in_settings)


def _setting(model: str) -> str:
    """What the settings call the reader that whence carries."""
    return "shipped" if model == "reader" else model


def _record(found: "Optimized") -> dict[str, object]:
    from whence.embedding.optimize import as_row

    return {
        "model": found.model,
        "folder": str(found.folder),
        "measured": [as_row(one) for one in found.measured],
        "chosen": as_row(found.chosen),
        "absent": list(found.absent),
        "losses": [_loss(loss) for loss in found.losses],
        "refused": [{**as_row(one), "loss": _loss(loss)} for one, loss in found.refused],
        "record": str(found.record) if found.record else None,
    }


def _loss(loss: "Loss") -> dict[str, object]:
    return {"suite": loss.suite, "measure": loss.measure, "before": loss.before, "after": loss.after}


def _print(found: "Optimized", model: str, *, in_settings: bool) -> None:
    from rich.text import Text

    from whence.cli.screen import WARNING, console, print_under, printable
    from whence.embedding.choice import machine

    screen, here = console(), machine()
    about = f"vectors of {found.dim} numbers" if found.dim else "reads question and passage"
    screen.print(Text.assemble((found.model, "bold"), f"   {about}"))
    told = f"{here['processor']}, {here['cores']} cores; {found.n_passages} passages of 12 to 160 words"
    print_under(screen, Text(printable(told), style="dim"))
    _table(screen, found)
    for text in found.absent:
        print_under(screen, Text(f"not here: {printable(text)}", style="dim"))
    for one, loss in found.refused:
        fell = f"{loss.suite}: {loss.measure} fell from {loss.before:.3f} to {loss.after:.3f}"
        print_under(screen, Text(f"refused: {_named(one)}; {fell}", style=WARNING))
    if found.losses:
        worst = max(found.losses, key=lambda loss: loss.lost)
        kept = f"{worst.suite}: {worst.measure} {worst.before:.3f} before, {worst.after:.3f} after"
        print_under(screen, Text(f"of {len(found.losses)} measures the one that changed worst: {kept}", style="dim"))
    if found.is_busy:
        busy = f"Other programs were computing (load {found.load:.1f}): compared by core ms. Quiet is better."
        screen.print(Text(busy, style=WARNING))
    plain = found.measured[0]
    times = (
        plain.core_ms / found.chosen.core_ms
        if found.is_busy and found.chosen.core_ms
        else found.chosen.rate / (plain.rate or 1.0)
    )
    gain = f", {times:.2f} times as it came" if plain.rate and found.chosen is not plain else ""
    screen.print(Text(f"Fastest: {_named(found.chosen)}{gain}."))
    if found.record is not None:
        screen.print(Text(printable(f"Recorded in {found.record}: used from now on."), style="dim"))
    if not in_settings:
        folder = Path(model).expanduser()
        line = f'model = "{folder.absolute() if folder.is_dir() else model}"'
        use, table = ("index", "embedding") if found.dim else ("answer", "reader")
        screen.print(Text(printable(f"To {use} with it: {line} below [{table}] in whence.toml.")))


def _table(screen: "Console", found: "Optimized") -> None:
    from rich.text import Text

    from whence.cli.screen import print_under, printable

    heads = (
        "weights",
        "run by",
        "threads",
        "batch",
        "passages/s",
        "core ms",
        "question ms",
        "cosine" if found.dim else "logits off",
    )
    rows = [heads, *(_row(one) for one in found.measured)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = Text("  ".join(cells), style="dim" if number == 0 else "")
        if number and found.measured[number - 1] is found.chosen:
            line.stylize("bold green")
            line.append("  fastest", style="green")
        elif number and (problem := found.measured[number - 1].problem):
            line.append(f"  {printable(problem)}", style="dim")
        print_under(screen, line)


def _row(one: "Measured") -> tuple[str, ...]:
    choice = one.way.choice
    figures = ("–",) * 4
    if one.rate:
        figures = (f"{one.rate:.1f}", f"{one.core_ms:.1f}", f"{one.question_ms:.1f}", f"{one.agreement:.3f}")
    return (_VARIANTS[one.way.variant], _run_by(one), str(choice.threads), str(choice.batch), *figures)


def _run_by(one: "Measured") -> str:
    choice = one.way.choice
    if choice.runtime == "openvino":
        return f"OpenVINO {choice.provider} {choice.precision}"
    return _RUNTIMES.get(choice.provider, choice.provider)


def _named(one: "Measured") -> str:
    choice = one.way.choice
    threads = "one thread" if choice.threads == 1 else f"{choice.threads} threads"
    batch = "one text" if choice.batch == 1 else f"{choice.batch} texts"
    return f"{_VARIANTS[one.way.variant]}, {_run_by(one)}, {threads} and {batch} a run"

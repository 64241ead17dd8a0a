"""whence train: make models of one's own data."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whence.cli.train_embedder_command import command as embedder

if TYPE_CHECKING:
    from whence.cli.training import Tracked
    from whence.pipelines.reader_training import Prepared, ReaderOutcome, ReaderRequest

RESUMED = "with --resume it goes on from the last checkpoint"


@click.group("train", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Train the models that find and read, on data of your own. Needs pip install 'whence[train]'.

    \b
    whence train reader examples.jsonl --out models/reader
    whence train embedder pairs.jsonl.gz --base models/encoder --out models/embedder

    A run saves where it stands every few minutes, and is tracked with MLflow.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


command.add_command(embedder)


@command.command("reader")
@click.argument("data", nargs=-1, required=True, metavar="DATA...", type=click.Path(path_type=Path))
@click.option("--out", metavar="FOLDER", type=click.Path(path_type=Path), required=True, help="Where the model goes.")
@click.option(
    "--base",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="BERT encoder to begin from: config.json, model.safetensors, tokenizer.json [default: whence's own].",
)
@click.option(
    "--from",
    "weights",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="weights.safetensors of an earlier reader, to go on from.",
)
@click.option("--tokens", metavar="N", type=click.FloatRange(1), help="Budget of the run [default: three epochs].")
@click.option("--epochs", metavar="N", type=click.FloatRange(0, min_open=True), help="Budget as passes over the data.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in --out, if there is one.")
@click.option(
    "--judge",
    "judged",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Questions to score the model on; examples like them are not trained on. Repeatable.",
)
@click.option("--licence", metavar="NAME", default="", help="Licence of your data, for the card.")
@click.option("--seed", metavar="N", type=click.IntRange(0), default=7, show_default=True, help="Order, cuts, heads.")
@click.option("--batch", metavar="N", type=click.IntRange(1), default=32, show_default=True, help="Examples at once.")
@click.option("--accumulate", metavar="N", type=click.IntRange(1), default=1, show_default=True, help="Batches a step.")
@click.option(
    "--learning-rate",
    metavar="X",
    type=click.FloatRange(0, min_open=True),
    default=1.5e-4,
    show_default=True,
    help="The highest of the run.",
)
@click.option(
    "--patience",
    metavar="N",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="End after so many measurements of the held-out part without gain; 0: never.",
)
@click.option("--save-every", metavar="S", type=click.FloatRange(0), default=240.0, show_default=True, help="Seconds.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "bf16", "float32"]),
    default="auto",
    show_default=True,
    help="auto: bf16 where the machine is fast at it.",
)
@click.option("--devices", metavar="N", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--threads", metavar="N", type=click.IntRange(1), help="Threads a process [default: all cores].")
@click.option("--track", metavar="URI", default="", help="MLflow store [default: training/mlflow.db in --data].")
@click.option("--no-tracking", is_flag=True, help="Do not track the run.")
@click.option("--data", "data_dir", metavar="DIR", type=click.Path(), help="Data folder, for the MLflow store.")
@click.option(
    "--config", metavar="FILE", type=click.Path(), help="Settings file (default: whence.toml, if there is one)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.pass_context
def reader(ctx: click.Context, /, **given: Any) -> None:
    """Train the reader, which marks the words of a passage that answer a question.

    DATA are JSON Lines files, plain or .gz: paragraphs with questions in the form of SQuAD (title, paragraph, context,
    qas with id, question, answer, answer_start), for which unanswerable questions are made, or one example a line (id,
    question, passage, start, end; -1 where nothing answers).

    \b
    whence train reader train.jsonl.gz --out models/reader --epochs 2 --judge dev.jsonl.gz
    whence train reader train.jsonl.gz --out models/reader --epochs 2 --judge dev.jsonl.gz --resume

    The folder then holds the model for ONNX Runtime with its tokenizer and card, and weights.safetensors to go on from.
    """
    from whence.cli.options import print_json
    from whence.cli.progress import ProgressDisplay
    from whence.cli.training import devices_of, tracked
    from whence.errors import UsageError
    from whence.pipelines.reader_training import finish, prepare, require_extra, train

    if given["tokens"] and given["epochs"]:
        raise UsageError("Set the budget with --tokens or with --epochs, not both.")
    require_extra()
    n_processes, is_first = devices_of(given["devices"])
    if n_processes < given["devices"]:
        from whence.backends.accelerate_devices import launch

        ctx.exit(launch(given["devices"], ["train", "reader", *_arguments()]))
    display = ProgressDisplay(quiet=given["as_json"] or not is_first, interrupted=RESUMED)
    with display:
        prepared = prepare(_request(given), display)
        with tracked(_tracked(prepared), given, is_first=is_first, note=_note) as recorder:
            trainer = train(prepared, display, recorder.moment)
            if not is_first:
                return
            outcome = finish(prepared, trainer, display)
            files = [outcome.out / name for name in ("card.md", "training.json", "manifest.json")]
            recorder.outcome(outcome.n_steps, _flat(outcome), files)
    if given["as_json"]:
        from whence.wire import to_json

        print_json(to_json(outcome))
    else:
        _print(outcome)


def _tracked(prepared: "Prepared") -> "Tracked":
    from whence.cli.training import Tracked

    request, data = prepared.request, prepared.data
    return Tracked(
        experiment="reader",
        out=request.out,
        work=request.work,
        parameters=asdict(request.options) | {"base": request.base or "carried", "n_examples": len(data.training)},
        data={file.path.name: file.digest for file in data.files},
        data_digest=data.digest,
    )


def _flat(outcome: "ReaderOutcome") -> dict[str, float]:
    return {f"{label}.{name}": value for label, row in outcome.scores.items() for name, value in asdict(row).items()}


def _arguments() -> list[str]:
    import sys

    return sys.argv[sys.argv.index("reader") + 1 :]


def _note(sentence: str) -> None:
    from whence.cli.screen import console

    console(stderr=True).print(sentence, style="dim")


def _request(given: dict[str, Any]) -> "ReaderRequest":
    from whence.backends.accelerate_devices import can_compile, has_fast_bf16
    from whence.cli.training import n_cores
    from whence.pipelines.reader_training import ReaderRequest
    from whence.training.options import ReaderTraining

    default = ReaderTraining()
    options = ReaderTraining(
        seed=given["seed"],
        n_tokens=int(given["tokens"] or default.n_tokens),
        batch_examples=given["batch"],
        accumulate=given["accumulate"],
        learning_rate=given["learning_rate"],
        patience=given["patience"],
        checkpoint_every_s=given["save_every"],
        bf16=has_fast_bf16() if given["precision"] == "auto" else given["precision"] == "bf16",
        compile=can_compile(),
    )
    return ReaderRequest(
        data=given["data"],
        out=given["out"],
        options=options,
        base=given["base"],
        weights=given["weights"],
        epochs=given["epochs"] or (0.0 if given["tokens"] else 3.0),
        judged=given["judged"],
        licence=given["licence"],
        is_resumed=given["resume"],
        n_threads=given["threads"] or max(n_cores() // given["devices"], 1),
    )


def _print(outcome: "ReaderOutcome") -> None:
    from whence.cli.screen import console
    from whence.training.card import reader_score_lines

    screen = console()
    left_out = f", {outcome.n_left_out:,} left out as like what judges" if outcome.n_left_out else ""
    early = ", ended early: the held-out part was read no better" if outcome.has_stopped else ""
    screen.print(f"{outcome.out}   {outcome.n_examples:,} examples{left_out} · {outcome.n_steps:,} steps{early}")
    for line in reader_score_lines(outcome.scores):
        screen.print(f"  {line}")
    screen.print(outcome.terms, style="dim")

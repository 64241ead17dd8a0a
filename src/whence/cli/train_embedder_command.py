"""whence train embedder: an embedding model of one's own pairs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from whence.pipelines.embedder_training import EmbedderOutcome, EmbedderRequest


@click.command("embedder")
@click.argument("data", nargs=-1, required=True, metavar="PAIRS...", type=click.Path(path_type=Path))
@click.option("--out", metavar="FOLDER", type=click.Path(path_type=Path), required=True, help="Where the model goes.")
@click.option(
    "--base",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="BERT encoder to begin from: config.json, model.safetensors, tokenizer.json [default: whence's own].",
)
@click.option("--tokens", metavar="N", type=click.FloatRange(1), help="Budget of the run [default: two epochs].")
@click.option("--epochs", metavar="N", type=click.FloatRange(0, min_open=True), help="Budget as passes over the data.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint, if there is one.")
@click.option(
    "--judge",
    "judged",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Pairs to score the model on; pairs like them are not trained on. Repeatable.",
)
@click.option("--licence", metavar="NAME", default="", help="Licence of your data, for the card.")
@click.option("--keep", metavar="X", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="Share learned.")
@click.option(
    "--anchor", metavar="X", type=click.FloatRange(0), default=0.0, help="Cost of leaving the base's vectors."
)
@click.option("--seed", metavar="N", type=click.IntRange(0), default=7, show_default=True, help="Order of the pairs.")
@click.option("--batch", metavar="N", type=click.IntRange(2), default=64, show_default=True, help="Pairs told apart.")
@click.option("--near", metavar="N", type=click.IntRange(0), default=3, show_default=True, help="Hard ones for each.")
@click.option(
    "--learning-rate",
    metavar="X",
    type=click.FloatRange(0, min_open=True),
    default=3e-5,
    show_default=True,
    help="The highest of the run.",
)
@click.option("--save-every", metavar="S", type=click.FloatRange(0), default=240.0, show_default=True, help="Seconds.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "bf16", "float32"]),
    default="auto",
    show_default=True,
    help="auto: bf16 where the machine is fast at it.",
)
@click.option("--threads", metavar="N", type=click.IntRange(1), help="Threads [default: all cores].")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(**given: Any) -> None:
    """Train the embedder, which finds passages by meaning, on questions and the passages that answer them.

    PAIRS are JSON Lines files, plain or .gz, one pair a line: id, source, question, passage. A question is told apart
    from the others of its source, so give one name to what is to be searched together.

    \b
    whence train embedder pairs.jsonl.gz --out models/embedder --epochs 2

    A share of the pairs is kept out, and its score is shown beside that of the base. To use the model, set
    model = "models/embedder" under [embedding] in whence.toml, then index.
    """
    from whence.cli.options import print_json
    from whence.cli.progress import ProgressDisplay
    from whence.errors import UsageError
    from whence.pipelines.embedder_training import prepare, require_extra, train

    if given["tokens"] and given["epochs"]:
        raise UsageError("Set the budget with --tokens or with --epochs, not both.")
    require_extra()
    display = ProgressDisplay(quiet=given["as_json"], interrupted="with --resume it goes on from the last checkpoint")
    with display:
        outcome = train(prepare(_request(given), display), display)
    if given["as_json"]:
        from whence.wire import to_json

        print_json(to_json(outcome))
    else:
        _print(outcome)


def _request(given: dict[str, Any]) -> "EmbedderRequest":
    from whence.backends.accelerate_devices import can_compile, has_fast_bf16
    from whence.cli.training import n_cores
    from whence.pipelines.embedder_training import EmbedderRequest
    from whence.training.options import EmbedderTraining

    options = EmbedderTraining(
        seed=given["seed"],
        n_tokens=int(given["tokens"] or EmbedderTraining().n_tokens),
        batch_pairs=given["batch"],
        n_near=given["near"],
        learning_rate=given["learning_rate"],
        anchor_weight=given["anchor"],
        kept_share=given["keep"],
        checkpoint_every_s=given["save_every"],
        bf16=has_fast_bf16() if given["precision"] == "auto" else given["precision"] == "bf16",
        compile=can_compile(),
    )
    return EmbedderRequest(
        data=given["data"],
        out=given["out"],
        options=options,
        base=given["base"],
        epochs=given["epochs"] or (0.0 if given["tokens"] else 2.0),
        judged=given["judged"],
        licence=given["licence"],
        is_resumed=given["resume"],
        n_threads=given["threads"] or n_cores(),
    )


def _print(outcome: "EmbedderOutcome") -> None:
    from whence.cli.screen import console

    screen = console()
    left_out = f", {outcome.n_left_out:,} left out as like what judges" if outcome.n_left_out else ""
    screen.print(f"{outcome.out}   {outcome.n_pairs:,} pairs{left_out} · {outcome.n_steps:,} steps")
    for label, score in outcome.scores.items():
        screen.print(f"  {label}: {score.before:.3f} first before, {score.after:.3f} after, of {score.n:,}")
    screen.print(outcome.terms, style="dim")

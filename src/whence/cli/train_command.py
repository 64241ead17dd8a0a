"""whence train: make models of one's own data."""

from typing import TYPE_CHECKING, Any

import click

from whence.cli.training import train_model, training_options

if TYPE_CHECKING:
    from whence.pipelines.training_run import TrainingOutcome


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


@command.command("reader")
@training_options(data="DATA...", learning_rate=1.5e-4, epochs="three")
@click.option(
    "--from",
    "weights",
    metavar="FILE",
    type=click.Path(),
    help="weights.safetensors of an earlier reader, to go on from.",
)
@click.option("--batch", metavar="N", type=click.IntRange(1), default=32, show_default=True, help="Examples at once.")
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
    from whence.pipelines.reader_training import ReaderRecipe
    from whence.training.options import ReaderTraining

    options = ReaderTraining(batch_examples=given["batch"])
    train_model(ctx, given, ReaderRecipe(), options, n_epochs=3.0, lines=_reader_lines)


@command.command("embedder")
@training_options(data="PAIRS...", learning_rate=3e-5, epochs="two")
@click.option("--batch", metavar="N", type=click.IntRange(2), default=64, show_default=True, help="Pairs told apart.")
@click.option("--near", metavar="N", type=click.IntRange(0), default=3, show_default=True, help="Hard ones for each.")
@click.option("--keep", metavar="X", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="Share learned.")
@click.option(
    "--anchor", metavar="X", type=click.FloatRange(0), default=0.0, help="Cost of leaving the base's vectors."
)
@click.pass_context
def embedder(ctx: click.Context, /, **given: Any) -> None:
    """Train the embedder, which finds passages by meaning, on questions and the passages that answer them.

    PAIRS are JSON Lines files, plain or .gz, one pair a line: id, source, question, passage. A question is told apart
    from the others of its source, so give one name to what is to be searched together.

    \b
    whence train embedder pairs.jsonl.gz --out models/embedder --epochs 2

    A share of the pairs is kept out, and its score is shown beside that of the base. To use the model, set
    model = "models/embedder" under [embedding] in whence.toml, then index.
    """
    from whence.pipelines.embedder_training import EmbedderRecipe
    from whence.training.options import EmbedderTraining

    options = EmbedderTraining(
        batch_pairs=given["batch"], n_near=given["near"], anchor_weight=given["anchor"], kept_share=given["keep"]
    )
    train_model(ctx, given, EmbedderRecipe(), options, n_epochs=2.0, lines=_embedder_lines)


def _reader_lines(outcome: "TrainingOutcome") -> list[str]:
    from whence.training.card import reader_score_lines

    return reader_score_lines(outcome.scores)


def _embedder_lines(outcome: "TrainingOutcome") -> list[str]:
    return [
        f"{label}: {score.before:.3f} first before, {score.after:.3f} after, of {score.n:,}"
        for label, score in outcome.scores.items()
    ]

"""Trains the embedder on files of pairs, as ``tools/make_embedding_pairs.py`` writes them.

    python tools/train_embedder.py PAIRS.jsonl.gz --base DIR --out DIR [--tokens 8e6]

``--base`` is a published BERT encoder (config.json, model.safetensors, tokenizer.json). A run that was cut goes on when
the same command is given again. ``tools/make_embedder.py --weights OUT/weights.safetensors`` makes the model's files.
Needs torch, transformers and bm25s.
"""

import argparse
import sys
import time
from pathlib import Path

from whence.backends.embedder_training import train_embedder
from whence.backends.torch_embedder import EmbedderProgress
from whence.errors import WhenceError
from whence.training.options import EmbedderTraining


def show(progress: EmbedderProgress) -> None:
    """One line, with the minutes that are left at the rate so far."""
    left = (progress.wanted_tokens - progress.n_tokens) / max(progress.rate, 1) / 60
    say(
        f"step {progress.step}  {progress.n_tokens / 1e6:.2f}M of {progress.wanted_tokens / 1e6:.1f}M tokens  "
        f"loss {progress.loss:.3f}  anchor {progress.anchor_loss:.3f}  first {progress.first_share:.3f}  "
        f"rate {progress.learning_rate:.1e}  {progress.rate:,.0f} tokens/s  {left:.0f} min left"
    )


def say(sentence: str) -> None:
    """A line with the time, at once."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {sentence}\n")
    sys.stdout.flush()


def main() -> None:
    """Reads the arguments, trains, says what came out."""
    default = EmbedderTraining()
    parser = argparse.ArgumentParser(description="train the embedder")
    parser.add_argument("pairs", type=Path, nargs="+", help="files of pairs")
    parser.add_argument("--base", type=Path, required=True, help="folder of the encoder to begin from")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and weights")
    parser.add_argument("--tokens", type=float, default=default.n_tokens, help="budget of the run")
    parser.add_argument("--batch", type=int, default=default.batch_pairs, help="pairs told apart in one step")
    parser.add_argument("--near", type=int, default=default.n_near, help="near pairs brought along by each drawn")
    parser.add_argument("--rate", type=float, default=default.learning_rate, help="highest learning rate")
    parser.add_argument("--temperature", type=float, default=default.temperature)
    parser.add_argument("--anchor", type=float, default=default.anchor_weight, help="weight of staying near the base")
    parser.add_argument("--keep", type=float, default=default.kept_share, help="share of what was learned that is kept")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="neither compile nor compute in bfloat16")
    given = parser.parse_args()
    options = EmbedderTraining(
        seed=given.seed,
        n_tokens=int(given.tokens),
        batch_pairs=given.batch,
        n_near=given.near,
        learning_rate=given.rate,
        temperature=given.temperature,
        anchor_weight=given.anchor,
        kept_share=given.keep,
        bf16=not given.plain,
        compile=not given.plain,
    )
    try:
        run = train_embedder(given.pairs, given.base, given.out, options, show, said=say, n_threads=given.threads)
    except WhenceError as error:
        sys.exit(str(error))
    say(f"of {run.n_held_out} pairs kept out {run.before:.3f} came first before, {run.after:.3f} after: {run.weights}")


if __name__ == "__main__":
    main()

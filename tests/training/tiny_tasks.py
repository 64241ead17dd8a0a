"""A tiny encoder made on the spot, and for each kind of model what it can be taught in a moment."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from whence.training.embedding_examples import EncodedPair
from whence.training.options import EmbedderTraining, ReaderTraining, TrainingOptions
from whence.training.reading_examples import Encoded

SETTINGS: dict[str, Any] = {
    "learning_rate": 3e-3,
    "bf16": False,
    "compile": False,
    "checkpoint_every_s": 1e9,
}
OPTIONS: dict[str, TrainingOptions] = {
    "reader": ReaderTraining(n_tokens=16_000, batch_examples=8, dropout=0.1, **SETTINGS),
    "embedder": EmbedderTraining(n_tokens=24_000, batch_pairs=8, anchor_weight=0.05, sizes=(32, 8), **SETTINGS),
}
SHORT: dict[str, TrainingOptions] = {
    "reader": ReaderTraining(n_tokens=1_500, batch_examples=8, warmup_share=0.5, **SETTINGS),
    "embedder": EmbedderTraining(n_tokens=3_000, batch_pairs=8, warmup_share=0.5, **SETTINGS),
}
"""A few steps: later, rounding has grown."""


def make_base(folder: Path) -> Path:
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = BertConfig(vocab_size=64, max_position_embeddings=64, **sizes)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def examples() -> list[Encoded]:
    """The answer is the token 9, wherever it stands; where there is none, nothing answers."""
    chance = np.random.default_rng(5)
    made = []
    for n in range(64):
        passage = chance.integers(20, 60, 12)
        place = int(chance.integers(0, 12))
        if n % 4:
            passage[place] = 9
        ids = np.array([1, 5, 6, 2, *passage, 2], np.int64)
        made.append(Encoded(ids=ids, n_head=4, start=place + 4 if n % 4 else 0, end=place + 4 if n % 4 else 0))
    return made


def wrong_examples() -> list[Encoded]:
    """With answers at places that nothing tells: what is learned makes them worse."""
    chance = np.random.default_rng(9)
    return [replace(row, start=(place := int(chance.integers(4, 16))), end=place) for row in examples()[:16]]


def pairs() -> list[EncodedPair]:
    """Token n of the question stands for token n + 30 of the passage, among tokens that mean nothing."""
    chance = np.random.default_rng(5)
    return [
        EncodedPair(
            question=np.array([1, 4 + n % 16, 2], np.int64),
            passage=np.array([1, *chance.integers(52, 60, 3), 34 + n % 16, *chance.integers(52, 60, 2), 2], np.int64),
            source="one",
            asked=n % 16,
            group=n % 16,
        )
        for n in range(96)
    ]


def wrong_pairs() -> list[EncodedPair]:
    """Questions with the passages of others."""
    every = pairs()[:16]
    return [replace(pair, passage=every[(n + 5) % 16].passage) for n, pair in enumerate(every)]


MATERIAL: dict[str, tuple[Callable[[], Sequence[Any]], Callable[[], Sequence[Any]]]] = {
    "reader": (examples, wrong_examples),
    "embedder": (pairs, wrong_pairs),
}


def trainer_of(
    kind: str, base: Path, folder: Path, options: TrainingOptions | None = None, held_out: Sequence[Any] = ()
) -> Any:
    """A ``Trainer`` that has not begun."""
    from whence.backends.torch_embedder import EmbedderTask
    from whence.backends.torch_reader import ReaderTask
    from whence.backends.training_loop import Trainer

    chosen: Any = options or OPTIONS[kind]
    task: Any = {"reader": ReaderTask, "embedder": EmbedderTask}[kind]
    rows = MATERIAL[kind][0]()
    return Trainer(
        lambda device: task(base, chosen, rows, held_out, device=device),
        folder,
        chosen,
        data_digest="test",
        n_threads=1,
    )


def trained(
    kind: str, base: Path, folder: Path, told: Callable[[Any], None], options: TrainingOptions | None = None
) -> Any:
    """A ``Trainer`` at the end of its run, which begins where the folder says."""
    trainer = trainer_of(kind, base, folder, options)
    trainer.resume()
    trainer.run(told, report_every=5)
    return trainer

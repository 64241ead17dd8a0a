"""Settings of a training run. Kept with the checkpoint and on the card of what it makes."""

from dataclasses import dataclass

MAY_CHANGE = frozenset({"checkpoint_every_s", "kept_share"})
"""What a resumed run may set anew: it shapes no step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """How any model is trained.

    ``n_tokens`` is the budget of the whole run, padding included: the learning rate falls to zero with it, so it is
    part of the schedule and cannot change on resume. A step is made of ``accumulate`` batches. ``n_evaluations`` times
    in a run the loss of a held-out part is measured; the weights of the lowest are kept, and the run ends when
    ``patience`` of them in a row were no lower (0: never).
    """

    seed: int = 7
    n_tokens: int = 8_000_000
    max_tokens: int = 320
    max_question_tokens: int = 48
    accumulate: int = 1
    learning_rate: float = 1e-4
    warmup_share: float = 0.06
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    n_evaluations: int = 10
    patience: int = 3
    checkpoint_every_s: float = 240.0
    bf16: bool = True
    compile: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderTraining(TrainingOptions):
    """How the reader is trained.

    ``negative_share`` of the examples have a passage without the answer. ``max_tokens`` bounds question and passage
    together, a longer passage is cut around its answer.
    """

    n_tokens: int = 15_000_000
    learning_rate: float = 1.5e-4
    batch_examples: int = 32
    dropout: float = 0.0
    negative_share: float = 0.2
    relevance_weight: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderTraining(TrainingOptions):
    """How the embedder is trained; ``max_tokens`` bounds one text.

    Of each pair drawn, ``n_near`` pairs with passages like what it asks for come into the same batch. ``temperature``
    divides cosines. ``sizes`` are leading parts of the vector that are to be of use alone; () trains the whole only.
    ``anchor_weight`` is what moving a vector away from the base's costs; 0 saves the base's computation, a quarter of
    all. ``kept_share`` of what was learned goes into the exported weights, the rest is the base's: 1 is all of it.
    """

    max_tokens: int = 128
    learning_rate: float = 3e-5
    batch_pairs: int = 64
    n_near: int = 3
    temperature: float = 0.05
    sizes: tuple[int, ...] = ()
    anchor_weight: float = 0.0
    kept_share: float = 1.0

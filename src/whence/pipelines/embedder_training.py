"""What is particular to training an embedder: pairs, a share given back to the base, scores before and after."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from whence.errors import ModelError, UsageError
from whence.pipelines.progress import Listener, Progress
from whence.pipelines.training_run import WEIGHTS, Prepared, TrainingOutcome, TrainingRequest
from whence.training.data_use import require_trainable
from whence.training.embedding_examples import EmbeddingPair, EncodedPair, encode_pairs, read_pairs
from whence.training.likeness import alike
from whence.training.options import EmbedderTraining

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from whence.backends.torch_embedder import EmbedderTask
    from whence.backends.training_loop import Trainer

HELD_OUT = "held out"
MOST_HELD_OUT = 512
_DESCRIPTIONS = ("config.json", "tokenizer.json", "tokenizer_config.json", "sentence_bert_config.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScore:
    """Share of ``n`` questions whose passage is the nearest of all ``n``, by the base and by what was trained."""

    n: int
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderLesson:
    """A ``Lesson``: pairs as they were read, and as tokens; ``judged`` and ``sets`` are scored, by their names."""

    pairs: Sequence[EmbeddingPair]
    judged: Mapping[str, Sequence[EmbeddingPair]]
    digest: str
    n_left_out: int
    files: Mapping[str, str]
    training: Sequence[EncodedPair] = ()
    sets: Mapping[str, Sequence[EncodedPair]] = field(default_factory=dict)

    @property
    def n_examples(self) -> int:
        """See ``Lesson``."""
        return len(self.pairs)

    @property
    def counts(self) -> dict[str, int]:
        """See ``Lesson``."""
        return dict(sorted(Counter(pair.source for pair in self.pairs).items()))


PreparedEmbedder = Prepared[EmbedderTraining, EmbedderLesson]


class EmbedderRecipe:
    """The ``Recipe`` of embedders."""

    kind = "embedder"

    def read(self, request: TrainingRequest[EmbedderTraining]) -> EmbedderLesson:
        """See ``Recipe``."""
        for path in request.data:
            require_trainable(path)
        judged = {path.name: list(read_pairs(path)) for path in request.judged}
        every = [pair for path in request.data for pair in read_pairs(path)]
        pairs = _without_judged(every, [pair for rows in judged.values() for pair in rows])
        kept, held = held_out(pairs, request.options.seed)
        n_least = request.options.batch_pairs
        if len(kept) < n_least:
            raise UsageError(f"There are {len(kept)} pairs to train on, fewer than the {n_least} of a batch.")
        content = "\n".join(f"{pair.id}\0{pair.source}\0{pair.question}\0{pair.passage}" for pair in pairs)
        return EmbedderLesson(
            pairs=kept,
            judged={HELD_OUT: held, **judged},
            digest=hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16],
            n_left_out=len(every) - len(pairs),
            files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in request.data},
        )

    def encode(
        self, lesson: EmbedderLesson, tokenizer: "Tokenizer", options: EmbedderTraining, listener: Listener
    ) -> tuple[EmbedderLesson, int]:
        """See ``Recipe``; finds what is alike and what is hard to tell apart, too."""
        listener(Progress(stage="encoding", total=len(lesson.pairs)))
        training = encode_pairs(lesson.pairs, tokenizer, options)
        plain = replace(options, n_near=0)
        sets = {name: encode_pairs(rows, tokenizer, plain) for name, rows in lesson.judged.items() if rows}
        n_tokens = sum(len(pair.question) + len(pair.passage) for pair in training)
        return replace(lesson, training=training, sets=sets), n_tokens

    def task(self, prepared: PreparedEmbedder, device: Any) -> "EmbedderTask":
        """See ``Recipe``."""
        from whence.backends.published_encoder import read_encoder
        from whence.backends.torch_embedder import EmbedderTask

        pooling = read_encoder(prepared.base).pooling
        if pooling != "mean":
            raise ModelError(f"The model in {prepared.base} has {pooling} pooling: only mean pooling can be trained.")
        lesson = prepared.lesson
        held = lesson.sets.get(HELD_OUT, ())
        return EmbedderTask(prepared.base, prepared.request.options, lesson.training, held, device=device)

    def note(self, losses: Mapping[str, float]) -> str:
        """See ``Recipe``."""
        drift = f" + {losses['anchor_loss']:.3f}" if losses["anchor_loss"] else ""
        return f"loss {losses['loss']:.3f}{drift}, first {losses['first_share']:.2f}"

    def make(self, prepared: PreparedEmbedder, trainer: "Trainer", folder: Path, name: str) -> None:
        """See ``Recipe``."""
        from whence.backends.transformers_export import Wishes, export_encoder

        published = prepared.request.work / "published"
        published.mkdir(parents=True, exist_ok=True)
        for file in _DESCRIPTIONS:
            if (prepared.base / file).is_file():
                shutil.copyfile(prepared.base / file, published / file)
        cast("EmbedderTask", trainer.task).give_back()
        trainer.export(published / "model.safetensors")
        export_encoder(published, folder, name=name, wishes=Wishes(pooling="mean"))
        (published / "model.safetensors").replace(folder / WEIGHTS)

    def scores(
        self,
        prepared: PreparedEmbedder,
        trainer: "Trainer",
        folder: Path,  # noqa: ARG002 - other kinds are scored by what they left there
        listener: Listener,
    ) -> dict[str, PairScore]:
        """See ``Recipe``: by float32 weights."""
        from whence.backends.torch_embedder import EmbedderNetwork

        listener(Progress(stage="scoring"))
        base = EmbedderNetwork(prepared.base).to(trainer.device)
        return {
            name: PairScore(
                n=len(rows),
                before=first_share(trainer, base, rows),
                after=first_share(trainer, trainer.network, rows),
            )
            for name, rows in prepared.lesson.sets.items()
        }

    def card(self, prepared: PreparedEmbedder, outcome: TrainingOutcome, facts: Mapping[str, object]) -> str:
        """See ``Recipe``."""
        from whence.training.card import embedder_card

        rows = [(name, one.n, one.before, one.after) for name, one in outcome.scores.items()]
        return embedder_card(outcome.name, facts, prepared.lesson.counts, prepared.request.options, rows)


def _without_judged(pairs: list[EmbeddingPair], judged: Sequence[EmbeddingPair]) -> list[EmbeddingPair]:
    if not judged:
        return pairs
    like = {
        *alike([pair.question for pair in pairs], [pair.question for pair in judged]),
        *alike([pair.passage for pair in pairs], [pair.passage for pair in judged]),
    }
    return [pair for n, pair in enumerate(pairs) if n not in like]


def held_out(pairs: Sequence[EmbeddingPair], seed: int) -> tuple[list[EmbeddingPair], list[EmbeddingPair]]:
    """Pairs to train on and pairs to judge by, chosen by the digests of their ids, one for each id chosen.

    At most ``MOST_HELD_OUT`` and a tenth; pairs of one id, which are of one text, stay together.
    """
    order = {pair.id: hashlib.sha256(f"{seed}/{pair.id}".encode("utf-8", "surrogatepass")).digest() for pair in pairs}
    chosen = set(sorted(order, key=lambda one: order[one])[: min(MOST_HELD_OUT, len(order) // 10)])
    first = {pair.id: pair for pair in reversed(pairs) if pair.id in chosen}
    return [pair for pair in pairs if pair.id not in chosen], [first[one] for one in order if one in chosen]


def first_share(trainer: "Trainer", network: Any, pairs: Sequence[EncodedPair]) -> float:
    """Share of the pairs whose passage is the nearest to the question among those of all pairs, alike ones aside."""
    from whence.backends.torch_embedder import vectors

    questions = vectors(trainer.apply, network, [pair.question for pair in pairs])
    cosines = questions @ vectors(trainer.apply, network, [pair.passage for pair in pairs]).T
    groups = np.array([pair.group for pair in pairs])
    return float(np.mean(groups[cosines.argmax(axis=1)] == groups))

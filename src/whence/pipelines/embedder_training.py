"""Training an embedder from start to end: pairs, run, model folder, scores, card. Needs the extra ``train``."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whence.errors import DiskFullError, MissingExtraError, ModelError, UsageError
from whence.pipelines.progress import Listener, Progress, silent
from whence.training.data_use import may_be_passed_on, require_trainable
from whence.training.embedding_examples import EmbeddingPair, EncodedPair, encode_pairs, read_pairs
from whence.training.likeness import alike
from whence.training.options import EmbedderTraining

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from whence.backends.torch_embedder import EmbedderProgress, EmbedderTrainer

WEIGHTS, CARD, RECORD = "weights.safetensors", "card.md", "training.json"
MOST_HELD_OUT = 512
LEAST_TO_COMPILE = 1_000_000
"""Tokens; compiling the network takes longer than it saves in a shorter run."""
_DESCRIPTIONS = ("config.json", "tokenizer.json", "tokenizer_config.json", "sentence_bert_config.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderRequest:
    """What is to be trained, where it goes, and what it begins from.

    ``base`` is a published BERT encoder's folder, None the one that whence carries. ``epochs`` over the pairs take the
    place of ``options.n_tokens`` where they are not 0. ``judged`` are files of pairs: what is like them is not trained
    on, and the outcome is scored on them. ``licence`` is that of data that whence does not know. ``is_resumed`` goes on
    from a checkpoint where there is one.
    """

    data: tuple[Path, ...]
    out: Path
    options: EmbedderTraining
    base: Path | None = None
    epochs: float = 0.0
    judged: tuple[Path, ...] = ()
    licence: str = ""
    is_resumed: bool = False
    n_threads: int = 2

    @property
    def work(self) -> Path:
        """What is needed while the run lasts, beside ``out``, which appears when all is done."""
        return self.out.with_name(f"{self.out.name}.training")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScore:
    """Share of ``n`` questions whose passage is the nearest of all ``n``, by the base and by what was trained."""

    n: int
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderOutcome:
    """What came out. ``scores`` by what was asked; ``n_steps`` and ``n_tokens`` of the whole run, resumed or not."""

    out: Path
    name: str
    n_pairs: int
    n_left_out: int
    n_steps: int
    n_tokens: int
    terms: str
    scores: dict[str, PairScore]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPairs:
    """A run whose data is read and checked. ``sets`` are scored; ``sources`` counts pairs to train on."""

    request: EmbedderRequest
    base: Path
    digest: str
    training: list[EncodedPair]
    sets: dict[str, list[EncodedPair]]
    sources: dict[str, int]
    n_left_out: int


OnTrained = Callable[["EmbedderProgress"], None]


def require_extra() -> None:
    """Raises ``MissingExtraError`` where what training needs is not installed."""
    try:
        import bm25s  # noqa: F401
        import onnx  # noqa: F401

        import whence.backends.torch_embedder  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"Training needs {error.name or 'a library'}, which is not installed: pip install 'whence[train]'."
        ) from error


def prepare(request: EmbedderRequest, listener: Listener = silent) -> PreparedPairs:
    """Reads and checks everything before anything is trained. Raises ``UsageError``, ``ModelError``."""
    _check_place(request)
    listener(Progress(stage="reading data"))
    for path in request.data:
        require_trainable(path)
    judged = {path.name: list(read_pairs(path)) for path in request.judged}
    every = [pair for path in request.data for pair in read_pairs(path)]
    pairs = _without_judged(every, [pair for rows in judged.values() for pair in rows])
    kept, held = held_out(pairs, request.options.seed)
    if len(kept) < request.options.batch_pairs:
        raise UsageError(
            f"There are {len(kept)} pairs to train on, fewer than the {request.options.batch_pairs} of a batch."
        )
    base, tokenizer = _base(request)
    listener(Progress(stage="encoding"))
    options = request.options
    training = encode_pairs(kept, tokenizer, options)
    n_tokens = int(request.epochs * sum(len(p.question) + len(p.passage) for p in training)) or options.n_tokens
    options = replace(options, n_tokens=n_tokens, compile=options.compile and n_tokens >= LEAST_TO_COMPILE)
    plain = replace(options, n_near=0)
    content = "\n".join(f"{pair.id}\0{pair.source}\0{pair.question}\0{pair.passage}" for pair in pairs)
    sets = {name: encode_pairs(rows, tokenizer, plain) for name, rows in {"held out": held, **judged}.items() if rows}
    return PreparedPairs(
        request=replace(request, options=options),
        base=base,
        digest=hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        training=training,
        sets=sets,
        sources=dict(sorted(Counter(pair.source for pair in kept).items())),
        n_left_out=len(every) - len(pairs),
    )


def _check_place(request: EmbedderRequest) -> None:
    """Raises ``UsageError`` where something is there that would be lost."""
    if request.out.exists():
        raise UsageError(f"There is something in {request.out} already: name another folder for --out.")
    if (request.work / "checkpoint.pt").exists() and not request.is_resumed:
        raise UsageError(f"A run was begun in {request.work}: --resume goes on with it; or name another --out.")


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


def _base(request: EmbedderRequest) -> "tuple[Path, Tokenizer]":
    """The encoder to begin from and its tokenizer. Raises ``ModelError`` where it is not one that can be trained."""
    from tokenizers import Tokenizer

    from whence.backends.published_encoder import read_encoder

    base = request.base or request.work / "base"
    if request.base is None and not (base / "config.json").is_file():
        from whence.backends.shipped_encoder import write_shipped_encoder
        from whence.embedding.onnx import MINILM

        write_shipped_encoder(MINILM, base)
    said = read_encoder(base)
    if said.architecture != "bert" or said.pooling != "mean":
        raise ModelError(
            f"The model in {base} is {said.architecture} with {said.pooling} pooling: only BERT encoders with mean "
            "pooling can be trained."
        )
    try:
        tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    except Exception as error:  # The library raises a bare exception type.
        raise ModelError(f"There is no tokenizer.json in {base}: {error}.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return base, tokenizer


def train(
    prepared: PreparedPairs, listener: Listener = silent, on_trained: OnTrained = lambda _: None
) -> EmbedderOutcome:
    """The run and what comes of it. Raises ``UsageError``, ``ModelError``, ``DiskFullError``."""
    from whence.backends.torch_embedder import EmbedderTrainer

    request = prepared.request
    trainer = EmbedderTrainer(
        prepared.base, request.work, request.options, data_digest=prepared.digest, n_threads=request.n_threads
    )
    listener(Progress(stage="scoring"))
    before = {name: first_share(trainer, rows) for name, rows in prepared.sets.items()}
    trainer.resume()

    def told(now: "EmbedderProgress") -> None:
        on_trained(now)
        drift = f" + {now.anchor_loss:.3f}" if request.options.anchor_weight else ""
        note = f"loss {now.loss:.3f}{drift}, first {now.first_share:.2f}"
        done = min(now.n_tokens, now.wanted_tokens)
        listener(Progress(stage="training", done=done, total=now.wanted_tokens, rate=now.rate, note=note))

    listener(Progress(stage="training", done=trainer.n_tokens, total=request.options.n_tokens))
    trainer.run(prepared.training, told)
    listener(Progress(stage="exporting"))
    trainer.export(request.work / WEIGHTS)
    trainer.load(request.work / WEIGHTS)
    after = {name: first_share(trainer, rows) for name, rows in prepared.sets.items()}
    scores = {n: PairScore(n=len(rows), before=before[n], after=after[n]) for n, rows in prepared.sets.items()}
    _, terms = may_be_passed_on(list(request.data), request.licence)
    outcome = EmbedderOutcome(
        out=request.out,
        name=request.out.absolute().name,
        n_pairs=len(prepared.training),
        n_left_out=prepared.n_left_out,
        n_steps=trainer.step,
        n_tokens=trainer.n_tokens,
        terms=terms,
        scores=scores,
    )
    try:
        _write_folder(prepared, outcome)
    except OSError as error:
        raise DiskFullError(
            f"The model cannot be written to {request.out}: {error.strerror or error}. What was trained is kept; the "
            "same command with --resume goes on."
        ) from error
    return outcome


def first_share(trainer: "EmbedderTrainer", pairs: Sequence[EncodedPair]) -> float:
    """Share of the pairs whose passage is the nearest to the question among those of all pairs, alike ones aside."""
    questions = trainer.vectors([pair.question for pair in pairs])
    cosines = questions @ trainer.vectors([pair.passage for pair in pairs]).T
    groups = np.array([pair.group for pair in pairs])
    return float(np.mean(groups[cosines.argmax(axis=1)] == groups))


def _write_folder(prepared: PreparedPairs, outcome: EmbedderOutcome) -> None:
    """Makes the model folder with weights, record and card; then what the run needed goes."""
    from whence.backends.transformers_export import Wishes, export_encoder
    from whence.training.embedder_card import embedder_card

    request = prepared.request
    made, published = request.work / outcome.name, request.work / "published"
    shutil.rmtree(made, ignore_errors=True)
    published.mkdir(exist_ok=True)
    for name in _DESCRIPTIONS:
        if (prepared.base / name).is_file():
            shutil.copyfile(prepared.base / name, published / name)
    shutil.copyfile(request.work / WEIGHTS, published / "model.safetensors")
    export_encoder(published, made, name=outcome.name, wishes=Wishes(pooling="mean"))
    (request.work / WEIGHTS).replace(made / WEIGHTS)
    record = {
        "name": outcome.name,
        "data": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in request.data},
        "data_digest": prepared.digest,
        "pairs": prepared.sources,
        "options": asdict(request.options),
        "n_steps": outcome.n_steps,
        "n_tokens": outcome.n_tokens,
        "licence": outcome.terms,
        "scores": {name: asdict(score) for name, score in outcome.scores.items()},
    }
    (made / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    base = request.base.name if request.base else "the encoder that whence carries (Apache-2.0)"
    rows = [(name, one.n, one.before, one.after) for name, one in outcome.scores.items()]
    about = {"pairs": prepared.sources, "steps": outcome.n_steps, "tokens": outcome.n_tokens}
    card = embedder_card(outcome.name, base, outcome.terms, request.options, about, rows)
    (made / CARD).write_text(card, encoding="utf-8")
    made.rename(request.out)
    shutil.rmtree(request.work, ignore_errors=True)

"""Trains an embedder from files of pairs and leaves its weights: the whole run, from reading to a last comparison.

Extra ``train``.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from whence.backends.torch_embedder import EmbedderTrainer, Told
from whence.errors import UsageError
from whence.training.embedding_examples import EmbeddingPair, EncodedPair, encode_pairs, read_pairs
from whence.training.options import EmbedderTraining

WEIGHTS, SUMMARY = "weights.safetensors", "training.json"
N_HELD_OUT = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderRun:
    """What came out of a run. ``before`` and ``after``: share of pairs kept out of training whose passage is first.

    Each question is compared with all ``n_held_out`` passages. ``weights`` is the file for ``make_embedder --weights``.
    """

    weights: Path
    n_pairs: int
    n_held_out: int
    before: float
    after: float


def train_embedder(
    files: Sequence[Path],
    base: Path,
    out: Path,
    options: EmbedderTraining,
    told: Told,
    *,
    said: Callable[[str], None] = lambda _: None,
    n_threads: int = 2,
) -> EmbedderRun:
    """Trains on the pairs of ``files`` from the published encoder in ``base``; a run cut short in ``out`` goes on.

    Writes ``weights.safetensors`` and ``training.json`` (settings, counts, digest of the data, both shares) into
    ``out``. Raises ``UsageError`` for bad rows and for a checkpoint of another run, before anything is trained.
    """
    pairs = [pair for path in files for pair in read_pairs(path)]
    tokenizer = _tokenizer(base)
    kept, tested = held_out(pairs, options.seed)
    said(f"{len(kept):,} pairs to train on, {len(tested):,} kept out")
    digest = hashlib.sha256("\n".join(f"{p.id}\0{p.question}\0{p.passage}" for p in pairs).encode()).hexdigest()[:12]
    trainer = EmbedderTrainer(base, out, options, data_digest=digest, n_threads=n_threads)
    is_resumed = trainer.resume()
    encoded = encode_pairs(kept, tokenizer, options)
    n_tokens = sum(len(pair.question) + len(pair.passage) for pair in encoded)
    said(f"{n_tokens:,} tokens an epoch, {options.n_tokens / max(n_tokens, 1):.1f} epochs" + ", resumed" * is_resumed)
    judged = encode_pairs(tested, tokenizer, replace(options, n_near=0))
    before = EmbedderTrainer(base, out, options, data_digest=digest, n_threads=n_threads) if is_resumed else trainer
    share_before = first_share(before, judged)
    said(f"{share_before:.3f} of the pairs kept out come first before training")
    trainer.run(encoded, told)
    share_after = first_share(trainer, judged)
    trainer.export(out / WEIGHTS)
    about = {
        "options": asdict(options),
        "data": {"digest": digest, "pairs": Counter(pair.source for pair in kept), "tokens": n_tokens},
        "held out": {"pairs": len(tested), "first before": share_before, "first after": share_after},
    }
    (out / SUMMARY).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return EmbedderRun(
        weights=out / WEIGHTS, n_pairs=len(kept), n_held_out=len(tested), before=share_before, after=share_after
    )


def _tokenizer(base: Path) -> Tokenizer:
    path = base / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # The library raises bare exception types.
        raise UsageError(f"There is no tokenizer in {base}: {path.name} cannot be read ({error}).") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def held_out(pairs: Sequence[EmbeddingPair], seed: int) -> tuple[list[EmbeddingPair], list[EmbeddingPair]]:
    """Pairs to train on and pairs to judge by, chosen by the digest of their ids: adding pairs moves none.

    At most ``N_HELD_OUT`` and a tenth; pairs of one id, which are of one text, stay together.
    """
    ids = {pair.id: hashlib.sha256(f"{seed}/{pair.id}".encode()).hexdigest() for pair in pairs}
    chosen = set(sorted(ids, key=lambda one: ids[one])[: min(N_HELD_OUT, len(ids) // 10)])
    first = {pair.id: pair for pair in reversed(pairs) if pair.id in chosen}
    return [pair for pair in pairs if pair.id not in chosen], list(first.values())


def first_share(trainer: EmbedderTrainer, pairs: Sequence[EncodedPair]) -> float:
    """Share of the pairs whose passage is the nearest to the question among those of all pairs, alike ones aside."""
    if not pairs:
        return 0.0
    questions = trainer.vectors([pair.question for pair in pairs])
    cosines = questions @ trainer.vectors([pair.passage for pair in pairs]).T
    groups = np.array([pair.group for pair in pairs])
    return float(np.mean(groups[cosines.argmax(axis=1)] == groups))

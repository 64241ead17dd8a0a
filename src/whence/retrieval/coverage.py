"""How much of a question a chunk covers: a measure of words that is comparable over all kinds of records.

A BM25 score is not: rarity and length are those of its kind, so in a small kind scores are low however good the match.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log

from whence.retrieval.analyzer import Analyzer, searchable_chunk
from whence.types import Chunk

_FRAMING = frozenset({"use", "make", "get", "work"})
"""Stems that say of nothing what it is."""


def coverage(tokens: Iterable[str], chunks: Sequence[Chunk], analyzer: Analyzer) -> dict[str, float]:
    """The share (0..1) of the question's words that each chunk holds, by chunk id.

    A word weighs the more, the fewer of these very chunks hold it: what all candidates have tells none of them apart.
    """
    wanted = set(tokens)
    held = {chunk.id: wanted.intersection(analyzer.tokens(searchable_chunk(chunk))) for chunk in chunks}
    counts = Counter(token for own in held.values() for token in own)
    weights = {token: log(1 + (len(held) - counts[token] + 0.5) / (counts[token] + 0.5)) for token in sorted(wanted)}
    total = sum(weights.values())
    if not total:
        return dict.fromkeys(held, 0.0)
    return {chunk_id: sum(weights[token] for token in sorted(own)) / total for chunk_id, own in held.items()}


def headed(tokens: Iterable[str], chunk: Chunk, analyzer: Analyzer) -> float:
    """How far the last heading above a chunk of documentation and a question have the same words, 0..1.

    Of all words of both, the share that both have: "Registering Blueprints" is what "register a blueprint" asks for,
    "Nesting Blueprints" is about one thing more, "Blueprints" about one less.
    """
    heading = chunk.title.rpartition(" > ")[2]
    if chunk.kind != "doc" or not heading or heading == chunk.path:
        return 0.0
    wanted, own = set(tokens) - _FRAMING, set(analyzer.tokens(heading)) - _FRAMING
    return len(wanted & own) / len(wanted | own) if wanted and own else 0.0

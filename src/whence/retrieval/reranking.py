"""A second look at the first candidates: a model reads question and passage together, where it knows their kind.

Source: R. Nogueira, K. Cho, "Passage Re-ranking with BERT", arXiv:1901.04085, 2019.
"""

from collections.abc import Mapping, Sequence

from whence.protocols import StepwiseReader
from whence.retrieval.fusion import RELEVANCE, Fused, FusionOptions, sort, with_legs
from whence.types import Chunk, Leg

MOST_LOGIT = 6.0
"""Beyond, in either direction, a logit says the same more loudly."""


def read_again(ranked: Sequence[Fused], loaded: Mapping[str, Chunk], options: FusionOptions) -> Sequence[Fused]:
    """The first candidates, if a model is to read them again: more than one, and all of ``relevance_kinds``."""
    first = ranked[: options.relevance_depth]
    is_known = all(loaded[one.chunk_id].kind in options.relevance_kinds for one in first)
    return first if len(first) > 1 and is_known else ()


def reranked(
    question: str,
    ranked: Sequence[Fused],
    loaded: Mapping[str, Chunk],
    reader: StepwiseReader,
    options: FusionOptions,
) -> tuple[list[Fused], str]:
    """The candidates with what a model says of the first ones, and what it left out and why, or "".

    Nothing is read where other kinds stand among them: the weight is fitted on prose, and would move prose past them.
    What the reader left unread gets nothing, and stays behind what was read.
    """
    first = read_again(ranked, loaded, options)
    if not first:
        return list(ranked), ""
    read = reader.read(question, [loaded[one.chunk_id].text for one in first])
    logits = {one.chunk_id: got.relevance for one, got in zip(first, read.readings, strict=True) if got is not None}
    order = sorted(logits, key=lambda chunk_id: -logits[chunk_id])
    ranks = {chunk_id: rank for rank, chunk_id in enumerate(order, start=1)}
    seen = [
        with_legs(one, {RELEVANCE: Leg(rank=ranks[one.chunk_id], score=_share(logits[one.chunk_id]))}, options)
        if one.chunk_id in logits
        else one
        for one in first
    ]
    return sort([*seen, *ranked[options.relevance_depth :]]), read.skipped


def _share(logit: float) -> float:
    """0..1, in proportion to the logit: a probability would hardly tell those apart that are all likely."""
    return (min(max(logit, -MOST_LOGIT), MOST_LOGIT) + MOST_LOGIT) / (2 * MOST_LOGIT)

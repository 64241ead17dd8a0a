"""What a question names is looked up in the index by its name, beside what was found by searching."""

from whence.answer.defaults import N_CHUNKS as N_SETTING
from whence.answer.defaults import constants_behind, names_set, with_set
from whence.answer.named import N_CHUNKS, names_to_find, with_named
from whence.retrieval.hybrid import HybridRetriever
from whence.types import Chunk, Reading, Scope


def with_looked_up(question: str, reading: Reading, retriever: HybridRetriever, scope: Scope) -> Reading:
    """The reading with evidence from the definitions that the question names, and from what sets a default it asks for.

    The confidence stays: it tells of what was found by searching.
    """
    index = retriever.index
    names = names_to_find(question, reading.question_kind)
    if names:
        rows = index.named(names, N_CHUNKS, scope)
        reading = with_named(question, reading, index.chunks([row.chunk_id for row in rows]))
    if asked := names_set(question):
        reading = with_set(reading, asked, _holding(asked, retriever, scope))
    if behind := constants_behind(question, reading.evidence):
        reading = with_set(reading, behind, _holding(behind, retriever, scope))
    return reading


def _holding(names: tuple[str, ...], retriever: HybridRetriever, scope: Scope) -> list[Chunk]:
    """Code and configuration that has one of these names, whole."""
    index = retriever.index
    tokens = [token for name in names for token in retriever.analyzer.tokens(name)[:1]]
    rows = [row for kind in ("code", "data") for row in index.lexical(tokens, N_SETTING, scope, kind)]
    return index.chunks([row.chunk_id for row in rows])

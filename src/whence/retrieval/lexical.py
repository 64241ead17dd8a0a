"""The lexical legs: BM25 for each kind of record by itself, so that short records of one kind do not drown another."""

from collections.abc import Sequence

from whence.protocols import Index
from whence.retrieval.analyzer import Analyzer
from whence.types import KINDS, Kind, Scope, Scored

MAX_ANALYZED_CHARS = 20_000


def question_tokens(question: str, analyzer: Analyzer, limit: int) -> list[str]:
    """Distinct tokens in order of appearance, at most ``limit``.

    Past the limit, tokens that occur more than once and longer ones are kept: in a pasted log those are the words it
    is about, while counters, addresses and times occur once and are short.
    """
    tokens = analyzer.tokens(question[:MAX_ANALYZED_CHARS])
    distinct = list(dict.fromkeys(tokens))
    if len(distinct) <= limit:
        return distinct
    counts: dict[str, int] = {}
    for token in tokens:
        counts[token] = counts.get(token, 0) + 1
    first = dict.fromkeys(distinct[: limit // 2])
    rest = [token for token in distinct if token not in first and not token.isdigit()]
    rest.sort(key=lambda token: (-min(counts[token], 3), -min(len(token), 12)))
    return [*first, *rest[: limit - len(first)]]


def lexical(
    index: Index, tokens: Sequence[str], kinds: Sequence[Kind], k: int, scope: Scope
) -> dict[str, list[Scored]]:
    """Rows of each kind, best first, by the kind's name; a kind without a match is left out."""
    found = {kind: index.lexical(tokens, k, scope, kind) for kind in kinds} if tokens else {}
    return {kind: rows for kind, rows in found.items() if rows}


def kinds_in(scope: Scope) -> tuple[Kind, ...]:
    """The kinds a scope lets through, in the usual order."""
    return tuple(kind for kind in KINDS if not scope.kinds or kind in scope.kinds)

"""The lexical legs: BM25 for each kind of record by itself, so that short records of one kind do not drown another."""

from collections import Counter
from collections.abc import Sequence

from whence.protocols import Index
from whence.retrieval.analyzer import Analyzer
from whence.types import FILE_KINDS, Kind, Scope, Scored

MAX_ANALYZED_CHARS = 20_000

MAX_REPEATS = 2
"""How often one word of a question counts at most: what it dwells on weighs more, and a pasted log does not drown it.

Measured in docs/retrieval.md: it lifts long queries over prose and leaves code questions as they are."""


def question_tokens(question: str, analyzer: Analyzer, limit: int) -> list[str]:
    """At most ``limit`` distinct tokens in order of appearance; a word said again counts once more.

    Past the limit, tokens that occur more than once and longer ones are kept: in a pasted log those are the words it
    is about, while counters, addresses and times occur once and are short.
    """
    counts = Counter(analyzer.tokens(question[:MAX_ANALYZED_CHARS]))
    chosen = list(counts)
    if len(chosen) > limit:
        first = dict.fromkeys(chosen[: limit // 2])
        rest = [token for token in chosen if token not in first and not token.isdigit()]
        rest.sort(key=lambda token: (-min(counts[token], MAX_REPEATS), -min(len(token), 12)))
        chosen = [*first, *rest[: limit - len(first)]]
    return [token for token in chosen for _ in range(min(counts[token], MAX_REPEATS))]


def lexical(
    index: Index, tokens: Sequence[str], kinds: Sequence[Kind], k: int, scope: Scope
) -> dict[str, list[Scored]]:
    """Rows of each kind, best first, by the kind's name; a kind without a match is left out."""
    found = {kind: index.lexical(tokens, k, scope, kind) for kind in kinds} if tokens else {}
    return {kind: rows for kind, rows in found.items() if rows}


def kinds_in(scope: Scope) -> tuple[Kind, ...]:
    """The kinds of files a scope lets through, in the usual order."""
    return tuple(kind for kind in FILE_KINDS if not scope.kinds or kind in scope.kinds)

"""Finds what a word of a question may have meant that occurs nowhere: the word one typing error away that does occur.

The full text has no list of its words to look through, so all that differ by one letter are searched for at once.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from string import ascii_lowercase
from typing import Final

from whence.protocols import Index
from whence.retrieval.analyzer import Analyzer, searchable_chunk
from whence.retrieval.lexical import kinds_in
from whence.types import HISTORY_KINDS, KINDS, Chunk, Kind, Scope

MIN_CHARS: Final = 4
"""Words of so many letters are one letter away from too many others: only two letters may have changed places."""

_PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

MAX_WORDS: Final = 6
"""So many words at most are looked for; a question of more unknown words is about something else."""

N_ROWS: Final = 20
_WORD: Final = re.compile(rf"[A-Z]?[a-z]{{{MIN_CHARS - 1},20}}|[A-Z]{{{MIN_CHARS},20}}(?![a-z])")
"""A word, or a part of a name that is put together of several."""


def respelled(
    question: str,
    found: Sequence[Chunk],
    index: Index,
    analyzer: Analyzer,
    scope: Scope,
    is_common: Callable[[str], bool],
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The question with words that occur nowhere replaced, and (word, replacement) in order.

    ``found`` are the chunks that the question found: words that one of them holds are not looked for, and commits are
    looked through only where some of them are. Of several words one letter away the one that most chunks hold is
    taken. Common words, which ``is_common`` tells, stay though they occur nowhere. Parts of names ("next_change",
    "LampError") are words here.
    """
    kinds = KINDS if any(chunk.kind in HISTORY_KINDS for chunk in found) else kinds_in(scope)
    held = {token for chunk in found for token in analyzer.tokens(searchable_chunk(chunk))}
    unknown = []
    for match in _WORD.finditer(question):
        tokens = analyzer.tokens(match[0].lower())
        is_long = len(match[0]) >= MIN_CHARS
        is_plain = is_long and tokens and held.isdisjoint(tokens) and not is_common(match[0].lower())
        if is_plain and not _occurs(tokens, index, scope, kinds):
            unknown.append(match)
    if not unknown or len(unknown) > MAX_WORDS:
        return question, ()
    made, at = "", 0
    replaced = []
    for match in unknown:
        near = _nearest(match[0].lower(), index, analyzer, scope, kinds)
        if near:
            near = near.upper() if match[0].isupper() else near.capitalize() if match[0][0].isupper() else near
            made += question[at : match.start()] + near
            at = match.end()
            replaced.append((match[0], near))
    return made + question[at:], tuple(replaced)


def variants(word: str) -> list[str]:
    """All words that one letter left out, doubled, added, exchanged or swapped with its neighbour makes of this one."""
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    swapped = [a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1]
    shorter = [a + b[1:] for a, b in parts if b]
    exchanged = [a + letter + b[1:] for a, b in parts if b for letter in ascii_lowercase]
    longer = [a + letter + b for a, b in parts for letter in ascii_lowercase]
    made = swapped if len(word) <= MIN_CHARS else [*swapped, *shorter, *exchanged, *longer]
    return [variant for variant in dict.fromkeys(made) if variant != word]


def _occurs(tokens: Sequence[str], index: Index, scope: Scope, kinds: Sequence[Kind]) -> bool:
    return any(index.lexical(tokens, 1, scope, kind) for kind in kinds)


def _nearest(word: str, index: Index, analyzer: Analyzer, scope: Scope, kinds: Sequence[Kind]) -> str:
    """The word one letter away that most of the best chunks hold, or ""; never another form of the word itself."""
    own = set(analyzer.tokens(word))
    by_token: dict[str, str] = {}
    for variant in variants(word):
        tokens = analyzer.tokens(variant)
        if len(tokens) == 1 and tokens[0] not in own:
            by_token.setdefault(tokens[0], variant)
    rows = [row for kind in kinds for row in index.lexical(list(by_token), N_ROWS, scope, kind)]
    chunks = index.chunks([row.chunk_id for row in rows])
    counts: Counter[str] = Counter()
    for chunk in chunks:
        plain = {part.lower() for part in _PART.findall(searchable_chunk(chunk))}
        counts.update(variant for variant in by_token.values() if variant in plain)
    return max(counts, key=lambda variant: (counts[variant], variant)) if counts else ""

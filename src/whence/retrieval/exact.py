"""The exact leg: chunks that define, or hold letter by letter, what a question names.

``lookup`` asks the index and gets ids; ``choose`` sees the loaded chunks and keeps the few that truly match. Between
the two the caller loads chunks, together with those of the other legs, so that loading stays one call.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whence.protocols import Index
from whence.retrieval.analyzer import Analyzer
from whence.retrieval.mentions import Mention
from whence.retrieval.priors import is_test
from whence.types import KINDS, Chunk, Kind, Scope

_SEPARATOR = re.compile(r"::|#|\.")
_TEST_PATH = re.compile(
    r"(^|/)(tests?|testing|spec|specs|__tests__)/|(^|/)(test_[^/]*|conftest\.py|[^/]*[._]test\.\w+)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactOptions:
    """At most ``hits`` chunks, ``per_mention`` of them for one mention; ``depth`` rows are read from each lookup."""

    hits: int = 5
    per_mention: int = 2
    depth: int = 64
    max_quotes: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactHit:
    """A chunk that matches a mention; ``score``: 1 a file of that name, 2 a likely, 3 a sure, 4 a case-exact match."""

    chunk_id: str
    score: float
    mention: Mention


def lookup(
    index: Index,
    found: Sequence[Mention],
    analyzer: Analyzer,
    scope: Scope,
    *,
    kinds: Sequence[Kind],
    options: ExactOptions,
) -> list[str]:
    """Ids of chunks that may match, in the index's order, none twice."""
    ids: dict[str, None] = {}
    names = list(dict.fromkeys(name for mention in found for name in _names(mention)))
    if names:
        ids.update((row.chunk_id, None) for row in index.named(names, options.depth, scope))
    quotes = [mention for mention in found if mention.form == "quote"][: options.max_quotes]
    for mention in quotes:
        tokens = list(dict.fromkeys(analyzer.tokens(mention.text)))
        if len(tokens) < 2:
            continue
        for kind in kinds:
            ids.update((row.chunk_id, None) for row in index.lexical(tokens, options.hits, scope, kind, every=True))
    return list(ids)


def choose(
    found: Sequence[Mention], chunks: Sequence[Chunk], scores: Mapping[str, float], options: ExactOptions
) -> list[ExactHit]:
    """The best matches, mention by mention in turn, so that no mention crowds out another.

    ``scores`` are those of the other legs by chunk id: they order matches of equal grade, as when a whole file is
    named. Definitions come before other matches, code that is not a test before tests.
    """
    rows = [_best(mention, chunks, scores, options.per_mention) for mention in found]
    chosen: dict[str, ExactHit] = {}
    for turn in range(options.per_mention):
        for row in rows:
            if turn < len(row) and len(chosen) < options.hits:
                chosen.setdefault(row[turn].chunk_id, row[turn])
    return list(chosen.values())


def _names(mention: Mention) -> list[str]:
    """Lower-case names under which the index may hold what is mentioned, the fullest first."""
    text = mention.text.lower().strip("/")
    if mention.form == "quote":
        return []
    if mention.form == "path":
        return [text, text.rpartition("/")[2]]
    if mention.form != "name":
        return [text]
    parts = [part for part in _SEPARATOR.split(text) if part]
    return [text, *(".".join(parts[at:]) for at in range(len(parts)))]


def _best(mention: Mention, chunks: Sequence[Chunk], scores: Mapping[str, float], limit: int) -> list[ExactHit]:
    graded = [(_grade(mention, chunk), chunk) for chunk in chunks]
    matches = [(grade, chunk) for grade, chunk in graded if grade >= (1 if mention.sure else 4)]
    by_name = mention.form in ("name", "commit", "issue")

    def order(match: tuple[float, Chunk]) -> tuple[float, bool, int, float, int, str]:
        grade, chunk = match
        start = chunk.start if by_name and grade > 1 else 0
        return -grade, is_test(chunk.path), KINDS.index(chunk.kind), -scores.get(chunk.id, 0.0), start, chunk.id

    kept: dict[tuple[str, str], ExactHit] = {}
    for grade, chunk in sorted(matches, key=order):
        kept.setdefault(
            (chunk.document_id, chunk.symbol if by_name else chunk.id),
            ExactHit(chunk_id=chunk.id, score=grade, mention=mention),
        )
    return list(kept.values())[:limit]


def _grade(mention: Mention, chunk: Chunk) -> float:
    if mention.form == "quote":
        return 4.0 if _squeezed(mention.text) in _squeezed(chunk.text) else 0.0
    if mention.form == "path":
        path, wanted = chunk.path.lower(), mention.text.lower().strip("/")
        if path == wanted or path.endswith("/" + wanted):
            return 3.0
        return 0.0 if "/" in wanted else _name_grade(mention.text, chunk)
    if mention.form == "name":
        return _name_grade(mention.text, chunk)
    return 3.0 if mention.text.lower() in {name.lower() for name in (chunk.symbol, chunk.path, chunk.title)} else 0.0


def _name_grade(name: str, chunk: Chunk) -> float:
    wanted = [part for part in _SEPARATOR.split(name) if part]
    own = [part for part in _SEPARATOR.split(chunk.symbol) if part]
    if _ends_with(own, wanted):
        return 4.0
    lower_wanted, lower_own = [part.lower() for part in wanted], [part.lower() for part in own]
    if _ends_with(lower_own, lower_wanted):
        return 3.0
    places = set(re.split(r"[/.]", chunk.path.lower()))
    for at in range(1, len(wanted)):
        # "requests.Session.send" or "flask.jsonify": the head is a module, the tail what it defines.
        if _ends_with(lower_own, lower_wanted[at:]) and places.issuperset(lower_wanted[:at]):
            return 2.0
    stem = chunk.path.lower().rpartition("/")[2].partition(".")[0]
    return 1.0 if len(wanted) == 1 and stem == lower_wanted[0] else 0.0


def _ends_with(own: Sequence[str], wanted: Sequence[str]) -> bool:
    return bool(wanted) and list(own[-len(wanted) :]) == list(wanted)


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()

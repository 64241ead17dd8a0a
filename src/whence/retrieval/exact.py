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
from whence.retrieval.options import ExactOptions as ExactOptions  # noqa: PLC0414
from whence.retrieval.priors import is_test
from whence.types import KINDS, Chunk, Kind, Scope

SAME, SAME_LETTERS, FILE_NAME, LIKELY, FILE_STEM = 4.0, 3.0, 2.5, 2.0, 1.0
"""Grades of a match: as written; but for case; the file's name; the head of a dotted name fits the place; a stem."""

SHORT_SHA = 7

_SEPARATOR = re.compile(r"::|#|\.")
_HYPHENED = re.compile(r"\w+(?:-\w+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactHit:
    """A chunk that matches a mention; ``score``: see the grades of this module."""

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
    history: bool = False,
) -> list[str]:
    """Ids of chunks that may match, in the index's order, none twice; with ``history`` of commits, too."""
    ids: dict[str, None] = {}
    names = list(dict.fromkeys(name for mention in found for name in _names(mention)))
    if names:
        ids.update((row.chunk_id, None) for row in index.named(names, options.depth, scope))
    past = [_commit_name(mention) for mention in found if mention.form in {"commit", "issue"}] if history else []
    if past:
        ids.update((row.chunk_id, None) for row in index.named(past, options.depth, scope, history=True))
    quotes = [mention for mention in found if mention.form == "quote"][: options.max_quotes]
    for mention in quotes:
        tokens = list(dict.fromkeys(analyzer.tokens(mention.text)))
        if len(tokens) < 2:
            continue
        depth = options.hits if mention.sure else options.depth_unsure  # words beside each other need not be one
        for kind in kinds:
            ids.update((row.chunk_id, None) for row in index.lexical(tokens, depth, scope, kind, every=True))
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


def touched(mention: Mention, chunk: Chunk) -> bool:
    """Whether a chunk stands in the file or the definition that is mentioned."""
    return _grade(mention, chunk) >= LIKELY


def _commit_name(mention: Mention) -> str:
    """The name of a commit in the index: the first seven digits of its id, or an issue that it names."""
    return mention.text.lower()[:SHORT_SHA] if mention.form == "commit" else mention.text


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
    return [text, *(".".join(parts[at:]) for at in range(max(len(parts) - 4, 0), len(parts)))]


def _best(mention: Mention, chunks: Sequence[Chunk], scores: Mapping[str, float], limit: int) -> list[ExactHit]:
    least = FILE_STEM if mention.sure else SAME
    matches: dict[tuple[str, str], tuple[float, Chunk]] = {}
    likely: dict[tuple[str, str], float] = {}
    for chunk in sorted(chunks, key=lambda chunk: (chunk.path, chunk.start, chunk.document_id, chunk.id)):
        grade = _grade(mention, chunk)
        if grade < least:
            continue
        # A definition in several chunks is one match, shown by its first.
        part = (chunk.document_id, chunk.symbol if _defines(mention, grade) else chunk.id)
        matches.setdefault(part, (grade, chunk))
        likely[part] = max(likely.get(part, 0.0), scores.get(chunk.id, 0.0))

    def order(part: tuple[str, str]) -> tuple[float, bool, int, int, float, str, int, str, str]:
        grade, chunk = matches[part]
        depth = chunk.symbol.count(".") if _defines(mention, grade) else 0
        place = (chunk.path, chunk.start, chunk.document_id, chunk.id)
        return -grade, is_test(chunk.path), KINDS.index(chunk.kind), depth, -likely[part], *place

    return [
        ExactHit(chunk_id=matches[part][1].id, score=matches[part][0], mention=mention)
        for part in sorted(matches, key=order)[:limit]
    ]


def _defines(mention: Mention, grade: float) -> bool:
    return mention.form == "name" and grade in (SAME, SAME_LETTERS, LIKELY)


def _grade(mention: Mention, chunk: Chunk) -> float:
    """0 where the chunk does not match after all."""
    if mention.form == "quote":
        wanted, held = _squeezed(mention.text), _squeezed(chunk.text)
        if _HYPHENED.fullmatch(wanted):  # "max-jobs" is not a part of "substitution-max-jobs", but of "--max-jobs"
            return SAME if re.search(rf"(?<!\w)(?<!\w-){re.escape(wanted)}(?![\w-])", held) else 0.0
        return SAME if wanted in held else 0.0
    if mention.form == "name":
        return _name_grade(mention.text, chunk)
    if chunk.kind == "commit" and mention.form == "commit":
        return SAME if chunk.revision.startswith(mention.text.lower()) else 0.0
    if chunk.kind == "commit" and mention.form == "issue":
        return SAME if re.search(rf"(?<![\w&]){mention.text}\b", chunk.text) else 0.0
    wanted = mention.text.lower().strip("/")
    if mention.form == "path":
        return SAME_LETTERS if f"/{chunk.path.lower()}".endswith(f"/{wanted}") else 0.0
    return SAME_LETTERS if wanted in {chunk.symbol.lower(), chunk.path.lower(), chunk.title.lower()} else 0.0


def _name_grade(name: str, chunk: Chunk) -> float:
    wanted = [part for part in _SEPARATOR.split(name) if part]
    own = [part for part in _SEPARATOR.split(chunk.symbol) if part]
    if _ends_with(own, wanted):
        return SAME
    lower_wanted, lower_own = [part.lower() for part in wanted], [part.lower() for part in own]
    if _ends_with(lower_own, lower_wanted):
        return SAME_LETTERS
    file_name = chunk.path.lower().rpartition("/")[2]
    if file_name == name.lower():
        return FILE_NAME
    places = set(re.split(r"[/.]", chunk.path.lower()))
    for at in range(1, len(wanted)):
        # "requests.Session.send" or "flask.jsonify": the head is a module, the tail what it defines.
        if _ends_with(lower_own, lower_wanted[at:]) and places.issuperset(lower_wanted[:at]):
            return LIKELY
    return FILE_STEM if len(wanted) == 1 and file_name.partition(".")[0] == lower_wanted[0] else 0.0


def _ends_with(own: Sequence[str], wanted: Sequence[str]) -> bool:
    return bool(wanted) and list(own[-len(wanted) :]) == list(wanted)


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()

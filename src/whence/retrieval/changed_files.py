"""Which files a change concerns, told by the commits and hunks that are most like its description.

Every like commit speaks for the files that it changed, every like hunk for its file; what landed long ago speaks less.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from whence.protocols import Index
from whence.retrieval.analyzer import Analyzer
from whence.retrieval.lexical import question_tokens
from whence.retrieval.mentions import Mention, mentions
from whence.types import Chunk, Scope

_LISTED = re.compile(
    r"^[AMDRCTU] (?:(?:.+) -> )?(?P<path>\S.*?)(?: \+\d+ -\d+| binary)?(?: \([^()]*\))?$", re.MULTILINE
)

_MOST_RENAMES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFilesOptions:
    """``n_hunks`` and ``n_commits`` are asked. A hit counts its score, as a share of the best one's, to the power
    ``sharpness``; e times less for every ``fading`` first-parent commits that passed since it landed; and what a commit
    says is shared by its files, as their number to the power ``sharing``. A file that the text names gets ``named`` of
    the best file's score on top. Chosen on a tuning sample by ``benchmarks/change_files.py``.
    """

    n_hunks: int = 50
    n_commits: int = 200
    sharpness: float = 2.0
    fading: float = 300.0
    sharing: float = 0.5
    named: float = 0.5
    max_tokens: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """A file that a change is likely to concern. ``commits`` are those that speak for it most, best first."""

    path: str
    score: float
    commits: tuple[str, ...] = ()


def rank_changed_files(
    index: Index,
    analyzer: Analyzer,
    text: str,
    scope: Scope,
    *,
    position: int,
    present: Collection[str],
    renamed: Mapping[str, str] | None = None,
    options: ChangedFilesOptions | None = None,
) -> list[ChangedFile]:
    """The files among ``present`` that a change of this description is likely to touch, best first, ties by path.

    ``position`` is the first-parent position of the state that is asked, from which the age of commits counts.
    ``renamed`` says what a path was called next: a file inherits what is said of its earlier names.
    """
    options = options or ChangedFilesOptions()
    tokens = question_tokens(text, analyzer, options.max_tokens)
    scores: dict[str, float] = defaultdict(float)
    speaking: dict[str, dict[str, float]] = defaultdict(dict)
    best: dict[tuple[str, str], float] = {}
    if tokens:
        for weight, chunk in _weighted(index, tokens, scope, position, options):
            if chunk.kind == "hunk":
                key = (_present_name(chunk.path, present, renamed or {}), chunk.revision)
                best[key] = max(best.get(key, 0.0), weight)
                continue
            paths = _paths(chunk)
            for path in (_present_name(path, present, renamed or {}) for path in paths):
                _add(scores, speaking, path, chunk.revision, weight / len(paths) ** options.sharing)
    for (path, revision), weight in best.items():
        _add(scores, speaking, path, revision, weight)
    _add_named(scores, mentions(text), present, options.named)
    ranked = sorted((path for path in scores if path in present), key=lambda path: (-scores[path], path))
    return [ChangedFile(path=path, score=scores[path], commits=_foremost(speaking[path])) for path in ranked]


def _weighted(
    index: Index, tokens: Sequence[str], scope: Scope, position: int, options: ChangedFilesOptions
) -> list[tuple[float, Chunk]]:
    """The most similar hunks and commits with their weights."""
    found: dict[str, float] = {}
    for kind, depth in (("hunk", options.n_hunks), ("commit", options.n_commits)):
        rows = index.lexical(tokens, depth, scope, "hunk" if kind == "hunk" else "commit")
        top = rows[0].score if rows else 1.0
        found.update({row.chunk_id: (row.score / top) ** options.sharpness for row in rows})
    weighted = []
    for chunk in index.chunks(list(found)):
        age = max(position - chunk.valid_from, 0)
        weighted.append((found[chunk.id] * math.exp(-age / options.fading), chunk))
    return weighted


def _paths(chunk: Chunk) -> list[str]:
    """The files in the list of a commit's chunk, as the commit left them called."""
    return [found["path"] for found in _LISTED.finditer(chunk.text)]


def _present_name(path: str, present: Collection[str], renamed: Mapping[str, str]) -> str:
    """What a file is called now, as far as renames lead."""
    for _ in range(_MOST_RENAMES):
        if path in present or path not in renamed:
            break
        path = renamed[path]
    return path


def _add(
    scores: dict[str, float], speaking: dict[str, dict[str, float]], path: str, revision: str, weight: float
) -> None:
    scores[path] += weight
    own = speaking[path]
    own[revision] = own.get(revision, 0.0) + weight


def _add_named(scores: dict[str, float], named: Sequence[Mention], present: Collection[str], share: float) -> None:
    """Adds to the files that the text names by path, file name, or the stem of the file name."""
    wanted = [mention.text.lower().strip("/") for mention in named if mention.form in {"name", "path"}]
    stems = {mention.text.lower().rpartition(".")[2] for mention in named if mention.form == "name"}
    if not wanted:
        return
    bonus = share * max(scores.values(), default=1.0)
    for path in present:
        lowered = path.lower()
        name = lowered.rpartition("/")[2]
        if name.partition(".")[0] in stems or any(f"/{lowered}".endswith(f"/{text}") for text in wanted):
            scores[path] += bonus


def _foremost(weights: Mapping[str, float], n_max: int = 3) -> tuple[str, ...]:
    return tuple(sorted(weights, key=lambda revision: (-weights[revision], revision))[:n_max])

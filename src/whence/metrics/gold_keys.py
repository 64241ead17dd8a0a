"""Rankings of passages read at the level the gold evidence has: files, marked places, or single lines.

One idea for all levels: a hit stands for keys, gold stands for keys, and a ranking of hits is the ranking of the keys
they stand for, each once, at its best place. Every measure of a ranking then serves every level.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["file", "place", "line"]
"""``file``: the path alone, also of a document that is no file. ``place``: a marked range, found by what meets it."""

LEVELS: tuple[Level, ...] = ("file", "place", "line")

TO_THE_END = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Lines ``start`` to ``end`` of a path, from 1, both inside; as given here it is the whole of the path."""

    path: str
    start: int = 1
    end: int = TO_THE_END

    def meets(self, other: "Place") -> bool:
        """Whether both have a line in common."""
        return self.path == other.path and self.start <= other.end and other.start <= self.end


def gold_keys(gold: Iterable[Place], level: Level) -> list[str]:
    """What must be found, each key once, in the order given. At level "line", raises ``ValueError`` on an open end.

    Source: K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002
    (judged units); one ranking read at several levels: own choice.
    """
    return list(dict.fromkeys(key for place in gold for key in _keys(place, level)))


def ranked_keys(hits: Sequence[Place], gold: Sequence[Place], level: Level) -> list[str]:
    """The keys that hits stand for, best first, each once.

    At level "place" a hit stands for every gold place it meets, or for itself when it meets none; what meets only gold
    that better hits have met is left out, as a second passage of the same file is at level "file". At level "line" a
    hit stands for all its lines, so cut the hits, not the keys, at k.

    Source: as ``gold_keys``; first passage of a file as its rank: J. P. Callan, "Passage-Level Evidence in Document
    Retrieval", SIGIR, 1994.
    """
    keys: list[str] = []
    for hit in hits:
        met = [place for place in gold if place.meets(hit)] if level == "place" else []
        keys.extend(key for place in met or [hit] for key in _keys(place, level))
    return list(dict.fromkeys(keys))


def _keys(place: Place, level: Level) -> Iterable[str]:
    if level == "file":
        return (place.path,)
    if level == "place":
        return (f"{place.path}:{place.start}-{place.end}",)
    if place.end == TO_THE_END:
        raise ValueError(f"{place.path} is given without its last line, so its lines cannot be counted")
    return (f"{place.path}:{line}" for line in range(place.start, place.end + 1))

"""Near duplicates: texts that share most of their runs of three words, found without comparing all with all."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

_SIZE = 3
Item = TypeVar("Item")


def shingles(text: str) -> frozenset[str]:
    """The runs of three words of a text, in lower case; of a shorter one the whole of it."""
    words = text.lower().split()
    return frozenset(" ".join(words[i : i + _SIZE]) for i in range(max(len(words) - _SIZE + 1, 1)))


def without_near_duplicates(items: Iterable[tuple[str, Item]], most_alike: float = 0.6) -> Iterator[Item]:
    """The items (text, item) in order, without those whose shingles overlap with an earlier one's by more (Jaccard).

    Source: A. Z. Broder, "On the resemblance and containment of documents", SEQUENCES, 1997; exact, not sampled.
    """
    kept: list[frozenset[str]] = []
    holding: dict[str, list[int]] = {}
    for text, item in items:
        own = shingles(text)
        shared = _counted(own, holding)
        if any(n / (len(own) + len(kept[other]) - n) > most_alike for other, n in shared.items()):
            continue
        for one in own:
            holding.setdefault(one, []).append(len(kept))
        kept.append(own)
        yield item


def _counted(own: frozenset[str], holding: Mapping[str, list[int]]) -> dict[int, int]:
    shared: dict[int, int] = {}
    for one in own:
        for other in holding.get(one, ()):
            shared[other] = shared.get(other, 0) + 1
    return shared

"""Texts that say the same in almost the same words, found by MinHash without comparing all with all.

Source: A. Z. Broder, "On the resemblance and containment of documents", SEQUENCES, 1997. Bands of the sketch find
candidates, the exact overlap decides, so nothing that is reported as alike is not.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.6
"""Share of the runs of three words (Jaccard) from which on two texts are alike."""
N_BANDS, N_ROWS = 24, 3
_PRIME = (1 << 31) - 1
_MOST_WORDS = 400
_MOST_COMPARED = 8

Keys = NDArray[np.int64]


def words_of(text: str) -> list[str]:
    """Its words in lower case, without signs: what counts when texts are compared."""
    return re.findall(r"\w+", text.lower())[:_MOST_WORDS]


def shingles(text: str) -> frozenset[int]:
    """Numbers of the runs of three words; of a shorter text the whole is one."""
    words = words_of(text)
    runs = {" ".join(words[n : n + 3]) for n in range(max(len(words) - 2, 1))}
    return frozenset(int.from_bytes(blake2b(run.encode(), digest_size=4).digest()) for run in runs)


def groups_of_alike(texts: Sequence[str], least: float = ALIKE) -> list[int]:
    """A number for each text; texts that are alike, directly or through others, have the same."""
    own = [shingles(text) for text in texts]
    parent = list(range(len(texts)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for first, second in _candidates(own, own):
        a, b = root(first), root(second)
        if a != b and _overlap(own[first], own[second]) >= least:
            parent[max(a, b)] = min(a, b)
    return [root(n) for n in range(len(texts))]


def alike(texts: Sequence[str], held_out: Sequence[str], least: float = ALIKE) -> dict[int, int]:
    """By place of a text, the place of a held-out one that it is alike to; the first found. Texts like none are absent.

    Equal texts are always found. Of pairs with an overlap of exactly ``least`` three in a thousand are missed, of those
    with more, fewer.
    """
    first, second = [shingles(text) for text in texts], [shingles(text) for text in held_out]
    found: dict[int, int] = {}
    for a, b in _candidates(first, second):
        if a not in found and _overlap(first[a], second[b]) >= least:
            found[a] = b
    return found


def _overlap(first: frozenset[int], second: frozenset[int]) -> float:
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)


def _candidates(first: Sequence[frozenset[int]], second: Sequence[frozenset[int]]) -> Iterator[tuple[int, int]]:
    """Places that share a band, a pair perhaps more than once; where both are one list, each pair one way round."""
    is_one = first is second
    generator = np.random.default_rng(1)
    factors = generator.integers(1, _PRIME, (N_BANDS * N_ROWS, 1))
    offsets = generator.integers(0, _PRIME, (N_BANDS * N_ROWS, 1))
    of_first = _sketches(first, factors, offsets)
    of_second = of_first if is_one else _sketches(second, factors, offsets)
    for band in range(N_BANDS):
        part = slice(band * N_ROWS, (band + 1) * N_ROWS)
        held: dict[bytes, list[int]] = defaultdict(list)
        for n, row in enumerate(of_second):
            held[row[part].tobytes()].append(n)
        for n, row in enumerate(of_first):
            # Where many agree the first stand for the others, which are joined with them in turn.
            others = held.get(row[part].tobytes(), ())
            for other in others[:_MOST_COMPARED] if is_one else others:
                if is_one and other >= n:
                    break
                yield n, other


def _sketches(sets: Iterable[frozenset[int]], factors: Keys, offsets: Keys) -> Keys:
    """The least of each of the hash functions over the members, shape (n, functions)."""
    rows = [((np.fromiter(one, np.int64, len(one)) % _PRIME * factors + offsets) % _PRIME).min(axis=1) for one in sets]
    return np.stack(rows) if rows else np.zeros((0, N_BANDS * N_ROWS), np.int64)

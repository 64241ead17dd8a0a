"""Which commits changed which words, as a few large rows: an inverted file of some hundreds or thousands of commits.

A segment is five byte strings: the numbers of its commits, its words in order, each between line feeds, where the uses
of each word begin, the uses themselves, and the commits that words alone do not tell of. A use is the place of a commit
among the segment's, times two, plus one where the word occurs more or less often after it.
"""

from __future__ import annotations

import heapq
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Final

MAX_COMMITS: Final = 32_768
_NUMBER, _START, _USE = "I", "I", "H"


@dataclass(frozen=True, slots=True)
class Segment:
    """The byte strings of one segment, as they are stored."""

    commits: bytes
    words: bytes
    starts: bytes
    uses: bytes
    doubtful: bytes
    binary: bytes

    @property
    def n_commits(self) -> int:
        """How many commits it is about."""
        return len(self.commits) // array(_NUMBER).itemsize


@dataclass(frozen=True, slots=True)
class TextPart:
    """A word of a text that is looked for, in UTF-8 as it is stored.

    Where the text begins or ends in it, the word may go on: that side is open. ``is_short`` says that binary files may
    hold it without their words saying so.
    """

    text: str
    is_open_left: bool = False
    is_open_right: bool = False
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class CommitWords:
    """The words of one commit, by its number; see ``sources.patch_words.PatchWords``."""

    number: int
    words: Mapping[str, bool]
    is_doubtful: bool = False
    has_binary: bool = False


def segment(commits: Sequence[CommitWords]) -> Segment:
    """The segment of at most 32,768 commits."""
    uses: dict[str, int | list[int]] = {}  # most words are used once: a number is smaller than a list
    for place, commit in enumerate(commits):
        for word, is_change in commit.words.items():
            use = 2 * place + is_change
            found = uses.setdefault(word, use)
            if isinstance(found, list):
                found.append(use)
            elif found != use:
                uses[word] = [found, use]
    return _packed(
        array(_NUMBER, [commit.number for commit in commits]),
        ((word.encode("utf-8", "surrogatepass"), _listed(uses[word])) for word in sorted(uses)),
        array(_USE, [place for place, commit in enumerate(commits) if commit.is_doubtful]),
        array(_USE, [place for place, commit in enumerate(commits) if commit.has_binary]),
    )


def _listed(found: int | list[int]) -> array[int]:
    return array(_USE, found if isinstance(found, list) else (found,))


def merged(segments: Sequence[Segment]) -> Segment:
    """One segment that says what several of other commits say."""
    numbers, doubtful, binary = array(_NUMBER), array(_USE), array(_USE)
    streams = []
    for part in segments:
        streams.append(_words_and_uses(part, len(numbers)))
        doubtful.extend(len(numbers) + place for place in unpacked(_USE, part.doubtful))
        binary.extend(len(numbers) + place for place in unpacked(_USE, part.binary))
        numbers += unpacked(_NUMBER, part.commits)
    return _packed(numbers, heapq.merge(*streams, key=itemgetter(0)), doubtful, binary)


def _words_and_uses(part: Segment, base: int) -> Iterator[tuple[bytes, array[int]]]:
    """Words in order, each with its uses among commits that are counted from ``base``."""
    moved = array(_USE, [2 * base + use for use in unpacked(_USE, part.uses)])
    starts = unpacked(_START, part.starts)
    at = 1
    for first, last in pairwise(starts):
        end = part.words.index(b"\n", at)
        yield part.words[at:end], moved[first:last]
        at = end + 1


def _packed(
    numbers: array[int], uses: Iterable[tuple[bytes, array[int]]], doubtful: array[int], binary: array[int]
) -> Segment:
    """``uses`` come in the order of their words; equal words follow each other."""
    words, starts, every = bytearray(b"\n"), array(_START), array(_USE)
    before = None
    for word, found in uses:
        if word != before:
            words += word + b"\n"
            starts.append(len(every))
            before = word
        every += found
    starts.append(len(every))
    return Segment(
        commits=_bytes(numbers),
        words=bytes(words),
        starts=_bytes(starts),
        uses=_bytes(every),
        doubtful=_bytes(doubtful),
        binary=_bytes(binary),
    )


def matching(words: bytes, part: bytes, *, is_open_left: bool, is_open_right: bool) -> list[int]:
    """Places, from 0, of the words that a part of a word matches: whole ones where neither side is open."""
    wanted = (b"" if is_open_left else b"\n") + part + (b"" if is_open_right else b"\n")
    found: list[int] = []
    counted_to = n_before = 0
    position = words.find(wanted)
    while position >= 0:
        inside = position + (not is_open_left)
        n_before += words.count(b"\n", counted_to, inside)
        counted_to = inside
        found.append(n_before - 1)
        position = words.find(wanted, words.index(b"\n", inside))
    return found


def unpacked(kind: str, stored: bytes) -> array[int]:
    """Numbers from their bytes; stored with the smallest byte first, on every machine."""
    numbers = array(kind)
    numbers.frombytes(stored)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _bytes(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return numbers.tobytes()

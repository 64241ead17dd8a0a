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
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Final

MAX_COMMITS: Final = 32_768
_NUMBER, _START, _USE = "I", "I", "H"
_BLOCK: Final = 4_096
"""Line feeds are counted once for each so many bytes, so that the place of a word is found by reading few."""

_FEW: Final = 200


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


class OpenSegment:
    """A segment held in memory and asked many times. Thread-safe."""

    def __init__(self, stored: Segment) -> None:
        self._words = stored.words
        self._starts = unpacked(_START, stored.starts)
        self._uses = unpacked(_USE, stored.uses)
        self._binary = frozenset(unpacked(_USE, stored.binary))
        self._doubtful = frozenset(unpacked(_USE, stored.doubtful))
        self._numbers = unpacked(_NUMBER, stored.commits)
        counts = (stored.words.count(b"\n", at, at + _BLOCK) for at in range(0, len(stored.words), _BLOCK))
        self._before = array(_START, accumulate(counts, initial=0))

    def commits(self, parts: Sequence[TextPart], *, changed: bool) -> set[int]:
        """Numbers of the commits whose patch has all parts, and of those that words do not tell of.

        With ``changed``, only where some word with the part occurs more or less often afterwards. Parts inside the
        words are looked for last, and not at all where the others leave few commits: then some more are told.
        """
        found: set[int] | None = None
        for part in sorted(parts, key=lambda part: part.is_open_left):
            if part.is_open_left and found is not None and len(found) <= _FEW:
                break
            having = self._using(part, changed=changed)
            found = having if found is None else found & having
            if not found:
                break
        return {self._numbers[place] for place in self._doubtful.union(found or ())}

    def _using(self, part: TextPart, *, changed: bool) -> set[int]:
        uses = set[int]()
        for first, last in self._places(part):
            uses.update(self._uses[self._starts[first] : self._starts[last]])
        using = {use >> 1 for use in uses if use & 1 or not changed}
        return using | self._binary if part.is_short else using

    def _places(self, part: TextPart) -> Iterator[tuple[int, int]]:
        """Places of the words that a part matches, as ranges; the words are in order."""
        text = part.text.encode()
        if not part.is_open_left:
            first = _first_not_before(self._words, text)
            if part.is_open_right:
                yield self._place(first), self._place(_first_not_before(self._words, text[:-1] + bytes([text[-1] + 1])))
            elif self._words.startswith(text + b"\n", first):
                yield self._place(first), self._place(first) + 1
            return
        wanted = text if part.is_open_right else text + b"\n"
        position = self._words.find(wanted)
        while position >= 0:
            place = self._place(position)
            yield place, place + 1
            position = self._words.find(wanted, self._words.index(b"\n", position))

    def _place(self, position: int) -> int:
        """The place, from 0, of the word at a position: how many line feeds are before it, less the first."""
        block = position // _BLOCK
        return self._before[block] + self._words.count(b"\n", block * _BLOCK, position) - 1


def _first_not_before(words: bytes, wanted: bytes) -> int:
    """Where the first word begins that is not before ``wanted``; the end of all, if they all are."""
    low, high = 1, len(words)
    while low < high:
        start = words.rfind(b"\n", low - 1, (low + high) // 2) + 1
        end = words.index(b"\n", start)
        if words[start:end] < wanted:
            low = end + 1
        else:
            high = start
    return low


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

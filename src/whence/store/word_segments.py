"""Which commits changed which words, as a few large rows: an inverted file of some hundreds or thousands of commits.

A segment is five byte strings: the numbers of its commits, its words in order, each between line feeds, where the uses
of each word begin, the uses themselves, and the commits that words alone do not tell of. A use is the place of a commit
among the segment's, times two, plus one where the word occurs more or less often after it.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    uses: dict[str, array[int]] = {}
    for place, commit in enumerate(commits):
        for word, is_change in commit.words.items():
            found = uses.get(word)
            if found is None:
                found = uses[word] = array(_USE)
            found.append(2 * place + is_change)
    return _packed(
        array(_NUMBER, [commit.number for commit in commits]),
        {word.encode("utf-8", "surrogatepass"): [found] for word, found in uses.items()},
        array(_USE, [place for place, commit in enumerate(commits) if commit.is_doubtful]),
        array(_USE, [place for place, commit in enumerate(commits) if commit.has_binary]),
    )


def merged(segments: Iterable[Segment]) -> Segment:
    """One segment that says what several of other commits say."""
    numbers, doubtful, binary = array(_NUMBER), array(_USE), array(_USE)
    uses: dict[bytes, list[array[int]]] = {}
    for part in segments:
        base = len(numbers)
        numbers += unpacked(_NUMBER, part.commits)
        doubtful.extend(base + place for place in unpacked(_USE, part.doubtful))
        binary.extend(base + place for place in unpacked(_USE, part.binary))
        moved = array(_USE, [2 * base + use for use in unpacked(_USE, part.uses)])
        starts = unpacked(_START, part.starts)
        for n, word in enumerate(part.words[1:-1].split(b"\n") if len(part.words) > 1 else ()):
            uses.setdefault(word, []).append(moved[starts[n] : starts[n + 1]])
    return _packed(numbers, uses, doubtful, binary)


def _packed(
    numbers: array[int], uses: Mapping[bytes, Sequence[array[int]]], doubtful: array[int], binary: array[int]
) -> Segment:
    starts, every = array(_START, [0]), array(_USE)
    words = sorted(uses)
    for word in words:
        for found in uses[word]:
            every += found
        starts.append(len(every))
    return Segment(
        commits=_bytes(numbers),
        words=b"\n" + b"".join(word + b"\n" for word in words),
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

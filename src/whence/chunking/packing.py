"""Where to cut what is too long: at the best break that keeps the pieces near their target size."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from whence.chunking.options import ChunkingOptions

Break = tuple[int, int]
"""An offset at which a piece may begin, and its level: a lower one is a better place to cut."""

LINE = re.compile(r"^[^\S\n]*(?=\S)", re.MULTILINE)
SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s+")
ITEM = re.compile(r"[-*+\u2022] |\d{1,3}[.)] |:\w|@\w|\.\. ")
STOPS = (".", "!", "?", ":", ";", ",", "}", "|")
CLOSERS = frozenset("])}")


def line_breaks(text: str, start: int, end: int, level: int = 0) -> list[Break]:
    """Every printed line inside the span that is a fair place to begin, none for a closing bracket.

    Lines indented least are best; among them those after a blank line, then those that begin a list item or follow
    the end of a sentence.
    """
    lines = [match.span() for match in LINE.finditer(text, start, end) if match.start() > start and match.end() < end]
    if not lines:
        return []
    least = min(printed - at for at, printed in lines)
    breaks = []
    previous = start
    for at, printed in lines:
        if text[printed] not in CLOSERS:
            extra = printed - at - least
            depth = 0 if extra == 0 else 1 if extra <= 4 else 2
            breaks.append((at, level + 4 * depth + _line_rank(text, previous, at, printed)))
        previous = printed
    return breaks


def _line_rank(text: str, previous: int, at: int, printed: int) -> int:
    """0 after a blank line, 1 for a list item or after a full stop, 2 else; ``previous`` is on the line before."""
    if text.count("\n", previous, at) > 1:
        return 0
    before = text[max(previous, at - 8) : at].rstrip()
    return 1 if ITEM.match(text, printed) or before.endswith(STOPS) else 2


def pack(
    text: str,
    span: tuple[int, int],
    breaks: Sequence[Break],
    options: ChunkingOptions,
    floor: int = 0,
    counted: Sequence[int] = (),
) -> list[tuple[int, int]]:
    """Contiguous pieces of the span, none longer than ``max_chars``; ``breaks`` are in order of their offset.

    Of the breaks that leave at least ``floor`` characters before them (0: half the target), the one of the lowest
    level is taken, and among equals the one nearest to the target. ``counted`` are offsets, in order, at which
    sentences begin: no piece holds more than ``sentences_per_chunk`` of them. Time is linear in the span.
    """
    start, end = span
    floor = floor or options.target_chars // 2
    pieces = []
    offsets = [offset for offset, _ in breaks]
    at = start
    while (latest := _latest(at, end, counted, options)) < end:
        cut = _best_break((at, end), latest, breaks, offsets, options, floor)
        if cut is None:
            cut = _plain_break(text, at, options)
        pieces.append((at, cut))
        at = cut
    pieces.append((at, end))
    return pieces


def _latest(at: int, end: int, counted: Sequence[int], options: ChunkingOptions) -> int:
    """Where a piece that begins at ``at`` must end: after its last character, or its last sentence."""
    latest = min(at + options.max_chars, end)
    following = bisect_left(counted, at) + options.sentences_per_chunk
    return min(latest, counted[following]) if following < len(counted) else latest


def _best_break(
    span: tuple[int, int],
    latest: int,
    breaks: Sequence[Break],
    offsets: Sequence[int],
    options: ChunkingOptions,
    floor: int,
) -> int | None:
    at, end = span
    # The rest should not be a crumb: rather an earlier break.
    unhurried = min(latest, end - options.min_chars)
    for earliest, last in (
        (at + floor, unhurried),
        (at + options.min_chars, unhurried),
        (at + options.min_chars, latest),
        (at + 1, latest),
    ):
        window = breaks[bisect_left(offsets, earliest) : bisect_right(offsets, last)]
        if window:
            target = at + options.target_chars
            return min(window, key=lambda candidate: (candidate[1], abs(candidate[0] - target)))[0]
    return None


def _plain_break(text: str, at: int, options: ChunkingOptions) -> int:
    """After the last line, sentence or word that fits, else in the middle of the word."""
    earliest, latest = at + options.min_chars, at + options.max_chars
    newline = text.rfind("\n", earliest, latest)
    if newline >= 0:
        return newline + 1
    ends = [match.end() for match in SENTENCE_END.finditer(text, earliest, latest)]
    if ends:
        return ends[-1]
    space = text.rfind(" ", earliest, latest)
    if space >= 0:
        return space + 1
    return latest

"""From the logits of one window to the words they mark: pure functions over arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whence.types import AnswerSpan

Logits = NDArray[np.float32]


def best_spans(
    start: Logits, end: Logits, none: float, most_tokens: int, n_wanted: int
) -> list[tuple[int, int, float]]:
    """(first token, last token, margin) of the best spans, best first, none sharing a token with a better one.

    ``start`` and ``end`` have shape (tokens,); a span is at most ``most_tokens`` long. The margin is the sum of both
    logits less ``none``, the same sum at the place that stands for "no answer". Ties go to the earlier, shorter span.
    """
    n = len(start)
    if not n:
        return []
    length = np.arange(n)[None, :] - np.arange(n)[:, None]
    score = start[:, None] + end[None, :]
    score = np.where((length >= 0) & (length < most_tokens), score, -np.inf)
    found: list[tuple[int, int, float]] = []
    while len(found) < n_wanted:
        first, last = divmod(int(score.argmax()), n)
        if not np.isfinite(score[first, last]):
            break
        found.append((first, last, float(score[first, last]) - none))
        # What ends before the span or begins after it stays.
        score[: last + 1, first:] = -np.inf
    return found


def in_characters(
    spans: Sequence[tuple[int, int, float]],
    offsets: Sequence[tuple[int, int]],
    words: Sequence[int | None],
) -> list[AnswerSpan]:
    """Spans of tokens as spans of characters, widened to whole words.

    ``offsets`` are the characters of each token, ``words`` the number of the word it belongs to.
    """
    return [
        AnswerSpan(start=offsets[_word_start(first, words)][0], end=offsets[_word_end(last, words)][1], margin=margin)
        for first, last, margin in spans
    ]


def _word_start(token: int, words: Sequence[int | None]) -> int:
    while token and words[token] is not None and words[token - 1] == words[token]:
        token -= 1
    return token


def _word_end(token: int, words: Sequence[int | None]) -> int:
    while token + 1 < len(words) and words[token] is not None and words[token + 1] == words[token]:
        token += 1
    return token


def joined(spans: Sequence[AnswerSpan], n_wanted: int) -> tuple[AnswerSpan, ...]:
    """The best of several windows' spans, best first, none sharing a character with a better one."""
    kept: list[AnswerSpan] = []
    for span in sorted(spans, key=lambda one: (-one.margin, one.start, one.end)):
        if len(kept) == n_wanted:
            break
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return tuple(kept)

"""Which sentences of a commit's message, or of another text, give a reason; nothing is worded anew.

Spans are half-open and count characters of the text given. Templates, trailers, code and lists of links are passed
over; what is chosen is a span of the text as it stands.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from whence.answer.facts.reason_words import (
    CONNECTIVES,
    HIDDEN,
    LEANING,
    LINKS,
    NOISE,
    ORDER,
    PURPOSES,
    STATES,
)
from whence.segmentation import sentences
from whence.types import Commit

TELLING: Final = 2.0
"""A sentence of this strength or more says why; below, it says at most what for ("Fix typo")."""

MAX_CHARS: Final = 420
MAX_ROW_CHARS: Final = 60
MIN_WORDS: Final = 3
N_QUOTES: Final = 2

_BULLET: Final = re.compile(r"[ \t]*(?:[-*+\u2022]|\d{1,3}[.)])[ \t]+")
_NUMBER: Final = re.compile(
    r"(?P<slug>[\w.-]+/[\w.-]+)?(?<![\w&/#-])(?P<mark>#|(?<!\w)[Gg][Hh]-)(?P<number>\d{1,9})(?!\w)"
)
_REVERTED: Final = re.compile(r"[Tt]his (?:partially |partly )?reverts (?:commit|changeset) ([0-9a-f]{7,40})\b")


_BRANCH: Final = re.compile(
    r"[-/_](?P<mark>(?:fix(?:es)?|issues?|bug|gh|closes?|ticket)[-_/#]?)(?P<number>\d{2,6})(?![\w.])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of a text that gives a reason, and how plainly: see ``TELLING``."""

    start: int
    end: int
    strength: float


@dataclass(frozen=True, slots=True)
class Link:
    """An issue or pull request that a text names, and where."""

    number: int
    start: int
    end: int


def message(commit: Commit) -> str:
    """What a commit says, as citations of it count characters: its subject, a blank line, its body."""
    return f"{commit.subject}\n\n{commit.body}" if commit.body else commit.subject


def told_reasons(text: str, *, n_title: int = 0, n_max: int = N_QUOTES) -> list[Quote]:
    """The sentences that say why, at most ``n_max``, in the order of the text; empty where none does.

    The first ``n_title`` characters are a title, which counts for less than a sentence of the same words below it.
    Sentences that lean on the one before ("This ...") take that along, where both fit ``MAX_CHARS``.
    """
    rated = list(_rated(text, n_title))
    chosen = sorted(rated, key=lambda found: (-found[1].strength, found[0]))[:n_max]
    best = chosen[0][1].strength if chosen else 0.0
    near = [found for found in chosen if found[1].strength >= min(best, TELLING)]
    return _joined([quote for _, quote in sorted(near)])


def issue_links(text: str) -> list[Link]:
    """Issues and pull requests of the project itself that a text names, each once, in order.

    Branches of a merge may be called by them ("fix-12").
    """
    found: dict[int, Link] = {}
    for match in _NUMBER.finditer(text):
        if match["slug"] is None:
            found.setdefault(int(match["number"]), Link(int(match["number"]), match.start("mark"), match.end()))
    if text.startswith("Merge "):
        for match in _BRANCH.finditer(text, 0, (text + "\n").index("\n")):
            found.setdefault(int(match["number"]), Link(int(match["number"]), match.start("mark"), match.end()))
    return list(found.values())


def reverted(text: str) -> str:
    """The id of the commit that a message says it takes back, or ""."""
    match = _REVERTED.search(text)
    return match[1] if match else ""


def plain_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences and list items that are prose and more than links, their bullets left out."""
    for start, end in sentences(prose(text)):
        bullet = _BULLET.match(text, start, end)
        begin = bullet.end() if bullet else start
        said = text[begin:end].strip()
        if LINKS.sub(" ", said).strip(" .,:;()-\n") and not NOISE.fullmatch(said):
            yield begin, _cut(text, begin, end)


def prose(text: str) -> str:
    """The text with all that is no prose blanked; length and lines stay."""
    return HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _rated(text: str, n_title: int) -> Iterator[tuple[int, Quote]]:
    """(place, quote) of every sentence that gives a reason or purpose."""
    spans = [line for span in sentences(prose(text)) for line in _lines(text, *span)]
    for place, (start, end) in enumerate(spans):
        bullet = _BULLET.match(text, start, end)
        begin = bullet.end() if bullet else start
        said = " ".join(text[begin:end].split())
        bare = LINKS.sub(" ", said).strip(" .,:;()-")
        if len(re.findall(r"[^\W\d_]{2,}", bare)) < MIN_WORDS or NOISE.fullmatch(said):
            continue
        strength = _strength(bare)
        if not strength:
            continue
        if end <= n_title:
            strength -= 0.5 if strength >= TELLING + 1 else 0.0
        else:
            strength += 0.25
        leaning = _before(text, spans, place, n_title) if LEANING.match(said) and bullet is None else begin
        yield place, Quote(leaning, min(end, _cut(text, leaning, end)), strength)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span; where it is a list of short lines without punctuation, each of its lines."""
    rows = text[start:end].split("\n")
    is_list = len(rows) > 1 and all(len(row) <= MAX_ROW_CHARS and row.rstrip()[-1:] not in ".,;:!?-(" for row in rows)
    if not is_list:
        yield start, end
        return
    for row in rows:
        if row.strip():
            yield start + len(row) - len(row.lstrip()), start + len(row.rstrip())
        start += len(row) + 1


def _strength(said: str) -> float:
    """The strongest of the rules that match, a little more for each other; what is done counts as a purpose only."""
    order = ORDER.match(said)
    grounds = said[order.end() :] if order else said
    hits = [strength for strength, rule in _rules() if rule.search(said if strength < TELLING else grounds)]
    return max(hits) + 0.1 * min(len(hits) - 1, 5) if hits else 0.0


@cache
def _rules() -> list[tuple[float, re.Pattern[str]]]:
    """(strength, pattern), the strongest first."""
    ranks = ((3.0, CONNECTIVES), (2.0, STATES), (1.0, PURPOSES))
    return [(rank, re.compile(pattern, re.IGNORECASE)) for rank, patterns in ranks for pattern in patterns]


def _before(text: str, spans: Sequence[tuple[int, int]], place: int, n_title: int) -> int:
    """Where the sentence before begins, if it stands in the same paragraph and both together are short enough."""
    start, end = spans[place]
    if not place:
        return start
    earlier, its_end = spans[place - 1]
    bullet = _BULLET.match(text, earlier, its_end)
    earlier = bullet.end() if bullet else earlier
    is_near = "\n\n" not in text[its_end:start] and earlier >= n_title and not _BULLET.match(text, start, end)
    return earlier if is_near and end - earlier <= MAX_CHARS else start


def _cut(text: str, start: int, end: int) -> int:
    if end - start <= MAX_CHARS:
        return end
    space = max(text.rfind(" ", start, start + MAX_CHARS), text.rfind("\n", start, start + MAX_CHARS))
    return space if space > start else start + MAX_CHARS


def _joined(quotes: Sequence[Quote]) -> list[Quote]:
    """Quotes in order, those that overlap or touch put together while short enough."""
    made: list[Quote] = []
    for quote in quotes:
        if made and quote.start <= made[-1].end:
            if quote.end - made[-1].start <= 2 * MAX_CHARS:
                last = made.pop()
                made.append(Quote(last.start, max(last.end, quote.end), max(last.strength, quote.strength)))
            continue
        made.append(quote)
    return made

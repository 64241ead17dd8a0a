"""Wordings for drawn questions: those of the tests, with the names of a real history put in."""

import random
import re
from collections.abc import Sequence

from tests.facts.wordings_second import SECOND

_STAND_INS: dict[str, str] = {
    "file": r"`?\b(?:src/pump\.(?:c|py)|src/valve\.go|docs/install\.rst|docs/legacy\.rst|tools/old_build\.sh)`?"
    r"|`?\b(?:setup\.py|README\.rst|Makefile)\b`?",
    "person": r"Mara Quint",
    "sha": r"\b9f8e7d6a?\b",
    "number": r"#77|GH-77|(?<=issue )77",
    "name": r"`?\b(?:open_valve|drain_all|PumpError|PumpController|PumpLike|max_pressure|Valve\.open)\b`?"
    r"|(?<=class )Valve\b",
    "tag": r"\bv?1\.[23]\b",
    "year": r"\b2021\b(?!-)",
    "folder": r"\b(?:src|docs)/(?=[?]|$)",
}
"""What stands in the wordings for a thing of each kind."""

_FIXED = re.compile(r"2022|2021-|March|May 2021|\bforce\b|\btimeout\b|\bretry later\b")


def wordings(kind: str, *kinds: str) -> list[str]:
    """The wordings of a kind that name one thing of each of these kinds, and nothing else, with braces for them."""
    found = []
    for wording in SECOND[kind]:
        made, wanted = wording, list(kinds)
        for stand_in, pattern in _STAND_INS.items():
            n = wanted.count(stand_in)
            places = list(re.finditer(pattern, made))
            if len(places) != n:
                break
            for place in reversed(places):
                made = f"{made[: place.start()]}{{{stand_in}}}{made[place.end() :]}"
        else:
            if not _FIXED.search(made):
                found.append(made)
    return found


def worded(chance: random.Random, kind: str, things: Sequence[tuple[str, str]]) -> str:
    """A question in one of a kind's wordings; ``things`` are (kind of thing, how it is written), in order."""
    possible = wordings(kind, *(thing for thing, _ in things))
    text = chance.choice(possible)
    for thing, plain in things:
        is_marked = thing in {"name", "file"} and chance.random() < 0.3
        text = text.replace(f"{{{thing}}}", f"`{plain}`" if is_marked else plain, 1)
    return misspelt(chance, text) if chance.random() < 0.1 else text


def misspelt(chance: random.Random, text: str) -> str:
    """The text with two neighbouring letters of one long plain word swapped."""
    words = list(re.finditer(r"(?<![\w./`#-])[a-z]{6,}(?![\w./`(-])", text))
    if not words:
        return text
    word = chance.choice(words)
    at = chance.randrange(word.start() + 1, word.end() - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def mistaken(chance: random.Random, name: str) -> str:
    """A name with one inner letter of its last part left out, as people mistype it."""
    last = re.split(r"[/ ]", name)[-1]
    stem = last.split(".")[0]
    start = name.rindex(last)
    at = start + chance.randrange(1, max(len(stem) - 1, 2))
    return name[:at] + name[at + 1 :]

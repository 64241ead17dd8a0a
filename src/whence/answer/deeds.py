"""What a question for the past says was done, and whether a hit speaks of that: another deed is no answer.

"Why was support for Python 2 dropped?" is not answered by a commit that drops Python 3.9, nor by one that updates what
the question says was removed. Hits that speak of neither the thing nor the deed are left out before anything is read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from whence.answer.terms import STOP_WORDS, code_names, name_pattern, stems, words
from whence.types import HISTORY_KINDS, Hit

_ASKS: Final = re.compile(
    r"^\W*(?:so |and )?(?:why|how come|when|since when|for (?:what|which) reason|what (?:was|is|were) the (?:reasons?|"
    r"rationale|motivation)|what (?:has |have |had )?happened|who)\b",
    re.IGNORECASE,
)
_PAST: Final = re.compile(
    r"\b(?:was|were|did|had|got|has|have|no longer|reasons?|happened|who \w+ed|is \w+ no)\b", re.IGNORECASE
)
_GONE: Final = (
    r"remov|delet|drop|strip|stop|discontinu|abandon|kill|retir|purg|unvendor|unbundl|farewell|goodbye|bye|rid of"
    r"|no longer|no more|deprecat|disabl|eject|withdr|end of|eol|extract|split|moved? out|replac"
    r"|don't|do not|revert"
)
_DEEDS: Final[tuple[tuple[str, str], ...]] = (
    (r"deprecat\w*", r"deprecat"),
    (
        r"revert\w*|rolled back|back(?:ed)? out|undone|reinstat\w*",
        r"revert|undo|back out|roll(?:ed)? back|restor|reinstat",
    ),
    (
        r"disabl\w*|turned off",
        r"disabl|don't|do not|turn(?:ed)? off|skip|no longer|remov|not use|only|unless|never|avoid",
    ),
    (
        r"remov\w*|delet\w*|dropp\w*|discontinu\w*|abandon\w*|kill\w*|retir\w*|unvendor\w*|unbundl\w*|no longer"
        r"|stop(?:ped|s)?|g[eo]t rid of|happened",
        _GONE,
    ),
    (
        r"split|spun off|extracted|separated",
        r"split|spun|spin|extract|separat|mov|remov|own (?:project|package|library)",
    ),
    (
        r"replac\w*|switch\w*|migrat\w*|convert\w*|exchang\w*|moved?|mov(?:e|ing)|relocat\w*|renam\w*",
        r"replac|switch|migrat|convert|instead|mov|relocat|renam|import|rather|port|adopt|use|into|->"
        r"|add|deprecat|new\b|introduc",
    ),
)
"""A deed of a question, and the stems of which one must be said of the thing. Other deeds have too many words."""
_FRAME_TEXT: Final = """
support supported default setting option class function method attribute argument parameter dependency code project they
use used using version file module folder package feature start started begin began make made get got change changed
introduce introduced add added create created rewrite rewrote rewritten implement implemented reason happened required
longer library way work per configurable
"""
_FRAME: Final = frozenset(_FRAME_TEXT.split())
"""Words that say what sort of thing is meant, and deeds that are not looked for."""

_NUMBERED: Final = re.compile(r"\b([A-Za-z]{2,}) v?(\d+(?:\.\d+)*)\b")
_ENTRIES: Final = re.compile(r"\n+(?=[ \t]*[-*+] )|\n\s*\n")
_SENTENCES: Final = re.compile(r"\n\s*\n|(?<=[.!?])\s+(?=[A-Z])")
_NEAR: Final = 60
"""Characters between a deed and what it was done to, at most."""
_SHARE: Final = 0.75
_SHARE_ALONE: Final = 0.8
"""Shares of the words of the thing that a hit has to have, the second where no deed is looked for beside."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done, as a pattern of words that tell of it (None for any), and what to: stems and numbered names."""

    telling: re.Pattern[str] | None
    things: frozenset[str]
    numbered: tuple[re.Pattern[str], ...]
    names: tuple[re.Pattern[str], ...] = ()
    """Names of code in the thing, as they are written."""


def deed_asked(question: str, project: str = "") -> Deed | None:
    """The deed that a question about the past asks for, or None for other questions and those that name no thing."""
    if not _ASKS.search(question) or not _PAST.search(question):
        return None
    rest = _ASKS.sub(" ", question)
    telling = None
    for asked, told in _DEEDS:
        if re.search(rf"\b(?:{asked})\b", question, re.IGNORECASE):
            telling = re.compile(rf"\b(?:{told})", re.IGNORECASE)
            rest = re.sub(rf"\b(?:{asked})\b", " ", rest, flags=re.IGNORECASE)
            break
    numbered = [
        re.compile(
            rf"(?<![/\w])\w{{0,2}}{re.escape(word)}[\s_-]?v?{re.escape(number)}(?![\w])(?:\.\d+)*|\b{re.escape(word[:2])}{number}\b",
            re.I,
        )
        for word, number in _NUMBERED.findall(rest)
        if word.lower() not in STOP_WORDS
    ]
    rest = _NUMBERED.sub(" ", rest)
    names = tuple(name for name in code_names(rest) if name.lower() != project.lower())
    for name in names:
        rest = rest.replace(name, " ")
    frame = _FRAME - {word.lower() for word in re.findall(r"(?<=\w )[A-Z]\w+", rest)} | {project.lower()}
    said = [word for word in words(rest) if word not in STOP_WORDS and word not in frame]
    stem_of = stems(said)
    things = frozenset(stem_of[word] for word in said if len(word) > 1)
    if not (things or numbered or names):
        return None
    patterns = tuple(name_pattern(name) for name in names)
    return Deed(telling=telling, things=things, numbered=tuple(numbered), names=patterns)


def speaking_of(deed: Deed, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that speak of the deed, in their order; those of files need not where no deed is looked for.

    What a commit says and what its hunks change count together. Where the subjects of some commits tell deed and thing
    wholly, other commits, which only touch the thing, are left out, too.
    """
    told: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.chunk.kind in HISTORY_KINDS:
            told.setdefault(hit.chunk.document_id, []).append(hit)
    of_commits = {document for document, its in told.items() if _commit_speaks(deed, its)}
    of_commits = {document for document in of_commits if _subject_speaks(deed, told[document][0])} or of_commits
    return [
        hit
        for hit in hits
        if (hit.chunk.document_id in of_commits if hit.chunk.kind in HISTORY_KINDS else _file_speaks(deed, hit))
    ]


def _file_speaks(deed: Deed, hit: Hit) -> bool:
    telling = deed.telling
    if telling is None:
        return True
    return any(_is_of(deed, part) and telling.search(part) for part in _ENTRIES.split(hit.chunk.text))


def _commit_speaks(deed: Deed, its: Sequence[Hit]) -> bool:
    """Whether a commit is about the thing, and a sentence of its message tells the deed of a part of it."""
    chunks = [hit.chunk for hit in its]
    whole = "\n".join(f"{chunk.title}\n{chunk.path}\n{chunk.symbol}\n{chunk.text}" for chunk in chunks)
    if not _is_of(deed, whole):
        return False
    if deed.telling is None:
        return True
    said = "\n\n".join([chunks[0].title, *(chunk.text for chunk in chunks if chunk.kind == "commit")])
    return any(
        _touches(deed, part[max(match.start() - _NEAR, 0) : match.end() + _NEAR])
        for part in _SENTENCES.split(said)
        for match in deed.telling.finditer(part)
    )


def _subject_speaks(deed: Deed, hit: Hit) -> bool:
    """Whether the subject of a commit alone tells the deed and names all of the thing."""
    title = hit.chunk.title
    is_whole = all(pattern.search(title) for pattern in (*deed.numbered, *deed.names)) and _share(deed, title) == 1.0
    return is_whole and deed.telling is not None and deed.telling.search(title) is not None


def _is_of(deed: Deed, text: str) -> bool:
    """Whether a text speaks of the thing: of all that is numbered or a name of code, and of most other words."""
    if any(not pattern.search(text) for pattern in (*deed.numbered, *deed.names)):
        return False
    least = _SHARE if deed.telling is not None else _SHARE_ALONE
    return _share(deed, text) >= (least if len(deed.things) > 2 else 1.0)


def _touches(deed: Deed, text: str) -> bool:
    """Whether a sentence names something of the thing; what is numbered, wholly."""
    if deed.numbered:
        return all(pattern.search(text) for pattern in deed.numbered)
    if any(pattern.search(text) for pattern in deed.names):
        return True
    return bool(deed.things) and _share(deed, text) > 0


def _share(deed: Deed, text: str) -> float:
    if not deed.things:
        return 1.0
    stem_of = stems(words(text))
    there = set(stem_of.values())
    joined = "".join(re.findall(r"[a-z0-9]+", text.lower()))
    found = sum(thing in there or (len(thing) > 5 and thing in joined) for thing in deed.things)
    return found / len(deed.things)

"""What a question for the past says was done, and whether a hit speaks of that: another deed is no answer.

"Why was support for Python 2 dropped?" is not answered by a commit that drops Python 3.9, nor by one that updates what
the question says was removed. Hits that speak of neither the thing nor the deed are left out before anything is read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from whence.answer.places import is_changes
from whence.answer.terms import STOP_WORDS, code_names, name_pattern, stems, words
from whence.types import HISTORY_KINDS, Chunk, Hit

_ASKS: Final = re.compile(
    r"^\W*(?:so |and )?(?:why|how come|when|since when|for (?:what|which) reason|what (?:was|is|were) the (?:reasons?|"
    r"rationale|motivation)|what (?:has |have |had )?happened|who|(?:(?:since|in|from) )?(?:which|what) (?:commits?"
    r"|change|release|version|pull request|pr))\b",
    re.IGNORECASE,
)
_WHY: Final = re.compile(r"\b(?:why|how come|reasons?|rationale|motivation|happened)\b", re.IGNORECASE)
_PAST: Final = re.compile(
    r"\b(?:was|were|did|had|got|has|have|no longer|reasons?|happened|is \w+ no)\b|\bsince (?:when|which|what)\b"
    r"|\b(?:who|commits?|change|release|version|request|pr) (?:first )?"
    r"(?:\w+ed|broke|made|brought|took|began|got|gave)\b",
    re.IGNORECASE,
)
_PLACE: Final = r"\b(?:from|in|of|to|into|inside|by|for|on) (?:the |an? )?"
_GOT: Final = re.compile(
    r"\b((?:did|has|have|had) (?:\S+ ){0,3}\S+) (?:get|got|gotten|receive|received)\b", re.IGNORECASE
)
_GONE: Final = (
    r"remov|delet|drop|strip|stop|discontinu|abandon|kill|retir|purg|unvendor|unbundl|farewell|goodbye|bye|rid of"
    r"|no longer|no more|deprecat|disabl|eject|withdr|end of|eol|extract|split|moved? out|replac"
    r"|don't|do not|revert"
)
_GOES: Final = (
    r"remov\w*|delet\w*|dropp\w*|discontinu\w*|abandon\w*|kill\w*|retir\w*|unvendor\w*|unbundl\w*|no longer"
    r"|stop(?:ped|s)?|g[eo]t rid of|happened",
    _GONE,
)
_COMES: Final = (
    r"add\w*|introduc\w*|creat\w*|implement\w*|support\w*|began|begin|start\w*|gain\w*|is there|are there|exists?"
    r"|available",
    r"add|introduc|implement|creat|support|allow|provid|expos|enabl|initial|new\b|first|start|includ|accept|can now",
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
    _GOES,
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
_SILENT: Final[tuple[tuple[str, str], ...]] = (
    (
        r"fix\w*|repair\w*|resolv\w*|solv\w*",
        r"fix|repair|resolv|solv|correct|prevent|avoid|handl|bug|regress|clos|no longer|ensure|make sure|don't|do not"
        r"|guard|error|fail|crash|wrong|broken",
    ),
    (
        r"chang\w*|modif\w*|rewrit\w*|rewrote|rework\w*|refactor\w*",
        r"chang|modif|rewr|rework|refactor|instead|no longer|now\b|used to|formerly|previously",
    ),
    _COMES,
)
"""Deeds that a message may tell in other words, or leave to its patch: who does tell them comes first."""
_FRAME_TEXT: Final = """
support supported default setting option class function method attribute argument parameter dependency code project they
use used using version file module folder package feature start started begin began make made get got change changed
introduce introduced add added create created rewrite rewrote rewritten implement implemented reason happened required
longer library way work per configurable modified modify refactored rewritten reworked
"""
_FRAME: Final = frozenset(_FRAME_TEXT.split())
"""Words that say what sort of thing is meant, and deeds that are not looked for."""

_NUMBERED: Final = re.compile(r"\b([A-Za-z]{2,}) v?(\d+(?:\.\d+)*)\b")
_TRAILING: Final = re.compile(r"(?<![\w`.])[A-Za-z]\w*_(?![\w`])")
"""Names that end in an underscore, as those of Python that would be keywords or types without."""
_ENTRIES: Final = re.compile(r"\n+(?=[ \t]*[-*+] )|\n\s*\n")
_SENTENCES: Final = re.compile(r"\n\s*\n|(?<=[.!?])\s+(?=[A-Z])")
SUBJECT: Final = 1.0
SAID: Final = 0.9
SHOWN: Final = 0.6
TOUCHED: Final = 0.4
"""How sure a commit is to have done a deed by the place that tells of it; the last where it only touches the thing."""
_UNSAID: Final = 0.7
"""Times that, where the question tells no deed that is known, or the commit only writes about it."""
_ABOUT_TEXT: Final = re.compile(
    r"\b(?:docs?|docstrings?|documentation|documented|readme|change ?log|release notes|guide|tutorial|pages?|section"
    r"|links?|mention\w*|example|typo|wording|proposal|\w+\.(?:md|rst|txt))\b",
    re.IGNORECASE,
)
_SAYS_TEXT: Final = re.compile(
    r"^commit \S+ docs?(?:\([^)]*\))?[:/ ]|\[(?:ci[ -]skip|skip[ -]ci|docs?)\]", re.IGNORECASE
)
_WHOLE_LIST: Final = 300
"""Characters below which the chunk of a commit is hardly cut, so that its list of files is whole."""
_PROSE: Final = re.compile(
    r"(?:^|/)docs?/|\.(?:md|mdx|rst|txt|adoc|markdown|html?|textile|rdoc)$"
    r"|(?:^|/)(?:changelog|changes|history|news|readme)$",
    re.IGNORECASE,
)
_DATED: Final = re.compile(r"\d+\.\d|\b(?:19|20)\d\d\b")
_LISTED: Final = re.compile(r"^[AMDRCTU] (\S+)[^\n]*(?: \+\d+ -\d+| binary)", re.MULTILINE)
_LONG_SUBJECT: Final = 160
_BESIDE: Final = 0.08
_MOST_BESIDE: Final = 6
"""How much less sure each word of a subject beside thing and deed makes that it tells just that, and how many count."""
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
    """What finds the names of code in the thing."""
    written: tuple[str, ...] = ()
    """The names as they are written, without those of places ("from flask.json")."""
    comes: bool = False
    """Whether the thing is said to have come ("added")."""
    goes: bool = False
    """Whether it is said to have gone ("removed")."""
    silent: bool = False
    """Whether a message may leave the deed untold."""
    dated: bool = False
    """Whether it is asked when, by whom or in which commit it was done, and not why."""
    of_text: bool = False
    """Whether what is written for people is meant, as documentation."""
    word: str = ""
    """The thing, where it is one word that is no name of code by its form."""


def deed_asked(question: str, project: str = "") -> Deed | None:
    """The deed that a question about the past asks for, or None for other questions and those that name no thing."""
    if not _ASKS.search(question) or not _PAST.search(question):
        return None
    question = _GOT.sub(r"\1 gain", question)
    rest = _ASKS.sub(" ", question)
    telling, done = None, None
    for asked, told in (*_DEEDS, *_SILENT):
        if re.search(rf"\b(?:{asked})\b", question, re.IGNORECASE):
            done = (asked, told)
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
    names = tuple(name for name in (*code_names(rest), *_TRAILING.findall(rest)) if name.lower() != project.lower())
    for name in names:
        rest = rest.replace(name, " ")
    frame = _FRAME - {word.lower() for word in re.findall(r"(?<=\w )[A-Z]\w+", rest)} | {project.lower()}
    said = [word for word in words(rest) if word not in STOP_WORDS and word not in frame]
    stem_of = stems(said)
    things = frozenset(stem_of[word] for word in said if len(word) > 1)
    if not (things or numbered or names):
        return None
    patterns = tuple(name_pattern(name) for name in names)
    return Deed(
        telling=telling,
        things=things,
        numbered=tuple(numbered),
        names=patterns,
        written=tuple(name for name in names if not re.search(rf"{_PLACE}[`'\"]?{re.escape(name)}", question)),
        comes=done == _COMES,
        goes=done == _GOES,
        silent=done in _SILENT,
        dated=not _WHY.search(question),
        of_text=_ABOUT_TEXT.search(question) is not None,
        word=_only_word(rest, said) if not numbered and not names else "",
    )


def _only_word(rest: str, said: Sequence[str]) -> str:
    """The one word of a thing as it is written, "" where more words or none are left."""
    found = [word for word in re.findall(r"[^\W\d]\w*", rest) if word.lower() in set(said)]
    return found[0] if len(found) == 1 and len(said) == 1 else ""


def speaking_of(deed: Deed, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that speak of the deed, in their order; those of files need not where no deed is looked for.

    Documents without a history tell who and when themselves, and no commit beside them does it better.

    What a commit says and what its hunks change count together. Where the subjects of some commits tell deed and thing
    wholly, other commits, which only touch the thing, are left out, too; likewise where messages tell a deed that
    others leave to their patches.
    """
    told = _of_commits(hits)
    standing = {document: _standing(deed, its) for document, its in told.items()}
    wholly = {document: _told_beside(deed, told[document][0]) for document, one in standing.items() if one == SUBJECT}
    standing = {
        document: one if wholly.get(document, 0) <= min(wholly.values(), default=0) else SAID
        for document, one in standing.items()
    }
    best = max(standing.values(), default=0.0)
    least = best if best == SUBJECT or deed.silent else min(best, SAID)
    if deed.dated:
        least = max(least, SHOWN)
    return [
        hit
        for hit in hits
        if (
            standing[hit.chunk.document_id] >= max(least, TOUCHED)
            if hit.chunk.kind in HISTORY_KINDS
            else _file_speaks(deed, hit) or (hit.chunk.kind == "doc" and deed.telling is None and not told)
        )
    ]


def certainty(deed: Deed, document_id: str, hits: Sequence[Hit]) -> float:
    """How sure it is, 0..1, that a commit among the hits did what is asked, by how it tells of it; 1 for a file."""
    its = _of_commits(hits).get(document_id)
    if not its:
        return 1.0
    sure = _standing(deed, its) * (1.0 if deed.telling is not None else _UNSAID)
    if sure == SUBJECT:
        sure -= _BESIDE * min(_told_beside(deed, its[0]), _MOST_BESIDE)
    return sure


def _of_commits(hits: Sequence[Hit]) -> dict[str, list[Hit]]:
    told: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.chunk.kind in HISTORY_KINDS:
            told.setdefault(hit.chunk.document_id, []).append(hit)
    return told


def _standing(deed: Deed, its: Sequence[Hit]) -> float:
    """How a commit tells of the deed: in its subject, in its message, by its patch, or not; 0 if it is not about it."""
    chunks = [hit.chunk for hit in its]
    whole = "\n".join(f"{chunk.title}\n{chunk.path}\n{chunk.symbol}\n{chunk.text}" for chunk in chunks)
    if not _is_of(deed, whole):
        return 0.0
    said = "\n\n".join([chunks[0].title, *(chunk.text for chunk in chunks if chunk.kind == "commit")])
    if not _message_speaks(deed, said):
        return 0.0 if not deed.silent else SHOWN if _patch_speaks(deed, chunks) else TOUCHED
    if deed.telling is not None and not deed.of_text and _only_writes(chunks):
        return SAID * _UNSAID
    return SUBJECT if _subject_speaks(deed, its[0]) else SAID


def _file_speaks(deed: Deed, hit: Hit) -> bool:
    """Whether an entry of a file tells the deed of the thing; if a date is asked, in a list of changes or with one."""
    is_log = is_changes(hit.chunk.path)
    telling = deed.telling
    if telling is None:
        return not deed.dated
    return any(
        _is_of(deed, part) and telling.search(part) and (not deed.dated or is_log or _DATED.search(part))
        for part in _ENTRIES.split(hit.chunk.text)
    )


def _only_writes(chunks: Sequence[Chunk]) -> bool:
    """Whether a commit changes only what is written for people, as it says itself or its whole list of files does."""
    if _SAYS_TEXT.search(chunks[0].title):
        return True
    if not any(chunk.kind == "commit" and len(chunk.text) < _WHOLE_LIST for chunk in chunks):
        return False
    paths = {path for chunk in chunks if chunk.kind == "commit" for path in _LISTED.findall(chunk.text)}
    paths |= {chunk.path for chunk in chunks if chunk.path}
    return bool(paths) and all(_PROSE.search(path) for path in paths)


def _message_speaks(deed: Deed, said: str) -> bool:
    """Whether a sentence tells the deed of a part of the thing; where no deed is looked for, whether it names it."""
    if deed.telling is None:
        return True
    return any(
        _touches(deed, part[max(match.start() - _NEAR, 0) : match.end() + _NEAR])
        for part in _SENTENCES.split(said)
        for match in deed.telling.finditer(part)
    )


def _patch_speaks(deed: Deed, chunks: Sequence[Chunk]) -> bool:
    """Whether the hunks have more of the thing in what they add than in what they take away or leave."""
    added, there = "", ""
    for chunk in chunks:
        if chunk.kind == "hunk":
            lines = chunk.text.split("\n")
            added += "\n".join(line[1:] for line in lines if line.startswith("+")) + "\n"
            there += "\n".join(line[1:] for line in lines if not line.startswith("+")) + "\n"
    if any(pattern.search(there) for pattern in deed.names):
        return False
    return _is_of(deed, added) and not (deed.things and _share(deed, there) == 1.0)


def _subject_speaks(deed: Deed, hit: Hit) -> bool:
    """Whether the subject of a commit alone, a line of usual length, tells the deed and names all of the thing."""
    title = hit.chunk.title
    if len(title) > _LONG_SUBJECT:
        return False
    is_whole = all(pattern.search(title) for pattern in (*deed.numbered, *deed.names)) and _share(deed, title) == 1.0
    return is_whole and deed.telling is not None and deed.telling.search(title) is not None


def _told_beside(deed: Deed, hit: Hit) -> int:
    """How many words of a commit's subject are neither of the thing nor of the deed."""
    subject = re.sub(r"^commit \S+ |\(#\d+\)", "", hit.chunk.title)
    for pattern in (*deed.numbered, *deed.names, *((deed.telling,) if deed.telling is not None else ())):
        subject = pattern.sub(" ", subject)
    stem_of = stems(word for word in words(subject) if word not in STOP_WORDS and len(word) > 2)
    return len(set(stem_of.values()) - deed.things)


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
    if deed.things and _share(deed, text) > 0:
        return True
    wanted = [name_pattern(name) for name in deed.written] if deed.things or deed.written else deed.names
    return any(pattern.search(text) for pattern in wanted)


def _share(deed: Deed, text: str) -> float:
    if not deed.things:
        return 1.0
    stem_of = stems(words(text))
    there = set(stem_of.values())
    joined = "".join(re.findall(r"[a-z0-9]+", text.lower()))
    found = sum(thing in there or (len(thing) > 5 and thing in joined) for thing in deed.things)
    return found / len(deed.things)

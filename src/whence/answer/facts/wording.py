"""Turns the words of a question into concepts: entities (files, names, commits, dates) and a small vocabulary.

A word that is neither an entity nor in the vocabulary stays unknown, and an unknown word keeps a question from being
read as a fact question, unless it stands where a person's name is expected. That is what makes the router precise.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, Literal

from whence.answer.facts.periods import find_periods
from whence.answer.facts.query import Period
from whence.answer.facts.vocabulary import (
    ABBREVIATIONS,
    CONCEPTS,
    FILE_SUFFIXES,
    NEVER_NAMES,
    NEVER_TYPOS,
    PHRASES,
    PLAIN_FILES,
    SUFFIX_OF_LANGUAGE,
)

Entity = Literal["FILE", "NAME", "TEXT", "LINE", "SHA", "NUMBER", "TAG", "DATE", "EMAIL", "COUNT", "SUFFIX"]


_QUOTED: Final = re.compile(
    r"```(?P<fence>[^`]+)```|`(?P<tick>[^`]+)`|\"(?P<double>[^\"]+)\"|(?<!\w)'(?P<single>[^']+)'(?!\w)"
)
_EMAIL: Final = re.compile(r"<?[\w.+-]+@[\w-]+\.[\w.-]*\w>?")
_NUMBER: Final = re.compile(r"(?<![\w/])(?:#|gh-)(\d{1,9})\b", re.IGNORECASE)
_NAMED_NUMBER: Final = re.compile(r"\b(?:issue|pr|bug|ticket)s?(?: number| no\.?)? (\d{1,9})\b(?!\.\d)", re.IGNORECASE)
_SHA: Final = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b")
_NAMED_SHA: Final = re.compile(
    r"(?<=\bcommit )(?:\d{7,40}|[a-f]{7,40}|(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{4,40})\b", re.IGNORECASE
)
_PATH_LINE: Final = re.compile(r"(?P<path>[^\s:`'\"]+):(?P<line>\d+)\b")
_LINE: Final = re.compile(r"\blines? (?:number |no\.? |#)?(\d{1,7})\b", re.IGNORECASE)
_VERSION: Final = re.compile(
    r"(?<![\w./-])(?:v\d+(?:\.\d+)*|\d+\.\d+(?:\.\d+)*)(?:[.-]?(?:rc|alpha|beta|a|b|dev|post)\.?\d*)*(?![\w/]|\.\w)",
    re.IGNORECASE,
)
_TAG_NAME: Final = re.compile(
    r"(?<![\w./-])[A-Za-z]\w*[-_/]v?\d+(?:[._]\d+)+(?:[.-]?(?:rc|alpha|beta|a|b|dev|post)\.?\d*)*(?![\w/-]|\.\w)",
    re.IGNORECASE,
)
"""A tag with a word before its version: "release-1.2"."""

_NAMED_FILE: Final = re.compile(
    r"\b(?:file|folder|directory|dir) (?:called |named )?(?P<word>[\w.-]+)",
    re.IGNORECASE,
)
_USUAL_FOLDER: Final = re.compile(
    r"\b(?:in|under|below|inside|of|to) (?:the )?(?P<word>src|lib|tests?|docs|examples|benchmarks|scripts|tools)"
    r"(?=\W*$|\s+(?:since|until|before|after|in|between|by|last|this)\b)"
)
"""Folders that most projects have, named without a slash."""

_FILE_BEFORE: Final = re.compile(r"\b(?P<word>[\w.-]+) (?:folder|directory|dir)\b", re.IGNORECASE)
_NAMED_NAME: Final = re.compile(
    r"\b(?:function|method|class|variable|constant|identifier|symbol|argument|parameter|option|attribute|keyword) "
    r"(?:called |named )?(?P<word>[A-Za-z_][\w.]*)"
)
_NAME_BEFORE: Final = re.compile(
    r"\b(?P<word>[A-Za-z_][\w.]*) "
    r"(?:function|method|class|variable|constant|identifier|argument|parameter|attribute)\b",
)
_PARAMETER_TO: Final = re.compile(
    r"\b(?:argument|parameter|option|arg|param|keyword) (?:to|of|in|for) (?P<word>[a-z][a-z0-9_]*)(?=\W*$)"
)
"""A function with a plain name, where a question ends with it: "the timeout argument to get"."""

_SUFFIXES: Final = "|".join(sorted(FILE_SUFFIXES - {"in", "lock", "log"}))
_SUFFIX: Final = re.compile(
    rf"(?<![\w/])(?P<word>{'|'.join(SUFFIX_OF_LANGUAGE)}|\.?(?:{_SUFFIXES}))"
    r"[ -](?=(?:files?|modules?|scripts?)\b)",
    re.IGNORECASE,
)
_LOWER_WORD: Final = re.compile(r"(?<![\w./'#@-])[a-z]{4,}(?![\w/'@(-]|\.\w)")
_WORD: Final = re.compile(r"[^\s,;!?()]+")
_SCOPED: Final = re.compile(r"(?<![\w:])[A-Za-z_]\w*(?:::~?[A-Za-z_]\w*)+(?![\w:])")
"""A name of C++, Rust or Ruby with what it belongs to."""

_IDENTIFIER: Final = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:\(\))?")
_SHAPED: Final = re.compile(
    r"_|[a-z][A-Z]|[A-Z][a-z]+[A-Z]|\(\)$|\w\.\w|^[A-Z]+[a-z]+[A-Z]|^[A-Z]{2,}[a-z]{3,}|\d[A-Z]|^[A-Z]{2,}$"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One concept of a question: ``concept`` is a word of the vocabulary, an entity's kind, or "?" for unknown."""

    concept: str
    raw: str
    period: Period | None = None

    @property
    def is_entity(self) -> bool:
        """Whether it stands for something in the project."""
        return self.concept.isupper()


def tokens(question: str, today: datetime) -> list[Token]:
    """The question as concepts, in order; words without meaning for facts are left out."""
    spans = sorted(_entities(question, today), key=lambda found: found[0])
    made: list[Token] = []
    at = 0
    for start, end, token in [*spans, (len(question), len(question), None)]:
        made += _words(question[at:start], is_start=at == 0)
        if token is not None:
            made.append(token)
        at = end
    return made


def _entities(question: str, today: datetime) -> Iterator[tuple[int, int, Token]]:
    """(start, end, token) of what is recognized by its form; the earlier rule wins where two overlap."""
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        if any(start < other_end and other_start < end for other_start, other_end in taken):
            return False
        taken.append((start, end))
        return True

    for match in _QUOTED.finditer(question):
        inside = next(group for group in match.groups() if group is not None)
        if inside.strip() and free(*match.span()):
            yield from _quoted(match.start(), match.end(), inside)
    yield from _by_pattern(question, free, ((_EMAIL, "EMAIL"), (_NUMBER, "NUMBER"), (_NAMED_NUMBER, "NUMBER")))
    for match in _PATH_LINE.finditer(question):
        if is_file(match["path"]) and free(*match.span()):
            yield match.start(), match.end(), Token("FILE", match["path"])
            yield match.start(), match.end(), Token("LINE", match["line"])
    yield from _by_pattern(question, free, ((_LINE, "LINE"),))
    for start, end, period in find_periods(question, today):
        if free(start, end):
            yield start, end, Token("DATE", period.words, period)
    yield from _by_pattern(question, free, ((_TAG_NAME, "TAG"), (_VERSION, "TAG"), (_NAMED_SHA, "SHA"), (_SHA, "SHA")))
    yield from _by_pattern(question, free, ((_SCOPED, "NAME"),))
    yield from _by_form(question, free)


def _by_pattern(
    question: str, free: Callable[[int, int], bool], patterns: Sequence[tuple[re.Pattern[str], Entity]]
) -> Iterator[tuple[int, int, Token]]:
    """What a pattern matches as a whole; its group, where it has one, is what counts."""
    for pattern, concept in patterns:
        for match in pattern.finditer(question):
            raw = match[match.lastindex or 0].strip("<>")
            is_id = concept != "SHA" or pattern is _NAMED_SHA or not raw.isdigit()
            if is_id and free(*match.span()):
                yield *match.span(), Token(concept, raw.lower() if concept == "SHA" else raw)


def _by_form(question: str, free: Callable[[int, int], bool]) -> Iterator[tuple[int, int, Token]]:
    """Files and names that are written without quotes."""
    for match in _WORD.finditer(question):
        word = match[0].rstrip(".:'").removesuffix("'s").removesuffix("’s").lstrip("'")
        start = match.start() + match[0].find(word)
        if is_file(word) and free(start, start + len(word)):
            yield start, start + len(word), Token("FILE", word)
    for match in _SUFFIX.finditer(question):
        if free(match.start("word"), match.end("word")):
            word = match["word"].lower().removeprefix(".")
            yield match.start("word"), match.end("word"), Token("SUFFIX", SUFFIX_OF_LANGUAGE.get(word, word))
    beside = (
        (_NAMED_FILE, "FILE"),
        (_USUAL_FOLDER, "FILE"),
        (_FILE_BEFORE, "FILE"),
        (_NAMED_NAME, "NAME"),
        (_NAME_BEFORE, "NAME"),
        (_PARAMETER_TO, "NAME"),
    )
    for pattern, concept in beside:
        for match in pattern.finditer(question):
            word = match["word"].rstrip(".")
            lowered = word.lower()
            known = _concept(word) != "?" and not (concept == "FILE" and lowered in PLAIN_FILES)
            if not known and lowered not in NEVER_NAMES and free(match.start("word"), match.start("word") + len(word)):
                yield match.start("word"), match.start("word") + len(word), Token(concept, word)
    for match in re.finditer(r"[A-Za-z_][\w.]*\w(?:\(\))?|_+\w", question):
        word = match[0]
        is_name = _IDENTIFIER.fullmatch(word) and _SHAPED.search(word) and word.lower() not in CONCEPTS
        if is_name and word not in ABBREVIATIONS and free(*match.span()):
            yield *match.span(), Token("NAME", word.removesuffix("()"))
    for match in re.finditer(r"(?<![\w.#-])\d{1,3}(?![\w.-])", question):
        if free(*match.span()):
            yield *match.span(), Token("COUNT", match[0])


def _quoted(start: int, end: int, inside: str) -> Iterator[tuple[int, int, Token]]:
    """What stands in quotes or backticks: a file, a commit, a name, or a piece of text."""
    place = _PATH_LINE.fullmatch(inside)
    word = inside.strip()
    if place and is_file(place["path"]):
        yield start, end, Token("FILE", place["path"])
        yield start, end, Token("LINE", place["line"])
    elif re.fullmatch(r"#\d+", word):
        yield start, end, Token("NUMBER", word[1:])
    elif _SHA.fullmatch(word):
        yield start, end, Token("SHA", word)
    elif _VERSION.fullmatch(word):
        yield start, end, Token("TAG", word)
    elif is_file(word):
        yield start, end, Token("FILE", word)
    elif _IDENTIFIER.fullmatch(word) or _SCOPED.fullmatch(word):
        yield start, end, Token("NAME", word.removesuffix("()"))
    else:
        yield start, end, Token("TEXT", inside)


def is_file(word: str) -> bool:
    """Whether a word has the form of a path or of a file's name."""
    if re.search(r"[\s()<>{}=`\"'*|]|://", word) or not re.search(r"\w", word):
        return False
    if "/" in word:
        parts = word.strip("/").split("/")
        if word.lower() in {
            "and/or",
            "he/she",
            "i/o",
            "tcp/ip",
            "read/write",
            "input/output",
            "yes/no",
            "client/server",
        }:
            return False
        return word.endswith("/") or all(re.fullmatch(r"[\w.@+-]+", part) for part in parts)
    return _has_suffix(word) or word in {name.upper() for name in PLAIN_FILES} or word in {"Makefile", "Dockerfile"}


def _has_suffix(name: str) -> bool:
    stem, dot, suffix = name.rpartition(".")
    if not stem and dot and len(suffix) > 2:  # .gitignore
        return suffix.isascii() and suffix.replace("-", "").replace("_", "").isalpha()
    return bool(dot) and bool(stem) and suffix.lower() in FILE_SUFFIXES


def _words(text: str, *, is_start: bool) -> Iterator[Token]:
    """The words between two entities; ``is_start`` where the question begins with them."""
    for pattern, replacement in PHRASES:
        text = re.sub(pattern, replacement, text, flags=re.IGNORECASE)
    words = [re.sub(r"['’]s$", "", match[0].strip(".:'\"’-–—<>[]")) for match in _WORD.finditer(text)]
    words = [word for word in words if word]
    concepts = [_concept(word) for word in words]
    for place, (word, concept) in enumerate(zip(words, concepts, strict=True)):
        beside = [n for n in (place - 1, place + 1) if 0 <= n < len(words)]
        is_name = word.istitle() and any(concepts[n] == "?" and words[n].istitle() for n in beside)
        if is_name and (place or not is_start):  # "Day Barr", "Mark Author"
            yield Token("?", word)
        elif concept:
            yield Token(concept, word)


@cache
def _concept(word: str) -> str:
    """The vocabulary's word for a word; "" for fillers, "?" for what is not known. One typo is forgiven."""
    lowered = word.lower()
    if lowered in CONCEPTS:
        return CONCEPTS[lowered]
    if len(lowered) < 4 or not lowered.isalpha() or word[0].isupper() or lowered in NEVER_TYPOS:
        return "?"
    meant = _meant(lowered)
    return CONCEPTS[meant] if meant else "?"


def _meant(lowered: str) -> str:
    """The word of the vocabulary that an unknown one is a typo of, "" where there is none or they differ in meaning."""
    known_words = [known for known in CONCEPTS if len(known) >= 4 and _is_typo(lowered, known)]
    swapped = [known for known in known_words if sorted(known) == sorted(lowered)]  # all letters are there
    as_long = [known for known in known_words if len(known) == len(lowered)]
    near = swapped or as_long or known_words
    return near[0] if len({CONCEPTS[known] for known in near}) == 1 else ""


def respelled(question: str) -> str:
    """The question with the typos that are forgiven put right; what stands in quotes or looks like code stays."""
    if re.search(r"[`\"]", question):
        return question
    return _LOWER_WORD.sub(
        lambda found: (_concept(found[0]) != "?" and found[0] not in CONCEPTS and _meant(found[0])) or found[0],
        question,
    )


def _is_typo(word: str, known: str) -> bool:
    """Whether one letter was added, left out, mistaken, or swapped with the next; the first letter is there."""
    if word[:2] == known[1::-1]:
        return word[2:] == known[2:]
    if word[0] != known[0] or abs(len(word) - len(known)) > 1:
        return False
    start = 0
    while start < min(len(word), len(known)) and word[start] == known[start]:
        start += 1
    rest, known_rest = word[start:], known[start:]
    swapped = rest[:2] == known_rest[1::-1] and rest[2:] == known_rest[2:]
    if min(len(word), len(known)) < 5:  # short words are near too many others
        return swapped
    return rest[1:] == known_rest or rest == known_rest[1:] or rest[1:] == known_rest[1:] or swapped

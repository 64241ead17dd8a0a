"""Turns text into search tokens; the same function serves what is indexed and what is asked.

Made for text in which prose and identifiers mix: a name is kept whole and also cut at its seams, so that
``HTTPSConnection`` is found as itself, as "https" and as "connection". Scripts written without blanks are cut into
character pairs. Which tokens matter is not decided here: that is the index's and the fusion's business.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from whence.types import Chunk

RULES_VERSION = 1
"""Raised with every change that could give other tokens for the same text."""

# Marks that belong to a word though ``\w`` leaves them out: accents, Hebrew and Arabic points, Indic vowel signs.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
    "\u0e00-\u0eff\u1000-\u1049\u1050-\u109f\u1780-\u17d3"
)
_CHARACTER = rf"[\w{_MARKS}]"
_WORD = re.compile(rf"{_CHARACTER}+(?:[.\-]{_CHARACTER}+)*")

# Scripts without blanks between words (Thai, Lao, Myanmar, Khmer, kana, Han), and Hangul, whose words carry particles.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_FOLDED_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f]")

_RUN = re.compile(rf"(?:[^\W\d_]|[{_MARKS}])+|\d+")
# Between "Foo" and "Bar", and before the last capital of "HTTPSConnection", but not in plurals such as "URLs".
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!s$)[a-z])")
_VERSION = re.compile(r"v?(\d+(?:\.\d+)+\w*)", re.IGNORECASE)
_HEX = re.compile(r"(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}", re.IGNORECASE)

_FUNCTION_WORDS = """
a about above after again against all am an and any are aren as at be because been before being below between both
but by can cannot could couldn d did didn do does doesn doing don down during each few for from further had hadn has
hasn have haven having he her here hers herself him himself his how i if in into is isn it its itself just ll m me
more most my myself no nor not now o of off on once only or other our ours ourselves out over own re s same shall
she should shouldn so some such t than that the their theirs them themselves then there these they this those
through to too under until up ve very was wasn we were weren what when where which while who whom why will with won
would wouldn you your yours yourself yourselves
"""
STOP_WORDS = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzerOptions:
    """``language`` names a Snowball stemmer ("" for none); words over ``max_word_chars`` carry no search token."""

    language: str = "english"
    stop_words: bool = True
    max_word_chars: int = 100
    max_parts: int = 12
    max_cached_words: int = 200_000


class Analyzer:
    """Splits, folds and stems. Safe to share between threads; the words it has seen are remembered, up to a bound."""

    def __init__(self, options: AnalyzerOptions | None = None) -> None:
        import Stemmer

        self.options = options or AnalyzerOptions()
        self._stemmer = Stemmer.Stemmer(self.options.language, 0) if self.options.language else None
        self._stemmer_version = str(Stemmer.version()) if self._stemmer else "none"
        self._stop_words = STOP_WORDS if self.options.stop_words else frozenset()
        self._lock = threading.Lock()
        self._seen = _Seen(self)

    @property
    def version(self) -> str:
        """Equal versions give equal tokens; an index made with another version must be analyzed again."""
        options = self.options
        settings = (
            f"{options.language or 'none'}-{int(options.stop_words)}-{options.max_word_chars}-{options.max_parts}"
        )
        return f"analyzer-{RULES_VERSION}-{settings}-snowball-{self._stemmer_version}"

    def tokens(self, text: str) -> list[str]:
        """Tokens in reading order, with repetitions, lower case, none of them empty or holding white space."""
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        seen = self._seen
        found = list(chain.from_iterable(map(seen.__getitem__, _WORD.findall(text))))
        if len(seen) > self.options.max_cached_words:
            seen.clear()
        return found

    def _split(self, word: str) -> tuple[str, ...]:
        if len(word) > self.options.max_word_chars:
            return ()
        if word.isascii():
            return tuple(self._ascii(word))
        return tuple(self._unicode(word))

    def _unicode(self, word: str) -> Iterator[str]:
        at = 0
        for run in _UNSPACED.finditer(word):
            yield from self._accented(word[at : run.start()])
            yield from _pairs(run.group())
            at = run.end()
        yield from self._accented(word[at:])

    def _accented(self, word: str) -> Iterator[str]:
        word = word.strip(".-_")
        if not word:
            return
        kept = list(self._ascii(word))
        yield from kept
        folded = unicodedata.normalize("NFC", _FOLDED_MARKS.sub("", unicodedata.normalize("NFD", word)))
        if folded != word:
            yield from (token for token in self._ascii(folded) if token not in kept)

    def _ascii(self, word: str) -> Iterator[str]:
        """The tokens of one word: itself whole, its dotted or hyphenated members, and their pieces."""
        version = _VERSION.fullmatch(word)
        if version:
            yield from _version_tokens(version.group(1).lower())
            return
        members = [member for member in re.split(r"[.\-]", word) if member.strip("_")]
        if len(members) > 1:
            if "-" not in word:
                yield word.lower()
            elif any(character.isdigit() for character in word) and len(members) <= 3:
                yield "".join(members).lower()
        if len(members) > self.options.max_parts:
            return
        for member in members:
            yield from self._member(member)

    def _member(self, name: str) -> Iterator[str]:
        """An identifier without dots: whole, and cut at underscores, humps and between letters and digits."""
        whole = name.lower()
        if name.isdigit():
            yield whole
            return
        if _HEX.fullmatch(name):
            yield whole
            if len(whole) > 7:
                yield whole[:7]
            return
        if name.isalpha() and (name.islower() or name.isupper()):
            pieces = [name]
        else:
            pieces = [piece for run in _RUN.findall(name) for piece in _HUMP.split(run)]
        if len(pieces) > self.options.max_parts:
            yield whole
            return
        if pieces != [name]:
            yield self._stem(whole) if name.isalpha() else whole
        for piece in pieces:
            if piece.lower() not in self._stop_words:
                yield self._stem(piece.lower())

    def _stem(self, word: str) -> str:
        if self._stemmer is None:
            return word
        with self._lock:  # one stemmer holds one buffer
            return str(self._stemmer.stemWord(word))


class _Seen(dict[str, tuple[str, ...]]):
    """Tokens by word, filled as words are met, so that the loop over a text runs without Python code."""

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self._analyzer = analyzer

    def __missing__(self, word: str) -> tuple[str, ...]:
        tokens = self[word] = self._analyzer._split(word)
        return tokens


def _pairs(run: str) -> Iterator[str]:
    """Overlapping pairs of characters; a lone character stays alone."""
    run = run.lower()
    if len(run) == 1:
        yield run
    for at in range(len(run) - 1):
        yield run[at : at + 2]


def _version_tokens(version: str) -> Iterator[str]:
    """2.20.1 as itself and as 2.20, which is how people name a release line."""
    yield version
    numbers = version.split(".")
    if len(numbers) > 2:
        yield ".".join(numbers[:2])


def searchable(title: str, symbol: str, text: str) -> str:
    """What of a chunk is analyzed for full text: where it stands and what it is called count as if written in it."""
    return "\n".join(part for part in (title, symbol, text) if part)


_COUNTS = re.compile(r" \+\d+ -\d+$", re.MULTILINE)


def searchable_chunk(chunk: Chunk) -> str:
    """What of a chunk is analyzed: a hunk also by its path, a commit without the counts of changed lines."""
    title = f"{chunk.title} {chunk.path}" if chunk.kind == "hunk" else chunk.title
    text = _COUNTS.sub("", chunk.text) if chunk.kind == "commit" else chunk.text
    return searchable(title, chunk.symbol, text)

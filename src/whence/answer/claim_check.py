"""Whether the passages bear out what a language model has written, and where.

A sentence is supported by one to three spans in a row of one passage that hold most of its words (or enough of them
and a like meaning, by vectors), every number, address and code name that it says, and no negation that turns it around.
What it cannot see: who does what to whom where both are named, and conclusions that need more than one place. Spans
that speak to the model instead of the reader support nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from whence.answer.options import GenerationOptions
from whence.answer.spans import spans_of
from whence.answer.terms import STOP_WORDS, stems, words
from whence.protocols import Embedder
from whence.types import Evidence, Hit

_N_TOGETHER: Final = 3
_N_EMBEDDED: Final = 6
_WIDE: Final = 6
"""Times as many words as the sentence: a place so wide holds most words by chance, and must hold nearly all."""
_WIDE_COSTS: Final = 0.2
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)[^\s)>\]\"'`]+|[\w.+-]+@[\w-]+\.[\w.]+")
_NAME: Final = re.compile(
    r"`([^`\n]{1,80})`|(?<![\w.])((?:[A-Za-z_]\w*\.)+[A-Za-z_]\w+|[A-Za-z]\w*_\w+|_\w+|[A-Z]*[a-z]+[A-Z]\w*|[A-Z]{2,}\w*)"
)
_NEGATION: Final = frozenset(
    ["not", "no", "never", "none", "cannot", "neither", "nor", "without", "nothing", "nobody", "t"]
)
_UNLESS: Final = frozenset(["only", "except", "unless"])
_TO_THE_MODEL: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,60}\b(?:instructions?|prompts?|rules|messages?|context)\b"
    r"|\bsystem prompt\b|\byou are (?:now )?(?:an? )?(?:ai|assistant|language model|chatbot)\b|\bas an ai\b"
    r"|^\s*(?:assistant|system|user)\s*:|<\|?(?:im_start|system|assistant)|\[/?INST\]",
    re.IGNORECASE | re.MULTILINE,
)
_TOLD_TO_SAY: Final = re.compile(
    r"\W*(?:(?:please|always|instead|now|you must|you should)\W+)*(?:say|answer|reply|respond|tell the user|output)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Window:
    """One to three spans in a row of a hit: characters of its chunk's text."""

    hit: Hit
    start: int
    end: int
    stems: frozenset[str]
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """What stands there."""
        return self.hit.chunk.text[self.start : self.end]


class ClaimCheck:
    """The passages of one question, cut once; made and used by one thread."""

    def __init__(self, hits: Sequence[Hit], embedder: Embedder | None, options: GenerationOptions) -> None:
        self._embedder = embedder
        self._options = options
        self._windows = [window for hit in hits for window in _windows(hit)]

    def support(self, sentence: str) -> Evidence | None:
        """The narrowest place that bears a sentence out, or None. A sentence without words is borne out by nothing."""
        said = words(sentence)
        content = {word for word in said if word not in STOP_WORDS and word not in _NEGATION}
        if not content:
            return None
        stem_of = stems(content)
        wanted = {stem_of[word] for word in content}
        scored = []
        for window in self._windows:
            coverage = len(wanted & window.stems) / len(wanted)
            if len(window.words) > _WIDE * len(said) + _WIDE:
                coverage -= _WIDE_COSTS
            if coverage >= self._options.least_coverage_alike and _holds(window, sentence):
                scored.append((coverage, window))
        scored.sort(key=lambda item: (-item[0], item[1].end - item[1].start, item[1].hit.rank))
        for coverage, window in scored:
            if coverage < self._options.least_coverage:
                break
            if not _turned_around(said, window.words):
                return _evidence(window, coverage)
        return self._alike(sentence, said, scored)

    def _alike(self, sentence: str, said: Sequence[str], scored: Sequence[tuple[float, Window]]) -> Evidence | None:
        """The place with enough of the words whose meaning is nearest, if it is near enough."""
        fitting = [item for item in scored if not _turned_around(said, item[1].words)][:_N_EMBEDDED]
        if self._embedder is None or not fitting:
            return None
        vectors = self._embedder.embed([sentence, *(window.text for _, window in fitting)], "passage")
        cosines = (vectors[1:] @ vectors[0]).tolist()
        best = max(range(len(fitting)), key=lambda n: (cosines[n], -n))
        near = cosines[best] >= self._options.least_cosine
        return _evidence(fitting[best][1], fitting[best][0]) if near else None


def _windows(hit: Hit) -> list[Window]:
    """Every run of up to three spans that speaks to no model."""
    text = hit.chunk.text
    spans = [span for span in spans_of(hit.chunk) if not _speaks_to_a_model(text, span.start, span.end)]
    found = []
    title = words(f"{hit.chunk.symbol} {hit.chunk.path}")
    for first in range(len(spans)):
        for last in range(first, min(first + _N_TOGETHER, len(spans))):
            start, end = spans[first].start, spans[last].end
            if _speaks_to_a_model(text, start, end):
                break
            held = words(text[start:end])
            stem_of = stems({*held, *title})
            found.append(Window(hit, start, end, frozenset(stem_of.values()), tuple(held)))
    return found


def _speaks_to_a_model(text: str, start: int, end: int) -> bool:
    """Whether a span, or a sentence of its paragraph, is an instruction to whoever answers."""
    first = text.rfind("\n\n", 0, start) + 1
    last = text.find("\n\n", end)
    paragraph = text[first : last if last >= 0 else len(text)]
    return bool(_TO_THE_MODEL.search(paragraph) or _TOLD_TO_SAY.match(text[start:end]))


def _holds(window: Window, sentence: str) -> bool:
    """Whether numbers, addresses and code names stand in the window; names may stand in its path or symbol, too."""
    text, sentence = (" ".join(one.replace("``", "`").split()) for one in (window.text, sentence))
    numbers = set(_NUMBER.findall(text))
    if any(number not in numbers for number in _NUMBER.findall(sentence)):
        return False
    if any(address.rstrip(".,;") not in text for address in _ADDRESS.findall(sentence)):
        return False
    chunk = window.hit.chunk
    around = f"{text} {chunk.symbol} {chunk.path} {chunk.title}"
    names = [(quoted or bare).removesuffix("()") for quoted, bare in _NAME.findall(sentence)]
    return all(name in around for name in names)


def _turned_around(said: Sequence[str], held: Sequence[str]) -> bool:
    """Whether a word that both have is negated in one only, or one of them alone says "only" of it."""
    shared = set(said) & set(held)
    return _negated(said) & shared != _negated(held) & shared


def _negated(told: Sequence[str]) -> set[str]:
    """The words that count and stand at most three words behind a negation."""
    marks = _NEGATION | _UNLESS
    behind = {later for n, word in enumerate(told) if word in marks for later in told[n + 1 : n + 4]}
    return behind - STOP_WORDS - marks


def _evidence(window: Window, score: float) -> Evidence:
    begin = window.hit.chunk.start
    return Evidence(
        hit=window.hit, start=begin + window.start, end=begin + window.end, text=window.text, score=min(score, 1.0)
    )

"""Answers that a language model writes and that are taken apart again: each sentence is checked and gets its citation.

The model's own marks and links are removed; a citation is the span that bears the sentence out. Where the server fails,
or nothing that it said holds, the caller falls back to quotes and says why.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from whence.answer.claim_check import ClaimCheck
from whence.answer.compose import Composition
from whence.answer.options import GenerationOptions
from whence.answer.prompt import NOT_FOUND, prepare
from whence.errors import GenerationError, TruncatedError
from whence.protocols import Embedder, Generator
from whence.segmentation import sentences
from whence.types import Claim, Evidence, Hit, Prompt

UNSUPPORTED = "(unsupported)"
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)
_MARK = re.compile(
    r"[ \t]*(?:\[\^?\d+(?:[ ,;-]+\d+)*\]"
    r"|\u3010[^\u3011\n]{0,60}\u3011"
    r"|\((?:source|passage|ref)s?:?[ ]?[^()\n]{0,80}\))",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[([^\]\n]{1,200})\]\([^)\s]{1,500}\)")
_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
_LEAD = re.compile(r"\s*(?:[-*\u2022]|\d{1,2}[.)])\s+")
_ENDS = ".!?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of it. ``composition`` None: nothing usable; ``notes`` say why, and what was left out."""

    composition: Composition | None
    notes: tuple[str, ...]
    supported: float = 0.0
    """Share (0..1) of the model's sentences that hold."""


class GenerativeWriter:
    """Writes answers with a generator. Threads may share it as far as they may share the generator."""

    def __init__(self, generator: Generator, embedder: Embedder | None, options: GenerationOptions) -> None:
        self._generator = generator
        self._embedder = embedder
        self._options = options

    @property
    def model(self) -> str:
        """What writes."""
        return self._generator.model

    def write(self, question: str, hits: Sequence[Hit]) -> Written:
        """An answer of checked sentences; raises nothing."""
        prepared = prepare(question, hits, self._options)
        notes = list(prepared.notes)
        try:
            text, is_cut = self._text(prepared.prompt)
        except GenerationError as error:
            return Written(composition=None, notes=(f"quoted, not generated: {error}",))
        if is_cut:
            notes.append("the generated text was cut off; what was unfinished is left out")
        text = cleaned(text)
        if not text.strip() or text.strip(" .`*").upper().startswith(NOT_FOUND):
            return Written(
                composition=None, notes=("quoted, not generated: the model found no answer in the passages",)
            )
        check = ClaimCheck(prepared.hits, self._embedder, self._options)
        composition, n, n_supported = self._composed(text, check, is_cut=is_cut)
        if n_supported < n:
            done = "marked" if self._options.unsupported == "mark" else "dropped"
            counted = (
                "1 generated sentence was" if n - n_supported == 1 else f"{n - n_supported} generated sentences were"
            )
            notes.append(f"{counted} {done}: nothing that was found supports it")
        if not composition.claims:
            return Written(
                composition=None, notes=("quoted, not generated: nothing that the model wrote is supported",)
            )
        return Written(composition=composition, notes=tuple(notes), supported=n_supported / n)

    def _text(self, prompt: Prompt) -> tuple[str, bool]:
        """(the text, whether it stops before its end). Raises ``GenerationError``."""
        pieces: list[str] = []
        try:
            for piece in self._generator.stream(prompt):
                pieces.append(piece)
        except TruncatedError:
            return "".join(pieces), True
        return "".join(pieces), False

    def _composed(self, text: str, check: ClaimCheck, *, is_cut: bool) -> tuple[Composition, int, int]:
        """(the answer, how many sentences the model wrote, how many hold)."""
        out, claims, evidence = "", list[Claim](), list[Evidence]()
        spans = sentences(text)
        if is_cut and spans and text[spans[-1][1] - 1] not in _ENDS:
            spans = spans[:-1]
        n = n_supported = previous = 0
        for start, end in spans:
            sentence, gap = text[start:end], text[previous:start]
            previous = end
            if not re.search(r"\w", _LEAD.sub("", sentence)):
                continue
            n += 1
            found = check.support(sentence)
            joint = "" if not out else "\n\n" if gap.count("\n") > 1 else "\n" if "\n" in gap else " "
            if found is None:
                if self._options.unsupported == "mark":
                    out += joint + _marked(sentence, UNSUPPORTED)
                continue
            n_supported += 1
            number = _number(found, evidence)
            marked = _marked(sentence, f"[{number}]")
            claims.append(
                Claim(start=len(out) + len(joint), end=len(out) + len(joint) + len(marked), citations=(number,))
            )
            out += joint + marked
        return Composition(text=out, claims=tuple(claims), evidence=tuple(evidence)), n, n_supported


def cleaned(text: str) -> str:
    """Without a model's thoughts, marks and links; line ends are plain."""
    text = _THOUGHT.sub("", text.replace("\r\n", "\n"))
    parts = _CODE.split(text)  # every other part is code, where brackets mean something else
    parts[::2] = [_MARK.sub("", _LINK.sub(r"\1", part)) for part in parts[::2]]
    return "".join(parts).strip()


def _marked(sentence: str, mark: str) -> str:
    """The sentence with a mark before its end; a block of code has it on a line of its own."""
    if sentence.rstrip().endswith("```"):
        return f"{sentence}\n{mark}"
    end = sentence[-1:] if sentence[-1:] in _ENDS else ""
    return f"{sentence.removesuffix(end)} {mark}{end}"


def _number(found: Evidence, evidence: list[Evidence]) -> int:
    """The number (from 1) of a citation that has the same place, or holds it; else of a new one."""
    for number, held in enumerate(evidence, start=1):
        if held.hit.chunk.id == found.hit.chunk.id and held.start <= found.start and found.end <= held.end:
            return number
    evidence.append(found)
    return len(evidence)

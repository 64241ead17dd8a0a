"""What speaks for a span beside the fitted features: rules for code and for the kind of question, set by hand.

The fitted weights come from prose; among code they need the retriever's order, the role of a span, and what a chunk
defines. Questions about prose alone are not touched, but for their examples.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from whence.answer.features import Candidate
from whence.answer.places import out_of_place
from whence.answer.terms import STOP_WORDS, code_names, words
from whence.types import Hit

CODE_RANKING: Final = 3.0
"""How much the retriever's order counts among code, whose words are fewer and repeat more than those of prose."""
OUT_OF_PLACE: Final = -5.0
"""For tests and change logs that are not asked for."""

ASSIGNED: Final = 3.0
"""For the line that gives a name the value that is asked for."""

HEADED: Final = 1.5
"""For what stands under the very heading that says what is asked how to do, less for one about more or less."""

VERBATIM: Final = 3.0
"""For what the question quotes, as the message of an error."""

_LONG_QUESTION: Final = 10
"""Terms from which on a question is taken to be about code in detail, which prose seldom answers."""
_BARE: Final = re.compile(r"(?:class|struct|interface|trait|enum)\b[^\n]*")
_QUOTED: Final = re.compile(r"[\"“]([^\"”\n]{8,300})[\"”]|(?<!\w)'([^'\n]{8,300})'(?!\w)")
_LEANINGS: Final[dict[str, dict[str, float]]] = {
    "how": {"step": 0.8, "comment": 0.4},
    "error": {"step": 0.6},
    "why": {"comment": 0.8, "docstring": 0.3},
    "definition": {"docstring": 0.5},
    "what": {"docstring": 0.2},
}
"""By kind of question and role, added to the score of code spans: prose, on which the weights were fitted, has none."""
_DEFINED: Final = re.compile(r"(?:what|who)(?: is| are|'s) (?:an? |the )?`?([\w.]+)", re.IGNORECASE)
_VALUE_OF: Final = re.compile(
    r"\bvalue of (?:the )?(?:constant |variable |setting |option )?`?([A-Za-z_][\w.]*)|"
    r"\bwhat is `?([A-Z][A-Z0-9]*_[A-Z0-9_]+)`? set to\b"
)
_WANTS_FIELD: Final = re.compile(r"\b(?:argument|parameter|option|keyword|default|return|raise)s?\b", re.IGNORECASE)
_WANTS_EXAMPLE: Final = re.compile(r"\bhow (?:do|can|should) (?:i|you|we)\b|\bhow to\b|\bexamples?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Hit:
    """What is the same for all spans of one hit; ``share`` is its score over the best hit's."""

    code: bool
    share: float
    out_of_place: bool
    defines: float
    named: float
    headed: float


def leanings(
    question: str,
    kind: str,
    terms: Sequence[str],
    hits: Sequence[Hit],
    stem_of: Mapping[str, str],
    candidates: Sequence[Candidate],
) -> NDArray[np.float32]:
    """Shape (len(candidates),), added to their scores; ``terms`` are the question's content stems."""
    subjects = _subjects(question, kind)
    best = max(hit.score for hit in hits) or 1.0
    asked = set(terms)
    example = bool(_WANTS_EXAMPLE.search(question))
    known = [
        _Hit(
            code=hit.chunk.kind == "code",
            share=hit.score / best,
            out_of_place=out_of_place(question, hit.chunk.path),
            defines=_defines(subjects, hit.chunk.symbol),
            named=_named(hit.chunk.symbol, asked, stem_of),
            headed=_headed(hit, asked, stem_of) if example else 0.0,
        )
        for hit in hits
    ]
    told_by_prose = example or kind == "yes_no"
    quoted = _quotations(question)
    field = bool(_WANTS_FIELD.search(question))
    among_code = known[0].code and not told_by_prose and len(terms) >= _LONG_QUESTION
    valued = _values(question)
    return np.array(
        [
            _leaning(kind, known[c.hit], c, example, field, among_code)
            + VERBATIM * _quotes(quoted, c.text)
            + ASSIGNED * (valued is not None and bool(valued.search(c.text)))
            for c in candidates
        ],
        np.float32,
    )


def _values(question: str) -> re.Pattern[str] | None:
    """What gives a value to the name whose value is asked for, at the beginning of a line."""
    asked = _VALUE_OF.search(question)
    if asked is None:
        return None
    name = re.escape((asked[1] or asked[2]).rpartition(".")[2])
    return re.compile(rf"^[ \t]*(?:[\w.]+\.)?{name}\b[ \t]*(?::[^=\n]+)?(?:=(?!=)|:)", re.MULTILINE)


def _quotations(question: str) -> list[str]:
    """Passages of three words or more that the question quotes, such as the parts of an error's message."""
    found = (
        part for match in _QUOTED.finditer(question) for part in re.split(r":\s", match.group(1) or match.group(2))
    )
    return [plain for part in found if len((plain := _plain(part)).split()) >= 3]


def _quotes(quoted: Sequence[str], text: str) -> bool:
    return bool(quoted) and any(part in _plain(text) for part in quoted)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub(r"[\"'`]\s+[fFrRbB]?[\"'`]", "", text.lower())))


def _leaning(kind: str, hit: _Hit, candidate: Candidate, example: bool, field: bool, among_code: bool) -> float:
    role = candidate.span.role
    leaning = OUT_OF_PLACE * hit.out_of_place - 1.5 * candidate.text.endswith("?") + HEADED * hit.headed
    if role == "example" and not hit.code:
        return leaning + (0.5 if example else -1.0 - 0.05 * candidate.text.count("\n"))
    if not hit.code:
        return leaning + CODE_RANKING * (hit.share - 1.0) * among_code
    explained = role == "step" and candidate.text.lstrip().startswith(("#", "//"))
    by_role = _LEANINGS.get(kind, {})
    leaning += max(by_role.get(role, 0.0), by_role.get("comment", 0.0) if explained else 0.0)
    leaning += hit.defines * (role != "signature") * (1.5 if kind == "definition" else 1.0)
    leaning += hit.named * (2.0 if kind == "where" else 1.0)
    leaning += CODE_RANKING * (hit.share - 1.0) - 0.7 * (example or kind == "yes_no")
    if role == "signature" or (role == "step" and _BARE.fullmatch(candidate.text.strip())):
        leaning -= 1.0
    if role in ("docstring", "comment"):
        leaning -= 1.5 * (len(candidate.terms) < 3)
        leaning -= 0.8 * (candidate.text.startswith((":", "@")) and not field)
    if role == "example":
        leaning -= 0.0 if example else 1.0 + 0.05 * candidate.text.count("\n")
    return leaning


def _headed(hit: Hit, asked: set[str], stem_of: Mapping[str, str]) -> float:
    """Of the words of the last heading above documentation and of the question, the share that both have, 0..1."""
    if hit.chunk.kind != "doc" or hit.chunk.title == hit.chunk.path:
        return 0.0
    heading = {stem_of.get(word, word) for word in words(hit.chunk.title.rpartition(" > ")[2])} - STOP_WORDS
    return len(heading & asked) / len(heading | asked) if heading else 0.0


def _defines(subjects: Sequence[str], symbol: str) -> float:
    """How surely a chunk defines what the question names; spelling decides between ``Session`` and ``session``."""
    if not symbol:
        return 0.0
    if symbol in subjects:
        return 1.8
    last = symbol.rsplit(".", 1)[-1]
    return 1.2 if any(subject.rsplit(".", 1)[-1] == last for subject in subjects) else 0.0


def _named(symbol: str, asked: set[str], stem_of: Mapping[str, str]) -> float:
    """Whether the question says all words of a name of several words ("default user agent"), or the name all of its."""
    parts = {stem_of.get(word, word) for word in words(symbol.rsplit(".", 1)[-1])}
    return 0.6 if len(parts) > 1 and len(asked) > 1 and (parts <= asked or asked <= parts) else 0.0


def named_share(symbol: str, asked: Collection[str], stem_of: Mapping[str, str]) -> float:
    """The share, 0..1, of the words of a symbol's last part whose stems are among ``asked``."""
    parts = {stem_of.get(word, word) for word in words(symbol.rsplit(".", 1)[-1])}
    return sum(part in asked for part in parts) / len(parts) if parts else 0.0


def _subjects(question: str, kind: str) -> tuple[str, ...]:
    """Names that the question is about: those that look like code, and what a definition is asked of."""
    asked = _DEFINED.match(question.strip()) if kind == "definition" else None
    return (*code_names(question), *((asked.group(1),) if asked else ()))

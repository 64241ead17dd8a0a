"""Words for comparing a question with candidate spans: identifiers split, English stems, no stop words.

Not the analyzer of the index: this one runs over a few thousand characters a question and needs no agreement with
what was indexed.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from whence.answer.facts.vocabulary import FILE_SUFFIXES

_WORD: Final = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*")
_HUMP: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CODE_NAME: Final = re.compile(
    r"`([^`\s]{2,80})`"
    r"|(?<![\w.])((?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*(?:\(\))?)"  # dotted
    r"|(?<![\w.])([A-Za-z]\w*_\w+|_\w+)"  # snake case
    r"|(?<![\w.])([A-Z]*[a-z]+[A-Z]\w*|[A-Z]{2,}[a-z]\w*)"  # camel case
    r"|(?<![\w.])([A-Za-z_]\w*)\(\)"  # a call
)
_MARKED_NAME: Final = re.compile(
    r"(?<![\w/.-])(?:[A-Za-z][A-Za-z+]*[/-]\d+(?:\.\d+)*|[A-Za-z]{2,}\d+[a-z]?|[A-Za-z]\+\+|[A-Z]#|\d+(?:\.\d+)+)(?![\w/+#])"
)
_STOP_TEXT: Final = """
a about above after again all also am an and any are as at be because been before being below between both but
by can could did do does doing down during each few for from further had has have having he her here hers him his
how i if in into is it its itself just me more most my no nor not of off on once only or other our out over own
same she should so some such than that the their them then there these they this those through to too under until
up us very was we were what when where which while who whom whose why will with would you your s t d ll re ve
please tell explain describe many much does
"""
_ASKS_PLACE: Final = re.compile(
    r"\s*(?:where\b|(?:in )?(?:which|what) (?:file|module|class|function|method|part|package|script|folder)"
    r"(?: of the (?:code|program|project))?\b(?!\s+\w+\s+(?:is|are|was|were|do|does|did|can|has|have)\b))",
    re.IGNORECASE,
)
_COMPARED: Final = re.compile(
    r"\bbetween (?:the )?`?(?P<one>-{0,2}[A-Za-z_][\w.-]*)`?(?:\(\))? (?:and|or|vs\.?) (?:the )?"
    r"`?(?P<other>-{0,2}[A-Za-z_][\w.-]*)`?(?:\(\))?(?= (?:in|of|when|for|with)\b|\s*\??\s*$)",
    re.IGNORECASE,
)
"""Two single words that are told apart: names, though they may look like plain language."""
_THINGS: Final = re.compile(
    r"\bbetween (?:an? |the )?`?(?P<one>(?:[\w.-]+ ){0,2}?[\w.-]+)`?"
    r" and (?:an? |the )?`?(?P<other>(?:[\w.-]+ ){0,2}[\w.-]+)`?\s*\??\s*$",
    re.IGNORECASE,
)
_FRAMING_TEXT: Final = """
implemented implements defined defines declared declares located done handled handles performed performs happen happens
happening responsible
"""
_FRAMING: Final = frozenset(_FRAMING_TEXT.split())
"""What only frames a question for a place, as the sort of place does: code is defined without a word about it."""
STOP_WORDS: Final = frozenset(_STOP_TEXT.split())


def words(text: str) -> list[str]:
    """Lower-case words in order; ``camelCase`` gives its parts, ``snake_case`` too, numbers stay whole."""
    out: list[str] = []
    for word in _WORD.findall(text):
        if word.islower() or word.istitle() or word.isupper() or word[0].isdigit():
            out.append(word.lower())
        else:
            parts = _HUMP.findall(word) if word.isascii() else [word]
            out.extend(part.lower() for part in parts)
    return out


def stems(vocabulary: Iterable[str]) -> dict[str, str]:
    """Each word with its English stem; the stemmer is made per call because it is not safe to share by threads."""
    import Stemmer

    unique = list(dict.fromkeys(vocabulary))
    return dict(zip(unique, Stemmer.Stemmer("english").stemWords(unique), strict=True))


def code_names(question: str) -> tuple[str, ...]:
    """Names in a question that look like code (``Session.request``, ``no_proxy``, ``get()``), in order, once each."""
    found = (next(group for group in match.groups() if group) for match in _CODE_NAME.finditer(question))
    return tuple(dict.fromkeys(name.removesuffix("()") for name in found))


def asked_names(question: str) -> tuple[str, ...]:
    """``code_names``, and the two single words that a question tells apart ("between unload and merge"), in order.

    Options of a command ("--max-size") are written as the variables that hold them ("max_size").
    """
    told_apart = _COMPARED.search(question)
    if told_apart is None:
        return code_names(question)
    both = tuple(_as_variable(told_apart[which]) for which in ("one", "other"))
    return tuple(dict.fromkeys((*both, *(_as_variable(name) for name in code_names(question)))))


def things_told_apart(question: str) -> tuple[str, ...]:
    """The two things that a question tells apart, as it has them, without articles; () where it tells none."""
    found = _THINGS.search(question)
    return (found["one"], found["other"]) if found is not None else ()


def _as_variable(name: str) -> str:
    return name.lstrip("-").replace("-", "_") if name.startswith("-") else name


def marked_names(question: str) -> tuple[str, ...]:
    """Names with a number or a sign, in order: ``HTTP/2``, ``C++``, ``OAuth2``, ``utf-8``, ``3.12``."""
    return tuple(dict.fromkeys(match.group() for match in _MARKED_NAME.finditer(question)))


def names_it(name: str, text: str) -> bool:
    """Whether a text has a marked name, in any case; "OAuth 2", "oauth-2" and "OAuth2" are one."""
    groups = re.findall(r"[A-Za-z]+|\d+(?:\.\d+)*|\+\+|#", name)
    pattern = r"[\s/_.-]?".join(map(re.escape, groups))
    return re.search(rf"(?<![A-Za-z0-9]){pattern}(?![\w+])(?!\.\d)", text, re.IGNORECASE) is not None


def name_pattern(name: str) -> re.Pattern[str]:
    """What finds a name of code in a text, in any case, its parts joined or not: "use_xpu", "use-xpu", "UseXpu".

    Of a dotted name that is no file's the last part is looked for. It may be a part of a longer name, but not of one
    word of it.
    """
    owner, _, last = name.removesuffix("()").rpartition(".")
    last = name if not last or (owner and last.lower() in FILE_SUFFIXES) else last
    joined = r"[\s._-]?".join(map(re.escape, words(last) or [last]))
    trailing = last[len(last.rstrip("_")) :] if words(last) else ""
    return re.compile(rf"(?<![^\W_]){joined}{trailing or '(?:e?s)?'}(?![^\W_])", re.IGNORECASE)


def names_held(question: str, texts: Sequence[str], but: Collection[str] = ()) -> float:
    """The share, 0..1, of a question's names of code that at least one text has; 1 where it has none.

    ``but`` are names that count for nothing, in lower case, as that of the project.
    """
    names = [name for name in code_names(question) if name.lower() not in but]
    held = sum(any(name_pattern(name).search(text) for text in texts) for name in names)
    return held / len(names) if names else 1.0


@dataclass(frozen=True, slots=True)
class Query:
    """A question ready for scoring.

    ``terms`` are the distinct content stems in order of first use and ``weights`` their rarity (sum not normalised);
    ``names`` are code-like names, ``marked`` those with a number or sign, and ``proper`` the stems of words written
    with a capital inside the question.
    """

    text: str
    terms: tuple[str, ...]
    weights: tuple[float, ...]
    names: tuple[str, ...]
    proper: frozenset[str]
    marked: tuple[str, ...] = ()


def make_query(question: str, stem_of: Mapping[str, str], rarity: Mapping[str, float], rarest: float) -> Query:
    """Reads a question; ``stem_of`` must know all its words, ``rarest`` is the rarity of a stem not in ``rarity``."""
    asked = _ASKS_PLACE.match(question)
    framing = _FRAMING if asked else frozenset()
    rest = question[asked.end() :] if asked else question
    content = [word for word in words(rest) if word not in STOP_WORDS and word not in framing]
    terms = tuple(dict.fromkeys(stem_of[word] for word in content))
    later = question.split(maxsplit=1)[1] if len(question.split(maxsplit=1)) > 1 else ""
    capitals = [word for word in re.findall(r"\b[A-Z]\w+", later) if word.lower() not in STOP_WORDS]
    proper = frozenset(stem_of[part] for word in capitals for part in words(word) if part in stem_of)
    return Query(
        text=question,
        terms=terms,
        weights=tuple(rarity.get(term, rarest) for term in terms),
        names=code_names(question),
        proper=proper,
        marked=marked_names(question),
    )


def pairs(stemmed: Sequence[str]) -> set[tuple[str, str]]:
    """Neighbouring content words, in order."""
    return set(pairwise(stemmed))
